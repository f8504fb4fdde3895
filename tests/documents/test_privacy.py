"""Nothing of a person or a payment card is told of a scan that could not be read, however it was mistyped."""

import json
import re

import pytest

from kiosk.documents.privacy import may_be_private
from kiosk.hw.scanner.keys import CAPS_LOCK, DOWN, EV_KEY, LEFT_SHIFT, RIGHT_SHIFT, UP
from tests.documents.scans import robin
from tests.documents.test_mrz import td1, td3
from tests.documents.test_scan_lines import TAG, UNPLUG, asked, keys

PAN = "4111111111111111"
CARD = f"%B{PAN}^DOE/JANE^30121011234567?;{PAN}=30121011234567?\r"
SECRETS = {
    "payment card": CARD,
    "second track": f";{PAN}=30121011234567?\r",
    "card number": f"{PAN}\r",
    "stripe": "%COTESTVILLE^EXAMPLE$ROBIN$LEE^12 NOWHERE LN^?;636020123456789=290219920229=?\r",
    "licence": robin(8).decode(),
    "passport": "\r".join(td3()) + "\r",
    "passport card": "\r".join(td1()) + "\r",
}
GAP = ["GAP_MS", 400]
SHIFTS = {LEFT_SHIFT, RIGHT_SHIFT}
CAPS = [[EV_KEY, CAPS_LOCK, DOWN], [EV_KEY, CAPS_LOCK, UP]]
MISTYPED = {
    "Shift lost": lambda events: [event for event in events if event[1] not in SHIFTS],
    "Shift stuck": lambda events: [
        [EV_KEY, LEFT_SHIFT, DOWN],
        *(event for event in events if event[1] not in SHIFTS),
    ],
    "Caps Lock on": lambda events: CAPS + events,
    "Caps Lock on, Shift lost": lambda events: CAPS + [event for event in events if event[1] not in SHIFTS],
}
TOLD = re.compile(r"[0-9]{4}|!!!|EXAMPLE|ROBIN|NOWHERE|DOE|JANE|E12345", re.IGNORECASE)


def tells(line: dict) -> bool:
    """Does a refused line hold anything of it?"""
    lines = line.get("scans", [line])
    return any(one["refused"] is not None and TOLD.search(json.dumps(one)) for one in lines)


@pytest.mark.requirement("PAT-12")
@pytest.mark.parametrize("way", MISTYPED.values(), ids=MISTYPED)
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_wrong_shift_key_shows_nothing(secret, way):
    events = way(keys(secret.encode()))
    assert not tells(asked(events=events))
    for cut in (len(events) // 4, len(events) // 2):
        for mark in (GAP, UNPLUG):
            assert not tells(asked(events=[*events[:cut], mark, *events[cut:]]))


@pytest.mark.requirement("PAT-12")
@pytest.mark.parametrize("mark", [GAP, UNPLUG], ids=["a pause", "unplugged"])
@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_the_pieces_of_what_was_cut_show_nothing(secret, mark):
    for at in range(1, len(secret), 1 + len(secret) // 40):
        line = asked(events=[*keys(secret[:at].encode()), mark, *keys(secret[at:].encode())])
        assert not tells(line), at


@pytest.mark.requirement("PAT-12")
@pytest.mark.parametrize("size", [1, 3, 4, 8])
def test_a_card_in_many_pieces_is_no_row_of_codes(size):
    events = [event for at in range(0, 16, size) for event in [*keys(PAN[at : at + size].encode()), GAP]]
    line = asked(events=events)
    assert all(one["refused"]["key"] == "cut_off" for one in line["scans"])
    assert not re.search("[0-9]", json.dumps(line))


def test_two_whole_scans_after_one_another_are_two():
    line = asked(events=[*keys(TAG.encode()), GAP, *keys(b"4006381333931"), GAP, *keys(TAG.encode())])
    assert [one["kind"] for one in line["scans"]] == ["package", "gs1", "package"]
    assert [one["text"] for one in line["scans"]] == [TAG, "4006381333931", TAG]


@pytest.mark.parametrize(
    "text", ["Hello, World! 12", "ABc123", "a@b'c\"d#e~f|g", "KTT1", "V-A3-2", "http://x.test/a?b=1"]
)
def test_what_nobody_owns_is_shown(text):
    assert not may_be_private(text)
    assert asked(events=keys(text.encode() + b"\r"))["text"] == text
