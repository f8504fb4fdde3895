"""GS1 codes say which product it is, and are refused where a lost separator leaves two readings."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kiosk.documents import gs1
from kiosk.documents.decoding import decode
from kiosk.model.documents import ProductCode, Reading
from tests.documents.scans import FORMATS, read

GTIN = "09501101530003"
GS = "\x1d"


def digit(body: str) -> str:
    """The check digit, written a second time: what is missing to the next ten."""
    return str(-sum(int(d) * (3 if n % 2 == 0 else 1) for n, d in enumerate(reversed(body))) % 10)


@pytest.mark.parametrize(
    ("data", "symbology", "gtin", "standard"),
    [
        (b"012345678905", "", "00012345678905", "UPC-A"),
        (b"0012345678905", "]E0", "00012345678905", "EAN-13"),
        (b"96385074", "", "00000096385074", "EAN-8"),
        (b"96385074", "]E4", "00000096385074", "EAN-8"),
        (b"01234565", "]E0", "00012345000065", "UPC-E"),
        (b"00012345678905", "", "00012345678905", "GTIN-14"),
        (b"]I100012345678905", "", "00012345678905", "GTIN-14"),
        (b"4006381333931", "]E0", "04006381333931", "EAN-13"),
    ],
)
def test_a_bare_product_number_is_fourteen_digits(data, symbology, gtin, standard):
    assert read(data, symbology) == ProductCode(gtin=gtin, standard=standard)


def test_a_number_whose_check_digit_does_not_fit_is_no_product_number():
    assert read(b"012345678901").reason_key == "unknown"
    assert read(b"012345678901", "]E0").reason_key == "product_code_damaged"
    assert read(b"012345678905", "]C0").reason_key == "unknown"


def test_eight_digits_that_fit_twice_are_said_to():
    found = read(b"01234565")
    assert (found.reason_key, found.could_be) == ("ambiguous", ("gs1",))


def test_a_number_that_a_shop_gave_itself_names_nothing_here():
    assert read(("201234500000" + digit("201234500000")).encode(), "]E0").reason_key == "product_in_store"
    assert read(("2" + "01234567890" + digit("201234567890")).encode()).reason_key == "product_in_store"


@pytest.mark.requirement("INT-10")
@pytest.mark.parametrize("mark", ["]C1", "]e0", "]Q3", "]d2", ""], ids=lambda mark: mark or "no identifier")
def test_everything_on_a_case_is_taken_over_from_its_code(mark):
    """Lot, dates, serial number, weight and count: nothing of it is typed."""
    data = f"01{GTIN}17290131{'10'}LOT7{GS}21S-1{GS}3103000500{'11'}260200{'15'}281231{'30'}24"
    assert read((mark + data).encode()) == ProductCode(
        gtin=GTIN,
        lot="LOT7",
        serial="S-1",
        expires=date(2029, 1, 31),
        produced=date(2026, 2, 28),
        best_before=date(2028, 12, 31),
        net_weight_g=Decimal(500),
        count=24,
        standard="GS1",
    )


@pytest.mark.parametrize("stand_in", ["{GS}", "<GS>", "^]", "|", "~"])
def test_what_keyboards_make_of_a_separator_is_one(stand_in):
    whole = f"01{GTIN}10LOT7{GS}2112"
    assert read(whole.replace(GS, stand_in).encode()) == read(whole.encode())
    assert read(f"(01){GTIN}(10)LOT7(21)12".encode()) == read(whole.encode())


def test_a_lost_separator_is_never_guessed():
    """LOT7 with serial number 12, or LOT72112: only the scanner's word that it is a GS1 code settles it."""
    lost = f"01{GTIN}10LOT72112".encode()
    assert read(lost).reason_key == "product_code_separators"
    named = read(lost, "]C1")
    assert (named.lot, named.warnings) == ("LOT72112", ("separators.perhaps_lost",))
    assert read(f"01{GTIN}10AB-123".encode()).lot == "AB-123"
    assert read(f"01{GTIN}10LOT2024".encode()).lot == "LOT2024"


@pytest.mark.parametrize(
    "text",
    [
        f"01{GTIN[:-1]}4",
        f"01{GTIN}17291331",
        f"01{GTIN}17290230",
        f"01{GTIN}10",
        f"01{GTIN}1729",
        f"01{GTIN}05X",
        f"01{GTIN}10{'L' * 21}",
        f"01{GTIN}10L T",
        f"01{GTIN}30X",
    ],
)
def test_an_element_that_is_not_as_the_standard_has_it_spoils_the_code(text):
    assert read(text.encode(), "]C1").reason_key == "product_code_damaged"


def test_two_values_of_one_element_are_two_codes():
    assert read(f"01{GTIN}10A{GS}10B".encode(), "]C1").reason_key == "two_scans"


def test_sixteen_digits_may_be_two_things():
    """A product number with its identifier, or a number of BioTrack."""
    sixteen = f"01{GTIN}".encode()
    found = read(sixteen)
    assert (found.reason_key, found.could_be) == ("ambiguous", ("biotrack", "gs1"))
    assert read(sixteen, "]C1").kind == "gs1"
    assert read(sixteen, "]C0").kind == "biotrack"


def test_twenty_four_digits_are_no_package_tag():
    assert read(f"01{GTIN}17290131".encode()).kind == "gs1"


@pytest.mark.parametrize(
    "link",
    [
        f"https://id.example/01/{GTIN}/10/LOT7/21/S-1?17=290131&3103=000500",
        f"HTTP://ID.EXAMPLE/some/where/01/{GTIN}/10/LOT7/21/S%2D1?17=290131&linkType=all&3103=000500#top",
        f"https://id.example/01/{GTIN[1:]}/10/LOT7/21/S-1?3103=000500;17=290131",
    ],
)
def test_a_digital_link_is_taken_apart_and_never_opened(link):
    assert read(link.encode(), "]Q1") == ProductCode(
        gtin=GTIN,
        lot="LOT7",
        serial="S-1",
        expires=date(2029, 1, 31),
        net_weight_g=Decimal(500),
        standard="GS1-DL",
    )


def test_a_digital_link_that_does_not_add_up_is_refused():
    assert read(f"https://id.example/01/{GTIN[:-1]}4".encode()).reason_key == "product_code_damaged"
    assert read(f"https://id.example/01/{GTIN}/10".encode()).reason_key == "product_code_damaged"
    assert read(b"https://id.example/02/X").reason_key == "link"


def test_pounds_become_grams_without_a_rounding():
    assert read(f"01{GTIN}3202000100".encode()).net_weight_g == Decimal("453.59237")


@pytest.mark.requirement("INT-10")
@pytest.mark.parametrize("tail", ["17300101", "11260131", "15300100", "3103000500", "1730010121A7"])
def test_a_lot_that_ends_in_a_date_or_a_weight_lost_its_separator(tail):
    lost = f"01{GTIN}10ABC{tail}".encode()
    for symbology in ("]Q3", "]C1", ""):
        found = read(lost, symbology)
        assert found.reason_key == "product_code_separators"


@pytest.mark.requirement("INT-10")
def test_an_element_string_in_plain_code_128_is_read_and_told():
    found = read(f"01{GTIN}1729013110LOT7".encode(), "]C0")
    assert (found.gtin, found.lot, found.warnings) == (GTIN, "LOT7", ("symbology.not_gs1",))
    assert read(f"01{GTIN}10LOT72112".encode(), "]C0").reason_key == "product_code_separators"


def test_brackets_with_blanks_around_them():
    for text in (f"(01) {GTIN} (10) ABC (21) 7", f" (01){GTIN} (10)ABC  (21)  7 "):
        found = read(text.encode())
        assert (found.gtin, found.lot, found.serial) == (GTIN, "ABC", "7")
    assert read(f"(01) {GTIN} (10) A BC".encode()).reason_key == "product_code_damaged"


@pytest.mark.parametrize("add_on", ["12", "51299"])
def test_the_number_beside_a_product_number_is_left_out(add_on):
    assert read(("4006381333931" + add_on).encode(), "]E3") == ProductCode(gtin="04006381333931", standard="EAN-13")
    assert read(("4006381333932" + add_on).encode(), "]E3").reason_key == "product_code_damaged"


@pytest.mark.parametrize("element", ["16290131", "13290131", "22X1", "240X1", "91X1", "3303000500"])
def test_what_is_looked_at_and_has_no_place_is_told(element):
    assert read(f"01{GTIN}{element}".encode(), "]C1").warnings == ("elements.not_kept",)


def test_weights_that_contradict_each_other_are_not_one_packages():
    assert read(f"01{GTIN}31030005003202000110".encode()).net_weight_g == Decimal(500)
    assert read(f"01{GTIN}31030005003202000220".encode()).reason_key == "two_scans"
    assert read(f"01{GTIN}31030005003102000060".encode()).reason_key == "two_scans"


lots = st.text(st.sampled_from("0123456789ABCXYZ-./"), min_size=1, max_size=20)


@given(
    body=st.from_regex(r"[0-9]{13}", fullmatch=True),
    lot=lots,
    serial=lots,
    on=st.dates(date(2000, 1, 1), date(2076, 1, 1)),
)
def test_what_is_written_is_read(body, lot, serial, on):
    gtin = body + digit(body)
    text = f"01{gtin}17{on:%y%m%d}10{lot}{GS}21{serial}"
    found = gs1.read_elements(text, "]C1")
    assert (found.gtin, found.lot, found.serial, found.expires) == (gtin, lot, serial, on)


@given(st.text(st.characters(max_codepoint=255), max_size=80), st.sampled_from(["", "]C1", "]Q3"]))
def test_no_text_brings_it_down(text, symbology):
    assert isinstance(gs1.read_elements(text, symbology), ProductCode | str)
    assert isinstance(gs1.read_link("https://x/01/" + text), ProductCode | str | None)


@pytest.mark.parametrize("text", [f"(01){GTIN}(10)L7{GS}(21)S1", f"(01){GTIN}{GS}(10)L7{GS}{GS}(21)S1{GS}"])
def test_a_separator_before_a_bracket_says_the_same_twice(text):
    assert read(text.encode()) == ProductCode(gtin=GTIN, lot="L7", serial="S1", standard="GS1")


@pytest.mark.parametrize(
    "text", [f"(01){GTIN}(10)L{GS}7", f"(01){GTIN}(1{GS}0)L7", f"(01){GTIN[:7]}{GS}{GTIN[7:]}(10)L7"]
)
def test_a_separator_anywhere_else_between_brackets_is_damage(text):
    assert read(text.encode(), "]C1").reason_key == "product_code_damaged"
    assert read(text.encode()).kind == "unknown"


def test_separators_around_a_bare_number_change_nothing_and_one_inside_is_damage():
    assert read(f"{GS}4006381333931{GS}".encode()) == ProductCode(gtin="04006381333931", standard="EAN-13")
    for text in (f"4006381{GS}333931", f"4006381333931{GS}10L7"):
        assert read(text.encode()).kind == "unknown"
        assert read(text.encode(), "]E0").kind == "unknown"


def test_separators_that_came_twice_are_one():
    assert read(f"01{GTIN}10L7{GS}{GS}21S1".encode()) == ProductCode(gtin=GTIN, lot="L7", serial="S1", standard="GS1")
    assert read(f"01{GTIN}10{GS}21S1".encode()).reason_key == "product_code_damaged", "an element without a value"


@pytest.mark.requirement("INT-10")
@pytest.mark.parametrize("tail", ["10L7A21S1", "21S1A10L7", "17290131" + "10A210"])
def test_a_separator_that_a_keyboard_may_have_swallowed_is_not_certain(tail):
    """A scanner of bytes that names a GS1 symbology sends its separators; one of keys loses them first of all."""
    code = f"01{GTIN}{tail}".encode()
    sent = Reading(data=code, device="s", at=0.0, symbology="]C1")
    assert decode(sent, FORMATS).warnings == ("separators.perhaps_lost",)
    typed = structs.replace(sent, typed=True)
    assert decode(typed, FORMATS).reason_key == "product_code_separators"
    apart = structs.replace(typed, data=code + f"{GS}37{2}".encode())
    assert decode(apart, FORMATS).count == 2, "where one came, separators do come"


@pytest.mark.parametrize("sign", list("#$@[]\\^`{}~|\x1c\x1e é"))
def test_what_became_of_a_separator_is_no_part_of_a_lot(sign):
    found = read(f"01{GTIN}10L7{sign}21S1".encode("latin-1"), "]C1")
    assert found.kind == "unknown" or (sign in "|~" and (found.lot, found.serial) == ("L7", "S1"))


@pytest.mark.parametrize("element", ["7007290131290201", "423840124", "80082901311200", "7011290131", "725019900715"])
def test_a_value_of_several_parts_has_all_of_each(element):
    assert read(f"01{GTIN}{element}".encode(), "]C1").warnings == ("elements.not_kept",)
    assert read(f"01{GTIN}{element[:-1]}".encode(), "]C1").reason_key == "product_code_damaged"


def test_a_shipping_unit_may_have_a_link_of_its_own_and_unknown_questions_are_told():
    sscc = "00614141123456789" + digit("00614141123456789")
    assert read(f"https://x.test/a/00/{sscc}".encode()) == ProductCode(sscc=sscc, standard="GS1-DL")
    assert read(f"https://x.test/00/{sscc[:-1]}9".encode()).kind == "unknown"
    found = read(f"https://x.test/01/{GTIN}/10/L7?89=X&17=290131&x=1".encode())
    assert (found.lot, found.expires, found.warnings) == ("L7", date(2029, 1, 31), ("elements.not_kept",))
