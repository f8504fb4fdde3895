"""``kiosk decode``: one line in, one line out, whatever the line."""

import io
import json
import subprocess
import sys
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.documents import codes
from kiosk.hw.scanner.keys import DOWN, ENTER, EV_KEY, LEFT_SHIFT, UP
from kiosk.hw.scanner.layouts import LAYOUTS, US, Layout
from kiosk.hw.scanner.sim import KeyScanner
from kiosk.model.clock import ManualClock
from kiosk.scan_lines import answer, card_formats, serve
from tests.documents.scans import robin

FORMATS = card_formats()
TAG = "1A4FF0300000B2C000004711"
A, UNPLUG = 30, ["UNPLUG"]
ROBIN_SAYS = {
    "family": "EXAMPLE", "given": "ROBIN LEE", "first": "ROBIN", "middle": "LEE", "suffix": "II",
    "dob": "1992-02-29", "issued": "2021-03-02", "expires": "2029-02-28", "id_number": "E123456789",
    "street1": "12 NOWHERE LN", "city": "PLACETON", "state": "FL", "postal": "000000000", "country": "USA",
    "sex": "X", "height": "067 in", "iin": "636010",
}  # fmt: skip


def asked(**line):
    return answer(json.dumps(line).encode(), FORMATS)


def raw(data: bytes, **more):
    return asked(raw=data.decode("latin-1"), **more)


def keys(data: bytes, *, layout: Layout = US, alt_codes: bool = False, caps: bool = False) -> list[list[int]]:
    scanner = KeyScanner(ManualClock(), layout=layout, alt_codes=alt_codes)
    try:
        return [list(stroke) for byte in data for stroke in scanner._stroke(byte)]
    finally:
        scanner.close()


def typed(data: bytes, **more):
    return asked(events=keys(data + b"\r", **more), layout=more.get("layout", US).name)


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    ("data", "kind", "standard", "fields"),
    [
        (robin(9), "photo_id", "AAMVA-09", ROBIN_SAYS),
        (TAG.lower().encode(), "package", "METRC", {"uid": TAG}),
        (b"HTTPS://1A4.COM/5M41IIT9UQYU0ZF5PGJP", "retail_item", "METRC-RetailID", {"uid": TAG, "item": 5}),
        (b"0000000090000178", "biotrack", "BioTrack", {"uid": "0000000090000178"}),
        (b"P7QX21AB", "patient_card", "", {"id_number": "P7QX21AB", "state": "FL"}),
        (b"%P7QX21AB?;P7QX21AB?", "patient_card", "", {"id_number": "P7QX21AB", "state": "FL"}),
        (codes.shelf_code("V-A3-2").encode(), "shelf", "", {"place": "V-A3-2"}),
        (codes.badge_code("MIKA").encode(), "badge", "", {"code": "MIKA"}),
        (codes.ticket_code("T1").encode(), "ticket", "", {"ticket_id": "T1"}),
        (codes.manifest_code("0012").encode(), "manifest", "", {"number": "0012"}),
        (codes.command_code("DONE").encode(), "command", "", {"command": "DONE"}),
        (
            b"]C101095011015300031726123110LOT7\x1d3102000350\x1d3024",
            "gs1",
            "GS1",
            {"gtin": "09501101530003", "lot": "LOT7", "expires": "2026-12-31", "net_weight_g": 3500, "count": 24},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_kind_of_code_says_what_it_is(data, kind, standard, fields):
    line = raw(data)
    assert line == {"kind": kind, "standard": standard, "fields": fields, "warnings": [], "refused": None}


@pytest.mark.requirement("PAT-03")
def test_a_passport_and_a_stripe_say_the_same_person():
    passport = raw(b"P<UTOEXAMPLE<<ROBIN<LEE<<<<<<<<<<<<<<<<<<<<<\rX0000001<4UTO9202298<3101012<<<<<<<<<<<<<<<2\r")
    assert (passport["kind"], passport["standard"], passport["fields"]) == (
        "passport",
        "ICAO-TD3",
        {
            "family": "EXAMPLE", "given": "ROBIN LEE", "first": "ROBIN", "middle": "LEE", "dob": "1992-02-29",
            "expires": "2031-01-01", "id_number": "X0000001", "sex": "X", "country": "UTO",
        },
    )  # fmt: skip
    stripe = raw(
        b"%COTESTVILLE^DOE$JANE$^1 FICTION AVE$APT 2^?;63602099001122=300719900715=?"
        b"+1080202     AB          MIKA2505120BLKBLU?"
    )
    assert stripe["standard"] == "AAMVA-stripe"
    assert (stripe["fields"]["street1"], stripe["fields"]["street2"]) == ("1 FICTION AVE", "APT 2")
    assert (stripe["fields"]["city"], stripe["fields"]["state"]) == ("TESTVILLE", "CO")


@pytest.mark.requirement("PAT-12")
@pytest.mark.parametrize("by", ["raw", "events"])
def test_of_a_payment_card_no_digit_comes_out(by):
    swipe = b"%B4111111111111111^DOE/JANE^2912101?;4111111111111111=2912101?"
    line = raw(swipe, symbology="]X0") if by == "raw" else typed(swipe)
    assert (line["kind"], line["refused"]["key"]) == ("bank_card", "bank_card")
    assert not set("0123456789") & set(json.dumps(line))
    assert "DOE" not in json.dumps(line)


@pytest.mark.requirement("PAT-03")
@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b"", "bad_line"), (b"\n", "bad_line"), (b"{", "bad_line"), (b"\xff", "bad_line"), (b"[]", "bad_line"),
        (b"null", "bad_line"), (b"{}", "bad_line"), (b'{"raw": 1}', "bad_line"), (b'{"raw": null}', "bad_line"),
        (b'{"raw": "A", "events": []}', "bad_line"), (b'{"raw": "A", "symbology": 2}', "bad_line"),
        (b'{"events": {}}', "bad_line"), (b'{"events": [1]}', "bad_line"), (b'{"events": [[1, 2]]}', "bad_line"),
        (b'{"events": [["GAP_MS", -1]]}', "bad_line"), (b'{"events": [["GAP_MS"]]}', "bad_line"),
        (b'{"events": [[true, 2, 1]]}', "bad_line"), (b'{"events": [["UNPLUG", 1]]}', "bad_line"),
        (b'{"events": [], "layout": "klingon"}', "bad_line"), (b'{"events": [[1, 1e99, 1]]}', "bad_line"),
        (b"[" * 100_000, "bad_line"), (b'{"raw": "\\u0100"}', "not_bytes"), (b'{"raw": "\\ud800"}', "bad_line"),
        (b'{"raw": ""}', "empty"), (b'{"events": []}', "empty"), (b'{"raw": "' + b"A" * 100_000 + b'"}', "too_long"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else "",
)  # fmt: skip
def test_a_line_that_is_none_is_refused_by_name(line, key):
    found = answer(line, FORMATS)
    assert (found["kind"], found["fields"], found["refused"]["key"]) == ("unknown", {}, key)


@pytest.mark.requirement("PAT-03", "PLT-04")
@pytest.mark.parametrize("alt_codes", [False, True], ids=["ctrl", "alt"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_typed_or_sent_it_is_the_same_licence(layout, alt_codes):
    line = typed(robin(10), layout=layout, alt_codes=alt_codes)
    assert line.pop("text") == robin(10).decode()
    assert line == raw(robin(10))


@pytest.mark.requirement("PAT-03", "PLT-04")
def test_a_scanner_of_another_country_is_told_by_name_and_nobody_is_read():
    for layout in set(LAYOUTS) - {"us"}:
        line = asked(events=keys(robin(10) + b"\r", layout=LAYOUTS[layout]))
        assert line["refused"]["key"] == "keyboard_layout", layout
        assert "scans" not in line, "one licence is one scan, in whatever language"
        assert line["fields"] == {}


@pytest.mark.requirement("PLT-04")
def test_unplugged_in_mid_scan_there_is_no_scan():
    whole = keys(robin(10) + b"\r")
    for at in range(1, len(whole), 97):
        assert asked(events=[*whole[:at], UNPLUG])["refused"]["key"] == "cut_off"
        assert asked(events=[*whole[:at], UNPLUG, *whole[at:]])["refused"] is not None


@pytest.mark.requirement("PLT-04")
def test_what_follows_a_cut_without_a_pause_may_be_its_rest():
    """Eight digits with a check digit that fits: a product number, or the end of something longer."""
    digits = keys(b"96385074\r")
    assert asked(events=[*keys(b"12"), UNPLUG, *digits])["refused"]["key"] == "cut_off"
    assert asked(events=[*keys(b"12"), UNPLUG, ["GAP_MS", 900], *digits])["kind"] == "gs1"
    assert asked(events=[*keys(b"1A4"), UNPLUG, *keys(TAG.encode() + b"\r")])["fields"] == {"uid": TAG}


@pytest.mark.requirement("PLT-04")
def test_several_scans_of_one_line_are_all_told_and_the_last_one_counts():
    line = asked(events=[*keys(b"P7QX21AB\r"), ["GAP_MS", 500], *keys(TAG.encode() + b"\r\r"), *keys(b"XYZ"), UNPLUG])
    assert [scan["kind"] for scan in line["scans"]] == ["patient_card", "package", "unknown"]
    assert line["refused"]["key"] == "cut_off"
    assert "scans" not in asked(events=keys(TAG.encode() + b"\r\r"))


@pytest.mark.requirement("PLT-04")
def test_slow_keys_missing_ends_repeats_and_the_keypads_enter():
    slow = [event for stroke in keys(TAG.encode()) for event in (stroke, ["GAP_MS", 25])]
    assert asked(events=slow)["fields"] == {"uid": TAG}
    held = [event for stroke in keys(TAG.encode()) for event in (stroke, [EV_KEY, stroke[1], 2])]
    assert asked(events=[*held, [EV_KEY, 96, DOWN], [EV_KEY, 96, UP]])["fields"] == {"uid": TAG}
    assert asked(events=[*keys(b"]C0" + TAG.encode()), [EV_KEY, ENTER, DOWN]])["fields"] == {"uid": TAG}


def test_the_text_is_what_a_text_field_would_hold():
    assert asked(events=[[EV_KEY, 58, DOWN], [EV_KEY, A, DOWN], [EV_KEY, LEFT_SHIFT, DOWN], [EV_KEY, A, DOWN]])[
        "text"
    ] == ("Aa")


def test_events_lost_by_the_kernel_cut_the_scan():
    assert asked(events=[*keys(TAG[:9].encode()), [0, 3, 0], [0, 0, 0], *keys(TAG[9:].encode() + b"\r")])["refused"][
        "key"
    ] == ("cut_off")


def test_names_cut_on_the_card_are_told():
    assert raw(robin(family_truncated=True))["warnings"] == ["family.truncated"]


def test_a_code_that_may_be_two_things_names_both():
    assert raw(b"0109501101530003")["could_be"] == ["biotrack", "gs1"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["raw", "events", "x"]), inner),
    max_leaves=8,
)


@pytest.mark.requirement("PAT-03")
@given(st.one_of(json_values.map(json.dumps).map(str.encode), st.binary(max_size=40)))
def test_every_line_has_its_answer(line):
    found = answer(line, FORMATS)
    assert found["refused"] is None or (found["refused"]["key"] and found["refused"]["detail"])
    json.dumps(found)


def test_lines_are_answered_one_by_one_in_order():
    sink = io.BytesIO()
    serve(io.BytesIO(b'{"raw": "P7QX21AB"}\nnonsense\n{"raw": "C7QX21AB"}'), sink, FORMATS, ManualClock())
    numbers = [json.loads(line)["fields"].get("id_number") for line in sink.getvalue().splitlines()]
    assert numbers == ["P7QX21AB", None, "C7QX21AB"]
    assert all(a != b for a, b in pairwise(numbers))


@pytest.mark.process
def test_the_command_reads_standard_input():
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "decode", "--state", "FL"],
        input=b'{"raw": "P7QX21AB", "symbology": null}\n\n',
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == ["patient_card", "unknown"]


def test_a_state_without_rules_is_one_clear_line():
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", "decode", "--state", "XX"],
        input=b"",
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr == b"kiosk: There is no rule pack for XX.\n"


LOST = [0, 3, 0]  # EV_SYN, SYN_DROPPED


@pytest.mark.requirement("PLT-04")
@pytest.mark.parametrize("gap", [0, 100, 249, 250, 5000])
@pytest.mark.parametrize("at", [1, 30, 60])
def test_events_that_the_kernel_lost_spoil_their_scan_and_no_other(gap, at):
    """Whether a pause follows them or not, and whether or not the kernel's report came."""
    events = keys(TAG.encode() + b"\r")
    whole = keys(b"4006381333931\r")
    rest = [] if gap < 250 else [["GAP_MS", 300]]  # a long pause ends the spoilt scan, a short one does not
    line = asked(events=[*events[:at], LOST, ["GAP_MS", gap], *events[at:], *rest, ["GAP_MS", 300], *whole])
    assert (line["kind"], line["text"]) == ("gs1", "4006381333931")
    assert line["scans"][0]["refused"]["key"] == "cut_off"
    assert all(one["kind"] == "unknown" for one in line["scans"][:-1])


@pytest.mark.requirement("PLT-04")
def test_repeated_keys_and_modifiers_change_nothing():
    events = keys(b"P7QX21AB\r")
    repeated = [one for event in events for one in ([event, [*event[:2], 2]] if event[2] == DOWN else [event])]
    assert asked(events=repeated) == asked(events=events)
