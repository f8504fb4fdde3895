"""Key events become bytes: layouts, modifiers, control characters, ALT codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hw.scanner.keys import (
    CAPS_LOCK,
    DOWN,
    EV_KEY,
    EV_SYN,
    LEFT_ALT,
    LEFT_CTRL,
    LEFT_SHIFT,
    RIGHT_ALT,
    RIGHT_CTRL,
    RIGHT_SHIFT,
    SYN_DROPPED,
    SYN_REPORT,
    UP,
    KeyDecoder,
)
from kiosk.hw.scanner.layouts import DE, LAYOUTS, UK, US, Layout
from kiosk.hw.scanner.sim import KeyScanner
from kiosk.model.clock import ManualClock

from .samples import licence

A, SIX, RIGHT_BRACKET, J, NUM_LOCK = 30, 7, 27, 36, 69


def typed(decoder: KeyDecoder, *strokes: tuple[int, int]) -> bytes:
    return b"".join(decoder.feed(EV_KEY, code, value) or b"" for code, value in strokes)


def strokes_of(data: bytes, layout: Layout, *, alt_codes: bool = False) -> list[tuple[int, int, int]]:
    scanner = KeyScanner(ManualClock(), layout=layout, alt_codes=alt_codes)
    try:
        return [stroke for byte in data for stroke in scanner._stroke(byte)]
    finally:
        scanner.close()


def decoded(data: bytes, layout: Layout, *, alt_codes: bool = False) -> bytes:
    decoder = KeyDecoder(layout)
    return b"".join(decoder.feed(*stroke) or b"" for stroke in strokes_of(data, layout, alt_codes=alt_codes))


PLAIN = b"@\"'#~|\\{}[]^_-=+/?:;<>,.!$%&*() `abcxyzABCXYZ0123456789"


@pytest.mark.requirement("PLT-04")
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_set_up_line_reads_the_same_in_every_layout(layout: Layout) -> None:
    assert decoded(PLAIN, layout) == PLAIN


@pytest.mark.requirement("PLT-04")
@pytest.mark.parametrize("alt_codes", [False, True], ids=["ctrl", "alt"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_licence_typed_as_keys_is_the_same_bytes(layout: Layout, alt_codes: bool) -> None:
    assert decoded(licence(), layout, alt_codes=alt_codes) == licence()


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@given(data=st.binary(max_size=60))
def test_any_bytes_come_through_as_alt_codes(layout: Layout, data: bytes) -> None:
    assert decoded(data, layout, alt_codes=True) == data


def test_letters_of_the_layout_become_their_windows_bytes() -> None:
    assert decoded("Müñ".encode("cp1252")[:2] + b"ller", DE) == "Müller".encode("cp1252")
    assert decoded("£12".encode("cp1252"), UK) == b"\xa312"


def test_the_wrong_layout_shows() -> None:
    decoder = KeyDecoder(UK)
    wrong = b"".join(decoder.feed(*stroke) or b"" for stroke in strokes_of(b'@"', US))
    assert wrong == b'"@'


def test_control_characters_come_as_ctrl_with_a_key() -> None:
    decoder = KeyDecoder(US)
    pressed = [(LEFT_CTRL, DOWN), (RIGHT_BRACKET, DOWN), (RIGHT_BRACKET, UP), (J, DOWN), (SIX, DOWN), (LEFT_CTRL, UP)]
    assert typed(decoder, *pressed) == b"\x1d\x0a\x1e"
    shifted = [(RIGHT_CTRL, DOWN), (LEFT_SHIFT, DOWN), (SIX, DOWN), (LEFT_SHIFT, UP), (RIGHT_CTRL, UP), (A, DOWN)]
    assert typed(decoder, *shifted) == b"\x1ea"


def test_shift_counts_as_it_is_when_the_key_goes_down() -> None:
    decoder = KeyDecoder(US)
    assert typed(decoder, (LEFT_SHIFT, DOWN), (A, DOWN), (LEFT_SHIFT, UP), (A, UP), (A, DOWN)) == b"Aa"
    both = [(LEFT_SHIFT, DOWN), (RIGHT_SHIFT, DOWN), (LEFT_SHIFT, UP), (A, DOWN), (RIGHT_SHIFT, UP), (A, DOWN)]
    assert typed(decoder, *both) == b"Aa"


def test_key_repeat_is_nobodys_character() -> None:
    assert typed(KeyDecoder(US), (A, DOWN), (A, 2), (A, 2), (A, UP)) == b"a"


def test_caps_lock_turns_letters_and_nothing_else() -> None:
    decoder = KeyDecoder(US, caps=True)
    assert typed(decoder, (A, DOWN), (SIX, DOWN), (LEFT_SHIFT, DOWN), (A, DOWN), (LEFT_SHIFT, UP)) == b"A6a"
    assert typed(decoder, (CAPS_LOCK, DOWN), (CAPS_LOCK, UP), (A, DOWN)) == b"a"


def test_alt_codes_with_a_leading_zero_are_windows_codes_and_without_one_code_page_437() -> None:
    keypad = {"0": 82, "1": 79, "2": 80, "5": 76, "4": 75, "6": 77, "9": 73, "3": 81}

    def alt(digits: str, keys: dict[str, int]) -> list[tuple[int, int]]:
        presses = [(keys[digit], value) for digit in digits for value in (DOWN, UP)]
        return [(NUM_LOCK, DOWN), (NUM_LOCK, UP), (LEFT_ALT, DOWN), *presses, (LEFT_ALT, UP)]

    decoder = KeyDecoder(US)
    assert typed(decoder, *alt("052", keypad)) == b"4"
    assert typed(decoder, *alt("0241", keypad)) == b"\xf1"
    assert typed(decoder, *alt("164", keypad)) == b"\xf1", "n with tilde in code page 437"
    assert typed(decoder, *alt("29", keypad)) == b"\x1d"
    top = {"0": 11, "5": 6, "2": 3}
    assert typed(decoder, *alt("052", top)) == b"4"


def test_an_alt_code_that_cannot_be_spoils_the_scan() -> None:
    decoder = KeyDecoder(US)
    typed(decoder, (LEFT_ALT, DOWN), (73, DOWN), (73, DOWN), (73, DOWN))
    assert decoder.feed(EV_KEY, LEFT_ALT, UP) is None


def test_events_lost_by_the_kernel_are_said_and_nothing_is_read_until_the_next_report() -> None:
    decoder = KeyDecoder(US)
    typed(decoder, (LEFT_SHIFT, DOWN))
    assert decoder.feed(EV_SYN, SYN_DROPPED, 0) is None
    assert typed(decoder, (A, DOWN)) == b""
    assert decoder.feed(EV_SYN, SYN_REPORT, 0) == b""
    assert typed(decoder, (A, DOWN)) == b"a", "the held shift is forgotten too"


@pytest.mark.requirement("PLT-04")
def test_lost_events_end_with_the_scan_where_no_report_follows_them() -> None:
    decoder = KeyDecoder(US)
    assert decoder.feed(EV_SYN, SYN_DROPPED, 0) is None
    decoder.release_all()
    assert typed(decoder, (A, DOWN)) == b"a"


@pytest.mark.requirement("PLT-04")
def test_a_repeated_modifier_changes_nothing_whether_it_is_held_or_was_let_go() -> None:
    """The release may be what was lost: a Shift that is only ever repeated would turn the rest of the scan."""
    decoder = KeyDecoder(US)
    held = (
        (LEFT_SHIFT, DOWN),
        (LEFT_SHIFT, 2),
        (A, DOWN),
        (LEFT_SHIFT, 2),
        (LEFT_SHIFT, UP),
        (LEFT_SHIFT, 2),
        (A, DOWN),
    )
    assert typed(decoder, *held) == b"Aa"
    code = (
        (LEFT_ALT, DOWN),
        (82, DOWN),
        (LEFT_ALT, 2),
        (76, DOWN),
        (80, DOWN),
        (LEFT_ALT, UP),
        (LEFT_ALT, 2),
        (A, DOWN),
    )
    assert typed(decoder, *code) == b"4a"


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_either_alt_key_takes_a_code_from_the_keypad(layout: Layout) -> None:
    keypad = [(code, value) for code in (82, 76, 80) for value in (DOWN, UP)]  # 0 5 2
    for alt in (LEFT_ALT, RIGHT_ALT):
        assert typed(KeyDecoder(layout), (alt, DOWN), *keypad, (alt, UP)) == b"4"


def test_the_top_row_under_alt_graphic_is_the_layouts_third_level() -> None:
    brace = (8, DOWN)
    assert typed(KeyDecoder(LAYOUTS["de"]), (RIGHT_ALT, DOWN), brace, (RIGHT_ALT, UP)) == b"{"
    assert typed(KeyDecoder(US), (RIGHT_ALT, DOWN), (11, DOWN), (6, DOWN), (3, DOWN), (RIGHT_ALT, UP)) == b"4"


def test_a_stuck_shift_ends_with_the_scan() -> None:
    decoder = KeyDecoder(US)
    typed(decoder, (LEFT_SHIFT, DOWN), (A, DOWN))
    decoder.release_all()
    assert typed(decoder, (A, DOWN)) == b"a"


def test_accents_wait_for_their_letter() -> None:
    e, acute = 18, 13
    assert typed(KeyDecoder(DE), (acute, DOWN), (e, DOWN)) == "é".encode("cp1252")
    assert typed(KeyDecoder(DE), (acute, DOWN), (57, DOWN)) == "´".encode("cp1252")
    assert typed(KeyDecoder(DE), (acute, DOWN), (45, DOWN)) == "´x".encode("cp1252")


def test_keys_without_a_character_do_nothing() -> None:
    assert typed(KeyDecoder(US), (103, DOWN), (59, DOWN), (NUM_LOCK, DOWN), (125, DOWN)) == b""


@given(st.lists(st.tuples(st.sampled_from([0, 1, 4]), st.integers(0, 255), st.integers(0, 2))))
def test_no_events_bring_it_down(events: list[tuple[int, int, int]]) -> None:
    for layout in LAYOUTS.values():
        decoder = KeyDecoder(layout)
        for event in events:
            decoder.feed(*event)
