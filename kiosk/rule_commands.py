"""The command line of ``kiosk rules``. What it does is in :mod:`kiosk.rule_work`, loaded when it is asked for."""

import argparse
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any


def add_to(commands: Any) -> None:
    """The ``rules`` command and what follows it."""
    rules = commands.add_parser("rules", help="show, check, compare, sign and verify rule packs")
    kinds = rules.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=type(rules))

    show = kinds.add_parser("show", help="print a state's pack as a page of the manual")
    show.add_argument("state", metavar="STATE", nargs="?", default="", help="two letters; without: all, into --out")
    show.add_argument("--packs", type=Path, help="another folder of packs")
    show.add_argument("--out", type=Path, help="folder for one page a state and an index")
    show.set_defaults(command=_later("show"))

    lint = kinds.add_parser("lint", help="check pack files: schema, contradictions, worked examples")
    lint.add_argument("files", metavar="FILE", nargs="*", type=Path, help="pack files; without: the program's own")
    lint.set_defaults(command=_later("lint"))

    diff = kinds.add_parser("diff", help="say which numbers changed, and whose order or which package that touches")
    diff.add_argument("old", metavar="OLD", type=Path)
    diff.add_argument("new", metavar="NEW", type=Path)
    diff.add_argument("--store", type=Path, metavar="DB", help="the hub's hub.toml or hub.db: what the change touches")
    diff.add_argument("--on", type=date.fromisoformat, help="as of this day, YYYY-MM-DD; today by default")
    diff.set_defaults(command=_later("diff"))

    signing = kinds.add_parser("sign", help="put a signature beside a pack file")
    signing.add_argument("file", metavar="FILE", type=Path)
    signing.add_argument("--key", type=Path, required=True, help="Ed25519 private key, PEM")
    signing.add_argument("--new-key", action="store_true", help="make the key first")
    signing.set_defaults(command=_later("sign"))

    verify = kinds.add_parser("verify", help="say whether a state's pack may be used live in this store")
    verify.add_argument("state", metavar="STATE", help="two letters")
    verify.add_argument("--policy", type=Path, required=True, help="the store's policy file")
    verify.add_argument("--packs", type=Path, help="another folder of packs")
    verify.add_argument("--on", type=date.fromisoformat, help="the version of this day, YYYY-MM-DD; today by default")
    verify.set_defaults(command=_later("verify"))


def _later(name: str) -> Callable[[argparse.Namespace], int]:
    def command(arguments: argparse.Namespace) -> int:
        from kiosk import rule_work  # noqa: PLC0415

        done: int = getattr(rule_work, name)(arguments, print)
        return done

    return command
