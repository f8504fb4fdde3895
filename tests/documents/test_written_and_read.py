"""What is written by the rules of each standard is read back as it was: codes made by chance, not chosen."""

from datetime import date

from hypothesis import assume, given
from hypothesis import strategies as st

from kiosk.documents import payment
from kiosk.model.documents import BioTrackId, PackageTag, PhotoId, UnitCode
from tests.documents.scans import read
from tests.documents.test_mrz import digit, scan, td1

names = st.from_regex(r"[A-Z]{2,12}", fullmatch=True)
days = st.dates(date(1940, 1, 1), date(1999, 12, 31))


@given(
    family=names,
    first=names,
    number=st.from_regex(r"[A-Z0-9]{9}", fullmatch=True),
    born=days,
    sex=st.sampled_from("MF<"),
)
def test_a_passport(family, first, number, born, sex):
    birth = f"{born:%y%m%d}"
    second = f"{number}{digit(number)}UTO{birth}{digit(birth)}{sex}310101{digit('310101')}{'<' * 14}0"
    second += digit(second[:10] + second[13:20] + second[21:43])
    found = read(scan((f"P<UTO{family}<<{first}".ljust(44, "<"), second)))
    assert isinstance(found, PhotoId), found.reason_key
    assert (found.family, found.given, found.number, found.born) == (family, first, number, born)


@given(number=st.from_regex(r"[A-Z0-9]{4,20}", fullmatch=True))
def test_a_card_with_a_number_of_any_length(number):
    found = read(scan(td1(number.ljust(9, "<") if len(number) < 9 else number)))
    assert isinstance(found, PhotoId), found.reason_key
    assert found.number == number


@given(
    family=names,
    first=names,
    number=st.from_regex(r"[0-9]{5,13}", fullmatch=True),
    born=st.dates(date(1930, 1, 1), date(2008, 12, 31)),
    ends=st.dates(date(2020, 1, 1), date(2049, 12, 31)),
)
def test_a_stripe(family, first, number, born, ends):
    swipe = f"%COTESTVILLE^{family}${first}$^1 FICTION AVE^?;636020{number}={ends:%y%m}{born:%Y%m%d}=?"
    found = read(swipe.encode())
    assert isinstance(found, PhotoId), found.reason_key
    assert (found.family, found.given, found.number, found.born) == (family, first, number, born)
    assert (found.expires.year, found.expires.month) == (ends.year, ends.month)
    assert (found.expires.replace(day=1) - ends.replace(day=1)).days == 0


@given(st.from_regex(r"[0-9A-F]{24}", fullmatch=True), st.sampled_from(["", "]C0", "]Q1", "]d1"]))
def test_a_package_tag(uid, symbology):
    assume(not uid.isdigit())
    assert read(uid.lower().encode(), symbology) == PackageTag(uid=uid)


@given(st.from_regex(r"1A4[0-9A-F]{21}", fullmatch=True), st.integers(0, (1 << 32) - 1))
def test_a_unit_in_base_36(uid, item):
    number, tail = item, bytearray()
    while number >= 0x80:
        tail.append(number & 0x7F | 0x80)
        number >>= 7
    whole = int.from_bytes(bytes.fromhex(uid) + bytes([*tail, number]), "big")
    path = ""
    while whole:
        whole, rest = divmod(whole, 36)
        path = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest] + path
    assert read(f"HTTPS://1A4.COM/{path}".encode()) == UnitCode(uid=uid, item=item)


@given(st.from_regex(r"[0-9]{16}", fullmatch=True))
def test_a_number_of_biotrack(uid):
    assume(not payment.is_number(uid))
    assert read(uid.encode(), "]C0") == BioTrackId(uid=uid)
