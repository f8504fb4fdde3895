"""Labels and tickets on paper, judged by a printer and a barcode reader that we did not write."""

import io
import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from kiosk.documents.codes import label_code
from kiosk.hw.printer.clean import printable
from kiosk.hw.printer.compose import COLOUR_WORDS, compose_label, compose_ticket
from kiosk.hw.printer.paper import pieces_of
from kiosk.hw.printer.picture import SHAPES, Letters
from kiosk.hw.printer.port import PAPER_58, PAPER_80, Paper
from kiosk.hw.printer.realtime import realtime_positions
from kiosk.hw.printer.sheet import Sheet
from kiosk.hw.printer.symbols import drawn
from kiosk.model.errors import Ours, Refused
from kiosk.model.labels import Disc, Drawing, Label, LabelField, LabelSymbol, Leaf, Lettering, Outline
from kiosk.model.orders import Ticket
from kiosk.rules.labels.examples import facts_of_example
from kiosk.rules.labels.facts import Facts, Quantity
from kiosk.rules.labels.making import make
from kiosk.rules.law import Law
from kiosk.rules.pack import states, versions

from .peer import Emupos, Judged, read_codes

TAG = "1A4FF0300000B2C000004711"
CODE = "KL-00004711-1-7"
HALF = Decimal("0.5")
PAPERS = {"80 mm": PAPER_80, "58 mm": PAPER_58, "180 dpi": Paper(width_dots=512)}

FACTS = {
    "patient.name": ("Patient", "Marisol Sample-Núñez"),
    "store.license": ("Licence", "MMTC-2019-0022"),
    "product.name": ("Product", "Harlequin Tincture 1:1, Cold-Pressed, 30 ml"),
    "dispense.quantity": ("Quantity", "1 bottle (30 ml, 1.01 fl oz)"),
    "potency.thc": ("THC", "150 mg"),
    "potency.cbd": ("CBD", "0.9 mg"),
    "batch.number": ("Batch", "HT-26-0113"),
    "dispense.date": ("Dispensed", "2026-03-02"),
}
WARNING = "Transfer of this product to any other person is unlawful."


def label(facts: dict[str, tuple[str, str]] | None = None, **changes: object) -> Label:
    fields = tuple(LabelField(key=key, heading=h, value=v) for key, (h, v) in (facts or FACTS).items())
    values: dict[str, object] = {"number": "00004711", "print_no": 1, "tag": TAG, "statements": (WARNING,)}
    return Label(**{**values, "fields": fields, **changes})  # type: ignore[arg-type]


def one_line(text: str) -> str:
    return " ".join(text.split())


def in_order(parts: list[str], text: str) -> bool:
    """Whether all parts stand in the text, one after another, however they were broken into lines."""
    packed, at = text.replace(" ", "").replace("\n", ""), 0
    for part in parts:
        found = packed.find(part.replace(" ", ""), at)
        if found < 0:
            return False
        at = found + len(part.replace(" ", ""))
    return True


def sound(judged: Judged) -> None:
    """One piece of paper, cut; the barrier answered; nothing complained of; the drawer shut; no ink at the edge."""
    assert judged.boundaries == ["cut"]
    assert judged.replies == [b"\x00"]
    assert judged.events == []
    image = judged.image.convert("L")
    edge = image.crop((image.width - 2, 0, image.width, image.height))
    assert ImageChops.invert(edge).getbbox() is None


@pytest.mark.requirement("LBL-01")
@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_a_label_says_everything_and_both_codes_read(paper: Paper, emupos: Emupos) -> None:
    (judged,) = emupos.judge([compose_label(label(), code=CODE, paper=paper)], paper.width_dots)
    sound(judged)
    assert judged.codes == [CODE, TAG]
    assert in_order([part for heading, value in FACTS.values() for part in (heading, value)] + [WARNING], judged.text)


SCRIPTS = (
    "María José Núñez-Ibáñez",
    "محمد الفاتح عبد الله",
    "李小龙 欧阳娜娜",
    "Nguyễn Thị Hương Ỷ",
    "שרה כהן",
    "Ёлкина Юлия",
)
"""Names of nobody that a store in any state meets."""


def labels_of_all_states(count: int) -> list[tuple[Label, str]]:
    """Complete labels of every template in every pack, by its own law, with invented names, numbers and amounts; every
    third name is in another script, every fifth as long as cards hold."""
    chance = random.Random(20)
    every = [
        (law, facts_of_example(template, example))
        for state in states()
        for law in versions(state)
        for template in law.labels
        for example in template.examples
        if not example.refused and law is versions(state)[-1]
    ]
    return [_of_state(chance, n, *every[n % len(every)]) for n in range(count)]


def _of_state(chance: random.Random, n: int, law: Law, facts: Facts) -> tuple[Label, str]:
    name = SCRIPTS[n % len(SCRIPTS)] if n % 3 == 0 else _words(chance, 2, 30)
    if n % 5 == 0:
        name = " ".join(_words(chance, 9, 12).replace(" ", "")[:40] for _ in range(3))
    tag = "1A4" + "".join(chance.choice("0123456789ABCDEF") for _ in range(21))
    number, print_no = f"{chance.randrange(10**8):08}", n % 3 + 1
    changes = {
        "patient.name": name,
        "product.name": _words(chance, 10, 60),
        "dispense.quantity": Quantity(amount=Decimal(chance.randint(1, 99999)) / 100, unit="g"),
        "dispense.serial": number,
        "package.uid": tag,
    }
    made = make(law, {**facts, **changes}, number=number, print_no=print_no, tag=tag)
    assert isinstance(made, Label), made
    return made, label_code(number, print_no)


def _words(chance: random.Random, least: int, most: int) -> str:
    syllables = ["ma", "ri", "sol", "nú", "ñez", "gar", "cía", "ø", "ber", "ßen", "Mc", "O'", "-", " ", "é", "lo"]
    return printable("".join(chance.choice(syllables) for _ in range(chance.randint(least, most)))) or "Sample"


@pytest.mark.requirement("LBL-01", "LBL-06")
def test_a_thousand_labels_of_all_states_come_back_as_they_were_made(emupos: Emupos) -> None:
    """Read back by a printer and a code reader that we did not write. What is drawn is compared letter by letter
    elsewhere; here it has to be there as a picture of its own."""
    made = labels_of_all_states(1000)
    assert len({each.template for each, _ in made}) == 22

    def judged(paper: Paper, part: list[tuple[Label, str]]) -> list[Judged]:
        return emupos.judge([compose_label(each, code=code, paper=paper) for each, code in part], paper.width_dots)

    with ThreadPoolExecutor(2) as both:
        for part, judgements in [
            (part, both.submit(judged, paper, part)) for paper, part in ((PAPER_80, made[::2]), (PAPER_58, made[1::2]))
        ]:
            for (each, code), one in zip(part, judgements.result(), strict=True):
                came_back(each, code, one)


def came_back(each: Label, code: str, judged: Judged) -> None:
    sound(judged)
    assert judged.codes == [code, each.tag]
    drawn = [field for field in each.fields if not drawable(f"{field.heading}: {field.value}")]
    wanted = [part for field in each.fields if field not in drawn for part in (field.heading, field.value)]
    assert in_order([*wanted, *each.statements], judged.text)
    assert judged.text.count("[image") >= len(drawn) + len(each.symbols)


def drawable(words: str) -> bool:
    """Whether the printer's own letters can say it: one code page has them all."""
    return Sheet(PAPER_80)._codec(words) is not None


@pytest.mark.requirement("LBL-01")
@pytest.mark.parametrize("value", ["", "  ", "\u202e\u200b", "\x1b"])
def test_a_field_without_a_visible_value_stops_the_print_and_is_named(value: str) -> None:
    facts = {**FACTS, "potency.thc": ("THC", value)}
    with pytest.raises(Refused) as refused:
        compose_label(label(facts), code=CODE, paper=PAPER_80)
    assert refused.value.refusal.differs == "potency.thc"
    assert str(refused.value.reason) == "The label has no value for THC. It was not printed."


def test_a_name_that_would_open_the_drawer_does_nothing(emupos: Emupos) -> None:
    facts = {**FACTS, "product.name": ("Product", "Oil\x1bp\x00\x19\xfa\x10\x14\x01\x00\x05 ^XZ^XA \x1d(k Tincture")}
    (judged,) = emupos.judge([compose_label(label(facts), code=CODE, paper=PAPER_80)], 576)
    sound(judged)
    assert judged.codes == [CODE, TAG]


@pytest.mark.requirement("LBL-06")
@pytest.mark.parametrize("paper", [PAPER_80, PAPER_58], ids=["80 mm", "58 mm"])
def test_letters_that_no_code_page_has_are_drawn(paper: Paper, emupos: Emupos) -> None:
    names = {
        "patient.name": ("Patient", "Żółć Ђорђе Ναυσικᾶ"),
        "caregiver.name": ("Caregiver", "محمد الفاتح"),
        "provider.name": ("Physician", "שרה כהן"),
        "product.name": ("Product", "Tincture 5 ℥ ½ ⅓ ≥ 10 µg " + "ľ" * 70),
    }
    (judged,) = emupos.judge([compose_label(label(names), code=CODE, paper=paper)], paper.width_dots)
    sound(judged)
    assert judged.codes == [CODE, TAG]
    assert judged.text.count("[image") >= 4
    assert "?" not in judged.text
    assert 0.01 < _blackness(judged.image) < 0.35, "letters, not bars"


NAMES = {
    "Polish": "Żółć Gęślą-Jaźń",
    "Icelandic": "Þórður Æðarson",
    "Turkish": "Işıl Gündoğdu",
    "Vietnamese": "Nguyễn Thị Hương Ỷ",
    "Yoruba": "Ọlọ́runtóbi Ẹ̀sọ́",
    "Russian": "Ёлкина Щукарь Юлия",
    "Ukrainian": "Ґалаґан Їжакевич",
    "Serbian": "Ђорђе Љубишић Џ",
    "Greek": "Ναυσικᾶ Ἀχιλλεύς",
    "Armenian": "Ղազարյան",
    "Georgian": "ქეთევანი",
    "Hebrew": "שרה כהן",
    "Arabic": "محمد الفاتح عبد اللّٰه",
    "Persian": "پژمان گلچین",
    "Chinese, simplified": "李小龙 欧阳娜娜",
    "Chinese, traditional": "張學友 諸葛亮",
    "Chinese with Latin": "王 Wei-Lin 明",
    "Japanese": "山田ひろし サトウ",
}
"""Of nobody: letters that printers do not have."""


@pytest.mark.requirement("LBL-06")
@pytest.mark.parametrize("paper", [PAPER_80, PAPER_58], ids=["80 mm", "58 mm"])
def test_names_of_all_scripts_are_on_the_label_letter_by_letter(paper: Paper, emupos: Emupos) -> None:
    """Every letter leaves its ink: a name with one letter taken out is another picture, and never a box or a mark."""
    whole = [label({"patient.name": ("", name)}, statements=()) for name in NAMES.values()]
    shorter = [label({"patient.name": ("", name[:-1])}, statements=()) for name in NAMES.values()]
    jobs = [compose_label(each, code=CODE, paper=paper) for each in [*whole, *shorter]]
    judged = emupos.judge(jobs, paper.width_dots)
    for one, less, name in zip(judged, judged[len(NAMES) :], NAMES.values(), strict=False):
        sound(one)
        assert one.codes == [CODE, TAG]
        assert "?" not in one.text
        if "[image" in one.text:
            assert (
                one.image.crop((0, 0, paper.width_dots, 32)).tobytes()
                != less.image.crop((0, 0, paper.width_dots, 32)).tobytes()
            ), name
        else:
            assert one_line(one.text).startswith(printable(name))


@pytest.mark.requirement("LBL-06")
def test_arabic_letters_are_joined_and_stand_from_right_to_left() -> None:
    """Compared to the presentation forms that Unicode keeps for machines without a layout engine, set by hand."""
    letters = Letters(60)
    by_engine, by_hand, unjoined = (Image.new("1", (600, 200), 255) for _ in range(3))
    letters.draw(by_engine, (10, 130), "محمد")
    basic = ImageFont.truetype(letters._fonts[0].path, letters._fonts[0].size, layout_engine=ImageFont.Layout.BASIC)
    # Final dal, medial meem, medial hah, initial meem: the last letter of the name stands leftmost.
    for picture, name in ((by_hand, "\ufeaa\ufee4\ufea4\ufee3"), (unjoined, "محمد")):
        draw = ImageDraw.Draw(picture)
        draw.fontmode = "1"
        draw.text((10, 130), name, font=basic, fill=0, anchor="ls")
    ink = by_hand.convert("L").histogram()[0]
    assert ImageChops.logical_xor(by_engine, by_hand).convert("L").histogram()[255] < 0.1 * ink
    assert ImageChops.logical_xor(by_engine, unjoined).convert("L").histogram()[255] > 0.5 * ink


@pytest.mark.requirement("LBL-06")
def test_ideographs_have_the_dots_that_printers_give_them() -> None:
    for least in (13, 15, 24, 40):
        _, top, _, bottom = Letters(least).box("國龍體")
        assert bottom - top >= max(20, least)


def test_two_directions_in_two_fonts_are_refused_and_not_disordered() -> None:
    with pytest.raises(Refused):
        compose_label(label({"patient.name": ("Patient", "محمد 李")}), code=CODE, paper=PAPER_80)


@pytest.mark.requirement("LBL-06")
def test_the_longest_names_that_cards_have_lose_no_letter(emupos: Emupos) -> None:
    """AAMVA cards hold 40 characters each of family, given and middle name."""
    name = " ".join(syllable * 10 for syllable in ("Wñèé", "Mßüø", "Ğłžý"))
    product = "Full-Spectrum Cold-Pressed 1:1 Tincture, Mint & Honey, 30 ml bottle"
    facts = {"patient.name": ("Patient", name), "product.name": ("Product", product)}
    for paper in PAPERS.values():
        made = compose_label(label(facts, min_letter_mm=2.12), code=CODE, paper=paper)
        (judged,) = emupos.judge([made], paper.width_dots)
        sound(judged)
        assert in_order([product], judged.text)
        for lost in (name[1:], name[:-1]):
            less = label({**facts, "patient.name": ("Patient", lost)}, min_letter_mm=2.12)
            assert compose_label(less, code=CODE, paper=paper) != made


def test_each_letter_of_a_drawn_name_makes_another_picture(emupos: Emupos) -> None:
    jobs = [
        compose_label(label({"patient.name": ("Patient", name)}), code=CODE, paper=PAPER_80)
        for name in ("Đorđe Ž", "Đorđe Š", "Đorđe Č")
    ]
    images = [judged.image.crop((0, 0, 576, 40)).tobytes() for judged in emupos.judge(jobs, 576)]
    assert len(set(images)) == 3


def test_a_letter_that_no_font_has_is_refused_and_never_printed_as_a_box() -> None:
    facts = {**FACTS, "patient.name": ("Patient", "𐎀𐎁")}
    with pytest.raises(Refused) as refused:
        compose_label(label(facts), code=CODE, paper=PAPER_80)
    assert str(refused.value.reason) == "The printer cannot draw a character in Patient."
    assert "𐎀" not in str(refused.value)


def test_a_picture_that_spells_a_command_is_printed_without_it(emupos: Emupos) -> None:
    hostile = Image.frombytes("1", (576, 2), bytes(255 - byte for byte in b"\x10\x14\x01\x00\x05" + bytes(139)))
    sheet = Sheet(PAPER_80)
    sheet._raster(hostile)
    (judged,) = emupos.judge([sheet.finished()], 576)
    sound(judged)
    shown = ImageChops.invert(judged.image.convert("1")).tobytes()
    assert shown[:5] == b"\x18\x14\x01\x00\x05"


def test_a_job_with_a_hidden_command_is_never_handed_out() -> None:
    sheet = Sheet(PAPER_80)
    sheet._document._raw(b"\x10\x05\x02")
    with pytest.raises(Ours):
        sheet.finished()


def test_a_reprint_says_so(emupos: Emupos) -> None:
    jobs = [compose_label(label(print_no=n), code=CODE, paper=PAPER_80) for n in (1, 2, 3)]
    first, second, third = emupos.judge(jobs, 576)
    assert "REPRINT" not in first.text
    assert "REPRINT 2" in second.text
    assert "REPRINT 3" in third.text


@pytest.mark.requirement("LBL-06")
@pytest.mark.parametrize("millimetres", [1.6, 1.875, 2.12, 3.0, 4.0])
def test_no_letter_is_lower_than_the_law_wants(millimetres: float, emupos: Emupos) -> None:
    facts = {"a": ("HHHH", "HHHHHHHH"), "b": ("ĦĦĦĦ", "ĦĦĦĦĦĦĦĦ")}
    made = label(facts, min_letter_mm=millimetres, statements=())
    (judged,) = emupos.judge([compose_label(made, code=CODE, paper=PAPER_80)], 576)
    heights = _row_heights(judged.image)[:2]
    assert all(height / PAPER_80.dots_per_mm >= millimetres for height in heights), heights


TRIANGLE: Drawing = (
    Outline(points=((HALF, Decimal(0)), (Decimal(1), Decimal(1)), (Decimal(0), Decimal(1))), line=Decimal("0.06")),
    Leaf(at=(HALF, Decimal("0.6")), height=Decimal("0.45")),
    Lettering(words="THC", at=(HALF, Decimal("0.86")), height=Decimal("0.12")),
)
SOLID: Drawing = (
    Disc(at=(HALF, HALF), radius=HALF, solid=True),
    Leaf(at=(HALF, Decimal("0.45")), height=Decimal("0.7"), white=True),
)


def png(size: tuple[int, int], ink: tuple[int, int, int, int] | None, mode: str = "L") -> bytes:
    """A picture of that size, white or clear, with a black box."""
    picture = Image.new(mode, size, 0 if mode == "RGBA" else 255)
    if ink is not None:
        ImageDraw.Draw(picture).rectangle(ink, fill=(0, 0, 0, 255) if mode == "RGBA" else 0)
    file = io.BytesIO()
    picture.save(file, format="PNG")
    return file.getvalue()


def ink_of(symbol: LabelSymbol, paper: Paper) -> tuple[int, int]:
    """How wide and high it is, in dots."""
    box = ImageChops.invert(drawn(symbol, paper).convert("L")).getbbox()
    assert box is not None
    return box[2] - box[0], box[3] - box[1]


@pytest.mark.requirement("LBL-06")
@pytest.mark.parametrize("drawing", [TRIANGLE, SOLID], ids=["triangle", "disc"])
@pytest.mark.parametrize("size", ["8.89", "12.7", "25"])
@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_a_symbol_that_is_described_is_drawn_and_never_smaller_than_the_law_wants(
    drawing: Drawing, size: str, paper: Paper
) -> None:
    symbol = LabelSymbol(code="thc", width_mm=Decimal(size), height_mm=Decimal(size), drawing=drawing)
    for dots in ink_of(symbol, paper):
        assert float(size) * paper.dots_per_mm <= dots <= float(size) * paper.dots_per_mm * 1.1 + 1
    blank = drawn(replace(symbol, drawing=drawing[:1]), paper)
    assert blank.tobytes() != drawn(symbol, paper).tobytes(), "the leaf is seen"


@pytest.mark.requirement("LBL-06")
@pytest.mark.parametrize("mode", ["L", "RGBA", "1"])
@pytest.mark.parametrize("size", [(1, 1), (40, 40), (300, 100), (100, 300), (1500, 1000)])
def test_a_states_own_picture_keeps_its_proportions_and_its_least_size(mode: str, size: tuple[int, int]) -> None:
    picture = png(size, (0, 0, size[0] - 1, size[1] - 1), mode)
    wide, high = ink_of(LabelSymbol(code="universal", picture=picture), PAPER_80)
    assert min(wide, high) >= 12.7 * 8
    assert abs(wide / high - size[0] / size[1]) < 0.03 * size[0] / size[1]


UNFIT = {
    "nothing": b"",
    "no picture": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "torn": png((40, 40), (5, 5, 30, 30))[:60],
    "another format": b"GIF89a\x01\x00\x01\x00" + bytes(40),
    "white": png((40, 40), None),
    "white with an edge": png((40, 40), None, "1"),
    "clear": png((40, 40), None, "RGBA"),
    "a wall": png((2001, 2000), (0, 0, 9, 9)),
    "as wide as no paper": png((500, 10), (0, 0, 499, 9)),
}


@pytest.mark.parametrize("picture", UNFIT.values(), ids=UNFIT)
def test_a_symbol_that_cannot_be_drawn_stops_the_label_and_is_named(picture: bytes) -> None:
    made = label(symbols=(LabelSymbol(code="universal", picture=picture),))
    with pytest.raises(Refused) as refused:
        compose_label(made, code=CODE, paper=PAPER_58)
    assert refused.value.refusal.differs == "symbol.universal"
    assert "universal" in str(refused.value.reason)


@pytest.mark.requirement("LBL-06")
def test_a_symbol_is_on_the_paper_and_shifts_nothing_out(emupos: Emupos) -> None:
    symbol = LabelSymbol(code="thc", drawing=TRIANGLE)
    jobs = [compose_label(label(symbols=symbols), code=CODE, paper=PAPER_80) for symbols in ((), (symbol,))]
    without, with_ = emupos.judge(jobs, 576)
    sound(with_)
    assert with_.codes == [CODE, TAG]
    assert with_.image.height - without.image.height >= 0.5 * 25.4 * PAPER_80.dots_per_mm


def test_what_the_law_wants_prominent_is_twice_as_high(emupos: Emupos) -> None:
    fields = tuple(LabelField(key="expiry.date", heading="H", value="HHHH", prominent=large) for large in (True, False))
    made = label(fields=fields, statements=())
    (judged,) = emupos.judge([compose_label(made, code=CODE, paper=PAPER_80)], 576)
    large, small = _row_heights(judged.image)[:2]
    assert large >= 1.9 * small


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_the_codes_survive_a_poor_print(paper: Paper, emupos: Emupos) -> None:
    (judged,) = emupos.judge([compose_label(label(), code=CODE, paper=paper)], paper.width_dots)
    blurred = judged.image.convert("L").filter(ImageFilter.GaussianBlur(1.0))
    assert read_codes(blurred) == [CODE, TAG]


@pytest.mark.parametrize("length", [8, 14, 20, 26, 40])
@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_a_code_too_wide_for_bars_becomes_squares_and_none_is_lost(paper: Paper, length: int, emupos: Emupos) -> None:
    code = ("KL-A7B" * 10)[:length]
    (judged,) = emupos.judge([compose_label(label(), code=code, paper=paper)], paper.width_dots)
    sound(judged)
    assert judged.codes == [code, TAG]


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
def test_a_ticket_shows_shape_colour_word_number_and_its_code(paper: Paper, emupos: Emupos) -> None:
    tickets = [
        Ticket(ticket_id=f"t{n}", shape=shape, colour=colour, number=n)
        for n, (shape, colour) in enumerate(zip(SHAPES, COLOUR_WORDS, strict=True), 95)
    ]
    jobs = [compose_ticket(ticket, code=f"KT-{ticket.number}-X", paper=paper) for ticket in tickets]
    shapes = set()
    for ticket, judged in zip(tickets, emupos.judge(jobs, paper.width_dots), strict=True):
        sound(judged)
        assert judged.codes == [f"KT-{ticket.number}-X"]
        assert f"{COLOUR_WORDS[ticket.colour]}\n{ticket.number}\n" in judged.text
        picture = judged.image.crop((0, 0, paper.width_dots, 300))
        assert 0.05 < _blackness(picture) < 0.6
        shapes.add(picture.tobytes())
    assert len(shapes) == len(SHAPES)


def test_our_own_picture_of_the_paper_agrees_with_the_other_printer(emupos: Emupos) -> None:
    for paper in (PAPER_80, PAPER_58):
        jobs = [
            compose_label(
                label(print_no=2, symbols=(LabelSymbol(code="thc", drawing=TRIANGLE),)), code=CODE, paper=paper
            ),
            compose_label(label({"p": ("Patient", "Žofie Ŕ"), **FACTS}), code="KL-1616041620", paper=paper),
            compose_ticket(Ticket(ticket_id="t", shape="star", colour="sky", number=7), code="KT-7", paper=paper),
        ]
        for job, judged in zip(jobs, emupos.judge(jobs, paper.width_dots), strict=True):
            (piece,) = pieces_of(job, paper)
            assert piece.whole
            assert piece.data == job[: job.rindex(b"\x1dr")]
            assert piece.text == judged.text
            assert piece.codes == judged.codes == read_codes(piece.image())
            assert abs(piece.image().height - judged.image.height) <= 12
            assert piece.image().width == paper.width_dots


@pytest.mark.requirement("LBL-06")
@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(st.sampled_from(sorted(FACTS)), st.text(max_size=120), min_size=1),
    st.text(max_size=80),
    st.sampled_from([PAPER_80, PAPER_58]),
    st.sampled_from([0.5, 1.6, 2.12, 4.0]),
)
def test_any_text_becomes_a_whole_label_or_a_named_refusal(
    values: dict[str, str], statement: str, paper: Paper, millimetres: float
) -> None:
    facts = {key: (FACTS[key][0], value) for key, value in values.items()}
    made = label(facts, statements=(statement,), min_letter_mm=millimetres)
    try:
        job = compose_label(made, code=CODE, paper=paper)
    except Refused:
        drawable = all(
            printable(value) and printable(value).isascii() for value in [*values.values(), statement or "x"]
        )
        assert not drawable
        return
    assert realtime_positions(job) == []
    assert job.startswith(b"\x1b@")
    assert job.endswith(b"\x1dV\x00\x1dr\x01")
    (piece,) = pieces_of(job, paper)
    assert piece.codes == [CODE, TAG]
    assert job == compose_label(made, code=CODE, paper=paper), "the same label is the same bytes"


def test_composing_leaves_no_trace_and_costs_nothing_until_it_is_wanted(tmp_path: Path) -> None:
    program = f"""
import logging, os, sys, tempfile
import kiosk.hw.printer.compose, kiosk.hw.printer.driver, kiosk.hw.printer.sim
assert not {{"PIL", "escpos", "qrcode", "barcode", "yaml"}} & set(sys.modules)
from kiosk.hw.printer.compose import compose_ticket
from kiosk.model.orders import Ticket
compose_ticket(Ticket(ticket_id="t", shape="star", colour="sky", number=7), code="KT-7")
assert os.listdir({str(tmp_path)!r}) == [], os.listdir({str(tmp_path)!r})
assert logging.getLogger().handlers == []
assert not [name for name in os.environ if name.startswith("ESCPOS")]
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def _blackness(image: Image.Image) -> float:
    histogram = image.convert("L").histogram()
    return histogram[0] / sum(histogram)


def _row_heights(image: Image.Image) -> list[int]:
    """The heights of the lines of text: rows with ink between rows without."""
    grey = ImageChops.invert(image.convert("L"))
    heights, height = [], 0
    for y in range(grey.height):
        if grey.crop((0, y, grey.width, y + 1)).getbbox():
            height += 1
        elif height:
            heights.append(height)
            height = 0
    return heights
