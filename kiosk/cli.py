"""The commands. Each is a few lines that call a room; what goes wrong is one clear line and a non-zero exit."""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import NoReturn

from kiosk import rule_commands
from kiosk.discretion import Formatter, leave_nothing
from kiosk.model.errors import KioskError, Theirs
from kiosk.model.text import text


class Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the command line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}. See {self.prog} --help.\n")


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _parser().parse_args(argv)
    leave_nothing()
    stderr = logging.StreamHandler(sys.stderr)
    stderr.setFormatter(Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", datefmt="%H:%M:%S"))
    logging.basicConfig(
        level=logging.DEBUG if os.environ.get("KIOSK_LOG") == "debug" else logging.INFO, handlers=[stderr]
    )
    for chatty in ("httpx", "httpcore", "websockets", "PIL", "kivy", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        return int(arguments.command(arguments) or 0)
    except KioskError as error:
        print(f"kiosk: {error.reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> Parser:
    parser = Parser(prog="kiosk", description="Touch terminals and store hub for a medical-cannabis dispensary.")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)

    run = commands.add_parser("run", help="run this terminal")
    run.add_argument("--settings", type=Path, required=True, help="the terminal's TOML file")
    run.add_argument("--no-window", action="store_true", help="without a picture: for rehearsals and tests")
    run.add_argument("--die-at", default="", metavar="STEP", help="rehearse a power cut at this step")
    run.set_defaults(command=_run)

    hub = commands.add_parser("hub", help="run the store hub")
    hub.add_argument("--settings", type=Path, required=True, help="the hub's TOML file")
    hub.set_defaults(command=_hub)

    sandbox = commands.add_parser("sandbox", help="run a state's tracking system and registry, simulated")
    sandbox.add_argument("system", choices=["metrc"], help="which system")
    sandbox.add_argument("--port", type=int, default=0, help="port on this machine; 0 takes a free one")
    sandbox.add_argument("--seed-file", type=Path, help="patients, products and packages; the demo shop's by default")
    sandbox.add_argument("--keep", type=Path, help="file that keeps what was reported")
    sandbox.set_defaults(command=_sandbox)

    shop = commands.add_parser("shop", help="run a whole demo store on this machine")
    shop.add_argument("--out", type=Path, default=Path("out"), help="folder for what is left behind")
    shop.set_defaults(command=_shop)

    demo = commands.add_parser("demo", help="play a script unattended, with pictures and an account")
    demo.add_argument("--script", choices=["visit"], default="visit", help="what is played")
    demo.add_argument("--out", type=Path, default=Path("out"), help="folder for pictures, label, receipt and account")
    demo.add_argument("--no-window", action="store_true", help="without windows, hence without pictures")
    demo.add_argument(
        "--kill-at", default="", metavar="STEP", help="pull the plug at this step, or at each, one by one"
    )
    demo.add_argument("--list-steps", action="store_true", help="print the steps --kill-at knows")
    demo.set_defaults(command=_demo)

    _simulate_parser(commands)

    gallery = commands.add_parser("gallery", help="draw every kind of step in every interesting condition")
    gallery.add_argument("--out", type=Path, default=Path("out"), help="folder for the pictures")
    gallery.set_defaults(command=_gallery)

    decode = commands.add_parser("decode", help="say what scans mean: JSON lines in, JSON lines out")
    decode.add_argument("--state", default="", help="whose medical cards there may be; by default every known state's")
    decode.set_defaults(command=_decode)

    printing = commands.add_parser("print", help="print one label from a file, or draw it")
    printing.add_argument("file", type=Path, metavar="FILE", help="the label as JSON: see docs/hardware.md")
    where = printing.add_mutually_exclusive_group(required=True)
    where.add_argument("--printer", metavar="URL", help="tcp://HOST:9100, serial:///dev/… or usb://VENDOR:PRODUCT")
    where.add_argument("--preview", type=Path, metavar="OUT.png", help="draw the paper instead")
    printing.add_argument("--width", type=int, choices=(384, 512, 576), default=576, help="dots across the paper")
    printing.set_defaults(command=_print)

    doctor = commands.add_parser("doctor", help="list every device, try it, and say what is wrong with it")
    doctor.add_argument("--settings", type=Path, help="the terminal's TOML file; without it, what there is is named")
    doctor.add_argument("--json", action="store_true", help="for programs")
    doctor.set_defaults(command=_doctor)

    allotment = commands.add_parser("allotment", help="say what a patient may buy: one JSON object in, one out")
    allotment.set_defaults(command=_allotment)

    _questions_of_law(commands)
    rule_commands.add_to(commands)

    openapi = commands.add_parser("openapi", help="print the hub's API as an OpenAPI document")
    openapi.set_defaults(command=_openapi)
    return parser


def _simulate_parser(commands: "argparse._SubParsersAction[Parser]") -> None:
    simulate = commands.add_parser(
        "simulate", help="whole store days with the real program, on a clock that is counted"
    )
    simulate.add_argument("--days", type=_count, default=1, help="days of one store, one after the other")
    simulate.add_argument("--seed", type=int, default=1, help="the same seed gives the same days, to the byte")
    simulate.add_argument("--faults", default="all", metavar="KINDS", help="all, none, or kinds with commas between")
    simulate.add_argument("--a-day", type=float, default=12.0, help="about how many faults a day")
    simulate.add_argument("--terminals", type=_count, default=2, metavar="K", help="counters")
    simulate.add_argument("--visits", type=_count, default=12, help="patients a day")
    simulate.add_argument("--stores", type=_count, default=1, help="so many stores, with seeds from the given one on")
    simulate.add_argument("--jobs", type=_count, help="processes; one a core by default")
    simulate.add_argument("--account", action="store_true", help="tell everything that happens, of one store")
    simulate.set_defaults(command=_simulate)


def _questions_of_law(commands: "argparse._SubParsersAction[Parser]") -> None:
    _coa_parser(commands)
    _label_parser(commands)


def _coa_parser(commands: "argparse._SubParsersAction[Parser]") -> None:
    coa = commands.add_parser("coa", help="hold a laboratory's certificate against a state's limits")
    coa.add_argument(
        "file", metavar="FILE", help="METRC rows, a Cannlytics record, our plain form, or a PDF; - reads standard input"
    )
    coa.add_argument("--state", required=True, help="two letters: whose law")
    coa.add_argument(
        "--type",
        required=True,
        help="what kind of goods: flower, pre_roll, concentrate, vape, edible, tincture, topical …",
    )
    coa.add_argument("--on", type=date.fromisoformat, help="judge as of this day, YYYY-MM-DD; today by default")
    coa.add_argument("--tag", default="", help="the package's tag, to compare with the certificate's")
    coa.add_argument("--batch", default="", help="the goods' batch, likewise")
    coa.add_argument("--product", default="", help="what the manifest calls the goods, likewise")
    coa.add_argument(
        "--claim",
        action="append",
        default=[],
        metavar="NAME=VALUE UNIT",
        help='what the label claims, "Total THC=20.1 %%"',
    )
    coa.add_argument("--labs", type=Path, help="file with the licence numbers of the state's laboratories, one a line")
    coa.set_defaults(command=_coa)


def _label_parser(commands: "argparse._SubParsersAction[Parser]") -> None:
    label = commands.add_parser("label", help="make the label of one dispense by a state's law, or say what is missing")
    label.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        default="",
        help="its facts as JSON, see docs/labels.md; - reads standard input",
    )
    label.add_argument("--state", required=True, help="two letters: whose law")
    label.add_argument("--png", type=Path, metavar="OUT", help="draw what the printer would print")
    label.add_argument("--paper", type=int, choices=(58, 80), default=80, help="width of the paper in mm")
    label.add_argument("--print", type=int, default=1, metavar="N", help="which print of it: 2 and more are reprints")
    label.add_argument("--packs", type=Path, help="another folder of rule packs")
    label.add_argument("--example", nargs="?", const="", metavar="NAME", help="print a worked example's facts instead")
    label.set_defaults(command=_label)


def _run(arguments: argparse.Namespace) -> int:
    from kiosk.settings import TerminalSettings, read  # noqa: PLC0415

    settings = read(arguments.settings, TerminalSettings)
    from kiosk.running import run_terminal  # noqa: PLC0415

    return run_terminal(settings, window=not arguments.no_window, die_at=arguments.die_at)


def _hub(arguments: argparse.Namespace) -> None:
    from kiosk.hub.main import run  # noqa: PLC0415
    from kiosk.hub.settings import load  # noqa: PLC0415

    asyncio.run(run(load(arguments.settings)))


def _sandbox(arguments: argparse.Namespace) -> None:
    from kiosk.demo import SHOP_FILE  # noqa: PLC0415
    from kiosk.tracking.sandbox.serving import serve_until_stopped  # noqa: PLC0415

    asyncio.run(serve_until_stopped(arguments.seed_file or SHOP_FILE, arguments.port, arguments.keep))


def _shop(arguments: argparse.Namespace) -> int:
    from kiosk.demo.bench import run_shop  # noqa: PLC0415

    return run_shop(arguments.out)


def _demo(arguments: argparse.Namespace) -> int:
    from kiosk.demo.script import play  # noqa: PLC0415

    return play(
        arguments.out, window=not arguments.no_window, kill_at=arguments.kill_at, list_steps=arguments.list_steps
    )


def _count(word: str) -> int:
    number = int(word)
    if not 1 <= number <= 1_000_000:
        raise argparse.ArgumentTypeError("wanted is a number above 0")
    return number


def _simulate(arguments: argparse.Namespace) -> int:
    from kiosk.simulation.command import cores, kinds_of, serve  # noqa: PLC0415
    from kiosk.simulation.day import Plan  # noqa: PLC0415

    plan = Plan(
        seed=arguments.seed,
        days=arguments.days,
        counters=arguments.terminals,
        visits=arguments.visits,
        kinds=kinds_of(arguments.faults),
        a_day=arguments.a_day,
    )
    return serve(plan, stores=arguments.stores, jobs=arguments.jobs or cores(), account=arguments.account)


def _gallery(arguments: argparse.Namespace) -> int:
    from kiosk.demo.display import virtual_display  # noqa: PLC0415
    from kiosk.screens.gallery import draw_gallery  # noqa: PLC0415

    with virtual_display(needed=True):
        code = draw_gallery(arguments.out)
    print(f"see {arguments.out / 'gallery' / 'index.html'}")
    return code


def _decode(arguments: argparse.Namespace) -> None:
    from kiosk.scan_lines import serve_stdin  # noqa: PLC0415

    serve_stdin(arguments.state)


def _print(arguments: argparse.Namespace) -> int:
    from kiosk.printing import preview, print_file  # noqa: PLC0415

    if arguments.preview is not None:
        preview(arguments.file, arguments.width, arguments.preview)
        print(f"see {arguments.preview}")
        return 0
    say = partial(print, file=sys.stderr)
    outcome = print_file(arguments.file, arguments.printer, arguments.width, say)
    print(outcome.sentence, file=sys.stderr if outcome.result != "printed" else sys.stdout)
    return ("printed", "failed", "unknown").index(outcome.result)


def _doctor(arguments: argparse.Namespace) -> int:
    from kiosk.doctor import report  # noqa: PLC0415
    from kiosk.settings import TerminalSettings, read  # noqa: PLC0415

    settings = read(arguments.settings, TerminalSettings) if arguments.settings is not None else None
    words, well = report(settings, as_json=arguments.json)
    print(words)
    return 0 if well else 1


def _allotment(_: argparse.Namespace) -> None:
    from kiosk.allotment.answer import serve  # noqa: PLC0415

    serve(sys.stdin.buffer, sys.stdout.buffer)


def _coa(arguments: argparse.Namespace) -> None:
    from kiosk.coa import judged_file  # noqa: PLC0415

    print(
        judged_file(
            arguments.file,
            arguments.state,
            arguments.type,
            on=arguments.on,
            tag=arguments.tag,
            batch=arguments.batch,
            product=arguments.product,
            claims=arguments.claim,
            labs=arguments.labs,
        )
    )


def _label(arguments: argparse.Namespace) -> int:
    from kiosk.label import example, labelled  # noqa: PLC0415

    if arguments.example is not None:
        print(example(arguments.state, arguments.example, arguments.packs))
        return 0
    if not arguments.file or not 1 <= arguments.print <= 99:
        raise Theirs(text("Name a file of facts, and a print from 1 to 99."))
    answer, may_print = labelled(
        arguments.file,
        arguments.state,
        png=arguments.png,
        paper_mm=arguments.paper,
        print_no=arguments.print,
        packs=arguments.packs,
    )
    print(answer)
    return 0 if may_print else 1


def _openapi(_: argparse.Namespace) -> None:
    from kiosk.hub.api import openapi_document  # noqa: PLC0415

    print(openapi_document())
