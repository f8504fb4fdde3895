"""The bytes of a journal: what is written is read, and nothing else is ever taken for it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.local_store.frames import (
    FRAMES_AT,
    GENESIS,
    SECTOR,
    Cipher,
    Frame,
    Gap,
    Header,
    Snapshot,
    read_frame,
    read_header,
    read_snapshot,
    scan,
    write_frame,
    write_header,
    write_snapshot,
)
from tests.local_store.disks import flipped

KEY, SALT = b"k" * 32, b"s" * 32
CIPHER = Cipher(KEY, SALT)


def opened(frame: Frame) -> bytes | None:
    return CIPHER.open(frame.seq, frame.sealed, frame.head)


@given(st.lists(st.binary(max_size=200), max_size=8), st.integers(0, 40))
def test_a_segment_is_read_as_it_was_written(payloads: list[bytes], zeros: int) -> None:
    chain, segment = GENESIS, write_header(1, GENESIS, CIPHER)
    for seq, payload in enumerate(payloads, 1):
        frame, chain = write_frame(CIPHER, seq, seq - 1, chain, payload)
        segment += frame
    items = list(scan(segment + bytes(zeros)))
    assert [opened(item) for item in items if isinstance(item, Frame)] == payloads
    assert not any(isinstance(item, Gap) for item in items)
    assert not items or items[-1].chain == chain  # type: ignore[union-attr]


@given(st.binary(max_size=300))
def test_no_bytes_whatever_upset_the_reader(data: bytes) -> None:
    assert isinstance(read_header(data, KEY), str)
    assert isinstance(read_snapshot(data, KEY), str)
    assert not any(isinstance(item, Frame) for item in scan(bytes(FRAMES_AT) + data))


@settings(max_examples=30)
@given(st.binary(max_size=64))
def test_a_flipped_bit_anywhere_in_a_frame_is_seen(payload: bytes) -> None:
    frame, _ = write_frame(CIPHER, 7, 6, GENESIS, payload)
    whole = read_frame(frame, 0)
    assert whole is not None
    padding = len(frame) - len(frame.rstrip(b"\0"))
    for at in range(len(frame) - padding):
        assert read_frame(flipped(frame, at), 0) is None


def test_the_tag_sees_what_a_checksum_made_right_again_hides() -> None:
    frame = read_frame(write_frame(CIPHER, 7, 6, GENESIS, b"paid")[0], 0)
    assert frame is not None
    assert CIPHER.open(8, frame.sealed, frame.head) is None
    assert CIPHER.open(7, flipped(frame.sealed, 2), frame.head) is None
    assert CIPHER.open(7, frame.sealed, flipped(frame.head, 9)) is None
    assert Cipher(KEY, b"t" * 32).open(7, frame.sealed, frame.head) is None
    assert opened(frame) == b"paid"


def test_either_copy_of_a_header_is_enough() -> None:
    header = write_header(12, b"c" * 32, CIPHER)
    for at in range(FRAMES_AT):
        read = read_header(flipped(header, at), KEY)
        assert isinstance(read, Header)
        assert (read.first, read.chain) == (12, b"c" * 32)
    assert read_header(flipped(flipped(header, 20), SECTOR + 20), KEY) == "checksum"
    assert read_header(header, b"x" * 32) == "key"


def test_a_snapshot_is_whole_or_nothing() -> None:
    data = write_snapshot(CIPHER, 5, b"c" * 32, b"the state")
    assert read_snapshot(data, KEY) == Snapshot(5, b"c" * 32, b"the state")
    assert read_snapshot(data, b"x" * 32) == "key"
    for at in range(len(data)):
        assert isinstance(read_snapshot(flipped(data, at), KEY), str)
        assert isinstance(read_snapshot(data[:at], KEY), str)
