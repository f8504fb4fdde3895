"""The store's own policy beside the law (SOP-05): stricter, never looser, and shown as what it is.

It also holds the store's signature for the laws it has read: which version, every number in it that is not sure, by
whom and when. Without that no store goes live.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec.structs import replace

from kiosk.model.base import Noun
from kiosk.model.errors import Ours
from kiosk.model.text import text
from kiosk.rules.faults import gate_faults, gates_of, pool_faults, rules
from kiosk.rules.labels.faults import parts_faults
from kiosk.rules.labels.template import StoreLabel, letters_of
from kiosk.rules.law import AgeRule, Law, Outage, RefusedId, Store, TicketRule
from kiosk.rules.limits import Cited, Cycle, Gate, PharmacistRule, Pool, Positive, Word
from kiosk.rules.refusals import STORE
from kiosk.rules.sealing import digest
from kiosk.rules.source import made, one_line, read_bytes, table_of

UNSURE = ("low", "background")
AnyLaw = TypeVar("AnyLaw", bound=Law)


class Smaller(Cited, frozen=True, kw_only=True):
    """A smaller limit of one of the state's pools."""

    pool: Word
    limit: Decimal


class ShorterOutage(Cited, frozen=True, kw_only=True):
    """While the registry is away its last answer counts for fewer hours than by law; None: for none, nobody is served.

    What may be sold on it stays the law's.
    """

    hours: Positive | None = None


class Accepted(Noun, frozen=True, kw_only=True):
    """The store has read a version of a law, in force from ``effective_from`` on. ``numbers`` are the rules of it that
    are not sure, each by its name."""

    pack: Word
    effective_from: date
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
    pharmacist: tuple[PharmacistRule, ...] = ()
    age: AgeRule | None = None
    tickets: TicketRule | None = None
    outage: ShorterOutage | None = None
    refused_ids: tuple[RefusedId, ...] = ()
    label: StoreLabel | None = None


def read_policy(file: Path) -> Policy:
    """Raises ``Ours`` with one line that names the place."""
    try:
        table = table_of(read_bytes(file))
        if unknown := [name for name in table if name not in Policy.__struct_fields__]:
            can = ", ".join(name for name in Policy.__struct_fields__ if name not in ("keys", "accepted"))
            raise ValueError(f"{unknown[0]}: of this the law alone speaks; a store can be stricter by: {can}")
        policy: Policy = made(table, Policy)
    except ValueError as fault:
        raise Ours(
            text("The store's policy {file} has a fault: {fault}.", file=file.name, fault=one_line(fault))
        ) from None
    return policy


def with_policy(law: AnyLaw, policy: Policy) -> AnyLaw:
    """The law with the store's rules beside it. They can only take away.

    Raises ``Ours`` where one would be looser than the state's, or is about something the state does not have.
    """
    if fault := next(_faults(law, policy), ""):
        raise Ours(text("The store's policy cannot be used: {fault}.", fault=fault))
    known = {pool.key: pool for pool in law.pools}
    own = [_own(known[each.pool], each) for each in policy.smaller]
    own += [replace(pool, key=STORE + pool.key, of_store=True) for pool in policy.pools]
    return replace(
        law,
        pools=(*law.pools, *own),
        gates=(*law.gates, *(replace(gate, key=STORE + gate.key) for gate in policy.gates)),
        pharmacist=(*law.pharmacist, *(replace(each, key=STORE + each.key) for each in policy.pharmacist)),
        tickets=policy.tickets or law.tickets,
        outage=law.outage if policy.outage is None or law.outage is None else _shorter(law.outage, policy.outage),
        store=Store(age=policy.age, refused_ids=policy.refused_ids, label=policy.label),
    )


def _faults(law: Law, policy: Policy) -> Iterator[str]:
    """Where the policy contradicts itself, or is looser than the law."""
    known = {pool.key: pool for pool in law.pools}
    for each in policy.smaller:
        pool = known.get(each.pool)
        if pool is None:
            yield f"the state has no limit called {each.pool}"
        elif each.limit < 0:
            yield f"the limit of {each.pool} is below zero"
        elif pool.limit is not None and each.limit > pool.limit:
            yield f"{each.limit} {pool.unit} of {each.pool} is looser than the state's {pool.limit} {pool.unit}"
    keys = [*(each.pool for each in policy.smaller), *(pool.key for pool in policy.pools)]
    for pool in policy.pools:
        yield from pool_faults(pool, [*known, *keys])
    for gate in gates_of(policy):
        yield from gate_faults(gate)
        keys.append(gate.key)
    if twice := next((key for n, key in enumerate(keys) if key in keys[:n]), ""):
        yield f"two of its rules are called {twice}"
    if dotted := next((key for key in keys if "." in key), ""):
        yield f"no rule is called {dotted}"
    yield from _door_faults(law, policy)
    if policy.label is not None:
        yield from _label_faults(law, policy.label)


def _label_faults(law: Law, own: StoreLabel) -> Iterator[str]:
    yield from (f"label: {fault}" for fault in parts_faults(own))
    if not own.min_letter_mm >= 0:
        yield "label: a letter is smaller than nothing"
    for template in law.labels:
        least = letters_of(template).min_mm
        if 0 < own.min_letter_mm < least:
            yield f"label: letters of {own.min_letter_mm} mm are looser than the state's {least} mm"
        for what in ("statements", "symbols"):
            codes = [each.code for each in (*getattr(template, what), *getattr(own, what))]
            if twice := next((code for n, code in enumerate(codes) if code in codes[:n]), ""):
                yield f"label: two {what} are called {twice}"


def _door_faults(law: Law, policy: Policy) -> Iterator[str]:
    mine, state = policy.age, law.age
    if mine is not None and state is not None:
        for name in ("minimum", "caregiver_minimum"):
            if getattr(mine, name) < getattr(state, name):
                yield f"age: {name} {getattr(mine, name)} is looser than the state's {getattr(state, name)}"
        if mine.minors_by_caregiver and not state.minors_by_caregiver:
            yield "age: caregivers for minors are looser than the state, which has none"
    if policy.tickets is not None and law.tickets is not None and policy.tickets.minutes > law.tickets.minutes:
        yield f"tickets: {policy.tickets.minutes} minutes are looser than the state's {law.tickets.minutes}"
    if policy.outage is not None and policy.outage.hours is not None and law.outage is not None:
        by_law = 0 if law.outage.rule == "no_pass" else law.outage.hours or 0
        if policy.outage.hours > by_law:
            yield f"outage: {policy.outage.hours} hours are looser than the state's {by_law}"
    kinds = {each.kind for each in law.accepted_ids}
    refused = {each.kind for each in policy.refused_ids}
    if unknown := refused - kinds:
        yield f"refused_ids: the state accepts no photo ID called {min(unknown)}"
    elif refused and refused == kinds:
        yield "refused_ids: no photo ID is left that anybody could show"


def unsure(law: Law) -> tuple[str, ...]:
    """The rules of a law that a store has to answer for one by one, because no good source was found."""
    return tuple(name for name, rule in rules(law) if rule.confidence in UNSURE)


def missing(law: Law, policy: Policy, today: date) -> Iterator[str]:
    """What the store has not yet signed for, in sentences; nothing: the law may be used live. ``law`` is the state's
    alone, as its file says it."""
    mine = [each for each in policy.accepted if each.pack == law.name]
    if not mine:
        yield f"The store has not signed for {law.name}."
        return
    current = [each for each in mine if each.digest == digest(law)]
    if not current:
        yield f"{law.name} was changed after the store signed for it."
        return
    if all(each.on > today for each in current):
        yield f"The store's signature for {law.name} is of {min(each.on for each in current)}, and that day is to come."
        return
    signed = {number for each in current if each.on <= today for number in each.numbers}
    for name in unsure(law):
        if name not in signed:
            yield f"The store has not signed for the unsure number of {law.name}: {name}."


def gone(laws: Sequence[Law], policy: Policy, today: date) -> Iterator[str]:
    """Versions that came into force, that the store has signed for, and that the file does not have any more: it is an
    older one, or has lost the law of the days that are over."""
    names = {law.name for law in laws}
    for each in policy.accepted:
        mine = each.pack.split(" ")[0] == laws[0].state and each.effective_from <= today
        if mine and each.pack not in names:
            yield f"The store has signed for {each.pack}, and the file does not have it any more."


def _own(pool: Pool, smaller: Smaller) -> Pool:
    window = pool.window
    if isinstance(window, Cycle):
        window = replace(window, first_limit=None)
    return replace(
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


def _shorter(law: Outage, store: ShorterOutage) -> Outage:
    if store.hours is None:
        return Outage(
            rule="no_pass", citation=store.citation, as_of=store.as_of, confidence=store.confidence, note=store.note
        )
    return replace(law, hours=store.hours, citation=f"{law.citation}; {store.citation}")
