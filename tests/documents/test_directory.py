"""What an issuer's directory gets wrong is read where another of its numbers proves the licence whole; else refused."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.demo.specimens import licence
from kiosk.documents import aamva
from kiosk.documents.decoding import examine
from kiosk.documents.identified import Identified
from kiosk.model.documents import PhotoId, Reading, Unread
from kiosk.model.people import Person
from tests.documents.scans import DATES, FORMATS, ROBIN, facts, read, robin

OWN = "ZFAFICTION\nZFBM"
ROBIN_READ = facts(read(robin(10)))


def changed(data: bytes, at: int, by: int) -> bytes:
    """The directory's number ``at`` (0: the licence's offset, 1: its length, 2 and 3: of the state's own part)."""
    start = data.index(b"DL0") + 2 + 4 * at + 2 * (at > 1)
    return data[:start] + b"%04d" % (int(data[start : start + 4]) + by) + data[start + 4 :]


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("version", [1, 3, 8, 10])
@pytest.mark.parametrize("by", [-30, -3, -2, -1, 1, 2, 3, 30])
@pytest.mark.parametrize("at", [0, 1, 2], ids=["offset", "length", "offset of the own part"])
def test_one_wrong_number_is_contradicted_by_the_others(version, by, at):
    data = changed(robin(version, own=OWN), at, by)
    found = read(data)
    assert isinstance(found, PhotoId), found.reason_key
    assert facts(found) == ROBIN_READ


@pytest.mark.requirement("PAT-03")
def test_letters_that_were_not_counted():
    """The offset points behind the two letters, and the length counts from there."""
    found = read(changed(changed(robin(8), 0, 2), 1, -2))
    assert facts(found) == ROBIN_READ


@pytest.mark.requirement("PAT-03")
def test_few_characters_too_many_or_too_few_could_have_been_lost_under_way():
    for by in (-2, -1, 1, 2):
        assert read(changed(robin(8), 1, by)).reason_key in ("licence_length", "cut_off")
        assert read(changed(changed(robin(8, own=OWN), 1, by), 2, by)).reason_key == "licence_length"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("defect", [(0, 1), (0, -31), (1, 1), (2, 1), (2, -3)], ids=str)
def test_a_wrong_directory_does_not_make_a_damaged_licence_good(defect):
    """Letters lost or doubled anywhere in a card whose issuer counts wrong: the same person or nobody."""
    chance = random.Random(str(defect))
    sound = changed(robin(8, own=OWN), *defect)
    seen = 0
    for _ in range(4_000):
        at, size = chance.randrange(len(sound)), chance.randint(1, 30)
        data = sound[:at] + sound[at + size :] if chance.random() < 0.5 else sound[: at + size] + sound[at:]
        found = read(data)
        seen += isinstance(found, Unread)
        if isinstance(found, PhotoId) and abs(defect[1]) != size and "directory.length" not in found.warnings:
            assert facts(found) == ROBIN_READ
    assert seen > 1_000


@given(st.integers(1, 10), st.sampled_from(["", OWN]), st.data())
def test_the_quick_way_and_the_careful_way_say_the_same(version, own, data):
    text = robin(version, own=own).decode()
    at = data.draw(st.integers(0, len(text)))
    change = data.draw(st.sampled_from(["", "\n", "\r", "A", "0", "DAQ", " ", "ANSI 636010"]))
    text = text[:at] + change + text[at + data.draw(st.integers(0, 2)) :]
    quick = aamva._sound(text)
    if quick is not None:
        careful = aamva._careful(text)
        assert isinstance(careful, Identified)
        assert (careful.photo_id, careful.particulars()) == (quick.photo_id, quick.particulars())


LOST = {
    "line feeds": lambda data: data.replace(b"\n", b""),
    "line feeds and carriage returns": lambda data: data.replace(b"\n", b"").replace(b"\r", b""),
    "all control characters": lambda data: bytes(byte for byte in data if byte >= 0x20),
}


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("lose", LOST.values(), ids=LOST)
@pytest.mark.parametrize("own", ["", OWN], ids=["alone", "with own part"])
@pytest.mark.parametrize("version", range(1, 11))
def test_line_feeds_that_all_went_missing_are_put_back_where_one_way_alone_fits(version, own, lose):
    found = read(lose(robin(version, own=own)))
    assert isinstance(found, PhotoId), found.reason_key
    assert facts(found) == facts(read(robin(version, own=own)))
    assert found.warnings[:1] == ("separators.restored",), "so that a person compares it with the plastic"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("lose", LOST.values(), ids=LOST)
def test_of_a_damaged_licence_without_line_feeds_nobody_is_read(lose):
    chance = random.Random("separators")
    people = [
        Person(family="HADDAD", given="DANIEL", middle="DCSON", suffix="", born=ROBIN.born),
        Person(family="MENDALEZ", given="ADAQA", middle="", suffix="JR", born=ROBIN.born),
        ROBIN,
    ]
    refused = 0
    for n in range(4_500):
        person, own = people[n % 3], ("", OWN)[n % 2]
        sound = licence(person, number="E123456789", version=1 + n % 10, own=own, **DATES)
        whole, data = facts(read(sound)), lose(sound)
        at, size = chance.randrange(len(data)), chance.randint(1, 12)
        found = read(data[:at] + data[at + size :] if n % 4 < 2 else data[: at + size] + data[at:])
        refused += isinstance(found, Unread)
        if isinstance(found, PhotoId):
            assert facts(found) == whole
    assert refused > 4_000


@pytest.mark.requirement("PAT-03")
def test_a_name_that_hides_an_identifier_is_not_cut_in_two():
    person = Person(family="MENDALEZ", given="ADAQA", middle="DBADDY", suffix="JR", born=ROBIN.born)
    for version in range(1, 11):
        found = read(LOST["line feeds"](licence(person, number="E1", version=version, **DATES)))
        assert isinstance(found, Unread) or facts(found)[:4] == ("MENDALEZ", "ADAQA", "DBADDY", "JR")


ALBERTA = (
    b"@\n\x1e\rANSI 990876030001DLabacDLDCSEXAMPLE\nDCTROBIN LEE\nDABEXAMPLE\nDACROBIN\nDADLEE\nDAG12 NOWHERE LN SW\n"
    b"DAQ123400-056\nDAKT0T 0T0\nDAIPLACETON\nDAJAB\nDBCX\nDBB19920229\nDAR5\nDATA\nDBA20290228\nDAU155 CM\nDAW50 KG\n"
    b"DCE2\nDAZBROWN\nDAYBROWN\r"
)


@pytest.mark.requirement("PAT-03")
def test_alberta_says_each_name_twice_and_is_read_without_a_directory():
    found = read(ALBERTA)
    assert isinstance(found, PhotoId), found.reason_key
    assert (found.family, found.given, found.middle, found.number) == ("EXAMPLE", "ROBIN", "LEE", "123400-056")
    assert (found.issuer, found.standard, found.warnings) == ("AB", "AAMVA-03", ("directory.missing",))
    more = examine(Reading(data=ALBERTA, device="s", at=0.0), FORMATS).particulars()
    assert "street1" not in more, "nothing proves the address whole"


@pytest.mark.requirement("PAT-03")
def test_a_damaged_card_of_alberta_is_the_same_person_or_nobody():
    chance = random.Random(990876)
    whole = facts(read(ALBERTA))
    refused = 0
    for _ in range(12_000):
        at, size = chance.randrange(len(ALBERTA)), chance.randint(1, 30)
        cut = ALBERTA[:at] + ALBERTA[at + size :]
        for data in (cut, ALBERTA[: at + size] + ALBERTA[at:], ALBERTA[:at]):
            found = read(data)
            refused += isinstance(found, Unread)
            if isinstance(found, PhotoId):
                assert facts(found)[:6] == whole[:6]
                assert facts(found)[6:] == whole[6:]
    assert refused > 12_000


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    "changes",
    [
        {"DCS": None, "DAB": "EXAMPLE"},
        {"DAC": None, "DAD": None, "DCT": "ROBIN LEE"},
        {"DAC": None, "DAD": None, "DCT": "ROBIN,LEE"},
        {"DCS": None, "DAC": None, "DAD": None, "DCU": None, "DAA": "EXAMPLE,ROBIN,LEE,II"},
        {"DAD": "LEE,"},
        {"DCS": "EXAMPLE".ljust(40)},
    ],
    ids=str,
)
def test_the_names_of_other_editions_are_understood_in_any(changes):
    assert facts(read(robin(9, changed=changes)))[:4] == ("EXAMPLE", "ROBIN", "LEE", "II")


@pytest.mark.requirement("PAT-03")
def test_dates_in_the_other_order_are_dates_and_impossible_ones_are_unknown():
    found = read(robin(9, changed={"DBB": "19920229", "DBA": "20290228"}))
    assert facts(found) == ROBIN_READ
    assert found.warnings == ("dates.other_order",)
    canada = read(robin(9, state="ON", changed={"DBB": "02291992"}))
    assert (canada.born, canada.warnings) == (ROBIN_READ[4], ("dates.other_order",))
    assert read(robin(9, changed={"DBB": "02301992"})).born is None
    assert "dates.issued_before_birth" in read(robin(9, changed={"DBD": "03021985"})).warnings


@pytest.mark.requirement("PAT-03")
def test_control_characters_wrapped_by_a_scanner_are_unwrapped():
    """Some scanners in keyboard mode put 0x90 around each control character, and a text file makes it two bytes."""
    data = robin(9).replace(b"\x1e", b"")
    wrapped = b"".join(b"\x90" + bytes([b]) + b"\x90" if b < 0x20 else bytes([b]) for b in data)
    for seen in (wrapped, wrapped.decode("latin-1").encode()):
        assert facts(read(seen)) == ROBIN_READ


def test_characters_that_cannot_be_seen_are_not_in_names():
    for sign in ("\u00ad", "\u00a0"):
        assert read(robin(9, changed={"DCS": f"EX{sign}MPLE"})).reason_key == "control_characters"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("version", [1, 3, 10])
@pytest.mark.parametrize("transport", [bytes, LOST["line feeds"]], ids=["sound", "line feeds lost"])
def test_cut_at_every_place_and_a_character_put_in_everywhere_address_and_all(version, transport):
    """Everything the licence says is compared, not only who it is."""

    def said(data: bytes) -> tuple[object, ...] | None:
        found = examine(Reading(data=data, device="s", at=0.0), FORMATS)
        document = found.document
        return (*facts(document), *found.particulars().items()) if isinstance(document, PhotoId) else None

    sound = transport(robin(version))
    whole = said(sound)
    assert whole is not None
    for at in range(len(sound)):
        for data in (
            sound[:at],
            sound[:at] + sound[at + 1 :],
            *(sound[:at] + one + sound[at:] for one in (b"X", b"0")),
        ):
            assert said(data) in (None, whole)
