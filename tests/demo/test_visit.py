"""The whole store in real processes: a visit from the door to the state's receipt, undisturbed and with power cuts."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from kiosk.demo import SHOP_FILE
from kiosk.demo.shop import Shop
from kiosk.documents.cards import CardFormats
from kiosk.documents.decoding import decode
from kiosk.model.clock import SystemClock
from kiosk.model.documents import LabelCode, Reading
from kiosk.tracking.sandbox.seed import load
from tests.demo.needles import Searcher, needles_of
from tests.demo.remains import keys_in, readable_in

STEPS = {
    "checkin": {"documents", "ticketed"},
    "counter": {
        "badge", "pin", "queue", "face", "notes", "basket", "await-pick", "printing", "label-proof", "handed-over",
    },
    "vault": {"badge", "pin", "pick-list", "shelf", "unit", "take"},
}  # fmt: skip

CUTS = [
    "PAT-1.1 show documents", "PAT-1.2 ask check-in", "PAT-1.3 print", "PAT-1.3 show ticketed", "SGN-1.1 show badge",
    "SGN-1.2 show pin", "SGN-1.3 ask sign-in", "DSP-1.1 show queue", "DSP-1.1 ask open-visit", "DSP-1.3 show face",
    "DSP-1.3 commit face-compared", "DSP-1.4 show notes", "DSP-1.4 commit notes-read", "DSP-1.5 ask standing",
    "DSP-1.5 show basket", "DSP-1.5 ask confirm-order", "DSP-1.6 show await-pick", "DSP-1.6 ask order",
    "DSP-1.7 ask make-label", "DSP-1.7 commit label-issued", "DSP-1.7 print", "DSP-1.7 commit label-printed",
    "DSP-1.7 show label-proof", "DSP-1.7 commit label-verified", "DSP-1.8 tell", "DSP-1.8 ask permit",
    "DSP-1.8 commit dispensed", "DSP-1.9 show handed-over", "DSP-1.9 commit visit-closed",
    "PCK-1.1 show pick-list", "PCK-1.1 ask claim-line", "PCK-1.2 show shelf", "PCK-1.3 show unit",
    "PCK-1.3 ask check-unit", "PCK-1.3 commit unit-picked", "PCK-1.4 show take",
]  # fmt: skip

PATIENT = "Everything is in order."
MAY_STAY = {
    ("store/state.json", f"card number of {PATIENT}"): "the state's own record of the sale, in its own system",
    ("receipt-1.json", f"card number of {PATIENT}"): "the same, as the rehearsal shows it",
    ("label-1.bin", f"family name of {PATIENT}"): "the label itself: the law wants the patient's name on it",
    ("label-1.bin", f"given name of {PATIENT}"): "the same",
    ("account.md", f"family name of {PATIENT}"): "what is on the label, as the rehearsal shows it",
    ("account.md", f"given name of {PATIENT}"): "the same",
}
"""What a rehearsal leaves of the patient's documents, as (file, what), and why."""


def kiosk(*arguments: str | Path, seconds: float = 150) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kiosk", *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=seconds,
    )  # fmt: skip


@pytest.mark.gui
@pytest.mark.process
@pytest.mark.requirement("ORD-03", "ORD-04", "PLT-08", "LBL-08", "PAT-12")
def test_a_visit_unattended_leaves_pictures_label_receipt_and_account(tmp_path):
    done = kiosk("demo", "--script", "visit", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    for role, kinds in STEPS.items():
        for kind in kinds:
            pictures = list(tmp_path.glob(f"*-{role}-*-{kind}.png"))
            assert pictures, f"no picture of {kind} at {role}"
            size = (720, 1280) if role == "vault" else (1280, 800)
            assert Image.open(pictures[0]).size == size
    (receipt,) = [json.loads(file.read_text()) for file in tmp_path.glob("receipt-*.json")]
    (line,) = receipt["Transactions"]
    seen = {code.text for code in zxingcpp.read_barcodes(Image.open(tmp_path / "label-1.png"))}
    assert line["PackageLabel"] in seen
    formats = CardFormats(state="FL", patterns=())
    found = [decode(Reading(data=code.encode(), device="z", at=0.0), formats) for code in seen]
    (label,) = [document for document in found if isinstance(document, LabelCode)]
    assert label.print_no == 1
    account = (tmp_path / "account.md").read_text()
    assert "exactly once" in account
    assert label.number in account
    assert receipt["ExternalReceiptNumber"] in account
    assert left_of_the_patient(tmp_path) == set(MAY_STAY)


def left_of_the_patient(folder: Path) -> set[tuple[str, str]]:
    seed = load(SHOP_FILE, SystemClock().now().date())
    (patient,) = [each for each in seed.patients if each.about == PATIENT]
    searcher = Searcher(needles_of(patient, Shop(folder, window=False, seed=seed).papers(patient)))
    readable = readable_in(folder, keys_in(folder))
    return {(each.file, what) for each in readable for what in searcher.found(each.data)}


@pytest.mark.process
def test_the_steps_that_can_be_cut_are_all_tried_here(tmp_path):
    done = kiosk("demo", "--list-steps", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.splitlines()) == sorted(CUTS)


@pytest.mark.process
@pytest.mark.requirement("OPN-15", "LBL-05", "LBL-08", "PLT-03")
@pytest.mark.parametrize("step", CUTS)
def test_the_plug_pulled_at_a_step_ends_with_one_label_one_receipt_one_record(tmp_path, step):
    done = kiosk("demo", "--no-window", "--kill-at", step, "--out", tmp_path)
    assert done.returncode == 0, (done.stdout, done.stderr)
    # Counter and vault both sign someone in: each loses its power there once.
    cuts = 2 if step.startswith("SGN-") else 1
    assert f"terminals were started again {cuts} times" in (tmp_path / "account.md").read_text()


@pytest.mark.process
def test_a_step_nobody_knows_is_one_clear_line(tmp_path):
    done = kiosk("demo", "--no-window", "--kill-at", "XYZ-9 dance", "--out", tmp_path)
    assert done.returncode == 1
    assert "XYZ-9 dance" in done.stderr
    assert "Traceback" not in done.stderr
