"""A licence is read whole or refused with a reason; it is never half read (PAT-03)."""

import pytest

from kiosk.model.documents import PhotoId, Unread
from tests.documents.scans import DATES, ROBIN, facts, read, robin

OWN = "ZFAFICTION\nZFBM"
ROBIN_READ = ("EXAMPLE", "ROBIN", "LEE", "II", ROBIN.born, *DATES.values(), "E123456789", "FL")


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("own", ["", OWN], ids=["alone", "with the state's own part"])
@pytest.mark.parametrize("version", range(1, 11))
def test_every_edition_names_the_same_person(version, own):
    found = read(robin(version, own=own))
    assert isinstance(found, PhotoId)
    assert facts(found) == ROBIN_READ
    assert found.standard == f"AAMVA-{version:02d}"
    assert not set(found.warnings) - {"dates.issued_before_edition"}


def typed(data: bytes) -> bytes:
    """A keyboard scanner sends RS and CR as Ctrl+6 and Ctrl+M, and the computer ignores Ctrl."""
    return data.replace(b"\x1e", b"6").replace(b"\r", b"M")


TRANSPORTS = {
    "AIM prefix": lambda data: b"]L2" + data,
    "AIM prefix and ECI": lambda data: b"]L1\\000003" + data,
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "framed by STX and ETX": lambda data: b"\x02" + data + b"\x03",
    "leading blanks": lambda data: b"  " + data,
    "RS lost": lambda data: data.replace(b"\x1e", b""),
    "RS as FS": lambda data: data.replace(b"\x1e", b"\x1c"),
    "@ lost": lambda data: data[1:],
    "CR to LF": lambda data: data.replace(b"\r", b"\n"),
    "RS lost, CR to LF": lambda data: data.replace(b"\x1e", b"").replace(b"\r", b"\n"),
    "all CR lost": lambda data: data.replace(b"\r", b""),
    "last CR taken off": lambda data: data.removesuffix(b"\r"),
    "CR added": lambda data: data + b"\r",
    "CR LF added": lambda data: data + b"\r\n",
    "LF to CR LF": lambda data: data.replace(b"\n", b"\r\n"),
    "LF to CR": lambda data: data.replace(b"\n", b"\r"),
    "CR to CR LF": lambda data: data.replace(b"\r", b"\r\n"),
    "both to CR LF": lambda data: data.replace(b"\r", b"\n").replace(b"\n", b"\r\n"),
    "LF doubled": lambda data: data.replace(b"\n", b"\n\n"),
    "CR doubled": lambda data: data.replace(b"\r", b"\r\r"),
    "RS to NUL": lambda data: data.replace(b"\x1e", b"\x00"),
    "RS to LF": lambda data: data.replace(b"\x1e", b"\n"),
    "spelt out": lambda data: data.replace(b"\n", b"<LF>").replace(b"\r", b"<CR>").replace(b"\x1e", b"<RS>"),
    "escaped": lambda data: data.replace(b"\n", b"\\n").replace(b"\r", b"\\r").replace(b"\x1e", b"\\x1e"),
    "as pictures": lambda data: data.decode().translate({10: 0x240A, 13: 0x240D, 30: 0x241E}).encode(),
    "LF to ;": lambda data: data.replace(b"\n", b";"),
    "LF to ~": lambda data: data.replace(b"\n", b"~"),
    "LF to |": lambda data: data.replace(b"\n", b"|"),
    "LF to TAB": lambda data: data.replace(b"\n", b"\t"),
    "Ctrl ignored": typed,
    "carets": lambda data: data.replace(b"\x1e", b"^^").replace(b"\r", b"^M").replace(b"\n", b"^J"),
    "Caps Lock": lambda data: data.swapcase(),
    "UTF-8": lambda data: data.decode("latin-1").encode(),
    "twice the same": lambda data: data + data,
}


@pytest.mark.requirement("PAT-03", "PLT-04")
@pytest.mark.parametrize("own", ["", OWN], ids=["alone", "with own part"])
@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
def test_what_a_scanner_does_to_the_whole_of_a_scan_is_undone(transport, own):
    """The directory's exact lengths prove that nothing else was lost."""
    for version in (1, 3, 8, 10):
        sound = robin(version, own=own)
        found = read(transport(sound))
        assert isinstance(found, PhotoId), found.reason_key
        assert facts(found) == ROBIN_READ


def test_a_letter_from_a_typed_carriage_return_is_mentioned_and_no_part_of_a_name():
    """The name stands last, so that the M of the carriage return is glued to it."""
    found = read(typed(robin(3, changed={"DCS": None, "DCU": None, "DCG": "USA\nDCSBLOOM"})))
    assert found.family == "BLOOM"
    assert found.warnings == ("carriage_return_typed",)


REFUSED = {
    "separators and a letter lost": (
        lambda d: d.replace(b"\n", b"").replace(b"EXAMPLE", b"EXAMPE"),
        "licence_separators",
    ),
    "separators blank": (lambda d: d.replace(b"\n", b" "), "licence_separators"),
    "one separator lost": (lambda d: d.replace(b"\nDAC", b"DAC"), "licence_length"),
    "one separator blank": (lambda d: d.replace(b"\nDDE", b" DDE"), "licence_separators"),
    "one separator became M": (lambda d: d.replace(b"\nDDE", b"MDDE"), "licence_separators"),
    "a letter lost": (lambda d: d.replace(b"EXAMPLE", b"EXAMPE"), "licence_length"),
    "a key stuck": (lambda d: d.replace(b"EXAMPLE", b"EXAMMMMPLE"), "licence_length"),
    "a letter became a control character": (lambda d: d.replace(b"ROBIN", b"ROB\x1bN"), "control_characters"),
    "cut in the header": (lambda d: d[:20], "licence_layout"),
    "cut in the name": (lambda d: d[:50], "cut_off"),
    "cut near the end": (lambda d: d[:-6], "cut_off"),
    "the bytes before the file type lost": (lambda d: d[4:], "licence_damaged"),
    "head lost": (lambda d: d[12:], "licence_damaged"),
    "begins in the middle": (lambda d: d[40:], "licence_damaged"),
    "two people in one scan": (lambda d: d + d.replace(b"ROBIN", b"RUFUS"), "two_scans"),
    "two numbers": (lambda _: robin(changed={"DAU": "067 in\nDAQE99"}), "licence_two_cards"),
    "two families": (lambda _: robin(changed={"DAU": "067 in\nDCSSAMPLE"}), "licence_two_cards"),
    "sample": (lambda d: d.replace(b"636010", b"999999"), "licence_sample"),
    "more parts announced than are there": (lambda d: d.replace(b"01DL", b"02DL"), "licence_layout"),
    "length wrong": (lambda d: directory(d, length=1), "licence_length"),
    "too long": (lambda d: d + b"8" * 3000, "too_long"),
}


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(("damage", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_certain_is_refused(damage, reason):
    data = damage(robin())
    assert data != robin()
    found = read(data)
    assert isinstance(found, Unread)
    assert found.reason_key == reason


def test_a_scan_the_device_calls_incomplete_is_never_looked_at():
    assert read(robin(), complete=False).reason_key == "cut_off"


LAYOUTS = {
    "British": str.maketrans('@"', '"@'),
    "German": str.maketrans('@"yzYZ-/', '"@zyZYß-'),
    "French": str.maketrans("aqAQzwZWmM1234567890@", "qaQAwzWZ,?&é\"'(-è_çà2"),
}


@pytest.mark.requirement("PAT-03", "PLT-04")
@pytest.mark.parametrize("layout", ["British", "German", "French"])
def test_a_wrong_keyboard_layout_is_refused_by_name(layout):
    """German keys swap Y and Z: no length and no check would ever see it in MAY or ZOLA."""
    garbled = robin().decode("latin-1").translate(LAYOUTS[layout]).encode()
    found = read(garbled)
    assert (found.reason_key, found.could_be) == ("keyboard_layout", ("photo_id",))


def test_without_a_birth_date_there_is_a_licence_but_no_age():
    assert read(robin(changed={"DBB": None})).born is None
    assert read(robin(changed={"DBB": "NONE"})).born is None
    assert read(robin(changed={"DBB": "00000000"})).born is None


def test_an_impossible_date_is_unknown_and_said_so():
    found = read(robin(changed={"DBB": "02301992"}))
    assert found.born is None
    assert "dates.impossible" in found.warnings


def test_the_other_order_of_a_date_is_taken_only_where_it_alone_is_possible():
    found = read(robin(changed={"DBB": "19920229"}))
    assert found.born == ROBIN.born
    assert "dates.other_order" in found.warnings


def test_canadian_dates_begin_with_the_year():
    found = read(robin(state="ON"))
    assert (found.born, found.issuer, found.warnings) == (ROBIN.born, "ON", ())
    assert read(robin(state="ON", changed={"DCG": None})).warnings == ()


@pytest.mark.parametrize("missing", ["DAQ", "DCS", "DAC"])
def test_without_number_or_name_it_is_nobodys_licence(missing):
    assert read(robin(changed={missing: None})).reason_key == "licence_incomplete"


def test_truncated_names_are_known_to_be():
    found = read(robin(family_truncated=True))
    assert (found.family_truncated, found.given_truncated) == (True, False)
    assert read(robin(changed={"DDG": "T"})).given_truncated
    assert not read(robin(changed={"DDE": "U"})).family_truncated
    assert read(robin(changed={"DDE": "U", "DCS": "A" * 40})).family_truncated


def test_social_security_numbers_of_old_cards_are_dropped():
    found = read(robin(1, changed={"DBK": "123456789", "DBM": "123456789"}))
    assert isinstance(found, PhotoId)
    assert b"123456789" not in repr([getattr(found, f) for f in found.__struct_fields__ if f != "number"]).encode()


ISSUERS = {
    "Connecticut counts one byte too many": (
        lambda: directory(robin(9, state="CT", own=OWN), length=1, next_offset=1),
        (*ROBIN_READ[:-1], "CT"),
    ),
    "a directory with offset 0": (lambda: robin(8).replace(b"DL0031", b"DL0000"), ROBIN_READ),
    "offsets one too high": (lambda: robin(1).replace(b"DL0029", b"DL0030"), ROBIN_READ),
    "no jurisdiction version in 2003": (
        lambda: robin(2, state="IL").replace(b"6360350200", b"63603502").replace(b"DL0031", b"DL0029"),
        (*ROBIN_READ[:-1], "IL"),
    ),
    "file type AAMVA": (lambda: robin(1).replace(b"ANSI ", b"AAMVA"), ROBIN_READ),
    "subfile without its letters": (lambda: directory(robin(4).replace(b"DLDCS", b"DCS"), length=-2), ROBIN_READ),
    "names filled with blanks": (
        lambda: robin(3, changed={"DCS": "EXAMPLE".ljust(40), "DCT": "ROBIN,LEE".ljust(80)}),
        ROBIN_READ,
    ),
    "commas behind names": (lambda: robin(8, changed={"DCS": "EXAMPLE,"}), ROBIN_READ),
    "given names with a blank": (lambda: robin(3, changed={"DCT": "ROBIN LEE"}), ROBIN_READ),
    "first and middle in one part": (lambda: robin(1, changed={"DAA": "EXAMPLE, ROBIN LEE,,II"}), ROBIN_READ),
    "given name first": (
        lambda: robin(1, state="PA", changed={"DAA": "ROBIN LEE EXAMPLE"}),
        (*ROBIN_READ[:3], "", *ROBIN_READ[4:-1], "PA"),
    ),
    "padding behind the data": (lambda: robin(8).replace(b"636010", b"604431") + b"8" * 40, (*ROBIN_READ[:-1], "PR")),
    "dates with dashes": (lambda: robin(1, changed={"DBB": "1992-02-29"}), ROBIN_READ),
}


def directory(data: bytes, *, length: int, next_offset: int = 0) -> bytes:
    """The same with another length of the licence, and another offset of what follows it."""
    at = data.index(b"DL00") + 6
    data = data[:at] + b"%04d" % (int(data[at : at + 4]) + length) + data[at + 4 :]
    if not next_offset:
        return data
    return data[: at + 6] + b"%04d" % (int(data[at + 6 : at + 10]) + next_offset) + data[at + 10 :]


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(("made", "wanted"), ISSUERS.values(), ids=ISSUERS)
def test_what_single_issuers_do_in_their_own_way(made, wanted):
    found = read(made())
    assert isinstance(found, PhotoId), found.reason_key
    assert facts(found) == wanted


def test_a_name_without_commas_is_anybodys_guess_except_where_the_issuer_is_known_for_it():
    assert read(robin(1, changed={"DAA": "ROBIN LEE EXAMPLE"})).reason_key == "licence_incomplete"


def test_names_that_look_like_elements_are_names():
    for family in ("DAGOSTINO", "HADDAD", "BADAJOZ", "DAHL", "MEDCALF", "MCDADE", "VAN DAM", "LANDAU", "DBA"):
        for version in (1, 3, 10):
            found = read(robin(version, changed={"DCS": family} if version > 1 else {"DAA": f"{family},ROBIN,LEE,II"}))
            assert isinstance(found, PhotoId), (family, version)
            assert found.family == family


def test_accents_arrive_in_either_encoding():
    data = robin(changed={"DCS": "NÚÑEZ"})
    assert read(data).family == "NÚÑEZ"
    assert read(data.decode("latin-1").encode()).family == "NÚÑEZ"


def test_oddities_a_person_should_look_at_are_told():
    assert "issuer.other_address" in read(robin(changed={"DAJ": "GA"})).warnings
    assert "dates.under_21" in read(robin(changed={"DDJ": "02282012"})).warnings
    assert "dates.expires_before_issue" in read(robin(changed={"DBA": "01012020"})).warnings
    assert "dates.issued_before_edition" in read(robin(changed={"DBD": "01012015"})).warnings
    assert "issuer.unknown" in read(robin().replace(b"636010", b"636099")).warnings
    assert "element.repeated" in read(robin(changed={"DAG": "1 A ST\nDAG2 B ST"})).warnings
    assert read(robin()).warnings == ()


@pytest.mark.requirement("PAT-03")
def test_other_kinds_of_identity_are_recognised_and_not_read():
    assert read(bytes.fromhex("A0000002480100") + b"\x00" * 80).reason_key == "licence_compact"
    assert read(b"mdoc:owBjMS4wAYIB2BhYS6QBAiABIVgg").reason_key == "mobile_damaged"
    front = b"N" + b"0A1B2C" + b"S" + b"0D1E2F3" + b"ROBIN".ljust(20) + b"EXAMPLE".ljust(26) + b"1A2B" + b"A" * 24
    assert len(front) == 89
    assert read(front, "]L2").reason_key == "military"
    assert read(front).reason_key == "military"
    assert read(b"1A2B3C4D5E6F7G8H9I", "]A0").reason_key == "military"
    assert read(b"IDUS" + b"X" * 300, "]L2").reason_key == "military"


def test_the_text_of_a_licence_in_a_qr_code_is_a_copy():
    assert read(robin(), "]Q1").reason_key == "licence_picture"
    assert isinstance(read(robin(), "]L2"), PhotoId)
