"""The kept answers of open flows: sealed twice, and gone with the flow's key.

What a flow is given and answers may be about a patient. It is sealed with a random key of that flow (ChaCha20-Poly1305)
before it goes into the journal, which is encrypted as a whole with the store's key. Ending the flow destroys its key
(:mod:`~kiosk.local_store.flow_keys`): what old segments and snapshots still hold of it is noise (PAT-12). The digests
of requests are sealed too: a digest of a name can be guessed at.

A flow is ended in this order: rows gone, durable; key overwritten, durable. A power cut in between leaves a key without
a flow, and the next open destroys it. So a flow without a key is always damage, never something half done.
"""

import os
from typing import NamedTuple, TypeVar

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from tinydb import where
from tinydb.table import Document

from kiosk.local_store.db import JournalDB
from kiosk.local_store.flow_keys import FlowKeys
from kiosk.local_store.trouble import Damaged
from kiosk.model.base import Sealed
from kiosk.model.errors import Ours
from kiosk.model.text import text

INDEXES = {"flows": ("flow",), "answers": ("flow", "step")}
T = TypeVar("T")
_NONCE = 12


class Kept(Sealed, frozen=True, kw_only=True):
    """One step of a kept flow. ``answer`` None: it was begun, and nobody knows how it ended."""

    n: int
    digest: str
    answer: bytes | None


class OpenFlow(NamedTuple):
    """What is needed to run a kept flow again."""

    flow_id: str
    sop: str
    args: bytes

    def __repr__(self) -> str:
        return f"<OpenFlow {self.flow_id}>"


class Answers:
    """Two tables of the store's data base. Runs on the writer thread."""

    def __init__(self, db: JournalDB, keys: FlowKeys) -> None:
        self._db, self._keys = db, keys
        self._flows = db.table("flows")
        self._answers = db.table("answers")

    def flow_ids(self) -> list[str]:
        """Oldest first."""
        return [flow["flow"] for flow in self._flows]

    def open(self, flow_id: str, sop: str, args: bytes) -> None:
        if self._flows.contains(where("flow") == flow_id):
            raise Ours(text("This work cannot be begun twice. Start again."), "flow is open already")
        self._keys.destroy(flow_id)  # a key without a flow: its opening failed half way
        self._keys.add(flow_id)
        self._flows.insert({"flow": flow_id, "sealed": self._seal(flow_id, -1, (sop, args))})

    def open_flows(self) -> list[OpenFlow]:
        """Oldest first. Raises :class:`Damaged`."""
        found = []
        for flow in self._flows:
            sop, args = self._unseal(flow["flow"], -1, flow["sealed"], tuple[str, bytes])
            found.append(OpenFlow(flow["flow"], sop, args))
        return found

    def begin(self, flow_id: str, n: int, digest: str) -> None:
        row = self._unanswered(flow_id, n)
        self._put(flow_id, n, digest, None, row)

    def keep(self, flow_id: str, n: int, digest: str, answer: bytes, *, recorded: bool) -> None:
        row = self._unanswered(flow_id, n)
        self._put(flow_id, n, digest, answer, row, recorded=recorded)

    def kept(self, flow_id: str) -> list[Kept]:
        """In the order of their numbers. Raises :class:`Damaged`."""
        self._check_open(flow_id)
        found = []
        for row in sorted(self._answers.search(where("flow") == flow_id), key=lambda row: int(row["n"])):
            digest, answer = self._unseal(flow_id, row["n"], row["sealed"], tuple[str, bytes | None])
            found.append(Kept(n=row["n"], digest=digest, answer=answer))
        return found

    def take_back(self, flow_id: str, n: int) -> None:
        self._check_open(flow_id)
        rows = [row for row in self._answers.search(where("flow") == flow_id) if row["n"] >= n]
        if any(row["recorded"] for row in rows):
            raise Ours(text("What was recorded cannot be taken back. Start this work again."), f"step {n} or later")
        self._answers.remove(doc_ids=[row.doc_id for row in rows])

    def end(self, flow_id: str) -> None:
        """Ending twice is harmless: the second time only makes sure of the key."""
        with self._db.transaction():
            self._answers.remove(where("flow") == flow_id)
            self._flows.remove(where("flow") == flow_id)
        self._keys.destroy(flow_id)

    def _check_open(self, flow_id: str) -> None:
        if not self._flows.contains(where("flow") == flow_id):
            raise Ours(text("This work is not open any more. Start again."), "flow is not open")

    def _unanswered(self, flow_id: str, n: int) -> Document | None:
        """The row of a step that was begun, None where it was not. Raises where it was answered."""
        self._check_open(flow_id)
        row: Document | None = self._answers.get(where("step") == f"{flow_id}|{n}")
        if row is not None and row["answered"]:
            raise Ours(text("This step was answered already. Start this work again."), f"step {n}")
        return row

    def _put(
        self, flow_id: str, n: int, digest: str, answer: bytes | None, row: Document | None, *, recorded: bool = False
    ) -> None:
        doc = {
            "flow": flow_id,
            "step": f"{flow_id}|{n}",
            "n": n,
            "answered": answer is not None,
            "recorded": recorded,
            "sealed": self._seal(flow_id, n, (digest, answer)),
        }
        if row is None:
            self._answers.insert(doc)
        else:
            self._answers.update(doc, doc_ids=[row.doc_id])

    def _seal(self, flow_id: str, n: int, value: object) -> bytes:
        """Random nonces: a flow has some hundred answers under its own key, and one may be taken back and redone."""
        nonce = os.urandom(_NONCE)
        key = ChaCha20Poly1305(self._key(flow_id))
        return nonce + key.encrypt(nonce, msgspec.msgpack.encode(value), f"{flow_id}|{n}".encode())

    def _unseal(self, flow_id: str, n: int, sealed: bytes, kind: type[T]) -> T:
        key = ChaCha20Poly1305(self._key(flow_id))
        try:
            plain = key.decrypt(sealed[:_NONCE], sealed[_NONCE:], f"{flow_id}|{n}".encode())
        except InvalidTag:
            raise Damaged(f"flow {flow_id} step {n}: tag") from None
        return msgspec.msgpack.decode(plain, type=kind)

    def _key(self, flow_id: str) -> bytes:
        if flow_id not in self._keys:
            raise Damaged(f"flow {flow_id}: its key is gone")
        return self._keys[flow_id]
