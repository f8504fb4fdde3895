"""Finds every sentence the program can say, and brings the catalogues up to date.

``python -m kiosk.locale.extract`` adds what is new (untranslated), drops what nobody says any more, and exits 1 when a
catalogue has gaps. ``--check`` changes nothing.
"""

import argparse
import ast
import string
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import polib

PROGRAM = Path(__file__).parent.parent
LOCALE = Path(__file__).parent
NOT_SHOWN = "samples"
"""The folder whose sentences are made up for pictures of the screens."""


PACKS = "rules/packs"
"""Rule packs name the pools, and say who may not buy."""


def sentences_in(program: Path = PROGRAM) -> set[str]:
    """Every sentence of the program."""
    return {sentence for sentence, _ in found(program)}


def found(program: Path = PROGRAM) -> Iterator[tuple[str, str]]:
    """Sentences with the file they stand in: given to ``text``, held in tables of sentences, names of pools."""
    for path in sorted(program.rglob("*.py")):
        if NOT_SHOWN not in path.parts:
            where = path.relative_to(program.parent).as_posix()
            for sentence in _in_module(ast.parse(path.read_text(encoding="utf-8"))):
                yield sentence, where
    for path in sorted((program / PACKS).glob("*.toml")):
        for version in tomllib.loads(path.read_text(encoding="utf-8"))["versions"]:
            where = path.relative_to(program.parent).as_posix()
            yield from ((pool["name"], where) for pool in version.get("pools", []))
            gates = (*version.get("gates", []), *version.get("pharmacist", []))
            yield from ((gate["says"], where) for gate in gates)


def _in_module(module: ast.Module) -> Iterator[str]:
    """``text("…")`` gives its sentence. A module that hands ``text`` something else keeps sentences in tables."""
    constants = {
        target.id: value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and (value := _folded(node.value, {})) is not None
    }
    tables = False
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text" and node.args:
            said = list(_literals(node.args[0], constants))
            tables = tables or not said
            yield from said
    if tables:
        yield from _sentences(module, constants)


def _literals(node: ast.expr, constants: dict[str, str]) -> Iterator[str]:
    """The sentence itself; both of them in ``text(a if c else b)``."""
    if isinstance(node, ast.IfExp):
        yield from _literals(node.body, constants)
        yield from _literals(node.orelse, constants)
    elif (sentence := _folded(node, constants)) is not None:
        yield sentence


def _folded(node: ast.expr, constants: dict[str, str]) -> str | None:
    """The text of a literal, of a constant of the module, or of several put together with ``+``; else None."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.Name):
        return constants.get(node.id)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _folded(node.left, constants), _folded(node.right, constants)
        return left + right if left is not None and right is not None else None
    return None


def _sentences(node: ast.AST, constants: dict[str, str]) -> Iterator[str]:
    """Every whole sentence among the literals under ``node``, except what only documents the code."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        said = _folded(child, constants) if isinstance(child, ast.Constant | ast.Name | ast.BinOp) else None
        if said is None:
            yield from _sentences(child, constants)
        elif " " in said and said.endswith(".") and said[0].isupper():
            yield said


def places(sentence: str) -> set[str]:
    """The named places of a sentence."""
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def update(code: str, sentences: set[str], *, write: bool) -> list[str]:
    """Brings one catalogue up to date; returns what is not translated in it."""
    path = LOCALE / code / "LC_MESSAGES" / "kiosk.po"
    old = {entry.msgid: entry for entry in polib.pofile(str(path))} if path.exists() else {}
    catalogue = polib.POFile(wrapwidth=110)
    catalogue.metadata = {"Language": code, "Content-Type": "text/plain; charset=UTF-8"}
    for sentence in sorted(sentences):
        catalogue.append(polib.POEntry(msgid=sentence, msgstr=old[sentence].msgstr if sentence in old else ""))
    if write:
        path.parent.mkdir(parents=True, exist_ok=True)
        catalogue.save(str(path))
    return [entry.msgid for entry in catalogue if not entry.msgstr]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="kiosk.locale.extract")
    parser.add_argument("--check", action="store_true", help="only say what is missing")
    options = parser.parse_args(arguments)
    sentences = sentences_in()
    gaps = 0
    for folder in sorted(path for path in LOCALE.iterdir() if (path / "LC_MESSAGES").is_dir()):
        missing = update(folder.name, sentences, write=not options.check)
        gaps += len(missing)
        for sentence in missing:
            sys.stdout.write(f"{folder.name}: {sentence}\n")
    return 1 if gaps else 0


if __name__ == "__main__":
    sys.exit(main())
