"""Reading a journal back, and the one hard question: is this a torn tail, or damage? No I/O.

A checksum alone cannot tell a last write torn by a power cut from rot in a record that was durable; cutting off at the
first wrong checksum loses committed records (Alagappan et al., Protocol-Aware Recovery, FAST '18). So witnesses decide.
Let ``s`` be the first frame that should be there and is not readable:

1. Somebody knows that ``s`` was durable (a later frame's ``durable``, a later segment's header, a snapshot's name): it
   is **damage**. Nothing is cut off; the frames behind it are salvaged.
2. A frame's checksum is right and its tag, place or chain is wrong: no accident makes that. **Damage** too.
3. Nobody knows of ``s``: it was never acknowledged to anyone. **Torn tail**: dropped, and the next segment replaces it.

Frames that no witness vouches for (the last ones) may so far live in the kernel's cache alone, where the process was
killed between write and sync, or after a sync that failed. They are handed back as ``tail``: the journal writes the
same bytes again and syncs, and only then are they durable (Rebello et al., Can Applications Recover from fsync
Failures?, ATC '20: after a failed sync, pages count as clean).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kiosk.local_store.frames import FRAMES_AT, GENESIS, Frame, Gap, Header, read_header, read_snapshot, scan


@dataclass(frozen=True)
class Piece:
    """A segment, ``number`` = its first seq, or a snapshot, ``number`` = the seq it holds the state of."""

    number: int
    load: Callable[[], bytes]


@dataclass(frozen=True)
class Tail:
    """Frames without a witness: these bytes, at this place of the last segment."""

    at: int
    data: bytes


@dataclass
class Recovered:
    """What was read. ``last`` is the seq of the last whole frame, ``chain`` the chain after it."""

    last: int = 0
    chain: bytes = GENESIS
    snapshot: int = 0
    marked: bool = False
    """The last frame is a mark, or nothing stands behind the snapshot."""
    tail: Tail | None = None
    torn: bool = False
    grown: int = 0
    """Bytes of the frames that were applied."""
    used: int = 0
    """Bytes of the last segment before the zeros at its end."""
    spare: int = 0
    """How many zeros those are."""
    damage: str = ""
    """Where and why, without contents; empty where nothing is damaged."""
    salvaged: list[tuple[int, bytes]] = field(default_factory=list)
    """Seq and payload of readable frames behind the damage."""
    wrong_key: bool = False
    rotten_snapshots: int = 0
    """Newer snapshots that could not be read and were not needed."""


def recover(
    key: bytes,
    snapshots: Sequence[Piece],
    segments: Sequence[Piece],
    restore: Callable[[bytes], None],
    apply: Callable[[bytes], None],
) -> Recovered:
    """Reads snapshots (newest first) and segments (oldest first).

    ``restore`` is given the state of the newest snapshot that can be read, ``apply`` each payload after it.
    """
    walk = _Walk(key, apply)
    for piece in snapshots:
        snapshot = read_snapshot(piece.load(), key)
        if isinstance(snapshot, str):
            walk.witness = max(walk.witness, piece.number)
            walk.strangers += snapshot == "key"
            walk.rotten_snapshots += 1
            continue
        restore(snapshot.state)
        walk.start(snapshot.seq, snapshot.chain)
        break
    for index, piece in enumerate(segments):
        limit = segments[index + 1].number if index + 1 < len(segments) else None
        if limit is None or limit > walk.base + 1:  # otherwise the snapshot holds all of it
            walk.segment(piece, limit)
    return walk.end()


@dataclass
class _Walk:
    key: bytes
    apply: Callable[[bytes], None]
    base: int = 0
    expected: int = 1
    chain: bytes = GENESIS
    witness: int = 0
    """The highest seq that somebody knows to have been durable."""
    strangers: int = 0
    friends: int = 0
    """Files whose key does not fit, and whose key does."""
    rotten_snapshots: int = 0
    grown: int = 0
    used: int = 0
    fault: str = ""
    certain: bool = False
    gap: str = ""
    """A gap that the next frame may still show to be harmless."""
    last_is_mark: bool = True
    unproven: list[Frame] = field(default_factory=list)
    """Frames of the segment being read that may have no witness: the tail is among them."""
    loaded: bytes = b""
    salvaged: list[tuple[int, bytes]] = field(default_factory=list)

    def start(self, seq: int, chain: bytes) -> None:
        self.base, self.expected, self.chain = seq, seq + 1, chain
        self.witness = max(self.witness, seq)
        self.friends += 1

    def segment(self, piece: Piece, limit: int | None) -> None:
        """Reads one segment as far as the next one, which begins with ``limit``, does not replace it."""
        data = piece.load()
        self.used = max(FRAMES_AT, len(data.rstrip(b"\0"))) if limit is None else 0
        header = read_header(data, self.key)
        self.unproven.clear()
        self.loaded = data
        if isinstance(header, str):
            self.strangers += header == "key"
            self._blame(f"segment {piece.number}: header ({header})", certain=True)
            return
        self.friends += 1
        self._check(piece, header)
        for item in scan(data):
            if isinstance(item, Gap):
                if not self.fault and not self.gap:
                    self.gap = f"segment {piece.number} at {item.at}"
            elif limit is not None and item.seq >= limit:
                break  # the rest of a write that failed: the next segment stands in its place
            else:
                self._frame(item, header, piece.number)
        if self.gap and limit != self.expected:
            self._blame(self.gap)
        self.gap = ""

    def _check(self, piece: Piece, header: Header) -> None:
        """A segment is begun behind durable frames only, so that its header vouches for all before it."""
        self.witness = max(self.witness, piece.number - 1)
        if header.first != piece.number:
            self._blame(f"segment {piece.number}: holds {header.first}", certain=True)
        elif header.first > self.expected:
            self._blame(f"segment {piece.number}: {self.expected} is missing before it", certain=True)
        elif header.first == self.expected and header.chain != self.chain:
            self._blame(f"segment {piece.number}: does not continue the one before", certain=True)

    def _frame(self, frame: Frame, header: Header, number: int) -> None:
        if frame.seq <= self.base and not self.fault:
            return
        payload = header.cipher.open(frame.seq, frame.sealed, frame.head)
        fits = frame.seq == self.expected and frame.before == self.chain
        if payload is None:
            self._blame(f"segment {number} at {frame.at}: tag", certain=True)
            return
        self.witness = max(self.witness, frame.durable)
        if not fits:
            if self.gap:
                self._blame(self.gap)
            self._blame(f"segment {number} at {frame.at}: order", certain=True)
        if self.fault:
            self.salvaged.append((frame.seq, payload))
            return
        self.gap = ""
        if payload:
            self.apply(payload)
        self.expected, self.chain = frame.seq + 1, frame.chain
        self.grown += frame.end - frame.at
        self.used = max(self.used, frame.end)
        self.last_is_mark = not payload
        if self.unproven and self.unproven[-1].seq <= self.witness:
            self.unproven.clear()
        self.unproven.append(frame)

    def _blame(self, what: str, *, certain: bool = False) -> None:
        """Only the first fault counts: what comes after it is out of order anyway."""
        if not self.fault:
            self.fault, self.certain = what, certain

    def end(self) -> Recovered:
        if self.witness >= self.expected:
            self._blame(f"{self.expected} is missing at the end")
        damaged = bool(self.fault) and (self.certain or self.witness >= self.expected)
        tail = [frame for frame in self.unproven if frame.seq > self.witness]
        return Recovered(
            last=self.expected - 1,
            chain=self.chain,
            snapshot=self.base,
            marked=self.last_is_mark,
            tail=None if damaged or not tail else Tail(tail[0].at, self.loaded[tail[0].at : tail[-1].end]),
            torn=bool(self.fault) and not damaged,
            grown=self.grown,
            used=self.used,
            spare=len(self.loaded) - self.used,
            damage=f"frame {self.expected}: {self.fault}" if damaged else "",
            salvaged=self.salvaged if damaged else [],
            wrong_key=damaged and self.strangers > 0 and self.friends == 0,
            rotten_snapshots=self.rotten_snapshots,
        )
