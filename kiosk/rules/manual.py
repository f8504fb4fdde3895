"""The page of the manual for one pack, made from the pack: what it says, since when, by which word, and what it does
not say."""

from collections.abc import Iterator, Sequence

from kiosk.rules.labels.manual import pages
from kiosk.rules.law import COUNTER, Law
from kiosk.rules.limits import (
    Calendar,
    Consumed,
    Cycle,
    Gate,
    LimitFor,
    Member,
    PerRecommendation,
    PharmacistRule,
    Pool,
    Rolling,
    Supply,
    Who,
)
from kiosk.rules.words import plain
from kiosk.rules.worked import Check, Example, ExampleProduct

PARTS = {
    "outage": "what may be done while the registry is away",
    "age": "ages",
    "tickets": "how long a ticket lives",
    "labels": "the label",
    "card_rules": "the shape of card numbers",
    "accepted_ids": "which photo IDs are accepted",
}
OWNERS = {
    "registry": "the state's registry; without its figure nothing is sold",
    "tracking": "the tracking system; without its figure nothing is sold",
    "store": "the store's own sum",
    "transaction": "nobody: nothing is remembered between transactions",
}
MEASURES = {
    "thc_mg": "mg THC",
    "net_weight_g": "g net weight",
    "flower_equivalent_g": "g cannabis mixed in",
    "equivalent_oz": "oz equivalent of the product",
    "volume_fl_oz": "fl oz",
    "volume_ml": "mL",
    "supply_days": "days of supply",
    "units": "pieces",
    "sales": "sales",
}


def page(laws: Sequence[Law]) -> str:
    """Markdown, one page a state, newest version first."""
    first = laws[-1]
    lines = [
        f"# {first.place or first.state}",
        "",
        "Made from the rule pack by `kiosk rules show`. Not legal advice.",
        "",
    ]
    for law in reversed(laws):
        lines += [*_version(law), ""]
    templates = {each.version: each for law in laws for each in law.labels}
    lines += pages(first.state, sorted(templates.values(), key=lambda each: each.effective_from))
    return "\n".join(lines).rstrip() + "\n"


def _version(law: Law) -> Iterator[str]:
    until = "" if law.effective_to is None else f" to {law.effective_to}"
    yield f"## {law.name}: from {law.effective_from}{until}"
    yield ""
    if law.since:
        yield f"In force since: {law.since}"
        yield ""
    yield (
        f"Dates are those of {law.zone}. An ounce is {plain(law.ounce_g)} g. "
        f"What is left is the word of {OWNERS[law.figure.owner]}."
    )
    yield ""
    yield "| limit | amount | window | counts | citation | as of | confidence |"
    yield "|---|---|---|---|---|---|---|"
    for pool in law.pools:
        cells = (
            f"`{pool.key}` {pool.name}",
            "; ".join(_amounts(pool)),
            _window(pool),
            "; ".join(_member(member) for member in pool.members),
            pool.citation,
            pool.as_of,
            pool.confidence,
        )
        yield "| " + " | ".join(_cell(each) for each in cells) + " |"
    yield ""
    for pool in law.pools:
        if pool.note:
            yield f"- `{pool.key}`: {pool.note}"
    if law.gates:
        yield ""
        yield "Whatever is left:"
        yield ""
        for gate in law.gates:
            yield _gate(gate)
    if law.pharmacist:
        yield ""
        yield "A pharmacist decides before the hand-over:"
        yield ""
        for each in law.pharmacist:
            yield _decided(each)
    yield ""
    if law.absent:
        yield "Not known, so that no store opens with this pack: " + ", ".join(PARTS[each] for each in law.absent) + "."
    else:
        yield "It says all a counter needs: " + ", ".join(PARTS[each] for each in COUNTER) + "."
    yield ""
    yield "Worked examples (they run as tests):"
    yield ""
    for example in law.examples:
        yield from _example(example)


def _amounts(pool: Pool) -> Iterator[str]:
    if pool.limit is not None:
        yield f"{plain(pool.limit)} {pool.unit}" + (f", {pool.share} of it" if pool.share else "")
    else:
        yield f"what the recommendation says, in {pool.unit}"
    yield from (_limit(pool, each) for each in pool.limits)
    if pool.who != Who():
        yield f"only for: {_who(pool.who)}"
    if pool.may_raise:
        most = "" if pool.raised_at_most is None else f", at most {plain(pool.raised_at_most)}"
        whom = "" if pool.raised_for == Who() else f", for: {_who(pool.raised_for)}"
        yield f"the physician may state another amount{most}{whom}"
    if pool.waivable:
        yield "the state may grant more" + (f", for {pool.waived_days} days at most" if pool.waived_days else "")
    if pool.round_up_to is not None:
        yield f"rounded up to {plain(pool.round_up_to)} for each product of a sale"
    if pool.per != "patient":
        yield f"each {pool.per} for itself"


def _limit(pool: Pool, each: LimitFor) -> str:
    amount = "no limit" if each.amount is None else f"{plain(each.amount)} {pool.unit}"
    return f"{amount} for: {_who(each.who)}"


def _who(who: Who) -> str:
    said = []
    if who.age_from is not None:
        said.append(f"from {who.age_from} years")
    if who.age_below is not None:
        said.append(f"under {who.age_below} years")
    if who.visitor is not None:
        said.append("visitors" if who.visitor else "residents")
    said += [each.replace("_", " ") for each in who.facts]
    said += [f"not {each.replace('_', ' ')}" for each in who.lacks]
    said += [f"said not to have: {each.replace('_', ' ')}" for each in who.denied]
    if who.certified_days_from is not None:
        said.append(f"certified for {who.certified_days_from} days or more")
    if who.certified_days_below is not None:
        said.append(f"certified for less than {who.certified_days_below} days")
    return ", ".join(said) or "everybody"


def _window(pool: Pool) -> str:
    match pool.window:
        case Rolling() as window:
            offset = window.release_offset_days or window.days
            return f"rolling {window.days} dates, back on day D + {offset}"
        case Calendar() as window:
            return f"calendar {window.period}"
        case Cycle() as window:
            anchor = {"first_purchase": "the first purchase", "recommendation": "the certification"}.get(
                window.anchor, "the certification or the first purchase"
            )
            first = f", the first {window.first_days}" if window.first_days else ""
            return f"periods of {window.days} dates from {anchor}{first}"
        case Supply() as window:
            early = f", the next in its last {window.early_days}" if window.early_days else ""
            left = f", or once {window.early_left} of it are left" if window.early_left else ""
            return f"a supply of {window.days} dates{early}{left}"
        case Consumed():
            return "used up by one a date"
        case PerRecommendation():
            return "the whole recommendation"
        case _:
            return "one transaction"


def _member(member: Member) -> str:
    what = [", ".join(part) for part in (member.kinds, member.routes, member.forms) if part]
    if member.thc_pct_over is not None:
        what.append(f"over {plain(member.thc_pct_over)} % THC")
    if member.thc_pct_up_to is not None:
        what.append(f"up to {plain(member.thc_pct_up_to)} % THC")
    if member.if_known:
        what.append("where that is known")
    rate = MEASURES[member.measure]
    return f"{' / '.join(what) or 'all else'}: {plain(member.per_unit)} {rate}"


def _gate(gate: Gate) -> str:
    person = " (in person)" if gate.in_person else ""
    note = f" {gate.note}" if gate.note else ""
    return f"- `{gate.key}`{person}: {gate.says} {gate.citation}, {gate.as_of}, {gate.confidence}.{note}"


def _decided(rule: PharmacistRule) -> str:
    what = " / ".join(", ".join(part) for part in (rule.what.kinds, rule.what.routes, rule.what.forms) if part)
    said = f"for {what or 'all products'}, {_who(rule.who)}"
    note = f" {rule.note}" if rule.note else ""
    return f"- `{rule.key}`: {rule.says} ({said}) {rule.citation}, {rule.as_of}, {rule.confidence}.{note}"


def _example(example: Example) -> Iterator[str]:
    yield f"- {example.name}."
    for each in example.purchases:
        yield f"  - {each.on}: bought {_product(each)}"
    for check in example.checks:
        yield f"  - {check.on}: {'; '.join(_check(check))}"


def _check(check: Check) -> Iterator[str]:
    for pool, left in check.remaining.items():
        yield f"`{pool}` has {plain(left)} left"
    if check.basket or check.refused_by:
        basket = " and ".join(_product(each) for each in check.basket)
        said = f"refused by `{check.refused_by}`" if check.refused_by else "allowed"
        decided = f", decided by a pharmacist (`{'`, `'.join(check.decided_by)}`)" if check.decided_by else ""
        yield f"{basket}: {said}{decided}"


def _product(each: ExampleProduct) -> str:
    said = [f"{each.units} ×"] if each.units != 1 else []
    said.append(each.category or each.form or each.route or "something")
    for field, unit in MEASURES.items():
        amount = getattr(each, field, None) if field not in ("units", "sales") else None
        if amount is not None:
            said.append(f"{plain(amount)} {unit}")
    if (share := each.thc_pct) is not None:
        said.append(f"{plain(share)} % THC")
    if (dose := each.daily_dose_mg) is not None:
        said.append(f"at {plain(dose)} mg a day")
    return " ".join(said)


def _cell(said: str) -> str:
    return said.replace("|", "/")


def index(laws: Sequence[Law]) -> str:
    """The page that lists all packs."""
    lines = ["# Rule packs", "", "One line a place, the version in force when this page was made.", ""]
    lines += ["| place | version | limits | label | not known |", "|---|---|---|---|---|"]
    for law in laws:
        limits = ", ".join(f"{pool.name} ({pool.confidence})" for pool in law.pools)
        absent = ", ".join(PARTS[each] for each in law.absent) or "–"
        label = ", ".join(f"{each.version} ({each.confidence})" for each in law.labels) or "–"
        place = f"[{law.place}]({law.state.lower()}.md)"
        lines.append(f"| {place} | {law.version} | {_cell(limits)} | {label} | {absent} |")
    return "\n".join(lines) + "\n"
