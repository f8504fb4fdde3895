"""Compares ``docs/requirements.md`` with the marks on the tests; prints what is covered, fails where they disagree.

``python -m tools.requirements`` checks, ``--write`` fills the table's last column from the marks. The state of a row
(shown, part, open) is a person's judgement and is never written by this tool.
"""

import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "requirements.md"
ROW = re.compile(r"^\| (?P<code>[A-Z]{3}-\d{2}) \| (?P<what>[^|]+) \| (?P<state>\w+) \| ?(?P<tests>[^|]*)\|$")
STATES = ("shown", "part", "open")


def marked_tests(folder: Path) -> dict[str, set[str]]:
    """Requirement code to the tests that carry its mark, as ``tests/flows/test_serve.py::test_name``."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.rglob("test_*.py")):
        name = path.relative_to(folder.parent).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        everywhere = {code for node in tree.body if isinstance(node, ast.Assign) for code in _codes(node.value)}
        for owner, function in _functions(tree):
            codes = everywhere | {code for mark in function.decorator_list for code in _codes(mark)}
            codes |= {code for mark in (owner.decorator_list if owner else []) for code in _codes(mark)}
            for code in codes:
                found[code].add("::".join([name, *([owner.name] if owner else []), function.name]))
    return found


def _functions(
    tree: ast.Module,
) -> Iterator[tuple[ast.ClassDef | None, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield None, node
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name.startswith("test"):
                    yield node, inner


def _codes(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "requirement":
            for argument in call.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def check(page: str, marks: dict[str, set[str]]) -> list[str]:
    """What disagrees, one sentence each."""
    wrong: list[str] = []
    rows = {row["code"]: row for row in map(ROW.match, page.splitlines()) if row}
    for code in sorted(set(marks) - set(rows)):
        wrong.append(f"{code} is marked on {sorted(marks[code])[0]} and is no requirement of the page")
    for code, row in rows.items():
        claimed = set(row["tests"].replace("`", "").split())
        for test in sorted(claimed - marks.get(code, set())):
            wrong.append(f"{code} claims {test}, which does not exist or does not carry its mark")
        for test in sorted(marks.get(code, set()) - claimed):
            wrong.append(f"{code} is marked on {test}, which the page does not name")
        if row["state"] not in STATES:
            wrong.append(f"{code} is {row['state']}: it can be {', '.join(STATES)}")
        elif (row["state"] == "open") != (not claimed):
            wrong.append(f"{code} is {row['state']} and names {len(claimed)} tests")
    return wrong


def written(page: str, marks: dict[str, set[str]]) -> str:
    """The page with its last column made anew."""

    def anew(row: re.Match[str]) -> str:
        tests = " ".join(f"`{test}`" for test in sorted(marks.get(row["code"], set())))
        return f"| {row['code']} | {row['what']} | {row['state']} | {tests + ' ' if tests else ''}|"

    rows = ((line, ROW.match(line)) for line in page.splitlines())
    return "\n".join(anew(row) if row else line for line, row in rows) + "\n"


def main(arguments: list[str]) -> int:
    page = PAGE.read_text(encoding="utf-8")
    marks = marked_tests(ROOT / "tests")
    if "--write" in arguments:
        page = written(page, marks)
        PAGE.write_text(page, encoding="utf-8")
    states = Counter(row["state"] for row in map(ROW.match, page.splitlines()) if row)
    tests = {test for named in marks.values() for test in named}
    counted = ", ".join(f"{states[state]} {state}" for state in STATES)
    sys.stdout.write(f"requirements: {counted}, of {states.total()}; {len(tests)} tests carry a mark\n")
    wrong = check(page, marks)
    for sentence in wrong:
        sys.stdout.write(f"  {sentence}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
