"""Passports and cards with machine readable lines: every check digit fits, or there is no document."""

from datetime import date

import pytest

from kiosk.documents.decoding import decode
from kiosk.model.documents import PhotoId, Reading, Unread
from tests.documents.scans import FORMATS, read

TD3 = (
    "P<UTOEXAMPLE<<ROBIN<LEE<<<<<<<<<<<<<<<<<<<<<",
    "X0000001<4UTO9202298<3101012<<<<<<<<<<<<<<<2",
)


def digit(value: str) -> str:
    """ICAO 9303 part 3, section 4.9, written a second time."""
    weights = [7, 3, 1] * 40
    return str(sum((0 if c == "<" else int(c, 36)) * w for c, w in zip(value, weights, strict=False)) % 10)


def td3(
    name: str = "EXAMPLE<<ROBIN<LEE", born: str = "920229", ends: str = "310101", number: str = "X00000012"
) -> tuple[str, str]:
    second = f"{number}{digit(number)}UTO{born}{digit(born)}<{ends}{digit(ends)}{'<' * 14}<"
    return f"P<UTO{name}".ljust(44, "<"), second + digit(second[:10] + second[13:20] + second[21:43])


def td1(number: str = "L01X00471", optional: str = "") -> tuple[str, str, str]:
    if len(number) > 9:
        first = f"IPUSA{number[:9]}<{number[9:]}{digit(number)}".ljust(30, "<")
    else:
        first = f"IPUSA{number}{digit(number)}{optional}".ljust(30, "<")
    second = f"920229{digit('920229')}<310101{digit('310101')}UTO".ljust(29, "<")
    second += digit(first[5:30] + second[:7] + second[8:15] + second[18:29])
    return first, second, "EXAMPLE<<ROBIN<LEE".ljust(30, "<")


def td2() -> tuple[str, str]:
    second = f"X00000012{digit('X00000012')}UTO920229{digit('920229')}<310101{digit('310101')}".ljust(35, "<")
    return "I<UTOEXAMPLE<<ROBIN<LEE".ljust(36, "<"), second + digit(second[:10] + second[13:20] + second[21:35])


def scan(lines: tuple[str, ...], end: str = "\r") -> bytes:
    return end.join(lines).encode()


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    ("lines", "standard", "issuer", "number"),
    [
        (TD3, "ICAO-TD3", "UTO", "X0000001"),
        (td3(), "ICAO-TD3", "UTO", "X00000012"),
        (td2(), "ICAO-TD2", "UTO", "X00000012"),
        (td1(), "ICAO-TD1", "USA", "L01X00471"),
        (td1("L01X00471AB123"), "ICAO-TD1", "USA", "L01X00471AB123"),
    ],
)
@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\x1d", "\x1c", ""], ids=["CR", "LF", "CR LF", "GS", "FS", "none"])
def test_every_shape_in_every_frame(lines, standard, issuer, number, end):
    found = read(scan(lines, end))
    assert isinstance(found, PhotoId)
    assert (found.family, found.given, found.middle, found.born) == ("EXAMPLE", "ROBIN", "LEE", date(1992, 2, 29))
    assert (found.standard, found.issuer, found.number, found.expires) == (standard, issuer, number, date(2031, 1, 1))
    assert (found.family_truncated, found.given_truncated, found.warnings) == (False, False, ())


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("lines", [TD3, td2(), td1()], ids=["TD3", "TD2", "TD1"])
def test_every_wrong_character_under_a_check_digit_is_found(lines):
    """Any character of the numbers' lines; nationality and sex have no check digit in any document."""
    row = 0 if len(lines) == 3 else 1
    places = [(row, at) for at in range(5, len(lines[row]))] if row == 0 else []
    if row == 1:
        places = [(1, at) for at in (*range(10), *range(13, 20), *range(21, len(lines[1])))]
    else:
        places += [(1, at) for at in (*range(7), *range(8, 15), *range(18, 30))]
    for line, at in places:
        was = lines[line][at]
        wrong = "7" if was not in "7" else "8"
        changed = list(lines)
        changed[line] = lines[line][:at] + wrong + lines[line][at + 1 :]
        found = read(scan(tuple(changed)))
        assert isinstance(found, Unread), (line, at)
        assert found.reason_key == "passport_damaged"


def test_a_letter_read_for_a_digit_is_put_right_only_where_the_digit_fits():
    first, second = td3()
    assert read(scan((first, second.replace("920229", "92O229")))).born == date(1992, 2, 29)
    assert read(scan((first, second.replace("920229", "92B229")))).reason_key == "passport_damaged"
    assert read(scan((first.replace("ROBIN", "R0BIN"), second))).reason_key == "passport_damaged"


def visa(width: int) -> tuple[str, str]:
    """ICAO 9303 part 7: no composite digit, and none behind the optional field."""
    second = f"L8988901C{digit('L8988901C')}UTO920229{digit('920229')}F310101{digit('310101')}6ZE1842"
    return "V<UTOEXAMPLE<<ROBIN<LEE".ljust(width, "<"), second.ljust(width, "<")


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(("width", "standard"), [(44, "MRV-A"), (36, "MRV-B")])
def test_a_visa_is_read_and_called_a_visa(width, standard):
    """No rule pack accepts its standard as a photo ID."""
    found = read(scan(visa(width)))
    assert (found.standard, found.family, found.number, found.born) == (
        standard, "EXAMPLE", "L8988901C", date(1992, 2, 29),
    )  # fmt: skip
    first, second = visa(width)
    for at in (*range(10), *range(13, 20), *range(21, 28)):
        wrong = "7" if second[at] != "7" else "8"
        assert read(scan((first, second[:at] + wrong + second[at + 1 :]))).reason_key == "passport_damaged"


def test_a_person_with_one_name_has_one():
    found = read(scan(td3(name="ARKFREITH")))
    assert (found.family, found.given, found.given_truncated) == ("ARKFREITH", "", False)
    assert read(scan(td3(name="A" * 39))).reason_key == "passport_damaged"


def test_the_published_specimens_of_the_standard():
    """ICAO 9303 parts 4 to 7, appendices."""
    anna = ("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10")
    card = ("I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<")
    small = ("I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6")
    visas = (
        ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L8988901C4XXX4009078F96121096ZE184226B<<<<<<"),
        ("V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "L8988901C4XXX4009078F9612109<<<<<<<<"),
    )
    for lines, number in ((anna, "L898902C3"), (card, "D23145890"), (small, "D23145890")):
        found = read(scan(lines))
        assert (found.family, found.given, found.middle, found.number) == ("ERIKSSON", "ANNA", "MARIA", number)
        assert (found.born, found.expires) == (date(1974, 8, 12), date(2012, 4, 15))
    for lines in visas:
        found = read(scan(lines))
        assert (found.number, found.born, found.expires) == ("L8988901C", date(1940, 9, 7), date(1996, 12, 10))


@pytest.mark.requirement("PAT-03")
def test_a_missing_or_short_line_is_no_passport():
    for lines in ((TD3[0],), (TD3[0][:-1], TD3[1]), (TD3[0], TD3[1][:-3])):
        assert read(scan(lines)).reason_key == "passport_damaged"


def test_the_century_of_a_birth_is_known_or_unknown_and_never_guessed():
    assert read(scan(td3(born="920229"))).born == date(1992, 2, 29)
    assert read(scan(td3(born="050101"))).born == date(2005, 1, 1)
    assert read(scan(td3(born="400101"))).born == date(1940, 1, 1)
    child_or_very_old = read(scan(td3(born="250101")))
    assert (child_or_very_old.born, child_or_very_old.warnings) == (None, ("born.century",))
    assert read(scan(td3(born="92<<<<"))).born is None
    assert read(scan(td3(born="000229"))).born == date(2000, 2, 29)


@pytest.mark.parametrize(
    ("born", "today", "wanted"),
    [
        ("300101", date(2026, 11, 24), date(1930, 1, 1)),
        ("261126", date(2026, 11, 24), date(1926, 11, 26)),
        ("261125", date(2026, 11, 24), None),
        ("250101", date(2026, 11, 24), None),
        ("320101", date(2040, 1, 1), date(1932, 1, 1)),
        ("050101", date(2026, 11, 24), date(2005, 1, 1)),
    ],
)
def test_nobody_was_born_after_today_nor_after_their_passport_ends(born, today, wanted):
    found = decode(Reading(data=scan(td3(born=born)), device="s", at=0.0), FORMATS, today)
    assert isinstance(found, PhotoId)
    assert (found.born, found.warnings) == (wanted, () if wanted else ("born.century",))


def test_a_name_that_fills_its_line_may_go_on():
    found = read(scan(td3(name="EXAMPLE<<" + "ROBIN" * 6)))
    assert (found.family_truncated, found.given_truncated) == (False, True)


def test_two_zones_in_one_scan_are_told_and_one_zone_twice_is_one():
    for lines in (td3(), td1()):
        assert read(scan(lines + lines)) == read(scan(lines))
    assert read(scan(td3() + td3(number="X00000025"))).reason_key == "two_scans"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    "lines", [td3(), td2(), td1(), visa(44), visa(36)], ids=["TD3", "TD2", "TD1", "MRV-A", "MRV-B"]
)
def test_line_ends_that_were_lost_are_known_by_the_length(lines):
    sound, whole = read(scan(lines)), "".join(lines)
    assert isinstance(sound, PhotoId)
    for glued in (whole, whole + whole, whole + "\r" + whole, "\r".join([*lines, whole]), whole.lower()):
        assert read(glued.encode()) == sound
    for at in range(1, len(lines)):
        cut = at * len(lines[0])
        assert read(f"{whole[:cut]}\r{whole[cut:]}".encode()) == sound
    for damaged in (whole[:-1], whole[1:], whole + "<", whole[:40] + whole[41:], whole + whole[:-1]):
        assert read(damaged.encode()).kind == "unknown"
    other = "".join(td3(number="X00000025"))
    assert read((whole + other).encode()).kind == "unknown"


@pytest.mark.requirement("PAT-03")
def test_line_ends_in_a_wrong_place_are_damage():
    whole = "".join(td3())
    for at in range(1, len(whole)):
        assert isinstance(read(f"{whole[:at]}\r{whole[at:]}".encode()), PhotoId) == (at == 44)


def test_a_number_that_goes_on_may_count_the_filler_between_its_parts():
    """As on Belgium's older cards."""
    number, rest = "000590240", "601"

    def card(check: str) -> str:
        first = f"IDBEL{number}<{rest}{check}".ljust(30, "<")
        second = f"920229{digit('920229')}F310101{digit('310101')}BEL".ljust(29, "<")
        second += digit(first[5:30] + second[:7] + second[8:15] + second[18:29])
        return scan((first, second, "EXAMPLE<<ROBIN<LEE".ljust(30, "<")))

    right = {digit(f"{number}<{rest}"), digit(number + rest)}
    for check in "0123456789":
        found = read(card(check))
        assert (isinstance(found, PhotoId) and found.number == number + rest) == (check in right)
