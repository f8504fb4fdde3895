"""A payment card is known in whatever way it comes, and not a digit of it comes out."""

import json

import pytest

from kiosk.documents import payment
from kiosk.model.documents import BankCard
from tests.documents.scans import read
from tests.documents.test_scan_lines import UNPLUG, asked, keys, raw, typed

PAN = "4111111111111111"
PANS = [PAN, "5555555555554444", "6011000990139424", "2223003122003222"]


@pytest.mark.requirement("PAT-12")
@pytest.mark.parametrize("pan", PANS)
@pytest.mark.parametrize("symbology", ["", "]C0", "]Q1"])
def test_sixteen_bare_digits_may_be_a_card_and_are_not_told(pan, symbology):
    for line in (raw(pan.encode(), symbology=symbology), asked(events=keys(pan.encode() + b"\r"), symbology=symbology)):
        assert (line["refused"]["key"], line["could_be"]) == ("ambiguous", ["biotrack", "bank_card"])
        assert not set("0123456789") & set(json.dumps(line))


@pytest.mark.requirement("PAT-12")
@pytest.mark.parametrize(
    "swipe",
    [
        "378282246310005", "30569309025904", "6212345678900000003",
        f"{PAN}=3012101123456789", f"{PAN}D30121011234567890F", f"{PAN}D3012101", f"{PAN}\x1d3012101", f"{PAN} 3012101",
        "4111 1111 1111 1111", "4111-1111-1111-1111", ";4111-1111-1111-1111=3012101?", ";4111 1111 1111 1111?",
        "%B4111-1111-1111-1111^DOE/JANE^3012101?", f";{PAN}?", f"%B{PAN}", "%B41111111111111", f"+01{PAN}=30121010?",
        f";01{PAN}=30121010?", f"%01{PAN}=3012?", f":{PAN}=3012101?", f"7{PAN}=3012101?", f"?{PAN}",
        f"x;{PAN}=3012101?",
        f";{PAN[:9]}",
        f"%B{PAN}DOE/JANE30121010?",
        f"?9;{PAN}=3012101?", ";6369991234567890=3012101?", "4111111111111112=3012101?", f"{PAN}\r\n{PAN}",
        f"B{PAN}^DOE/JANE^3012?", f"%B{PAN}&DOE/JANE&3012?",
    ],
)  # fmt: skip
def test_a_card_in_any_of_its_ways(swipe):
    assert read(swipe.encode()) == BankCard()
    told = [raw(swipe.encode()), *([typed(swipe.encode())] if swipe.isprintable() else [])]
    for line in told:
        assert line["refused"]["key"] == "bank_card"
        assert not set("0123456789") & set(json.dumps(line))


@pytest.mark.requirement("PAT-12")
def test_the_other_half_of_a_cut_card_is_not_shown():
    line = asked(events=[*keys(PAN[:8].encode()), UNPLUG, *keys(f"{PAN[8:]}=3012101\r".encode())])
    assert line["refused"] is not None
    assert not set("0123456789") & set(json.dumps(line))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("4111111111111112", "biotrack"),
        ("6030000000000002", "biotrack"),
        ("4006381333931", "gs1"),
        ("P7QX21AB", "patient_card"),
        ("1A4FF0300000B2C000004711", "package"),
        (";63602099001122=300719900715=?", "unknown"),
    ],
)
def test_what_is_no_card_is_not_taken_for_one(code, kind):
    assert read(code.encode()).kind == kind


def test_a_number_that_is_a_products_as_well_is_said_to_be_both():
    """The check digit of a product number and of a card."""
    both = next(
        f"4{n:012}"
        for n in range(9999)
        if payment.is_number(f"4{n:012}") and read(f"4{n:012}".encode(), "]E0").kind == "gs1"
    )
    assert read(both.encode()).could_be == ("bank_card", "gs1")
    assert read(both.encode(), "]E0").kind == "gs1"
