"""Records on their way to the hub: numbered in the frame that makes them durable, waiting until the hub has them.

A hub may be put back from an older backup and lack what it confirmed. So what it has confirmed is kept here for a time,
beside the outbox, and goes again where the hub lacks it.

``(epoch, seq)`` names a record of this terminal for ever: seq counts from 1 within an epoch, without gaps, and a number
once given out is never given out again. The outbox is a table of the journal, not a second file that could disagree.
"""

import heapq
from datetime import timedelta
from itertools import takewhile

import msgspec
from tinydb.table import Document, Table

from kiosk.local_store.db import JournalDB
from kiosk.local_store.trouble import Damaged
from kiosk.model.base import from_json, to_json
from kiosk.model.errors import Ours
from kiosk.model.records import Record
from kiosk.model.text import text

FORMAT = 1
"""Shape of the store's tables. A store of a later shape is not opened."""
KEPT = timedelta(days=30)
"""So long a record that the hub has confirmed is kept; no backup that is put back is older."""
_SEQ_BITS = 40


class Outbox:
    """Three tables of the store's data base: records that wait, records that were confirmed, and the one row of
    numbers. Runs on the writer thread."""

    def __init__(self, db: JournalDB) -> None:
        """Raises :class:`~kiosk.model.errors.Ours` where a later release wrote the store."""
        self._db = db
        self._records = db.table("outbox")
        self._confirmed = db.table("confirmed")
        self._numbers = db.table("numbers")
        if len(self._numbers) and self._number("format") > FORMAT:
            raise Ours(text("A newer program wrote this terminal's records. Install that program again."))

    @property
    def is_new(self) -> bool:
        """Nothing was ever kept here."""
        return len(self._numbers) == 0

    def set_up(self) -> None:
        self._numbers.insert(Document({"format": FORMAT, "epoch": 1, "seq": 0, "watermark": 0}, 1))

    @property
    def epoch(self) -> int:
        return self._number("epoch")

    @property
    def last_seq(self) -> int:
        """The number of the newest record of this epoch; 0 before the first."""
        return self._number("seq")

    @property
    def watermark(self) -> int:
        """The highest seq of this epoch that the hub has acknowledged."""
        return self._number("watermark")

    def __len__(self) -> int:
        return len(self._records)

    def add(self, record: Record) -> Record:
        """Numbers a record and puts it in, within the transaction that is open. Returns it as it was kept."""
        numbered = msgspec.structs.replace(record, epoch=self.epoch, seq=self.last_seq + 1)
        self._records.insert(Document({"record": to_json(numbered)}, _place(numbered.epoch, numbered.seq)))
        self._numbers.update({"seq": numbered.seq}, doc_ids=[1])
        return numbered

    def unsent(self, limit: int) -> list[Record]:
        """The oldest records, in order, all of one epoch: what one batch may hold."""
        places = heapq.nsmallest(limit, self._places())
        places = [place for place in places if place >> _SEQ_BITS == places[0] >> _SEQ_BITS]
        return [from_json(self._db.storage.rows("outbox")[place]["record"], Record) for place in places]

    def acknowledged(self, watermark: int, epoch: int) -> None:
        """The hub has all records of this epoch up to the watermark (inclusive): they wait no more.

        Raises :class:`Damaged` where it claims records that were never made here: this store is an older copy.
        """
        if (epoch == self.epoch and watermark > self.last_seq) or epoch > self.epoch:
            raise Damaged(f"the hub has record {epoch}/{watermark}, this terminal ends at {self.epoch}/{self.last_seq}")
        leaving = [place for place in self._places() if _place(epoch, 0) <= place <= _place(epoch, watermark)]
        with self._db.transaction():
            if leaving:
                self._move(leaving, self._records, self._confirmed)
                self._drop_old(max(leaving))
            if epoch == self.epoch and watermark > self.watermark:
                self._numbers.update({"watermark": watermark}, doc_ids=[1])

    def send_again(self, watermark: int, epoch: int) -> int:
        """The hub lacks what comes after the watermark, though it confirmed more: it waits again. Returns how many
        records; 0, and nothing is changed, where they are not all here any more."""
        rows = self._db.storage.rows("confirmed")
        lacking = sorted(place for place in rows if _place(epoch, watermark) < place < _place(epoch + 1, 0))
        if not lacking or lacking[0] != _place(epoch, watermark + 1):
            return 0
        with self._db.transaction():
            self._move(lacking, self._confirmed, self._records)
            if epoch == self.epoch:
                self._numbers.update({"watermark": watermark}, doc_ids=[1])
        return len(lacking)

    def _move(self, places: list[int], source: Table, target: Table) -> None:
        rows = self._db.storage.rows(source.name)
        target.insert_multiple(Document({"record": rows[place]["record"]}, place) for place in places)
        source.remove(doc_ids=places)

    def _drop_old(self, newest: int) -> None:
        """Looks at the oldest ones only. Ages are by the records' own clock: the store has none."""
        rows = self._db.storage.rows("confirmed")
        oldest = from_json(rows[newest]["record"], Record).at - KEPT
        old = list(takewhile(lambda place: from_json(rows[place]["record"], Record).at < oldest, rows))
        if old:
            self._confirmed.remove(doc_ids=old)

    def set_epoch(self, epoch: int) -> None:
        """Begins a new epoch, at seq 1. Records of the old one keep their numbers and are sent first."""
        if epoch == self.epoch:
            return
        if epoch < self.epoch:
            raise Ours(
                text("The hub gave this terminal an old number. Pair the terminal again."), f"{epoch} < {self.epoch}"
            )
        self._numbers.update({"epoch": epoch, "seq": 0, "watermark": 0}, doc_ids=[1])

    def sending_epoch(self) -> int:
        """The epoch of the oldest record here; the present one where there is none."""
        return min(self._places(), default=_place(self.epoch, 0)) >> _SEQ_BITS

    def _number(self, name: str) -> int:
        return int(self._db.storage.rows("numbers")[1][name])

    def _places(self) -> list[int]:
        return list(self._db.storage.rows("outbox"))


def _place(epoch: int, seq: int) -> int:
    """The record's id in the table: sorts by epoch, then seq."""
    return (epoch << _SEQ_BITS) + seq
