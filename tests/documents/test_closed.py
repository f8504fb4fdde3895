"""Licences whose lengths do not fit are read where they are closed and complete, for a person to compare."""

import pytest

from kiosk.model.documents import PhotoId
from tests.documents.scans import facts, read, robin

OWN = "ZFAFICTION\nZFBM"
SAID = facts(read(robin(8)))
REWRITTEN = {
    "CR to LF": lambda data: data.replace(b"\r", b"\n"),
    "CR lost": lambda data: data.replace(b"\r", b""),
    "LF to |": lambda data: data.replace(b"\r", b"|").replace(b"\n", b"|"),
    "Ctrl ignored": lambda data: data.replace(b"\x1e", b"6").replace(b"\r", b"M"),
}


def longer(data: bytes, by: int) -> bytes:
    """The issuer counts the licence's own part wrong, and the next offset with it."""
    at = data.index(b"DL00")
    listed = data[at : at + 20]
    length = int(listed[6:10]) + by
    wrong = listed[:6] + b"%04d" % length
    if listed[10:11] == b"Z":
        wrong += listed[10:12] + b"%04d" % (int(listed[12:16]) + by)
    return data[:at] + wrong + data[at + len(wrong) :]


def judged_closed(data: bytes) -> PhotoId:
    found = read(data)
    assert isinstance(found, PhotoId), found.reason_key
    assert "directory.length" in found.warnings
    return found


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("version", [1, 3, 8, 10])
@pytest.mark.parametrize("by", [-40, -7, -1, 1, 5, 31])
@pytest.mark.parametrize("own", ["", OWN], ids=["alone", "with own part"])
def test_a_scan_that_nothing_rewrote_keeps_its_length_or_was_damaged(version, by, own):
    assert not isinstance(read(longer(robin(version, own=own), by)), PhotoId)


@pytest.mark.requirement("PAT-03")
def test_a_directory_that_is_wrong_about_the_beginning_may_be_wrong_by_one_about_the_end():
    data = longer(robin(1), -2)
    assert read(data).reason_key == "licence_length"
    assert facts(judged_closed(data.replace(b"DL0029", b"DL0030"))) == facts(read(robin(1)))


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("way", REWRITTEN.values(), ids=REWRITTEN)
@pytest.mark.parametrize("by", [-12, -1, 1, 2, 9])
@pytest.mark.parametrize("own", ["", OWN], ids=["alone", "with own part"])
def test_where_line_ends_were_rewritten_any_length_may_be_wrong(way, by, own):
    assert facts(judged_closed(way(longer(robin(8, own=own), by)))) == SAID


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("way", [bytes, *REWRITTEN.values()], ids=["sound", *REWRITTEN])
@pytest.mark.parametrize("own", ["", OWN], ids=["alone", "with own part"])
def test_cut_anywhere_it_is_the_same_person_or_nobody(way, own):
    """Whatever the issuer counts: the last element counts only if its own end was read."""
    sound = way(longer(robin(8, own=own), 2))
    for at in range(len(sound)):
        found = read(sound[:at])
        assert not isinstance(found, PhotoId) or facts(found) == SAID, at


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    ("was", "came"),
    [
        (b"DCSEXAMPLE", b"DCSEXAMPLEEEEEEEE"),
        (b"DBB02291992", b"DBB0229"),
        (b"DAQE123456789", b"DAQE1234DCSE123"),
        (b"\nDBA", b"DBA"),
        (b"DACROBIN", b"DACRO\x1bBIN"),
        (b"DBB02291992\nDBA02282029\nDBC9", b"DBB02291992\nDBA022820291"),
        (b"2\nDBA02282029", b"8"),
    ],
    ids=[
        *("a stuck key", "half a date", "two elements in one", "a line feed lost", "a control character"),
        *("a sex that went into a date", "an expiry that went into a birth"),
    ],
)
def test_what_shows_damage_is_refused_all_the_same(was, came):
    for way in (bytes, REWRITTEN["CR to LF"]):
        data = robin(8, own=OWN)
        assert was in data
        assert not isinstance(read(way(longer(data.replace(was, came), 9))), PhotoId)


@pytest.mark.requirement("PAT-03")
def test_a_second_part_that_the_directory_names_and_that_never_came_does_not_hide_a_cut():
    sound = REWRITTEN["CR to LF"](longer(robin(8, own=OWN), 9))
    begun = sound[: sound.index(b"\nDAG")]
    assert not isinstance(read(begun), PhotoId)


def test_an_initial_behind_the_given_name_is_the_middle_name_where_the_issuer_puts_it_there():
    found = read(robin(8, changed={"DAC": "ROBIN L", "DAD": ""}).replace(b"636010", b"636060"))
    assert isinstance(found, PhotoId)
    assert (found.given, found.middle) == ("ROBIN", "L")
