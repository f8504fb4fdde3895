"""``python -m tests.fuzz [--runs N] [--seed S] [--corpus DIR]``: the coverage-guided fuzzer over every codec.

Invariant: a document or a named refusal; nothing else, ever. Stops at the first input that breaks it and keeps it.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["kiosk.documents", "kiosk.hw.scanner", "kiosk.scan_lines"]):
    from tests.fuzz.codecs import dispatch
    from tests.fuzz.seeds import seeds


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--runs", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("--corpus", type=Path, help="folder that keeps what was found; a new one by default")
    arguments = parser.parse_args()
    corpus = arguments.corpus or Path(tempfile.mkdtemp(prefix="kiosk-fuzz-"))
    corpus.mkdir(parents=True, exist_ok=True)
    for n, seed in enumerate(seeds()):
        (corpus / f"seed-{n:02}").write_bytes(seed)
    options = [
        f"-runs={arguments.runs}",
        f"-seed={arguments.seed}",
        "-max_len=4000",
        "-timeout=5",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={corpus}/", str(corpus)], dispatch)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
