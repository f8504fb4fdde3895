"""Dates, amounts, names, differences and languages: no window needed."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.locale.extract import places, sentences_in
from kiosk.model.base import from_json, to_json
from kiosk.model.clock import ManualClock
from kiosk.model.people import Person
from kiosk.model.text import Text, text
from kiosk.screens.samples import samples
from kiosk.screens.words import (
    LANGUAGES,
    LOCALE,
    PSEUDO,
    Language,
    amount,
    difference,
    groups,
    name_of,
    stretched,
    told,
)
from kiosk.stage import WHAT

NOT_ENGLISH = [code for code in LANGUAGES if code != "en"]


def test_a_date_has_its_month_as_a_word() -> None:
    assert Language("en").day(date(1980, 8, 14)) == "14-Aug-1980"
    assert Language("es").day(date(1980, 8, 14)) == "14-ago-1980"
    assert Language("en").day(None) == "Not known"


def test_a_time_is_the_stores_and_names_the_day_when_it_is_not_today() -> None:
    clock = ManualClock(datetime(2026, 3, 2, 3, 30, tzinfo=UTC))
    store = Language("en", "America/New_York")
    assert store.moment(datetime(2026, 3, 2, 3, 0, tzinfo=UTC), clock) == "22:00"
    assert store.moment(datetime(2026, 3, 1, 3, 0, tzinfo=UTC), clock) == "28-Feb-2026 22:00"


@pytest.mark.parametrize(
    ("value", "unit", "spoken"),
    [
        ("0.50", "oz", "0.5 oz"),
        (".5", "g", "0.5 g"),
        ("5.0", "mg", "5 mg"),
        ("24500", "mg", "24,500 mg"),
        ("1000.250", "mg", "1,000.25 mg"),
        ("0", "oz", "0 oz"),
        ("100", "", "100"),
    ],
)
def test_amounts_cannot_be_misread(value: str, unit: str, spoken: str) -> None:
    assert amount(Decimal(value), unit).replace("\u00a0", " ") == spoken


@given(st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False))
def test_no_amount_has_a_trailing_zero_or_lacks_the_leading_one(value: Decimal) -> None:
    spoken = amount(value, "mg")
    assert re.fullmatch(r"\d{1,3}(,\d{3})*(\.\d*[1-9])?\u00a0mg", spoken)
    assert Decimal(spoken.removesuffix("\u00a0mg").replace(",", "")) == value


def test_amounts_told_as_words_are_written_like_all_others() -> None:
    assert [told(value).replace("\u00a0", " ") for value in ("3300.0 mg", "12.50 %", "trace", "")] == [
        "3,300 mg",
        "12.5 %",
        "trace",
        "",
    ]


def test_names_stand_family_first() -> None:
    assert (
        name_of(Person(family="de la Cruz", given="Ana", middle="R", suffix="Jr.", born=None))
        == "DE LA CRUZ, Ana R Jr."
    )
    assert name_of(Person(family="Plato", given="", born=None)) == "PLATO"


def test_codes_are_read_in_groups_of_four() -> None:
    assert groups("1A4060300002EE1000000015") == "1A40 6030 0002 EE10 0000 0015"
    assert groups("V-A3-2") == "V-A3-2"
    assert groups("THC 10 mg") == "THC 10 mg"


@given(st.text(alphabet="0123456789ABCDEF", min_size=1, max_size=24), st.text(alphabet="0123456789ABCDEF", max_size=24))
def test_equal_parts_are_never_marked_and_unequal_ones_always(wanted: str, found: str) -> None:
    first, second = difference(wanted, found)
    assert "".join(word for word, _ in first) == wanted
    assert "".join(word for word, _ in second) == found
    assert any(marked for _, marked in [*first, *second]) is (wanted != found)


def test_a_number_keeps_its_unit_in_the_difference() -> None:
    first, second = difference("THC 10 mg", "THC 5 mg")
    assert first == [("THC", False), ("10\u00a0mg", True)]
    assert second == [("THC", False), ("5\u00a0mg", True)]


def test_a_sentence_without_translation_is_shown_in_english() -> None:
    assert (
        Language("es").say(text("A sentence nobody wrote, for {name}.", name="X")) == "A sentence nobody wrote, for X."
    )
    assert Language("tlh").say(text("Queue")) == "Queue"


def test_our_own_words_in_a_sentence_are_translated_with_it_and_names_are_not() -> None:
    said = text("This is {this}. Scan {wanted}.", this=text("a medical card"), wanted=text("a photo ID"))
    assert str(said) == "This is a medical card. Scan a photo ID."
    assert Language("es").say(said) == "Esto es una tarjeta médica. Escanee una identificación con foto."
    assert Language("es").say(text("Go to {place}", place="a photo ID")).endswith("a photo ID")
    assert from_json(to_json(said), Text) == said


@pytest.mark.parametrize("code", NOT_ENGLISH)
@pytest.mark.parametrize("kind", WHAT)
def test_the_name_of_every_kind_of_code_is_translated(code: str, kind: str) -> None:
    spoken = Language(code).say(WHAT[kind])
    assert spoken
    assert spoken != str(WHAT[kind])


def test_the_made_up_language_is_longer_and_keeps_its_places() -> None:
    sentence = "Take {n} units to the counter."
    assert len(stretched(sentence)) >= 1.3 * len(sentence)
    assert "{n}" in stretched(sentence)
    assert "7" in Language(PSEUDO).say(text(sentence, n=7))


def _catalogue(code: str) -> dict[str, str]:
    import polib  # noqa: PLC0415

    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(LOCALE / code / "LC_MESSAGES" / "kiosk.po"))}


@pytest.mark.parametrize("code", NOT_ENGLISH)
def test_every_sentence_of_the_program_is_translated(code: str) -> None:
    known = _catalogue(code)
    missing = sorted(sentence for sentence in sentences_in() if not known.get(sentence))
    assert missing == []


def test_the_gallery_says_what_the_program_says() -> None:
    """Else nobody has seen the program's own sentences on a screen, in any language."""
    made_up = {words.sentence for sample in samples() for words in texts_in(sample.picture)} - sentences_in()
    assert made_up == set()


def texts_in(value: object) -> Iterator[Text]:
    if isinstance(value, Text):
        yield value
        yield from texts_in(tuple(value.args.values()))
    elif isinstance(value, msgspec.Struct):
        yield from texts_in(tuple(getattr(value, name) for name in value.__struct_fields__))
    elif isinstance(value, tuple | list):
        for each in value:
            yield from texts_in(each)


@pytest.mark.parametrize("code", NOT_ENGLISH)
def test_translations_have_the_same_places(code: str) -> None:
    wrong = {
        sentence: spoken
        for sentence, spoken in _catalogue(code).items()
        if spoken and places(sentence) != places(spoken)
    }
    assert wrong == {}


@pytest.mark.parametrize("code", NOT_ENGLISH)
def test_nothing_is_translated_that_nobody_says(code: str) -> None:
    assert sorted(set(_catalogue(code)) - sentences_in()) == []


FORBIDDEN = re.compile(r"\b(please|sorry|oops|invalid|error|illegal)\b", re.IGNORECASE)


def test_sentences_are_plain_and_blame_nobody() -> None:
    assert [sentence for sentence in sorted(sentences_in()) if FORBIDDEN.search(sentence)] == []
