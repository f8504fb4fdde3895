"""Chunks become scans: each once, whole, whatever the pieces."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hw.scanner.framing import Framer, FrameRules
from kiosk.model.documents import Reading

from .samples import PASSPORT, TAG, licence

SERIAL = FrameRules()
KEYS = FrameRules(quiet=0.12, least=3)


def frames(chunks: list[tuple[float, bytes]], rules: FrameRules = SERIAL) -> list[Reading]:
    framer = Framer("vault", rules)
    readings = [reading for at, data in chunks for reading in framer.feed(data, at)]
    return readings + (framer.tick(framer.due) if framer.due is not None else [])


def datas(chunks: list[tuple[float, bytes]], rules: FrameRules = SERIAL) -> list[bytes]:
    return [reading.data for reading in frames(chunks, rules)]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r", b"\r\n\r\n", b"\x03\r"])
def test_a_code_ends_with_its_terminator_and_doubled_ends_are_one(end: bytes) -> None:
    assert datas([(1.0, TAG + end)]) == [TAG]


def test_cr_lf_split_over_two_reads_is_one_end() -> None:
    assert datas([(1.0, TAG + b"\r"), (1.01, b"\n" + TAG + b"\r"), (1.02, b"\n")]) == [TAG, TAG]


def test_a_code_without_a_terminator_ends_by_silence() -> None:
    framer = Framer("vault", SERIAL)
    assert framer.feed(TAG, 1.0) == []
    assert framer.tick(1.05) == []
    assert framer.due == pytest.approx(1.06)
    assert [reading.data for reading in framer.tick(1.06)] == [TAG]
    assert framer.due is None


def test_silence_between_two_chunks_parts_two_scans_even_if_nobody_looked() -> None:
    assert datas([(1.0, TAG), (1.2, TAG)]) == [TAG, TAG]


def test_a_reading_carries_the_time_of_its_first_byte_and_its_device() -> None:
    (reading,) = frames([(1.0, TAG[:3]), (1.03, TAG[3:] + b"\r")])
    assert (reading.at, reading.device, reading.complete) == (1.0, "vault", True)


def test_two_scans_glued_together_are_two() -> None:
    assert datas([(1.0, TAG + b"\r" + TAG[::-1] + b"\r")]) == [TAG, TAG[::-1]]


@pytest.mark.parametrize("suffix", [b"", b"\r", b"\r\n", b"\r\r"])
def test_a_licence_is_not_cut_at_the_line_ends_inside_it(suffix: bytes) -> None:
    assert datas([(1.0, licence() + suffix)]) == [licence()]


def test_a_licence_ends_at_once_where_its_own_directory_says_so() -> None:
    framer = Framer("door", SERIAL)
    assert [reading.data for reading in framer.feed(licence(), 1.0)] == [licence()]
    assert framer.feed(b"\r\n", 1.0) == []


@pytest.mark.parametrize("damage", [b"ANSI 636010", b"@ANSI 636010", b"\x02@\n\x1e\rANSI 636010"])
def test_a_licence_with_a_damaged_header_ends_by_silence(damage: bytes) -> None:
    data = damage + b"1001 DAQT64\nDCSSAMPLE\rDACMARISOL\nDBB06061986"
    assert datas([(1.0, data + b"\r")]) == [data.lstrip(b"\x02") + (b"\r" if b"ANSI " in data[:40] else b"")]


def test_a_directory_that_promises_too_little_does_not_cut_the_licence() -> None:
    lying = licence().replace(b"DL0041", b"DL0001").replace(b"ZF01", b"ZF00")
    assert datas([(1.0, lying)]) == [lying]


def test_a_licence_whose_lines_end_in_cr_lf_is_not_cut_at_the_first_of_them() -> None:
    body = licence()[41:].replace(b"\n", b"\r\n")
    elements = body.index(b"ZFZFA")
    head = licence()[:21] + f"DL0041{elements:04}ZF{41 + elements:04}{len(body) - elements:04}".encode()
    framer = Framer("door", SERIAL)
    assert [r.data for r in framer.feed(head + body, 1.0)] == [head + body]


def test_the_lines_of_a_passport_stay_together() -> None:
    data = b"\r".join(PASSPORT)
    framer = Framer("door", SERIAL)
    assert [reading.data for reading in framer.feed(data + b"\r", 1.0)] == [data]


def test_a_passport_of_which_one_line_came_ends_by_silence() -> None:
    assert datas([(1.0, PASSPORT[0] + b"\r")]) == [PASSPORT[0]]


def test_the_lines_of_a_passport_in_lower_case_stay_together() -> None:
    data = b"\r".join(PASSPORT).lower()
    assert datas([(1.0, data + b"\r")], KEYS) == [data]


def test_too_long_a_scan_is_dropped_whole_and_said_so() -> None:
    framer = Framer("door", SERIAL)
    assert framer.feed(b"x" * 5000 + b"\r" + TAG + b"\r", 1.0) == []
    (reading,) = framer.tick(1.06)
    assert (reading.data, reading.complete) == (b"", False)
    assert framer.dropped == {"too_long": 1}
    assert [r.data for r in framer.feed(TAG + b"\r", 2.0)] == [TAG]


def test_lost_bytes_spoil_the_scan_and_nothing_of_it_is_delivered() -> None:
    framer = Framer("door", KEYS)
    framer.feed(TAG[:10], 1.0)
    framer.spoil(1.01)
    assert framer.feed(TAG[12:] + b"\r", 1.02) == []
    (reading,) = framer.tick(1.2)
    assert (reading.data, reading.complete, reading.at) == (b"", False, 1.0)


def test_a_scan_that_is_open_when_the_device_goes_is_forgotten() -> None:
    framer = Framer("door", SERIAL)
    framer.feed(TAG[:10], 1.0)
    framer.cut()
    assert framer.due is None
    assert [r.data for r in framer.feed(TAG + b"\r", 1.01)] == [TAG]


def test_a_person_typing_on_a_grabbed_keyboard_is_not_a_scan() -> None:
    typed = [(1.0 + 0.2 * n, bytes([byte])) for n, byte in enumerate(b"hello\r")]
    assert datas(typed, KEYS) == []


@pytest.mark.parametrize("word", [b"NR", b"NOREAD", b"ERROR"])
def test_a_fixed_scanner_saying_that_it_read_nothing_is_not_data(word: bytes) -> None:
    assert datas([(1.0, word + b"\r")]) == []


def test_padding_is_taken_from_the_ends_only() -> None:
    assert datas([(1.0, b"\x00\x02" + b"AB\x00CD" + b"\x03\x7f\r")]) == [b"AB\x00CD"]
    assert datas([(1.0, b"\xef\xbb\xbfABCD\r")]) == [b"ABCD"]


def test_the_aim_identifier_is_kept_apart_where_the_device_sends_one() -> None:
    (reading,) = frames([(1.0, b"]C0" + TAG + b"\r")], FrameRules(aim=True))
    assert (reading.symbology, reading.data) == ("]C0", TAG)
    (licensed,) = frames([(1.0, b"]L2" + licence() + b"\r")], FrameRules(aim=True))
    assert (licensed.symbology, licensed.data) == ("]L2", licence())


def test_a_bracket_is_data_where_the_device_sends_no_identifiers() -> None:
    assert datas([(1.0, b"]C0ABC\r")]) == [b"]C0ABC"]


def test_the_buffer_is_overwritten_before_it_is_given_back() -> None:
    emptied = []

    class Spy(bytearray):
        def __delitem__(self, key: object) -> None:
            emptied.append(bytes(self))
            super().__delitem__(key)

    framer = Framer("door", SERIAL)
    framer._buffer = Spy()
    framer.feed(licence()[:100], 1.0)
    framer.cut()
    framer.feed(TAG + b"\r", 1.0)
    assert emptied == [bytes(100), bytes(len(TAG))]


STREAM = [TAG, licence(), b"HTTPS://1A4.COM/5M41IIT9UQYU0ZF5PGJP", b"\r".join(PASSPORT), TAG[::-1]]


@pytest.mark.requirement("PLT-04")
@given(st.data())
def test_any_pieces_give_the_same_scans(data: st.DataObject) -> None:
    """Each scan is cut at random places; between two scans there is silence, or a terminator and none."""
    at, chunks = 1.0, []
    for scan in STREAM:
        whole = scan + data.draw(st.sampled_from([b"\r", b"\r\n", b"\n", b"\r\r"]))
        cuts = sorted(data.draw(st.sets(st.integers(1, len(whole) - 1), max_size=8)))
        for start, end in itertools.pairwise([0, *cuts, len(whole)]):
            chunks.append((at, whole[start:end]))
            at += data.draw(st.floats(0.0, 0.05))
        at += data.draw(st.sampled_from([0.0, 0.07, 1.0]))
    assert datas(chunks) == STREAM


@pytest.mark.requirement("PLT-04")
def test_ten_thousand_chunkings_of_two_interleaved_devices() -> None:
    chance = random.Random(4)
    for _ in range(10_000):
        framers = [Framer("a", SERIAL), Framer("b", KEYS)]
        got: list[list[bytes]] = [[], []]
        at = 1.0
        rests = [TAG + b"\r\n", STREAM[2] + b"\r"]
        while any(rests):
            which = chance.randrange(2)
            size = chance.randrange(1, 9)
            piece, rests[which] = rests[which][:size], rests[which][size:]
            at += chance.random() * 0.005
            got[which] += [reading.data for reading in framers[which].feed(piece, at)]
        assert got == [[TAG], [STREAM[2]]]


@given(st.lists(st.tuples(st.floats(0.0, 0.2), st.binary(max_size=200)), max_size=30))
def test_no_bytes_bring_it_down_or_make_it_grow(pieces: list[tuple[float, bytes]]) -> None:
    framer = Framer("noise", SERIAL)
    at = 1.0
    for gap, data in pieces:
        at += gap
        for reading in framer.feed(data, at):
            assert len(reading.data) <= SERIAL.most
        assert len(framer._buffer) <= SERIAL.most


STRIPE = b"%FLTAMPA^SAMPLE$MARISOL$^1 MAIN ST?;6360101234567=301219860606?+!!?"


@pytest.mark.parametrize("end", [b"", b"\r", b"\r\n"])
def test_the_tracks_of_a_stripe_stay_together(end: bytes) -> None:
    assert datas([(1.0, STRIPE + end)]) == [STRIPE]
    tracks = STRIPE.replace(b"?;", b"?" + end + b";").replace(b"?+", b"?" + end + b"+")
    assert datas([(1.0, tracks + end)]) == [tracks]


def test_a_plain_code_that_begins_like_a_track_ends_at_once() -> None:
    framer = Framer("vault", SERIAL)
    assert [reading.data for reading in framer.feed(b"%PRICE-7\r", 1.0)] == [b"%PRICE-7"]


def test_what_the_device_puts_around_each_scan_is_taken_off() -> None:
    rules = FrameRules(prefix=b"~A", suffix=b"\t")
    framer = Framer("vault", rules)
    assert [reading.data for reading in framer.feed(b"~A" + TAG + b"\t~A" + TAG[::-1] + b"\t", 1.0)] == [TAG, TAG[::-1]]
    assert datas([(1.0, b"~A" + licence() + b"\t")], rules) == [licence()]
    assert datas([(1.0, TAG + b"\r")], rules) == [TAG], "a device that was set back to its own ways is understood"


@given(st.binary(min_size=1, max_size=3), st.lists(st.integers(1, 9), max_size=20))
def test_any_prefix_leaves_the_code_whole(prefix: bytes, cuts: list[int]) -> None:
    if set(prefix) & set(b"\r\n\x00\x02\x03\x7f\xef\xbb\xbf"):
        return
    data, chunks = prefix + TAG + b"\r", []
    for size in [*cuts, len(data)]:
        chunks.append((1.0, data[:size]))
        data = data[size:]
    assert datas(chunks, FrameRules(prefix=prefix)) == [TAG]
