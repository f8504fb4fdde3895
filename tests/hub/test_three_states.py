"""OUT-11: three invented states whose rules contradict each other, each one signed file, run on the same program: two
scans at the door, order, decision, pick, label, hand-over and report, by the real flows against the real hub."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiosk.assembly import Meaning
from kiosk.demo.specimens import licence
from kiosk.documents.codes import label_code, shelf_code, ticket_code
from kiosk.flows.check_in import CHECK_IN
from kiosk.flows.pick import PICK
from kiosk.flows.requests import Changed, Chosen, Printed, Scanned, TimedOut, Typed
from kiosk.flows.runner import Author, Runner
from kiosk.flows.serve import SERVE
from kiosk.hub.changes import Listener
from kiosk.hub.reporting import waiting_reports
from kiosk.hw.printer.compose import compose_label
from kiosk.model import questions as q
from kiosk.model import records as r
from kiosk.model.clock import ManualClock
from kiosk.model.documents import Badge, Reading, Unread
from kiosk.model.errors import Refusal
from kiosk.model.labels import Label
from kiosk.model.orders import Ticket
from kiosk.model.people import Session
from kiosk.rules.library import NoLaw
from kiosk.rules.pack import law_of
from kiosk.rules.sealing import digest, new_key, sign
from tests.documents.test_mrz import scan, td3
from tests.flows.world import MemoryKeeper
from tests.hub.world import FLOWER, PIN, ROBIN, TINCTURE, Trial, TrialRegistry, entry, trial

CITED = 'citation = "{code}"\nas_of = "2025"\nconfidence = "high"\n'


def pack(
    state: str, zone: str, owner: str, age: int, card: str, ids: str, pool: str, label: str, rest: str = ""
) -> str:
    """One file: all that a counter has to know of an invented state."""
    cited = CITED.format(code=f"Code of {state}")
    return f"""
state = "{state}"
place = "Invented {state}"
zone = "{zone}"
[[labels]]
version = "1"
effective_from = 2025-01-01
{label.format(cited=cited)}
[[versions]]
version = "2025-01-01"
effective_from = 2025-01-01
[versions.figure]
owner = "{owner}"
{cited}
[versions.outage]
rule = "no_pass"
{cited}
[versions.age]
minimum = {age}
caregiver_minimum = 21
{cited}
[versions.tickets]
minutes = 60
{cited}
[[versions.card_rules]]
pattern = "{card}"
{cited}
[[versions.accepted_ids]]
{ids}
{cited}
[[versions.pools]]
{pool}
{cited}
{rest.format(cited=cited)}
"""


def label(fields: str, lines: str, *, words: str = "", letters: str = "") -> str:
    """A label template with its worked examples; ``lines`` is what its ``fields`` say of Robin."""
    statements = f'statements = [{{{{ code = "warning", words = "{words}" }}}}]\n' if words else ""
    least = f"[labels.letters]\nmin_mm = {letters}\n{{cited}}" if letters else ""
    every = ", ".join(f'"{each}"' for each in (lines, words) if each)
    checked = f"letters_mm = {letters}\n" if letters else ""
    examples = "".join(
        f'[[labels.examples]]\nname = "{name}"\nlines = [{every}]\n{checked}'
        'facts = {{ "patient.name" = "Robin Example", "patient.dob" = 1990-02-14, "provider.name" = "Dr Ash Meadow", '
        '"dispense.date" = 2026-03-02, "dispense.serial" = "1", "package.uid" = "T" }}\n'
        for name in ("One", "Two", "Three")
    )
    return f"fields = [{fields}]\n{statements}{{cited}}{least}\n{examples}"


PHARMACIST = """
[[versions.pharmacist]]
key = "every_order"
says = "A pharmacist looks at every order."
{cited}
"""


@dataclass(frozen=True)
class State:
    """What the file of a state says, and what must come of it for the same patient, shelf and moment."""

    source: str
    card: bytes
    photo_id: bytes
    ordered: tuple[tuple[str, int], ...]
    refused: tuple[str, int]
    rule: str
    heading: str
    words: str
    said: date
    letter_mm: float
    zone: str
    decided: bool = False


LICENCE = licence(ROBIN, number="E1", issued=date(2024, 1, 1), expires=date(2030, 1, 1), state="FL")
PASSPORT = scan(td3(name="EXAMPLE<<ROBIN", born="900214"))

STATES = {
    "ZA": State(
        source=pack(
            "ZA",
            "Pacific/Honolulu",
            "registry",
            21,
            "A[0-9]{6}",
            'kind = "Licence"\nstandard = "AAMVA"',
            'key = "weight"\nname = "Flower"\nunit = "g"\nlimit = 7\nwindow = { kind = "rolling", days = 14 }\n'
            'members = [{ measure = "net_weight_g", kinds = ["flower"] }]',
            label('{{ key = "patient.name" }}', "Patient: Robin Example", words="Not for tea."),
        ),
        card=b"A123456",
        photo_id=LICENCE,
        ordered=((FLOWER.product_id, 2),),
        refused=(TINCTURE.product_id, 1),
        rule="ZA.uncounted",
        heading="Patient",
        words="Not for tea.",
        said=date(2026, 3, 2),
        letter_mm=1.6,
        zone="Pacific/Honolulu",
    ),
    "ZB": State(
        source=pack(
            "ZB",
            "America/New_York",
            "store",
            18,
            "(?P<number>[0-9]{4})-B",
            'kind = "Passport"\nstandard = "ICAO"',
            'key = "pieces"\nname = "Pieces"\nunit = "units"\nlimit = 1\n'
            'window = { kind = "calendar", period = "day" }\nmembers = [{ measure = "units" }]',
            label('{{ key = "patient.dob", heading = "Born" }}', "Born: 14-Feb-1990", letters="2.5"),
            PHARMACIST,
        ),
        card=b"4711-B",
        photo_id=PASSPORT,
        ordered=((TINCTURE.product_id, 1),),
        refused=(FLOWER.product_id, 2),
        rule="ZB.pieces",
        heading="Born",
        words="",
        said=date(2026, 3, 2),
        letter_mm=2.5,
        zone="America/New_York",
        decided=True,
    ),
    "ZC": State(
        source=pack(
            "ZC",
            "Pacific/Auckland",
            "transaction",
            30,
            "C-?[A-Z]{3}",
            'kind = "Anything"\nstandard = "AAMVA"',
            'key = "strength"\nname = "THC"\nunit = "mg"\nlimit = 30\nwindow = { kind = "transaction" }\n'
            'members = [{ measure = "thc_mg" }]',
            label('{{ key = "provider.name", heading = "By" }}', "By: Dr Ash Meadow", words="Sleep well."),
        ),
        card=b"CXYZ",
        photo_id=LICENCE,
        ordered=((TINCTURE.product_id, 2),),
        refused=(FLOWER.product_id, 1),
        rule="ZC.strength",
        heading="By",
        words="Sleep well.",
        said=date(2026, 3, 3),
        letter_mm=1.6,
        zone="Pacific/Auckland",
    ),
}


@dataclass
class Recorder(MemoryKeeper):
    """Keeps as a terminal does, and brings every record to the hub at once."""

    shop: Trial | None = None
    flagged: dict[str, str] = field(default_factory=dict)

    async def keep(self, flow_id: str, n: int, digest: str, answer: bytes, record: r.Record | None) -> r.Record | None:
        kept = await super().keep(flow_id, n, digest, answer, record)
        if kept is not None:
            batch = r.Batch(terminal=kept.terminal, epoch=1, records=(kept,))
            answered = await self.shop.post(kept.terminal, "/v1/records", batch)
            assert answered.status_code == 200, answered.text
            self.flagged |= answered.json()["flagged"]
        return kept


@dataclass
class Floor:
    """Door, counter and vault with their people. All hold out bytes; what they mean is the terminal's business."""

    shop: Trial
    state: State
    meaning: Meaning
    sessions: dict[str, Session] = field(default_factory=dict)
    keepers: dict[str, Recorder] = field(default_factory=dict)
    terminal: str = ""
    ticket: Ticket | None = None
    labels: list[Label] = field(default_factory=list)
    printed: list[bytes] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    asked_too_much: bool = False

    async def run(self, terminal: str, sop: Any, *arguments: Any) -> Any:
        session = self.sessions.get(terminal)
        role = {"door": "checkin", "counter-1": "counter", "vault-1": "vault"}[terminal]
        author = Author(terminal, role, *((session.staff_id, session.session_id) if session else ()))
        keeper = self.keepers.setdefault(terminal, Recorder(shop=self.shop))
        before, self.terminal = self.terminal, terminal
        try:
            return await (await Runner.start(sop, arguments, author, keeper, self)).run()
        finally:
            self.terminal = before

    async def ask(self, request: Any) -> Any:
        answer = await self.shop.ask(self.terminal, request.question)
        if isinstance(answer, q.Counsel) and answer.judgement.refusal is not None:
            self.refused.append(answer.judgement.refusal)
        return answer

    async def print(self, request: Any, job: str) -> Printed:
        if isinstance(request.document, Ticket):
            self.ticket = request.document
            return Printed(outcome="queued")
        self.labels.append(request.document)
        code = label_code(request.document.number, request.document.print_no)
        self.printed.append(compose_label(request.document, code=code))
        return Printed(outcome="printed")

    def now(self) -> Any:
        return self.shop.clock.now()

    def scan(self, data: bytes | str) -> Scanned:
        data = data if isinstance(data, bytes) else data.encode()
        document = self.meaning(Reading(data=data, device="s", at=self.shop.clock.monotonic()))
        assert not isinstance(document, Unread), (data, document)
        return Scanned(document=document)

    async def show(self, request: Any) -> Any:
        step = request.step
        answer = await getattr(self, "_" + step.kind.replace("-", "_"))(step)
        if isinstance(answer, Scanned):
            assert answer.document.kind in request.accepts, (step.kind, answer.document.kind)
        return answer

    async def _documents(self, step: Any) -> Any:
        return self.scan(self.state.photo_id if step.card else self.state.card)

    async def _ticketed(self, step: Any) -> Any:
        assert step.admitted
        return TimedOut()

    async def _queue(self, step: Any) -> Any:
        return self.scan(ticket_code(self.ticket.ticket_id))

    async def _face(self, step: Any) -> Any:
        return Chosen(key="matches")

    async def _notes(self, step: Any) -> Any:
        return Chosen(key="read")

    async def _basket(self, step: Any) -> Any:
        """First more than this state allows, then what it allows."""
        product, units = self.state.refused
        have = {line.product_id: line.units for line in step.basket}
        if not self.asked_too_much:
            if step.refusal is not None or not any(o.product_id == product and o.most for o in step.offers):
                self.asked_too_much = True
                self.refused += [step.refusal] if step.refusal else []
                self.refused += [o.why_not for o in step.offers if o.product_id == product and o.why_not]
            elif have.get(product, 0) < units:
                return Chosen(key=f"add:{product}")
        for unwanted in set(have) - {product_id for product_id, _ in self.state.ordered}:
            return Chosen(key=f"less:{unwanted}")
        for wanted, number in self.state.ordered:
            if have.get(wanted, 0) < number:
                return Chosen(key=f"add:{wanted}")
        return Chosen(key="confirm")

    async def _decision(self, step: Any) -> Any:
        return Chosen(key="approve") if step.pharmacist else Scanned(document=Badge(code="B-ph1"))

    async def _pin(self, step: Any) -> Any:
        return Typed(digits=PIN)

    async def _await_pick(self, step: Any) -> Any:
        for _ in step.lines:
            assert await self.run("vault-1", PICK, self.sessions["vault-1"]) == "picked"
        return Changed()

    async def _pick_list(self, step: Any) -> Any:
        lines = (await self.shop.hub.join(_listener("vault-1", "vault"))).lines
        return Chosen(key=f"line:{next(line.line_id for line in lines if line.state == 'confirmed')}")

    async def _shelf(self, step: Any) -> Any:
        return self.scan(shelf_code(step.line.place))

    async def _unit(self, step: Any) -> Any:
        return self.scan(step.line.tag)

    async def _take(self, step: Any) -> Any:
        return Chosen(key="done")

    async def _label_proof(self, step: Any) -> Any:
        if not step.label:
            return self.scan(label_code(step.number, step.print_no))
        return self.scan(ticket_code(self.ticket.ticket_id) if step.package else step.tag)

    async def _handed_over(self, step: Any) -> Any:
        return Chosen(key="next")


def _listener(terminal: str, role: str) -> Any:
    return Listener(terminal, role)


def signed(folder: Path, name: str, source: str) -> None:
    """The pack, its signature, and the store's own under both."""
    file = folder / f"{name.lower()}.toml"
    file.write_text(source + EXAMPLES[name])
    key = folder / f"{name}.pem"
    public = new_key(key)
    sign(file, key)
    law = law_of(name, date(2026, 3, 2), folder)
    (folder / "policy.toml").write_text(
        f'keys = ["{public}"]\n[[accepted]]\npack = "{law.name}"\neffective_from = {law.effective_from}\n'
        f'digest = "{digest(law)}"\nby = "Ada Example"\non = 2026-01-01\n'
    )


def _examples(pool: str, left: str, too_much: str, decided: str = "") -> str:
    checks = "".join(
        f"    {{ on = 2026-01-0{n}, remaining = {{ {pool} = {left} }}, basket = [{{ {too_much} }}], "
        f'refused_by = "{pool}"{decided} }},\n'
        for n in (1, 2, 3)
    )
    return f'\n[[versions.examples]]\nname = "Too much"\nchecks = [\n{checks}]\n'


EXAMPLES = {
    "ZA": _examples("weight", "7", 'form = "flower", net_weight_g = 7.1'),
    "ZB": _examples("pieces", "1", 'form = "tincture", units = 2', ', decided_by = ["every_order"]'),
    "ZC": _examples("strength", "30", 'form = "tincture", thc_mg = 30.1'),
}


@pytest.mark.requirement("OUT-11")
@pytest.mark.parametrize("name", STATES)
async def test_an_invented_state_is_one_signed_file_and_a_whole_visit_runs_by_it(name, tmp_path):
    state = STATES[name]
    signed(tmp_path, name, state.source)
    clock = ManualClock()
    meaning = Meaning(name, clock, tmp_path)
    meaning_of_card = meaning(Reading(data=state.card, device="s", at=0.0))
    number = meaning_of_card.number
    registry = TrialRegistry(entries={number: entry(number=number)})
    where = {"state": name, "zone": state.zone}
    files = {"packs": tmp_path, "policy": tmp_path / "policy.toml", "live": True}
    async with trial(tmp_path, registry=registry, store=where, clock=clock, **files) as shop:
        floor = Floor(shop, state, meaning)
        for terminal, who in (("counter-1", "t1"), ("vault-1", "p1")):
            floor.sessions[terminal] = await shop.ask(terminal, q.SignIn(badge=f"B-{who}", pin=PIN))
        await floor.run("door", CHECK_IN)
        assert await floor.run("counter-1", SERVE, floor.sessions["counter-1"], False) == "served"
        assert {refusal.rule for refusal in floor.refused} == {state.rule}
        assert {refusal.citation for refusal in floor.refused} == {f"Code of {name}"}
        facts = [fact for keeper in floor.keepers.values() for fact in keeper.facts]
        assert all(not keeper.flagged for keeper in floor.keepers.values())
        assert sum(isinstance(fact, r.OrderDecided) for fact in facts) == state.decided
        (dispensed,) = [fact for fact in facts if isinstance(fact, r.Dispensed)]
        units = sum(number for _, number in state.ordered)
        assert len(dispensed.units) == len(floor.labels) == len(floor.printed) == units
        label = floor.labels[0]
        assert (label.fields[0].heading, label.template, label.on) == (state.heading, f"{name} label 1", state.said)
        assert label.statements == ((state.words,) if state.words else ())
        assert label.min_letter_mm == state.letter_mm
        await shop.hub.reporting.send(await shop.hub.database.write(waiting_reports))
        (sale,) = shop.state.sales.values()
        assert (sale.patient_number, sum(line.units for line in sale.lines)) == (number, Decimal(units))


async def test_the_file_of_one_state_under_another_is_nobodys_law(tmp_path):
    """The same store, the same program: with a file that is not its own, or not as it was signed, it does not open."""
    for name, said in (("ZA", "these are the rules of ZB"), ("ZB", "it was changed after it was signed")):
        folder = tmp_path / name
        folder.mkdir()
        signed(folder, "ZB", STATES["ZB"].source)
        file = folder / "zb.toml"
        if name == "ZA":
            for suffix in (".toml", ".toml.sig"):
                (folder / f"za{suffix}").write_bytes((folder / f"zb{suffix}").read_bytes())
        else:
            file.write_text(file.read_text().replace("limit = 1\n", "limit = 2\n"))
        files = {"packs": folder, "policy": folder / "policy.toml", "live": True}
        with pytest.raises(NoLaw) as caught:
            async with trial(folder, store={"state": name, "zone": "America/New_York"}, **files):
                pass
        assert said in str(caught.value.reason)
