"""What reaches a printer: visible characters, barcodes that fit, no command hidden in either."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hw.printer.clean import printable
from kiosk.hw.printer.code128 import code128, read_out
from kiosk.hw.printer.realtime import calmed, realtime_positions
from kiosk.hw.printer.sheet import wrapped


def test_commands_in_a_name_are_gone() -> None:
    assert printable("A\x1bp\x00\x19\xfaB") == "Ap\xfaB"
    assert printable("^XZ\x10\x05\x02 Oil") == "^XZ Oil"
    assert printable("a\x9b2J") == "a2J"


def test_direction_overrides_and_invisible_marks_are_gone() -> None:
    assert printable("Ana\u202egro\u202c\u200b\ufeff") == "Anagro"


def test_line_ends_are_spaces_and_spaces_are_one() -> None:
    assert printable("  Blue\r\nDream\u2028 \u00a0Oil\t") == "Blue Dream Oil"


def test_accents_are_joined_to_their_letters() -> None:
    assert printable("Nu\u0301n\u0303ez") == "Núñez"


@given(st.text())
def test_nothing_invisible_passes_and_cleaning_twice_is_cleaning_once(value: str) -> None:
    clean = printable(value)
    assert all(char == " " or unicodedata.category(char)[0] not in "CZ" for char in clean)
    assert printable(clean) == clean


VISIBLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=100)


@given(VISIBLE | st.text("0123456789", min_size=1, max_size=60) | st.text("KL-0123456789", min_size=1, max_size=60))
def test_a_code_128_says_its_text_and_holds_no_command(text: str) -> None:
    code = code128(text)
    assert read_out(code.data) == text
    assert realtime_positions(code.data) == []
    assert code.modules >= 11 * 3 + 13


def test_runs_of_digits_are_packed() -> None:
    assert code128("123456").data == b"{C\x0c\x22\x38"
    assert code128("123456").modules == 11 * 5 + 13
    assert code128("KL-A").data == b"{BKL-A"
    assert code128("A1234567B").data == b"{BA1{C\x17\x2d\x43{BB"


def test_pairs_of_digits_that_are_a_command_are_not_packed() -> None:
    assert code128("161604").data == b"{B161604"
    assert code128("1620").data == b"{B1620"


@pytest.mark.parametrize("text", ["", "ä", "A\n", "A" * 300])
def test_what_is_no_code_128_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="Code 128"):
        code128(text)


@given(st.binary(max_size=300) | st.text("\x10\x04\x05\x14\x01", max_size=60).map(str.encode))
def test_a_picture_is_calmed_with_one_dot_a_place_and_no_dot_less(ink: bytes) -> None:
    calm = calmed(ink)
    assert realtime_positions(calm) == []
    assert all(before & after == before for before, after in zip(ink, calm, strict=True))
    added = sum((before ^ after).bit_count() for before, after in zip(ink, calm, strict=True))
    assert added == len(realtime_positions(ink))


@given(st.text(st.characters(blacklist_categories=["C", "Z"]) | st.just(" "), max_size=200), st.integers(1, 48))
def test_wrapping_loses_nothing_but_spaces(words: str, columns: int) -> None:
    clean = printable(words)
    lines = list(wrapped(clean, columns))
    assert all(len(line) <= columns for line in lines)
    assert "".join(lines).replace(" ", "") == clean.replace(" ", "")
