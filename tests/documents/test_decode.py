"""Every code of the trade is known by what it is; a code that could be two things is said to be so."""

import pytest

from kiosk.demo.specimens import patient_card
from kiosk.documents.cards import CardFormats
from kiosk.documents.decoding import examine
from kiosk.documents.reasons import REASON_KEYS
from kiosk.model.documents import BankCard, BioTrackId, PackageTag, PatientCard, Reading, UnitCode, Unread
from kiosk.scan_lines import card_formats
from tests.documents.scans import read, robin

TAG = "1A4FF0300000B2C000004711"
DIGITS_TOO = CardFormats(state="FL", patterns=("[0-9]{12}",))


@pytest.mark.requirement("PAT-03")
def test_the_states_card():
    card = PatientCard(number="P7QX21AB", state="FL")
    for data in (
        patient_card("P7QX21AB"),
        b"p7qx21ab\r\n",
        b"]Q1P7QX21AB",
        b"P7QX-21AB",
        b" P7QX 21AB ",
        b"]C0P7QX21AB",
    ):
        assert read(data) == card


def test_a_card_code_with_number_and_last_day():
    formats = CardFormats(state="XX", patterns=(r"MMC\|(?P<number>[A-Z0-9]{6})\|(?P<expires>\d{8})",))
    found = read(b"MMC|AB12CD|20280229", formats=formats)
    assert (found.number, found.state, found.expires.isoformat()) == ("AB12CD", "XX", "2028-02-29")
    assert read(b"MMC|AB12CD|20270229", formats=formats).reason_key == "unknown"


def test_a_card_whose_code_is_a_link_is_a_key_and_never_opened():
    formats = CardFormats(state="XX", patterns=(r"HTTPS://CARDS\.EXAMPLE/[A-Z0-9]{8}",))
    assert read(b"https://cards.example/ab12cd34", formats=formats).number == "HTTPS://CARDS.EXAMPLE/AB12CD34"


def test_a_package_tag_in_any_case_and_frame():
    for data in (
        TAG.encode(),
        b"]C0" + TAG.lower().encode() + b"\r",
        b"\x02" + TAG.encode() + b"\x03",
        b"  " + TAG.encode(),
    ):
        assert read(data) == PackageTag(uid=TAG)
    assert read(b"ABCDEF012345670000010910") == PackageTag(uid="ABCDEF012345670000010910")


@pytest.mark.requirement("OPN-18", "INT-10")
def test_one_package_by_keys_by_codes_and_by_radio_among_two_hundred_is_one_package():
    """A radio tag holds the printed code as 96 bits; readers send it as hex digits, in either case, over and over."""
    others = [f"1A4FF0300000B2C{n:09}" for n in range(200)]
    radio = [tag.lower().encode() for tag in (*others[:99], TAG, *others[99:])]
    seen = {read(data).uid for data in radio * 3}
    assert len(seen) == 201
    scans = [(TAG.encode() + b"\r", ""), (TAG.encode(), "]C0"), (TAG.encode(), "]d1"), (TAG.lower().encode(), "]Q1")]
    assert {read(data, symbology).uid for data, symbology in scans} <= seen
    assert read(b"HTTPS://1A4.COM/5M41IIT9UQYU0ZF5PGJP").uid in seen


@pytest.mark.parametrize("tag", [TAG[:-1] + "O", TAG[:-1], TAG + "1", TAG.replace("B", "I")])
def test_nothing_in_a_tag_is_ever_corrected(tag):
    found = read(tag.encode())
    assert (found.reason_key, found.could_be) == ("tag_damaged", ("package",))


@pytest.mark.parametrize("tag", ["I" + TAG[1:], "l" + TAG[1:], TAG[:9] + " " + TAG[9:], f"*{TAG[:-1]}*"])
def test_a_damaged_tag_is_said_to_be_one(tag):
    found = read(tag.encode())
    assert (found.reason_key, found.could_be) == ("tag_damaged", ("package",))


def test_the_stars_of_code_39_are_not_the_tags():
    assert read(f"*{TAG}*".encode()) == read(f"*{TAG.lower()}*\r\n".encode(), "]A0") == PackageTag(uid=TAG)
    assert read(f"*{TAG}".encode()).reason_key == "tag_damaged"


def test_one_code_twice_is_one_and_two_codes_are_none():
    other = TAG[:-1] + "2"
    assert read(f"{TAG}\r\n{TAG}\r".encode()) == read(f"{TAG}\n{TAG}".encode())
    assert read(f"{TAG}\r\n{TAG}\r".encode()) == PackageTag(uid=TAG)
    for data in (f"{TAG}\r\n{other}", f"{TAG}\nP7QX21AB", f"{TAG}{other}", f"{TAG}\r{TAG}\r{other}"):
        assert read(data.encode()).reason_key == "two_scans"
    assert read(f"{TAG}\nHELLO".encode()).reason_key == "control_characters"


@pytest.mark.parametrize("word", ["password", "CHOCOLAT", "PRODUCTS", "C-HOCOLAT"])
def test_a_word_is_no_card(word):
    assert read(word.encode()).reason_key == "unknown"
    assert examine(Reading(data=word.encode(), device="s", at=0.0), card_formats()).document.kind == "unknown"


def test_a_tag_in_a_symbology_that_no_tag_has_is_no_tag():
    assert read(TAG.encode(), "]L2").reason_key == "unknown"
    assert read(TAG.encode(), "]E0").reason_key == "unknown"


@pytest.mark.parametrize(
    ("link", "uid", "item"),
    [
        (b"HTTPS://1A4.COM/5LN8CBN1UB33DON9CHKX", "1A4060300020081000006609", 1),
        (b"HTTPS://1A4.COM/5M41IIT9UQYU0ZF5PGJP", "1A4FF0300000B2C000004711", 5),
        (b"]Q1HTTPS://D.1A4.COM/5M41IIT9UQYU0ZF5PGJP\r", "1A4FF0300000B2C000004711", 5),
        (b"https://1a4.com/q83vASNFZwAAAQkQCA", "ABCDEF012345670000010910", 8),
        (b"https://d.1a4.com/q83vASNFZwAAAnGQ5QM", "ABCDEF012345670000027190", 485),
    ],
)
def test_codes_of_single_units(link, uid, item):
    assert read(link) == UnitCode(uid=uid, item=item)


def test_one_unit_spelt_in_two_ways_is_one_unit():
    assert read(b"https://1a4.com/q83vASNFZwAAAQkQMm") == read(b"https://1a4.com/q83vASNFZwAAAQkQMp")


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        (b"https://1a4.com.evil/q83vASNFZwAAAQkQCA", "unit_link_host"),
        (b"https://1a4.co/q83vASNFZwAAAQkQCA", "unit_link_host"),
        (b"https://x@1a4.com/q83vASNFZwAAAQkQCA", "unit_link_host"),
        (b"https://1a4.com:443/q83vASNFZwAAAQkQCA", "unit_link_host"),
        (b"http://1a4.com/q83vASNFZwAAAQkQCA", "unit_link_host"),
        (b"https://id.14a.com/3W5E11264SGPN", "unit_link_host"),
        (b"https://1a4.com/g/s/3W5E", "unit_link_damaged"),
        (b"https://1a4.com/", "unit_link_damaged"),
        (b"https://1a4.com", "unit_link_damaged"),
        (b"https://1a4.com/q83vASNFZwAAAQkQ", "unit_link_damaged"),
        (b"https://1a4.com/q83vASNFZwAAAQkQ5Q", "unit_link_damaged"),
        (b"https://1a4.com/q83vASNFZwAAAQkQ5QMA", "unit_link_damaged"),
        (b"https://1a4.com/q83vASNFZwAAAQkQCA?x=1", "unit_link_damaged"),
        (b"HTTPS://1A4.COM/5m41iit9uqyu0zf5pgjp", "unit_link_damaged"),
        (b"https://example.org/", "link"),
        (b"HTTP://EXAMPLE.ORG", "link"),
    ],
)
def test_other_links_are_never_units_and_never_opened(link, reason):
    assert read(link).reason_key == reason


def test_a_code_that_could_be_two_things_is_said_so_and_symbology_decides_where_it_can():
    found = read(b"012345678905", formats=DIGITS_TOO)
    assert (found.reason_key, found.could_be) == ("ambiguous", ("patient_card", "gs1"))
    assert read(b"012345678905", "]C0", DIGITS_TOO) == PatientCard(number="012345678905", state="FL")
    both = CardFormats(state="FL", patterns=("[0-9A-F]{24}",))
    assert read(TAG.encode(), formats=both).could_be == ("patient_card", "package")
    assert read(TAG.encode(), "]L2", both) == PatientCard(number=TAG, state="FL")


@pytest.mark.requirement("PAT-12")
@pytest.mark.parametrize(
    "swipe",
    [
        b"%B4111111111111111^DOE/JANE^2912101?;4111111111111111=2912101?",
        b"%B4111111111111112^DOE/JANE^2912101?",
        b";4111111111111111=29121010000?",
        b"%B378282246310005^DOE/JANE^2912?",
        b"]X0%B4111111111111111^DOE/JANE^2912101?",
        b"%E?;4111111111111111=29121010000?",
        b";4111111111111112=29121010000?",
        b"%B3782 822463 10005^DOE/JANE^2912?",
        b"B4111111111111111^DOE/JANE^2912?",
    ],
)
def test_of_a_payment_card_nothing_is_kept(swipe):
    found = read(swipe)
    assert found == BankCard()
    assert found.__struct_fields__ == ()


def test_other_systems_and_unknown_codes_are_told_apart():
    assert read(b"0000000090000178") == read(b"0000000090000178", "]C0") == BioTrackId(uid="0000000090000178")
    assert read(b"WAG1234567.INABCD").reason_key == "tag_other_system"
    assert read(b"HELLO").reason_key == "unknown"
    assert read(b"&Q'FF", "").reason_key == "unknown"
    assert read(b"&Q'FF\xe0\"\xe0\xe0\xe0\xe0\xe0B\xe9C\xe0\xe0\xe0\xe0\xe0\xe0'_&&").could_be == ("package",)
    assert read(b"H\x1bp\x00LLO").reason_key == "control_characters"
    assert read(b"\r\n\x00").reason_key == "empty"
    assert read(b"]Q1").reason_key == "empty"
    assert read(b"A" * 4000).reason_key == "too_long"


def test_a_text_that_only_begins_like_an_identifier_is_left_alone():
    formats = CardFormats(state="XX", patterns=(r"\]C0[A-Z]{3}",))
    assert read(b"]C0ABC", "]Q1", formats).number == "]C0ABC"
    assert read(b"\\000026P7QX21AB", "]Q2").number == "P7QX21AB"


def test_every_reason_is_a_plain_sentence_that_says_what_to_do():
    said = read(b"HELLO")
    assert isinstance(said, Unread)
    assert {"cut_off", "unknown", "ambiguous", "product_code_damaged", "military"} <= REASON_KEYS
    assert (said.length, said.symbology, str(said.reason)[-1]) == (5, "", ".")


@pytest.mark.requirement("PAT-12")
def test_nothing_of_a_scan_is_in_any_repr():
    scans = [robin(), b"P7QX21AB", b"KTROBIN", b";636010042072182009=2902199202290?"]
    for data in scans:
        shown = repr(read(data)) + repr(Reading(data=data, device="s", at=0.0)) + repr((read(data), [read(data)]))
        for word in ("ROBIN", "EXAMPLE", "1992", "P7QX", "E123", "6360"):
            assert word not in shown
