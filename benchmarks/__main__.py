"""``python -m benchmarks``: every benchmark in its short form; one JSON object."""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> int:
    figures = {}
    for script in sorted(HERE.glob("*.py")):
        if script.stem.startswith("__"):
            continue
        done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False, timeout=900)
        if done.returncode:
            sys.stderr.write(f"{script.name}: {done.stderr.strip().splitlines()[-1:]}\n")
            return 1
        figures[script.stem] = json.loads(done.stdout)
    print(json.dumps(figures, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
