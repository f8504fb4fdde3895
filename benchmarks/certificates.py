"""How long a certificate takes: from its rows, and from its PDF, until there is a verdict.

    python benchmarks/certificates.py [--rounds N]

Prints one JSON object, milliseconds. Goals: 5 ms from the rows of the state's system, 2 s from a PDF.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import msgspec

from kiosk.documents.certificates.reading import read
from kiosk.rules.certificates.certificate import judge
from kiosk.rules.certificates.limits import load
from kiosk.rules.certificates.report import report
from tests.certificates.given import DAY, paper
from tests.certificates.test_forms import metrc
from tests.certificates.test_pdf import sheet


def verdict(data: bytes) -> dict[str, Any]:
    certificate = read(data)
    return report(certificate, judge(certificate, load("CA", DAY), "flower", DAY))


def milliseconds(work: Callable[[], object], rounds: int) -> dict[str, float]:
    work()
    spent = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        spent.append((time.perf_counter() - begun) * 1000)
    return {"median": round(statistics.median(spent), 2), "worst": round(max(spent), 2)}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    rows, plain, printed = msgspec.json.encode({"Data": metrc()}), msgspec.json.encode(paper()), sheet()
    figures = {
        "rows": len(metrc()),
        "from_metrc_rows_ms": milliseconds(lambda: verdict(rows), rounds),
        "from_plain_form_ms": milliseconds(lambda: verdict(plain), rounds),
        "from_pdf_ms": milliseconds(lambda: verdict(printed), rounds),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
