"""What the registry says of people, and what holds while it says nothing (PAT-07, PAT-13).

Every question of a terminal is answered before the terminal gives up: all look-ups of one question share one limit, so
a slow registry is told by its name and never looks like a hub that is away.

Where the state's outage rule lets the last answer count, the last "active" about each number is kept for as long as the
rule says. It is sealed with a key that the number itself completes, so it can be read only while the card is at hand.
Where the state has no such rule nothing is kept.
"""

import asyncio
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, select

from kiosk.hub.database import Database
from kiosk.hub.refusals import NOT_ACTIVE, NOT_LINKED, REGISTRY_SILENT
from kiosk.hub.reporting import StateCall, StateWatch
from kiosk.hub.schema import last_answers
from kiosk.hub.visits import reference
from kiosk.model.base import from_json, to_json
from kiosk.model.clock import Clock, local_time
from kiosk.model.errors import KioskError, Refusal, Unavailable
from kiosk.model.people import Basis, Recommendation, RegistryEntry, RegistryStatus
from kiosk.model.text import Text, text
from kiosk.rules.law import Pack
from kiosk.rules.words import day, grouped
from kiosk.tracking.port import Registry

log = logging.getLogger(__name__)

NONCE = 12
"""Bytes of an AES-GCM nonce (NIST SP 800-38D)."""


@dataclass(frozen=True)
class Word:
    """The registry's word on one number. ``entry`` None: it gave none. ``as_of`` is an instant before it was asked:
    what the state learns meanwhile may not be in the answer. ``last``: it was silent, this is its last answer."""

    entry: RegistryEntry | None
    as_of: datetime
    last: bool = False


@dataclass(frozen=True)
class Figure:
    """What a decision about a patient rests on: the registry's word on them, and on the caregiver where one came."""

    patient: Word
    caregiver: Word | None = None

    @property
    def entry(self) -> RegistryEntry | None:
        return self.patient.entry

    @property
    def available(self) -> dict[str, Decimal] | None:
        return self.entry.available if self.entry is not None else None

    @property
    def recommendation(self) -> Recommendation | None:
        if self.entry is None or self.entry.status is not RegistryStatus.ACTIVE:
            return None
        return self.entry.recommendation

    def refusal(self, today: date) -> Refusal | None:
        """Nothing is decided without the registry's word, or for people who are not active any more."""
        for word in filter(None, (self.patient, self.caregiver)):
            if word.entry is None:
                return REGISTRY_SILENT
            ended = word.entry.expires is not None and word.entry.expires < today
            if word.entry.status is not RegistryStatus.ACTIVE or ended:
                return NOT_ACTIVE
        carer = self.caregiver.entry if self.caregiver is not None else None
        if carer is not None and self.entry is not None and not linked(carer, self.entry):
            return NOT_LINKED
        return None


def linked(carer: RegistryEntry, patient: RegistryEntry) -> bool:
    return carer.role == "caregiver" and patient.role == "patient" and patient.number in carer.patients


class RegistryDesk:
    """Asks the registry. ``within`` is how many seconds all look-ups of one question may take together."""

    def __init__(
        self, registry: Registry, database: Database, clock: Clock, watch: StateWatch, secret: bytes, within: float
    ) -> None:
        self._registry, self._database, self._clock, self._watch = registry, database, clock, watch
        self._secret = secret
        self.within = within

    def until(self) -> float:
        """When a question that begins now has to have its answer, in the event loop's time."""
        return asyncio.get_running_loop().time() + self.within

    async def word(self, number: str, pack: Pack, until: float) -> Word:
        """The registry's word on ``number``; where it does not answer, its last one as far as the pack allows."""
        as_of = self._clock.now()
        if not number:
            return Word(None, as_of)
        try:
            async with asyncio.timeout_at(until):
                entry = await self._registry.look_up(number)
        except TimeoutError:
            log.warning("the registry is slow: no answer within %.1f s", self.within)
        except Unavailable as error:
            log.warning("the registry gives no answer: %s", error.reason)
        except KioskError as error:  # an answer, and not one that can be used: no outage, and never a pass
            log.warning("the registry gives no answer: %s", error.reason)
            self._watch.failed(StateCall.REGISTRY)
            return Word(None, as_of)
        else:
            self._watch.answered(StateCall.REGISTRY)
            return await self._heard(number, entry, as_of, pack)
        self._watch.failed(StateCall.REGISTRY)
        return await self._last(number, as_of, pack)

    async def figure(self, number: str, caregiver: str, pack: Pack) -> Figure:
        """Patient and caregiver are asked for at the same time."""
        until = self.until()
        numbers = (number, caregiver) if caregiver else (number,)
        words = await asyncio.gather(*(self.word(each, pack, until) for each in numbers))
        return Figure(*words)

    async def _heard(self, number: str, entry: RegistryEntry, as_of: datetime, pack: Pack) -> Word:
        if entry.number != number:
            return Word(None, as_of)
        if pack.outage.oldest is not None:
            sound = entry.status is RegistryStatus.ACTIVE
            sealed = self._seal(number, entry) if sound else None
            await self._database.write(_keep, reference(self._secret, number), sealed, as_of)
        return Word(entry, as_of)

    async def _last(self, number: str, now: datetime, pack: Pack) -> Word:
        oldest = pack.outage.oldest
        if oldest is None:
            return Word(None, now)
        kept = await self._database.write(_kept, reference(self._secret, number))
        if kept is None:
            return Word(None, now)
        sealed, as_of = kept
        if not timedelta() <= now - as_of <= oldest:
            return Word(None, now)
        entry = self._open(number, sealed)
        return Word(entry, as_of, last=True) if entry is not None and entry.number == number else Word(None, now)

    def _cipher(self, number: str) -> AESGCM:
        return AESGCM(hmac.new(self._secret, b"last answer|" + number.encode(), hashlib.sha256).digest())

    def _seal(self, number: str, entry: RegistryEntry) -> str:
        nonce = secrets.token_bytes(NONCE)
        return (nonce + self._cipher(number).encrypt(nonce, to_json(entry), None)).hex()

    def _open(self, number: str, sealed: str) -> RegistryEntry | None:
        raw = bytes.fromhex(sealed)
        try:
            return from_json(self._cipher(number).decrypt(raw[:NONCE], raw[NONCE:], None), RegistryEntry)
        except (InvalidTag, ValueError):
            log.error("a last answer of the registry cannot be read; it is not used")
            return None


def basis(pack: Pack, zone: str, now: datetime, *words: Word | None) -> Basis | None:
    """What a decision rests on: the oldest of the words that were used. None where one of them was not there."""
    used = [word for word in words if word is not None]
    if not used or any(word.entry is None for word in used):
        return None
    as_of = min(word.as_of for word in used)
    if not any(word.last for word in used):
        return Basis(source="registry", as_of=as_of)
    return Basis(source="last_answer", as_of=as_of, citation=pack.outage.citation, said=_said(pack, zone, now, as_of))


def _said(pack: Pack, zone: str, now: datetime, as_of: datetime) -> Text:
    at = local_time(as_of, zone)
    minutes = int((now - as_of).total_seconds()) // 60
    named = {
        "time": f"{day(at.date())} {at:%H:%M}",
        "age": f"{minutes // 60}:{minutes % 60:02d}",
        "limit": f"{pack.outage.hours}:00",
    }
    amounts = ", ".join(
        f"{pool.name} {grouped(pack.outage.limits[pool.key])} {pool.unit}"
        for pool in pack.pools
        if pool.key in pack.outage.limits
    )
    if not amounts:
        return text(
            "The registry does not answer. Its answer of {time} is used. It is {age} hours old; {limit} are allowed.",
            **named,
        )
    return text(
        "The registry does not answer. Its answer of {time} is used. It is {age} hours old; {limit} are allowed. "
        "Until it answers, at most: {amounts}.",
        amounts=amounts,
        **named,
    )


def _keep(connection: Connection, ref: str, sealed: str | None, as_of: datetime) -> None:
    """Only a yes is kept, and any other answer takes the yes before it away."""
    connection.execute(last_answers.delete().where(last_answers.c.ref == ref))
    if sealed is not None:
        connection.execute(last_answers.insert().values(ref=ref, as_of=as_of.isoformat(), sealed=sealed))


def _kept(connection: Connection, ref: str) -> tuple[str, datetime] | None:
    row = connection.execute(select(last_answers).where(last_answers.c.ref == ref)).first()
    return (row.sealed, datetime.fromisoformat(row.as_of)) if row is not None else None


def forget_old(connection: Connection, oldest: timedelta | None, now: datetime) -> None:
    """Last answers that no rule lets count any more; all of them where the state has no such rule."""
    old = last_answers.delete()
    if oldest is not None:
        old = old.where(last_answers.c.as_of < (now - oldest).isoformat())
    connection.execute(old)
