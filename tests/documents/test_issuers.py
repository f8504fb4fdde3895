"""What single issuers print in a way of their own, as public specimens show it, and what may stand behind a licence."""

from datetime import date

import pytest

from kiosk.model.documents import PhotoId
from kiosk.model.people import Person
from tests.documents.scans import facts, licence_of, read, robin

OWN = "ZFAFICTION\nZFBM"
ROBIN_READ = facts(read(robin(8)))

OTHERS = {
    "package tag": "1A4FF0300000B2C000004711",
    "payment card": "%B4111111111111111^DOE/JANE^27121010000000000?",
    "stripe": "%COTESTVILLE^DOE$JANE$^1 FICTION AVE^?;63602099001122=300719900715=?",
    "passport": "P<UTOEXAMPLE<<ROBIN<LEE<<<<<<<<<<<<<<<<<<<<<\nX0000001<4UTO9202298<3101012<<<<<<<<<<<<<<<2",
    "product code": "0109506000134352",
    "elements of another": "DCSOTHER\nDACPERSON\nDAQX1",
    "another licence": licence_of(Person(family="OTHER", given="ONE", born=date(1990, 1, 1))).decode(),
}


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("own", ["", OWN], ids=["alone", "with own part"])
def test_a_second_document_behind_a_licence_is_seen_however_it_is_glued(other, own):
    for version in (1, 3, 8, 10):
        sound = robin(version, own=own)
        for glue in ("", "\r", "\n", "\r\n", "\n\r\n"):
            for first in (sound, sound.rstrip(b"\r"), sound.replace(b"\r", b"\n")):
                found = read(first + glue.encode() + other.encode())
                assert not isinstance(found, PhotoId), (version, glue)


@pytest.mark.requirement("PLT-04")
@pytest.mark.parametrize("end", ["\r", "\r\n", "\n\r", "\r\r", "\n", "  ", "\x00", "\x04", "\r\n \x00"])
@pytest.mark.parametrize("own", ["", OWN], ids=["alone", "with own part"])
def test_what_readers_add_at_the_end_is_no_second_document(end, own):
    for version in (1, 3, 8, 10):
        assert facts(read(robin(version, own=own) + end.encode())) == ROBIN_READ


@pytest.mark.parametrize(
    ("whole", "names"),
    [
        ("ROBIN LEE ANN EXAMPLE", ("EXAMPLE", "ROBIN", "LEE ANN", "")),
        ("ROBIN LEE EXAMPLE JR", ("EXAMPLE", "ROBIN", "LEE", "JR")),
        ("ROBIN EXAMPLE III", ("EXAMPLE", "ROBIN", "", "III")),
    ],
)
def test_a_suffix_at_the_end_is_nobodys_family_name(whole, names):
    found = read(robin(1, changed={"DAA": whole}).replace(b"636010", b"636025"))
    assert isinstance(found, PhotoId)
    assert (found.family, found.given, found.middle, found.suffix) == names


@pytest.mark.parametrize("whole", ["ROBIN LEE V", "ROBIN", "ROBIN JR"])
def test_a_name_that_may_be_a_suffix_alone_is_read_by_a_person(whole):
    assert read(robin(1, changed={"DAA": whole}).replace(b"636010", b"636025")).reason_key == "licence_incomplete"


def paired(data: bytes, *, counted: bool) -> bytes:
    """Line ends of two characters behind the header, in the directory's numbers as well where they are counted."""
    at = data.index(b"DL00")
    head, body = data[: at + 10], data[at + 10 :]
    body = body.replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return head[:-4] + b"%04d" % (len(body) if counted else int(head[-4:])) + body


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("padding", [b"", b" " * 22])
def test_line_ends_of_two_characters_may_be_the_issuers_own(counted, padding):
    for version in (1, 3, 8, 10):
        found = read(paired(robin(version), counted=counted) + padding)
        assert facts(found) == ROBIN_READ
        assert found.warnings == ()


def test_a_letter_lost_between_line_ends_of_two_characters_is_told():
    found = read(paired(robin(8), counted=True).replace(b"EXAMPLE", b"EXAMPE"))
    assert not isinstance(found, PhotoId) or "directory.length" in found.warnings


def closed_twice(data: bytes) -> bytes:
    """An issuer that ends each subfile with LF and CR."""
    head, own = data[: data.index(b"DL00")], data.index(b"\rZFZF")
    licence, rest = data[len(head) + 20 : own], data[own + 1 : -1]
    start = len(head) + 20
    sizes = len(licence) + 2, len(rest) + 2
    listed = b"DL%04d%04dZF%04d%04d" % (start, sizes[0], start + sizes[0], sizes[1])
    return head + listed + licence + b"\n\r" + rest + b"\n\r"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("own", ["ZFA", "ZFAFICTION\nZFB"])
def test_separators_that_all_went_missing_are_counted_by_how_the_issuer_ends_its_parts(own):
    data = closed_twice(robin(8, own=own))
    assert facts(read(data)) == ROBIN_READ
    bare = data.translate(None, b"\n\r\x1e")
    found = read(bare)
    assert facts(found) == ROBIN_READ
    assert found.warnings == ("separators.restored",)
    assert read(bare.replace(b"EXAMPLE", b"EXAMPE")).reason_key == "licence_separators"
    assert read(robin(8, own=own).translate(None, b"\n\r\x1e").replace(b"EXAMPLE", b"EXAMPE")).kind == "unknown"


@pytest.mark.parametrize("given", ["ADAM", "JORDAN", "DAVID", "DANIEL"])
def test_a_first_name_is_no_identifier_though_it_sounds_like_one(given):
    person = Person(family="EXAMPLE", given=given, born=date(1992, 2, 29))
    found = read(licence_of(person, version=1).translate(None, b"\n\r\x1e"))
    assert isinstance(found, PhotoId), found.reason_key
    assert (found.family, found.given) == ("EXAMPLE", given)


@pytest.mark.requirement("PAT-03")
def test_runs_of_blanks_that_came_as_one_are_counted_by_the_standards_widths():
    filled = {"DAK": "12345      ", "DAR": "C   ", "DAS": " " * 10, "DAT": " " * 5, "DBH": "N"}
    data = robin(1, changed=filled)
    short = b"\n".join(line.rstrip() + b" " if line.endswith(b"  ") else line for line in data.split(b"\n"))
    assert len(data) - len(short) > 10
    assert facts(read(short)) == ROBIN_READ
    assert not isinstance(read(short.replace(b"EXAMPLE", b"EXAMPE")), PhotoId)


@pytest.mark.requirement("PAT-03")
def test_line_ends_taken_off_the_end_leave_a_person_to_compare():
    data = robin(3, changed={"DCK": "*1*"})
    at = data.index(b"DL00")
    data = data[: at + 6] + b"%04d" % (int(data[at + 6 : at + 10]) + 1) + data[at + 10 : -1] + b"\n\r"
    assert facts(read(data)) == ROBIN_READ
    found = read(data.rstrip())
    assert facts(found) == ROBIN_READ
    assert found.warnings == ("directory.length",)
    assert read(data[:-4]).kind == "unknown"


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("entries", ["1", "01"])
def test_a_card_from_before_the_first_edition(entries):
    """File type AAMVA, one digit for the number of entries, residence for address, dates with dashes."""
    lines = (
        *(
            "DABEXAMPLE",
            "DACROBIN",
            "DADLEE",
            "DAEII",
            "DAL12 NOWHERE LN",
            "DAM",
            "DANPLACETON",
            "DAONC",
            "DAP00000-0000",
        ),
        *(
            "DAQE123456789",
            "DARC",
            "DASNone",
            "DATNone",
            "DAV5-10",
            "DAYBLU",
            "DAZBRO",
            "DBA02-28-2029",
            "DBB02-29-1992",
        ),
        *("DBCM", "DBD03-02-2021", "DBHY"),
    )
    body = "DL" + "\n".join(lines) + "\r"
    head = f"@\n\x1e\rAAMVA63600400{entries}"
    data = f"{head}DL{len(head) + 10:04d}{len(body):04d}{body}"
    found = read(data.encode())
    assert isinstance(found, PhotoId), found.reason_key
    assert facts(found)[:-1] == ROBIN_READ[:-1]
    assert (found.issuer, found.standard, found.warnings) == ("NC", "AAMVA-00", ())
    assert read(data.replace("EXAMPLE", "EXAMPE").encode()).kind == "unknown"
    if entries == "1":
        assert read(data.replace("DL0028", "DL0029").encode()).reason_key == "licence_layout"
