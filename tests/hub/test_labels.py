"""The hub's labels: by the law of their first day (LBL-07), with what the state prescribes from the store's files."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import kiosk
from kiosk.demo import LABEL_FILES
from kiosk.hub import label_files
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.errors import Refusal, Theirs
from kiosk.model.labels import Label

from .world import TODAY, Trial, changed, trial

NEW = """
[[labels]]
version = "new"
effective_from = 2026-03-03
like = "2023"

[[labels.statements]]
code = "no_transfer"
words = "THE WORDS OF THE NEW LAW"
"""


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    """The state's pack, but for a label template that a new one follows tomorrow."""
    whole = (Path(kiosk.__file__).parent / "rules" / "packs" / "fl.toml").read_text(encoding="utf-8")
    before, labels, after = whole.partition("[[labels]]\n")
    folder = tmp_path / "packs"
    folder.mkdir()
    (folder / "fl.toml").write_text(f"{before}{labels}effective_to = {TODAY}\n{after}{NEW}", encoding="utf-8")
    return folder


async def picked(shop: Trial, units: int) -> tuple[Any, Any]:
    visit = await shop.attended()
    order = await shop.picked(await shop.ordered(visit, q.BasketLine(product_id="1", units=units)))
    return visit, order.lines[0]


async def made(shop: Trial, visit: Any, line: Any, unit: int, print_no: int = 1) -> Any:
    number, tag = line.dispense_numbers[unit], line.tags[unit]
    wish = q.MakeLabel(visit_id=visit.visit_id, line_id=line.line_id, number=number, print_no=print_no, tag=tag)
    return await shop.ask("counter-1", wish)


def issued(visit: Any, line: Any, label: Label) -> r.LabelIssued:
    return r.LabelIssued(
        visit_id=visit.visit_id,
        line_id=line.line_id,
        number=label.number,
        print_no=label.print_no,
        tag=label.tag,
        copy_digest="d",
        template=label.template,
        on=label.on,
    )


@pytest.mark.requirement("LBL-07", "LBL-04")
async def test_a_reprint_is_made_by_the_law_of_the_first_print_and_a_new_label_by_todays(
    tmp_path: Path, packs: Path
) -> None:
    async with trial(tmp_path, packs=packs) as shop:
        visit, line = await picked(shop, 2)
        first = await made(shop, visit, line, 0)
        assert (first.template, first.on) == ("FL label 2023", TODAY)
        void = r.LabelVoided(number=first.number, print_no=1, reason="damaged")
        await shop.tell("counter-1", issued(visit, line, first), void)
        shop.clock.advance(timedelta(days=1).total_seconds())
        again = await made(shop, visit, line, 0, print_no=2)
        assert isinstance(again, Label)
        assert (again.template, again.on, again.print_no) == ("FL label 2023", TODAY, 2)
        assert (again.fields, again.statements) == (first.fields, first.statements)
        other = await made(shop, visit, line, 1)
        assert (other.template, other.on) == ("FL label new", date(2026, 3, 3))
        assert "THE WORDS OF THE NEW LAW" in other.statements


async def test_without_the_states_drawing_no_label_is_made_and_the_file_is_named(tmp_path: Path) -> None:
    async with trial(tmp_path) as shop:
        shop.hub.desk.settings = changed(shop.hub.desk.settings, label_files=None)
        visit, line = await picked(shop, 1)
        refused = await made(shop, visit, line, 0)
        assert isinstance(refused, Refusal)
        assert (refused.rule, refused.differs) == ("FL.label.symbol.universal", "symbol.universal")
        assert "symbol.universal.png" in str(refused.way_on)


async def test_a_label_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "patient.name.txt").write_text("Somebody Else")
    async with trial(tmp_path) as shop:
        shop.hub.desk.settings = changed(shop.hub.desk.settings, label_files=folder)
        visit, line = await picked(shop, 1)
        refused = await made(shop, visit, line, 0)
        assert str(refused.reason) == (
            "The label file patient.name.txt cannot be used: no fact of the store is called so."
        )


def test_label_files_are_facts_of_the_store_alone(tmp_path: Path) -> None:
    assert set(label_files.read(LABEL_FILES)) == {"symbol.universal", "producer_label.shows"}
    assert label_files.read(None) == {}
    (tmp_path / "warning.caution.txt").write_text("Take care.\nTake good care.\n", encoding="utf-8")
    (tmp_path / "producer_label.shows.txt").write_text("lab.name\n\nlot.number\n")
    (tmp_path / "notes.md").write_text("not read")
    assert label_files.read(tmp_path) == {
        "warning.caution": "Take care.\nTake good care.\n",
        "producer_label.shows": ("lab.name", "lot.number"),
    }


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("batch.number.txt", b"B-1", "no fact of the store is called so"),
        ("warning.txt", b"W", "no fact of the store is called so"),
        ("symbol.universal.txt", b"S", "no fact of the store is called so"),
        ("warning.caution.png", b"W", "no fact of the store is called so"),
        ("warning.caution.txt", b"\xff", "it is no text in UTF-8"),
        ("producer_label.shows.txt", b"lab.nmae", "producer_label.shows: lab.nmae: No fact is called so"),
    ],
)
def test_a_wrong_label_file_is_told_by_name(name: str, content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Theirs) as caught:
        label_files.read(tmp_path)
    assert str(caught.value.reason).startswith(f"The label file {name} cannot be used: {why}")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Theirs, match="cannot be used"):
        label_files.read(tmp_path / "nowhere")
