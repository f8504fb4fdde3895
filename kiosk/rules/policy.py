"""The store's own policy beside the law (SOP-05): stricter, never looser, and shown as what it is.

It also holds the store's signature for the laws it has read: which version, every number in it that is not sure, by
whom and when. Without that no store goes live.
"""

import tomllib
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from kiosk.model.base import Noun
from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.rules.law import Law
from kiosk.rules.limits import Cited, Cycle, Gate, Pool, Word
from kiosk.rules.pack import printable
from kiosk.rules.refusals import STORE
from kiosk.rules.sealing import digest

UNSURE = ("low", "background")
AnyLaw = TypeVar("AnyLaw", bound=Law)


class Smaller(Cited, frozen=True, kw_only=True):
    """A smaller limit of one of the state's pools."""

    pool: Word
    limit: Decimal


class Accepted(Noun, frozen=True, kw_only=True):
    """The store has read a version of a law. ``numbers`` are the rules of it that are not sure, each by its name."""

    pack: Word
    digest: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
    by: Word
    on: date
    numbers: tuple[str, ...] = ()


class Policy(Noun, frozen=True, kw_only=True):
    """``keys`` are the public keys (Ed25519, hex) whose signature a pack needs; empty: it needs none."""

    keys: tuple[Annotated[str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{64}$")], ...] = ()
    accepted: tuple[Accepted, ...] = ()
    smaller: tuple[Smaller, ...] = ()
    pools: tuple[Pool, ...] = ()
    gates: tuple[Gate, ...] = ()


def read_policy(file: Path) -> Policy:
    """Raises ``Ours`` with one line that names the place."""
    try:
        return msgspec.convert(tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal), Policy)
    except (OSError, ValueError, RecursionError) as fault:
        said = printable(" ".join(str(fault).split())).rstrip(".")
        raise Ours(text("The store's policy {file} has a fault: {fault}.", file=file.name, fault=said)) from None


def with_policy(law: AnyLaw, policy: Policy) -> AnyLaw:
    """The law with the store's rules beside it. They can only take away: each is one more limit or gate.

    Raises ``Ours`` where one would be looser than the state's, or is about something the state does not have.
    """
    known = {pool.key: pool for pool in law.pools}
    own = []
    for each in policy.smaller:
        pool = known.get(each.pool)
        if pool is None:
            raise _fault(f"the state has no limit called {each.pool}")
        if not (each.limit.is_finite() and each.limit >= 0):
            raise _fault(f"the limit of {each.pool} is no amount")
        if pool.limit is not None and each.limit > pool.limit:
            raise _fault(f"{each.limit} {pool.unit} of {each.pool} is looser than the state's {pool.limit} {pool.unit}")
        own.append(_own(pool, each))
    own += [msgspec.structs.replace(pool, key=STORE + pool.key, of_store=True) for pool in policy.pools]
    gates = [msgspec.structs.replace(gate, key=STORE + gate.key) for gate in policy.gates]
    keys = [rule.key for rule in own] + [gate.key for gate in gates]
    if len(set(keys)) < len(keys):
        raise _fault("two of its rules have one name")
    return msgspec.structs.replace(law, pools=(*law.pools, *own), gates=(*law.gates, *gates))


def unsure(law: Law) -> tuple[str, ...]:
    """The rules of a law that a store has to answer for one by one, because no good source was found."""
    return tuple(name for name, rule in rules(law) if rule.confidence in UNSURE)


def rules(law: Law) -> Iterator[tuple[str, Cited]]:
    """Every rule with its name: ``"pool smoking"``, ``"gate minor"``, ``"figure"``."""
    yield "figure", law.figure
    for name in ("outage", "age", "tickets", "label"):
        if (rule := getattr(law, name)) is not None:
            yield name, rule
    for pool in law.pools:
        if not pool.of_store:
            yield f"pool {pool.key}", pool
    for gate in law.gates:
        if not gate.key.startswith(STORE):
            yield f"gate {gate.key}", gate
    for n, free in enumerate(law.uncounted):
        yield f"uncounted {n + 1}", free
    for n, card in enumerate(law.card_rules):
        yield f"card {n + 1}", card
    for n, document in enumerate(law.accepted_ids):
        yield f"photo ID {n + 1}", document
    if law.label is not None:
        for statement in law.label.statements:
            yield f"statement {statement.code}", statement


def missing(law: Law, policy: Policy) -> Iterator[str]:
    """What the store has not yet signed for, in sentences; nothing: the law may be used live."""
    mine = [each for each in policy.accepted if each.pack == law.name]
    if not mine:
        yield f"The store has not signed for {law.name}."
        return
    current = [each for each in mine if each.digest == digest(law)]
    if not current:
        yield f"{law.name} was changed after the store signed for it."
        return
    signed = {number for each in current for number in each.numbers}
    for name in unsure(law):
        if name not in signed:
            yield f"The store has not signed for the unsure number of {law.name}: {name}."


def _own(pool: Pool, smaller: Smaller) -> Pool:
    window = pool.window
    if isinstance(window, Cycle):
        window = msgspec.structs.replace(window, first_limit=None)
    return msgspec.structs.replace(
        pool,
        key=STORE + pool.key,
        window=window,
        limit=smaller.limit,
        limits=(),
        may_raise=False,
        waivable=False,
        where_stated=False,
        stated_as=pool.stated_as or pool.key,
        of_store=True,
        citation=smaller.citation,
        as_of=smaller.as_of,
        confidence=smaller.confidence,
        note=smaller.note,
    )


def _fault(said: str) -> Ours:
    return Ours(text("The store's policy cannot be used: {fault}.", fault=said))
