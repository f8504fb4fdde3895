"""The store's own codes come back as what they were, and no single wrong character makes another one."""

import random

import pytest
import zxingcpp
from hypothesis import assume, given
from hypothesis import strategies as st

from kiosk.documents import codes
from kiosk.model.documents import Badge, CommandCode, LabelCode, ManifestCode, ShelfCode, TicketCode, Unread
from kiosk.model.ids import new_id
from tests.documents.scans import read

bodies = st.from_regex(r"[0-9A-Z]([0-9A-Z-]{0,22}[0-9A-Z])?", fullmatch=True)


@given(bodies, st.integers(1, 99))
def test_what_is_printed_is_read_back(body, print_no):
    assert read(codes.ticket_code(body).encode()) == TicketCode(ticket_id=body)
    assert read(codes.shelf_code(body).encode()) == ShelfCode(place=body)
    assert read(codes.badge_code(body).encode()) == Badge(code=body)
    assert read(codes.manifest_code(body).encode()) == ManifestCode(number=body)
    assert read(codes.command_code(body).encode()) == CommandCode(command=body)
    assert read(codes.label_code(body, print_no).encode()) == LabelCode(number=body, print_no=print_no)


def test_an_id_of_ours_becomes_a_short_code():
    ticket = new_id()
    assert len(codes.ticket_code(ticket)) == 28
    assert read(codes.ticket_code(ticket).encode()) == TicketCode(ticket_id=ticket)
    assert read(codes.label_code(ticket, 2).encode()) == LabelCode(number=ticket, print_no=2)


def test_the_check_character_is_that_of_the_standard():
    """Published example of ISO 7064 MOD 37,36: the Global Release Identifier A12425GABC1234002M."""
    assert codes.check_character("A12425GABC1234002") == "M"


@given(bodies, st.data())
def test_every_single_wrong_character_is_found(body, data):
    code = codes.ticket_code(body)
    at = data.draw(st.integers(2, len(code) - 1))
    char = data.draw(st.sampled_from("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    assume(char != code[at] and {char, code[at]} != {"-", "Z"})
    found = read((code[:at] + char + code[at + 1 :]).encode())
    assert isinstance(found, Unread)
    assert found.reason_key == "own_code_damaged"


def test_nearly_every_swap_of_two_neighbours_is_found():
    """The standard's own promise for a hybrid check system: not all, but about 999 of 1,000."""
    chance = random.Random(7064)
    tried = missed = 0
    for _ in range(20_000):
        code = codes.shelf_code("".join(chance.choices("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", k=10)))
        at = chance.randrange(2, len(code) - 1)
        swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
        tried += swapped != code
        missed += swapped != code and not isinstance(read(swapped.encode()), Unread)
    assert missed / tried < 0.003


def test_a_moved_hyphen_is_another_place_and_is_found():
    code = codes.shelf_code("V-A3-2")
    assert isinstance(read(code.replace("A3-2", "A-32").encode()), Unread)


@pytest.mark.parametrize("body", ["", "a", "-A", "A-", "A" * 25, "A B", "Ä", "A\n"])
def test_what_would_not_come_back_is_not_printed(body):
    with pytest.raises(ValueError, match="code"):
        codes.ticket_code(body)


def test_a_print_number_is_one_to_ninety_nine():
    for print_no in (0, 100, -1):
        with pytest.raises(ValueError, match="print number"):
            codes.label_code("D1", print_no)


@pytest.mark.parametrize("kind", [zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode])
def test_our_codes_through_pixels_and_an_independent_reader(kind):
    code = codes.label_code("D0A1B2C3D4", 2)
    image = zxingcpp.create_barcode(code, kind).to_image(scale=4)
    (seen,) = zxingcpp.read_barcodes(image)
    assert read(bytes(seen.bytes), seen.symbology_identifier) == LabelCode(number="D0A1B2C3D4", print_no=2)
