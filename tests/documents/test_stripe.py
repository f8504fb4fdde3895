"""The stripes of older licences: name from track 1, number and dates from track 2, or nothing."""

from datetime import date

import pytest

from kiosk.documents.decoding import examine
from kiosk.model.documents import PhotoId, Reading
from tests.documents.scans import FORMATS, facts, read

FIRST = "%COTESTVILLE^DOE$JANE$^1 FICTION AVE^?"
SECOND = ";63602099001122=300719900715=?"


@pytest.mark.requirement("PAT-03")
def test_both_tracks_name_a_person():
    found = read((FIRST + SECOND).encode())
    assert isinstance(found, PhotoId)
    assert (found.family, found.given, found.middle, found.number) == ("DOE", "JANE", "", "99001122")
    assert (found.born, found.expires, found.issuer) == (date(1990, 7, 15), date(2030, 7, 31), "CO")
    assert found.standard == "AAMVA-stripe"


@pytest.mark.parametrize(
    ("ends_and_born", "born", "expires"),
    [
        ("300719900715", date(1990, 7, 15), date(2030, 7, 31)),
        ("307719900715", date(1990, 7, 15), None),
        ("308819900715", date(1990, 7, 15), date(2031, 7, 31)),
        ("309919900715", date(1990, 7, 15), date(2030, 7, 15)),
        ("309919920229", date(1992, 2, 29), date(2030, 2, 28)),
        ("300719909915", date(1990, 7, 15), date(2030, 7, 31)),
        ("300719901315", None, None),
        ("301319900715", None, None),
        ("300700010715", None, None),
    ],
)
def test_the_ways_a_stripe_says_when_it_ends(ends_and_born, born, expires):
    found = read(f"{FIRST};63602099001122={ends_and_born}=?".encode())
    assert (found.born, found.expires) == (born, expires)
    assert found.warnings == (*(["dates.impossible"] if born is None else []), "stripe.unproven")


def test_a_number_that_begins_with_a_letter_and_goes_on_in_the_overflow():
    found = read(b"%FLTALLAHASSEE^DOE$JANE LEE$JR^1 FICTION AVE^?;6360100462172082009=3007199007150?")
    assert (found.number, found.middle, found.suffix) == ("D621720820090", "LEE", "JR")


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("symbology", ["", "]L2"])
def test_british_columbia_prints_its_stripe_as_a_barcode(symbology):
    swipe = (
        b"%BCPLACETON^EXAMPLE,$ROBIN LEE^12 NOWHERE ST$PLACETON BC  V0V 0V0^?;6360281234567=290219920229=?_%0AV0V0V0?"
    )
    found = read(swipe, symbology)
    assert isinstance(found, PhotoId), found.reason_key
    assert (found.family, found.given, found.middle, found.number) == ("EXAMPLE", "ROBIN", "LEE", "1234567")
    assert (found.born, found.expires, found.issuer) == (date(1992, 2, 29), date(2029, 2, 28), "BC")


def test_letters_of_a_number_are_two_digits_and_no_other():
    first = FIRST.replace("%CO", "%CA")
    found = read(f"{first};6360140112345678=300719900715=?".encode())
    assert found.number == "A12345678"
    for letter in ("00", "27", "99"):
        assert read(f"{first};636014{letter}12345678=300719900715=?".encode()).kind == "unknown"


def test_a_city_that_fills_its_thirteen_characters_has_no_end_mark():
    found = read(b"%COTHIRTEENCHARSDOE$JANE^1 FICTION AVE^?" + SECOND.encode())
    assert (found.family, found.given) == ("DOE", "JANE")


def checked(first: str, second: str) -> str:
    """Both tracks with their check characters, as some readers send them."""
    told = ""
    for track, base in ((first, 0x20), (second, 0x30)):
        even = 0
        for char in track:
            even ^= ord(char) - base
        told += track + chr(base + even)
    return told


@pytest.mark.requirement("PAT-03")
def test_tracks_whose_check_characters_came_are_proven_and_the_others_are_for_a_person():
    proven = read(checked(FIRST, SECOND).encode())
    plain = read((FIRST + SECOND).encode())
    assert facts(proven) == facts(plain)
    assert (proven.warnings, plain.warnings) == ((), ("stripe.unproven",))
    assert read((checked(FIRST, SECOND)[: len(FIRST) + 1] + SECOND).encode()).warnings == ("stripe.unproven",)


@pytest.mark.requirement("PAT-03")
def test_one_character_read_wrong_is_nobody_or_told():
    for sound, proven in ((FIRST + SECOND, False), (checked(FIRST, SECOND), True)):
        for at, was in enumerate(sound):
            for came in "AEO059 ^$=?":
                found = read((sound[:at] + came + sound[at + 1 :]).encode())
                if came != was and isinstance(found, PhotoId):
                    assert "stripe.unproven" in found.warnings, (at, came)
                    assert not proven or at in (len(FIRST), len(sound) - 1), "only where a check character was"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    "other", ["1A4FF0300000B2C000004711", "DCSOTHER", "4111111111111111", "P<UTOEXAMPLE<<ROBIN", "(01)09506000134352"]
)
@pytest.mark.parametrize("glue", ["", "\r"])
def test_what_is_no_track_came_from_another_code(other, glue):
    assert not isinstance(read((FIRST + SECOND + glue + other).encode()), PhotoId)
    assert not isinstance(read((FIRST + glue + other + glue + SECOND).encode()), PhotoId)


def test_blanks_and_a_mark_that_fill_the_first_track_are_no_address():
    swipe = FIRST.replace("AVE^?", "AVE^            ?") + SECOND
    said = examine(Reading(data=swipe.encode(), device="s", at=0.0), FORMATS).particulars()
    assert said["street1"] == "1 FICTION AVE"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    "first",
    [
        FIRST.replace("TESTVILLE^", "TESTVILLE"),
        FIRST.replace("JANE$^", "JANE$"),
        "%COTESTVILLEDOE$JANE$LEE^1 FICTION AVE^?",
        "%COTESTVILLEX$JANE$LEE^1 FICTION AVE^?",
        "%COTESTVILLE^DOE$JANE$L3E^1 FICTION AVE^?",
        "%COTEST$VILLE^DOE$JANE^1 FICTION AVE^?",
        "%COTESTVILLE^DOE$JANE^?",
    ],
)
def test_where_a_mark_was_lost_no_name_is_made_of_what_stands_beside_it(first):
    assert read((first + SECOND).encode()).reason_key == "stripe_unread"


@pytest.mark.requirement("PAT-03")
def test_two_swipes_are_not_one():
    assert read((FIRST + SECOND + FIRST.replace("JANE", "RUFUS") + SECOND).encode()).reason_key == "two_scans"
    assert read((FIRST + SECOND + "\r" + FIRST + SECOND).encode()).reason_key == "two_scans"


@pytest.mark.parametrize("start", ["_%", "+", "#", "!", "%"])
def test_the_third_track_has_postal_code_sex_and_height(start):
    third = f"{start}0AV8V1A1     " + "5 " + " " * 14 + "F165 55BRNBLU1234567890?"
    reading = Reading(data=(FIRST + SECOND + third).encode(), device="s", at=0.0)
    said = examine(reading, FORMATS).particulars()
    assert (said["postal"], said["sex"], said["height"]) == ("V8V1A1", "F", "165")


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    "swipe",
    [
        "%E?" + SECOND,
        FIRST + ";E?",
        FIRST,
        SECOND,
        FIRST + SECOND[:-8],
        FIRST.replace("%CO", "%UT") + SECOND,
        FIRST.replace("$", "") + SECOND,
        FIRST.replace("DOE$JANE$^", "DOE$JANE") + SECOND,
        FIRST + FIRST + FIRST + SECOND,
        FIRST + SECOND.replace("636020", "000000"),
        FIRST.replace("JANE", "J4NE") + SECOND,
    ],
)
def test_a_swipe_that_is_not_whole_is_nobody(swipe):
    assert read(swipe.encode()).kind == "unknown"
