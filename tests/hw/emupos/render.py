"""Runs inside the environment of the independent printer: jobs in, what they look like on its paper out.

Reads JSON from standard input, ``{"width": dots, "jobs": [hex, …]}``, and writes for every job what
:class:`tests.hw.peer.Paper` holds.
"""

import base64
import json
import sys
from importlib import resources

import yaml
from emupos.config import PrinterProfile
from emupos.printer.printer import Printer


def main() -> None:
    asked = json.load(sys.stdin)
    profile_file = resources.files("emupos") / "profiles" / "printers" / "epson-tm-t20iii.yaml"
    profile = PrinterProfile.model_validate(yaml.safe_load(profile_file.read_text()))
    profile = profile.model_copy(update={"width_dots": asked["width"]})
    json.dump([printed(profile, bytes.fromhex(job)) for job in asked["jobs"]], sys.stdout)


def printed(profile: PrinterProfile, job: bytes) -> dict[str, object]:
    printer = Printer("bench", profile, sensor_open_level="high", job_idle_timeout_ms=1000)
    printer.open_connection("c", 0.0)
    out = printer.receive("c", job, 0.0) + printer.close_connection("c", 0.0)
    return {
        "pieces": [
            {"png": base64.b64encode(receipt.png).decode(), "text": receipt.text, "boundary": receipt.boundary}
            for receipt in out.receipts
        ],
        "replies": [write.data.hex() for write in out.writes],
        "events": [{"kind": str(event.type.value), "data": dict(event.data)} for event in out.events],
    }


main()
