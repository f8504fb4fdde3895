"""``kiosk print``: a label from a file, on paper or as a picture; each mistake is one line and a code."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from kiosk.cli import main
from kiosk.documents.codes import label_code
from kiosk.hw.printer.sim import VirtualPrinter
from kiosk.model.base import to_json
from kiosk.model.labels import Disc, Label, LabelField, LabelSymbol

from .peer import read_codes
from .printers import TAG
from .samples import until

HALF = Decimal("0.5")
LABEL = Label(
    number="00004711",
    print_no=2,
    tag=TAG,
    fields=(LabelField(key="patient.name", heading="Patient", value="Nguyễn 李 Sample"),),
    statements=("Keep away from children.",),
    symbols=(LabelSymbol(code="thc", drawing=(Disc(at=(HALF, HALF), radius=HALF, solid=True),)),),
)


def written(folder: Path, **changes: Any) -> Path:
    file = folder / "label.json"
    file.write_text(json.dumps({**json.loads(to_json(LABEL)), **changes}))
    return file


@pytest.mark.parametrize("width", [384, 512, 576])
def test_the_preview_is_the_paper(tmp_path: Path, width: int) -> None:
    out = tmp_path / "label.png"
    assert main(["print", str(written(tmp_path)), "--preview", str(out), "--width", str(width)]) == 0
    with Image.open(out) as image:
        assert image.width == width
        assert read_codes(image) == [label_code("00004711", 2), TAG]


async def printed(printer: VirtualPrinter, file: Path) -> int:
    return await asyncio.to_thread(main, ["print", str(file), "--printer", f"tcp://127.0.0.1:{printer.port}"])


async def test_the_label_is_printed_once(printer: VirtualPrinter, tmp_path: Path, capsys: Any) -> None:
    assert await printed(printer, written(tmp_path)) == 0
    (piece,) = printer.pieces
    assert piece.codes == [label_code("00004711", 2), TAG]
    assert capsys.readouterr().out == "Printed.\n"


async def test_a_printer_that_cannot_print_is_one_line(printer: VirtualPrinter, tmp_path: Path, capsys: Any) -> None:
    printer.out_of_paper()
    assert await printed(printer, written(tmp_path)) == 1
    assert capsys.readouterr().err == "The label printer has no paper. Put in a roll.\n"
    assert printer.pieces == []


async def test_while_a_person_is_waited_for_it_says_for_what(
    printer: VirtualPrinter, tmp_path: Path, capsys: Any
) -> None:
    printer.out_of_paper(after=60)
    printing = asyncio.create_task(printed(printer, written(tmp_path)))
    said: list[str] = []
    await until(lambda: said.append(capsys.readouterr().err) or "Put in a roll" in "".join(said))
    printer.load_paper()
    assert await printing == 0
    assert "Look whether the label is whole" in capsys.readouterr().out


async def test_a_doubt_has_a_code_of_its_own(printer: VirtualPrinter, tmp_path: Path, capsys: Any) -> None:
    printer.drop_connection(60, prints=False)
    assert await printed(printer, written(tmp_path)) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fields": []}, ""),
        ({"fields": [{"key": "a", "heading": "THC", "value": " "}]}, "no value for THC"),
        ({"fields": [{"key": "a", "heading": "Patient", "value": "𐎀"}]}, "cannot draw a character in Patient"),
        ({"print_no": "two"}, "$.print_no"),
        ({"colour": "red"}, "colour"),
        ({"number": "ü"}, "makes no code"),
        ({"tag": "x" * 500}, "makes no code"),
        ({"min_letter_mm": 90}, "do not fit"),
    ],
)
def test_a_bad_label_is_one_line(tmp_path: Path, changes: dict[str, Any], said: str, capsys: Any) -> None:
    code = main(["print", str(written(tmp_path, **changes)), "--preview", str(tmp_path / "out.png")])
    line = capsys.readouterr().err
    assert code == (1 if said else 0)
    assert said in line
    assert line.count("\n") == bool(said)


def test_files_that_are_not_to_be_had(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "no.json").write_bytes(b"\xff\xfe")
    for file, target in (
        (tmp_path / "none.json", ["--preview", "x.png"]),
        (tmp_path / "no.json", ["--preview", "x.png"]),
        (written(tmp_path), ["--preview", str(tmp_path / "none" / "x.png")]),
        (written(tmp_path), ["--printer", "lpt1"]),
    ):
        assert main(["print", str(file), *target]) == 1
        assert capsys.readouterr().err.count("\n") == 1
