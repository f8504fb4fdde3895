"""Bytes in, a document or a named reason out; nothing else, ever."""

import random
from datetime import date

import pdf417gen
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from kiosk.demo.specimens import licence, patient_card
from kiosk.documents import CardFormats, codes, decode
from kiosk.model.documents import (
    AnyDocument,
    Badge,
    BankCard,
    LabelCode,
    PackageTag,
    PatientCard,
    PhotoId,
    Reading,
    ShelfCode,
    TicketCode,
    UnitCode,
    Unread,
)
from kiosk.model.people import Person

FORMATS = CardFormats(state="FL", patterns=("[CP][A-Z0-9]{7}",))
ROBIN = Person(family="EXAMPLE", given="ROBIN", middle="LEE", suffix="II", born=date(1992, 2, 29))
DATES = {"issued": date(2021, 3, 2), "expires": date(2029, 2, 28)}


def read(data: bytes, symbology: str = "", complete: bool = True) -> AnyDocument:
    return decode(Reading(data=data, device="s", at=0.0, symbology=symbology, complete=complete), FORMATS)


def robin(version: int = 10) -> bytes:
    return licence(ROBIN, number="E123", version=version, **DATES)


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize("version", range(1, 11))
def test_every_edition_of_a_licence_names_the_same_person(version):
    found = read(robin(version))
    assert isinstance(found, PhotoId)
    assert (found.family, found.given, found.middle, found.suffix) == ("EXAMPLE", "ROBIN", "LEE", "II")
    assert (found.born, found.expires, found.number, found.issuer) == (ROBIN.born, DATES["expires"], "E123", "FL")
    assert found.standard == f"AAMVA-{version:02d}"


@pytest.mark.requirement("PAT-03", "PLT-04")
@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"]L2" + data,
        lambda data: data.replace(b"\x1e", b"").replace(b"\r", b"\n"),
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: b"  " + data,
        lambda data: data[1:],
        lambda data: data.replace(b"@\n\x1e\rANSI", b"@\n6MANSI"),
        lambda data: data.replace(b"DL0041", b"DL0043"),
    ],
    ids=["AIM prefix", "RS lost, CR to LF", "CRLF", "blanks", "no @", "Ctrl typed", "wrong offset"],
)
def test_what_scanners_do_to_a_licence_is_repaired_where_it_is_certain(damage):
    found = read(damage(robin()))
    assert isinstance(found, PhotoId)
    assert (found.family, found.given, found.born) == ("EXAMPLE", "ROBIN", ROBIN.born)


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: data.replace(b"\n", b"").replace(b"\r", b""), "licence_damaged"),
        (lambda data: data + data, "licence_twice"),
        (lambda data: data[:60], "licence_incomplete"),
        (lambda data: data.replace(b"EXAMPLE", b"EX\x1bAMPLE"), "licence_damaged"),
        (lambda data: data.replace(b"DAQE123", b"DAQE123\nDAQE124"), "licence_twice"),
        (lambda data: data.replace(b"DCS", b"DXS"), "licence_incomplete"),
        (lambda data: data + b"x" * 4000, "licence_damaged"),
    ],
)
def test_what_is_not_certain_is_refused_and_never_half_read(damage, reason):
    found = read(damage(robin()))
    assert isinstance(found, Unread)
    assert found.reason_key == reason
    assert found.could_be == ("photo_id",)


def test_a_scan_that_was_cut_off_is_said_so():
    assert read(robin()[:100], complete=False).reason_key == "cut_off"


def test_a_licence_without_a_birth_date_decides_no_age():
    found = read(robin().replace(b"DBB02291992", b"DBBNONE"))
    assert found.born is None


def test_an_impossible_date_is_read_the_other_way_round_or_not_at_all():
    assert read(robin().replace(b"DBB02291992", b"DBB19920229")).born == ROBIN.born
    assert read(robin().replace(b"DBB02291992", b"DBB99999999")).born is None


def test_a_letter_glued_by_a_typed_carriage_return_is_taken_off():
    found = read(robin().replace(b"DBB02291992", b"DBB02291992M"))
    assert found.born == ROBIN.born
    assert "carriage_return_typed" in found.warnings


TD3 = b"P<UTOEXAMPLE<<ROBIN<LEE<<<<<<<<<<<<<<<<<<<<<\rX0000001<4UTO9202298<3101012<<<<<<<<<<<<<<<2"


@pytest.mark.requirement("PAT-03")
def test_a_passport_with_all_its_check_digits():
    found = read(TD3)
    assert isinstance(found, PhotoId)
    assert (found.family, found.given, found.middle, found.born) == ("EXAMPLE", "ROBIN", "LEE", date(1992, 2, 29))
    assert (found.issuer, found.standard, found.expires) == ("UTO", "ICAO-TD3", date(2031, 1, 1))


@pytest.mark.parametrize("at", [46, 54, 58, 66, 87])
def test_a_passport_with_one_wrong_character_is_refused(at):
    wrong = bytearray(TD3)
    wrong[at] = ord("7") if wrong[at] != ord("7") else ord("8")
    assert read(bytes(wrong)).reason_key == "mrz_damaged"


def test_the_states_card():
    assert read(patient_card("P7QX21AB")) == PatientCard(number="P7QX21AB", state="FL")
    assert read(b"p7qx21ab\r\n") == PatientCard(number="P7QX21AB", state="FL")


def test_a_package_tag_in_any_case_and_with_an_aim_prefix():
    for data in (b"1A4FF0300000B2C000004711", b"]C01a4ff0300000b2c000004711\r"):
        assert read(data) == PackageTag(uid="1A4FF0300000B2C000004711")
    assert read(b"1A4FF0300000B2C00000471O").reason_key == "unknown"


@pytest.mark.parametrize(
    ("link", "uid", "item"),
    [
        (b"HTTPS://1A4.COM/5LN8CBN1UB33DON9CHKX", "1A4060300020081000006609", 1),
        (b"HTTPS://1A4.COM/5M41IIT9UQYU0ZF5PGJP", "1A4FF0300000B2C000004711", 5),
        (b"https://1a4.com/q83vASNFZwAAAQkQCA", "ABCDEF012345670000010910", 8),
        (b"https://d.1a4.com/q83vASNFZwAAAnGQ5QM", "ABCDEF012345670000027190", 485),
    ],
)
def test_codes_of_single_units(link, uid, item):
    assert read(link) == UnitCode(uid=uid, item=item)


@pytest.mark.parametrize(
    "link",
    [b"https://1a4.com.evil/q83vASNFZwAAAQkQCA", b"https://1a4.co/q83v", b"https://x@1a4.com/q83vASNFZwAAAQkQCA"],
)
def test_other_links_are_never_units(link):
    assert read(link).reason_key == "link"


OURS = {
    codes.ticket_code("7KQ2M9ABCD"): TicketCode(ticket_id="7KQ2M9ABCD"),
    codes.label_code("D0A1B2C3D4", 2): LabelCode(number="D0A1B2C3D4", print_no=2),
    codes.shelf_code("V-A3-2"): ShelfCode(place="V-A3-2"),
    codes.badge_code("B100"): Badge(code="B100"),
}


@pytest.mark.parametrize(("printed", "document"), OURS.items())
def test_our_own_codes_come_back_as_what_they_were(printed, document):
    assert read(printed.encode()) == document


@given(st.sampled_from(sorted(OURS)), st.integers(2, 40), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_one_wrong_character_in_our_codes_is_always_found(printed, at, char):
    at %= len(printed)
    if at < 2 or printed[at] in (char, "-"):
        return
    assert isinstance(read((printed[:at] + char + printed[at + 1 :]).encode()), Unread)


def test_payment_cards_leave_nothing():
    assert read(b"%B4111111111111111^DOE/JANE^2912?;4111111111111111=2912?") == BankCard()


def test_codes_that_are_none_of_ours_say_what_is_wanted_instead():
    assert read(b"012345678905").reason_key == "product_code"
    assert read(b"mdoc:abc").reason_key == "mobile_licence"
    assert read(b"]C0\x1bp\x00").reason_key == "unreadable"
    assert read(b"\r\n").reason_key == "empty"


def test_a_code_that_could_be_two_things_is_said_so():
    both = CardFormats(state="FL", patterns=("[0-9A-F]{24}",))
    found = decode(Reading(data=b"1A4FF0300000B2C000004711", device="s", at=0.0), both)
    assert found.could_be == ("patient_card", "package")


@pytest.mark.requirement("PAT-12")
def test_nothing_of_a_document_is_in_its_repr():
    for shown in (repr(read(robin())), repr(read(TD3)), repr(Reading(data=robin(), device="s", at=0.0))):
        assert "ROBIN" not in shown
        assert "EXAMPLE" not in shown


@given(st.binary(max_size=300))
def test_any_bytes_give_a_document_or_a_named_reason(data):
    found = read(data)
    assert isinstance(found, AnyDocument)
    if isinstance(found, Unread):
        assert found.reason_key


@pytest.mark.requirement("PAT-03")
def test_a_damaged_licence_without_a_warning_names_the_same_person():
    """Seeded: one piece lost or doubled anywhere, or a byte turned into a line end. Either it is refused, or a warning
    sends a person to look at the card, or it still says exactly what it said."""
    chance = random.Random(20261124)
    sound = robin()
    whole = read(sound)
    seen = {"same": 0, "warned": 0, "refused": 0}
    for _ in range(20_000):
        data = bytearray(sound)
        at = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                del data[at : at + chance.randint(1, 40)]
            case 1:
                data[at:at] = data[at : at + chance.randint(1, 40)]
            case 2:
                data[at] = chance.choice(b"\n\r\x1e")
        found = read(bytes(data))
        if not isinstance(found, PhotoId):
            seen["refused"] += 1
        elif found.warnings:
            seen["warned"] += 1
        else:
            seen["same"] += 1
            for fact in ("family", "given", "middle", "suffix", "born", "number", "expires"):
                assert getattr(found, fact) == getattr(whole, fact), fact
    assert min(seen.values()) > 100, seen


@pytest.mark.requirement("PAT-03")
def test_a_picture_of_a_licence_read_by_an_independent_reader():
    """Payload to PDF417 to pixels to bytes, by two libraries that know nothing of us."""
    payload = robin()
    image = pdf417gen.render_image(pdf417gen.encode(payload, columns=12), scale=3, ratio=3)
    (seen,) = zxingcpp.read_barcodes(image)
    found = read(bytes(seen.bytes), symbology=seen.symbology_identifier)
    assert isinstance(found, PhotoId)
    assert (found.family, found.born, found.warnings) == ("EXAMPLE", ROBIN.born, ())
