"""How long a certificate takes: from its rows, and from its PDF, until there is a verdict.

    python benchmarks/certificates.py [--rounds N]

Prints one JSON object: milliseconds of processor time, so that what else runs does not count; of a PDF by the clock on
the wall, because its text is taken out in another process. Goals: 5 ms from the rows of the state's system, 2 s from a
PDF.
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
from tests.certificates.test_metrc import metrc
from tests.certificates.test_pdf import sheet


def verdict(data: bytes) -> dict[str, Any]:
    certificate = read(data)
    return report(certificate, judge(certificate, load("CA", DAY), "flower", DAY))


def milliseconds(
    work: Callable[[bytes], object], papers: list[bytes], clock: Callable[[], float] = time.process_time
) -> dict[str, float]:
    """The names were met before, as on any day; the values are new each time."""
    work(papers[0])
    spent = []
    for paper_ in papers[1:]:
        begun = clock()
        work(paper_)
        spent.append((clock() - begun) * 1000)
    return {"median": round(statistics.median(spent), 2), "worst": round(max(spent), 2)}


def _shifted(rows: list[dict[str, Any]], name: str, n: int) -> list[dict[str, Any]]:
    return [{**row, name: row[name] + n * place * 1e-7} for place, row in enumerate(rows)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    rows = [{"Data": _shifted(metrc(), "TestResultLevel", n)} for n in range(rounds + 1)]
    figures = {
        "rows": len(metrc()),
        "from_metrc_rows_ms": milliseconds(verdict, [msgspec.json.encode(each) for each in rows]),
        "from_plain_form_ms": milliseconds(verdict, [msgspec.json.encode(paper())] * (rounds + 1)),
        "from_pdf_ms": milliseconds(verdict, [sheet()] * (rounds + 1), time.perf_counter),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
