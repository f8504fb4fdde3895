"""Makes the label from facts, or says which are missing or cannot be (LBL-01, LBL-02). Nothing is cut or blank."""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from kiosk.model.base import Noun
from kiosk.model.errors import Refusal
from kiosk.model.labels import Label, LabelField, LabelSymbol
from kiosk.model.text import text
from kiosk.rules.labels.checks import troubles
from kiosk.rules.labels.facts import Facts, Quantity, Value
from kiosk.rules.labels.products import Goods
from kiosk.rules.labels.template import (
    ANY,
    HOUSE_COVERING,
    HOUSE_SYMBOL_MM,
    FieldRule,
    Letters,
    Part,
    Statement,
    StoreLabel,
    SymbolRule,
    Template,
    letters_of,
    source_of,
)
from kiosk.rules.labels.troubles import (
    HOUSE,
    PICTURE_BYTES,
    Trouble,
    missing,
    no_artwork,
    no_template,
    no_words,
    not_covered,
    refusal,
    rule_name,
    wrong,
    wrong_paper,
)
from kiosk.rules.labels.vocabulary import SYMBOL, WARNING, heading_of
from kiosk.rules.labels.wording import cleaned, known, shown
from kiosk.rules.law import Law
from kiosk.rules.limits import Cited

PNG = b"\x89PNG\r\n\x1a\n"


class Line(Noun, frozen=True, kw_only=True):
    """One line of the label and the rule it comes from (INS-06). Statements have no heading."""

    key: str
    rule: str
    heading: str
    value: str
    layer: str
    source: Cited
    prominent: bool = False

    @property
    def said(self) -> str:
        return f"{self.heading}: {self.value}" if self.heading else self.value


class SymbolLine(Noun, frozen=True, kw_only=True):
    rule: str
    part: SymbolRule
    symbol: LabelSymbol
    source: Cited


class Elsewhere(Noun, frozen=True, kw_only=True):
    """What the producer's label shows, so that it is not printed again."""

    key: str
    rule: str
    source: Cited


class Draft(Noun, frozen=True, kw_only=True):
    """What the label says as far as the facts go. It is printed only where there are no ``troubles``."""

    template: Template | None
    lines: tuple[Line, ...] = ()
    symbols: tuple[SymbolLine, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    troubles: tuple[Trouble, ...] = ()


def make(law: Law, facts: Facts, *, number: str, print_no: int, tag: str) -> Label | Refusal:
    """The label of one unit, complete as the template of the day of dispensing wants it, or a refusal that names what
    is missing.

    A statement that would not be true, such as that tests were passed, is a missing fact too. Values are printed as
    they are: nothing is shortened.
    """
    drafted = draft(law, facts)
    template = drafted.template
    if drafted.troubles or template is None:
        return refusal(drafted.troubles)
    on = facts["dispense.date"]
    assert isinstance(on, date)
    return Label(
        number=number,
        print_no=print_no,
        tag=tag,
        fields=tuple(
            LabelField(key=line.key, heading=line.heading, value=line.value, prominent=line.prominent)
            for line in drafted.lines
            if line.heading
        ),
        statements=tuple(line.value for line in drafted.lines if not line.heading),
        symbols=tuple(each.symbol for each in drafted.symbols),
        min_letter_mm=float(letters_for(law, template).min_mm),
        template=name_of(law, template),
        on=on,
    )


def letters_for(law: Law, template: Template) -> Letters:
    """Whose least height of a letter holds: the law's, or the store's own where it wants larger ones."""
    by_law, own = letters_of(template), law.store.label
    if own is None or own.min_letter_mm <= by_law.min_mm:
        return by_law
    return Letters(
        min_mm=own.min_letter_mm, citation=own.citation, as_of=own.as_of, confidence=own.confidence, note=own.note
    )


def name_of(law: Law, template: Template) -> str:
    """State and version, as every label of it says: ``"ZZ label 2025"``."""
    return f"{law.state} label {template.version}"


def draft(law: Law, facts: Facts) -> Draft:
    """What the label says by the template in force on the day of dispensing, and all that stops it."""
    on = facts.get("dispense.date")
    if not isinstance(on, date):
        return Draft(template=None, troubles=(missing(law.state, "dispense.date", HOUSE),))
    template = law.label_on(on)
    if template is None:
        return Draft(template=None, troubles=(no_template(law.state, on),))
    goods = Goods(facts)
    if template.covers != ANY and goods.fits(template.covers) is not True:
        return Draft(template=template, troubles=(not_covered(law.state, template, goods.kind),))
    return _Drafting(law, template, facts, goods).done()


class Whole(NamedTuple):
    """A label's rules, and whose they are: the state's by its letters, or ``"store"``."""

    owner: str
    label: Template | StoreLabel


class _Drafting:
    def __init__(self, law: Law, template: Template, facts: Facts, goods: Goods) -> None:
        self.law, self.template, self.facts, self.goods = law, template, facts, goods
        self.lines: dict[str, Line] = {}
        self.symbols: dict[str, SymbolLine] = {}
        self.elsewhere: dict[str, Elsewhere] = {}
        self.troubles: dict[str, Trouble] = {}
        self.covered = set(_keys(facts.get("producer_label.covered")))
        self.on_package = set(_keys(facts.get("producer_label.shows"))) - self.covered

    def done(self) -> Draft:
        wholes: list[Whole] = [Whole(self.law.state, self.template)]
        if self.law.store.label is not None:
            wholes.append(Whole("store", self.law.store.label))
        for whole in wholes:
            for rule in whole.label.fields:
                if self._applies(rule, whole):
                    self._field(rule, whole)
            for statement in whole.label.statements:
                if self._applies(statement, whole):
                    self._statement(statement, whole)
            for symbol in whole.label.symbols:
                if self._applies(symbol, whole):
                    self._symbol(symbol, whole)
        self._repeat()
        for trouble in troubles(self.law, self.template, self.facts):
            self._stop(trouble)
        fields = [line for line in self.lines.values() if line.heading]
        statements = [line for line in self.lines.values() if not line.heading]
        return Draft(
            template=self.template,
            lines=(*fields, *statements),
            symbols=tuple(self.symbols.values()),
            elsewhere=tuple(self.elsewhere.values()),
            troubles=tuple(self.troubles.values()),
        )

    def _applies(self, part: Part, whole: Whole) -> bool:
        concerned = self.goods.concerns(part)
        if concerned is None:
            key = "directions.route" if self.goods.kind else "product.form"
            self._stop(missing(whole.owner, key, whole.label))
        if concerned is not True:
            return False
        lifted = (part.only_if and self.facts.get(part.only_if) is False) or (
            part.not_if and self.facts.get(part.not_if) is True
        )
        return not lifted

    def _shown(self, key: str, part: Part, whole: Whole) -> bool:
        """Whether the producer's label shows it, so that it need not be printed again."""
        if part.layer != "P" or key not in self.on_package:
            return False
        found = Elsewhere(key=key, rule=rule_name(whole.owner, key), source=source_of(whole.label, part))
        self.elsewhere.setdefault(key, found)
        return True

    def _field(self, rule: FieldRule, whole: Whole) -> None:
        if self._shown(rule.key, rule, whole):
            return
        source, heading = source_of(whole.label, rule), rule.heading or heading_of(rule.key)
        key = rule.key if known(self.facts.get(rule.key)) or not rule.or_key else rule.or_key
        value = self.facts.get(key)
        if known(value):
            line = Line(
                key=key,
                rule=rule_name(whole.owner, rule.key),
                heading=heading,
                value=self._said(key, value, rule),
                layer=rule.layer,
                source=source,
                prominent=rule.prominent,
            )
            self.lines.setdefault(key, line)
        elif rule.required == "always" or (rule.required == "caregiver" and self._caregiver()):
            self._stop(missing(whole.owner, rule.key, source, heading, rule.or_key))

    def _said(self, key: str, value: Value, rule: FieldRule) -> str:
        said = shown(key, value, units=rule.units, ounce_g=self.law.ounce_g)
        weight, volume = self.facts.get("product.net_weight_g"), self.facts.get("product.volume_ml")
        if isinstance(value, Quantity) and value.unit not in ("g", "oz", "mL", "fl oz"):
            measures = [("product.net_weight_g", weight)] if weight is not None else [("product.volume_ml", volume)]
            said = ", ".join([said, *(shown(each, amount) for each, amount in measures if amount is not None)])
        return said

    def _statement(self, statement: Statement, whole: Whole) -> None:
        key, source = WARNING + statement.code, source_of(whole.label, statement)
        if self._shown(key, statement, whole):
            return
        words = cleaned(statement.words or str(self.facts.get(key) or ""))
        if statement.requires and self.facts.get(statement.requires) is not True:
            self._stop(missing(whole.owner, statement.requires, source, words))
        elif words:
            rule = rule_name(whole.owner, key)
            self.lines[key] = Line(key=key, rule=rule, heading="", value=words, layer=statement.layer, source=source)
        else:
            self._stop(no_words(whole.owner, statement, source))

    def _symbol(self, part: SymbolRule, whole: Whole) -> None:
        key, source = SYMBOL + part.code, source_of(whole.label, part)
        if self._shown(key, part, whole):
            return
        if part.paper and cleaned(str(self.facts.get("paper.colour") or "")).lower() != part.paper:
            self._stop(wrong_paper(whole.owner, part, source))
        file = self.facts.get(key)
        picture = file if isinstance(file, bytes) and not part.drawing else b""
        unfit = bool(picture) and not (picture.startswith(PNG) and len(picture) <= PICTURE_BYTES)
        if unfit or not (part.drawing or picture):
            self._stop(no_artwork(whole.owner, part, source, unfit=unfit))
            return
        symbol = LabelSymbol(
            code=part.code,
            width_mm=part.width_mm or HOUSE_SYMBOL_MM,
            height_mm=part.height_mm or HOUSE_SYMBOL_MM,
            picture=picture,
            drawing=part.drawing,
        )
        self.symbols[key] = SymbolLine(rule=rule_name(whole.owner, key), part=part, symbol=symbol, source=source)

    def _repeat(self) -> None:
        """What this sticker covers of the producer's label, it says again, or it may not be there at all."""
        covering, state = self.template.covering or HOUSE_COVERING, self.law.state
        if covering.rule == "never" and self.covered:
            reason = text("The sticker may not cover anything of the producer's label.")
            self._stop(wrong(state, "producer_label.covered", reason, covering))
        mine = {WARNING + each.code for each in self.template.statements}
        mine |= {SYMBOL + each.code for each in self.template.symbols}
        for key in sorted(self.covered - set(self.lines) - mine):
            value = self.facts.get(key)
            if not known(value) or isinstance(value, bytes):
                self._stop(missing(state, key, covering))
                continue
            self.lines[key] = Line(
                key=key,
                rule=rule_name(state, key),
                heading="" if key.startswith(WARNING) else heading_of(key),
                value=shown(key, value, ounce_g=self.law.ounce_g),
                layer="P",
                source=covering,
            )

    def _caregiver(self) -> bool:
        """Whether a caregiver has to be named: one buys, or the patient is a minor on the day of dispensing."""
        facts = self.facts
        if any(known(facts.get(key)) for key in ("caregiver.name", "caregiver.registry_id", "caregiver.dob")):
            return True
        if facts.get("dispense.by_caregiver") is True or facts.get("patient.minor") is True:
            return True
        born, on = facts.get("patient.dob"), facts["dispense.date"]
        if not isinstance(born, date) or not isinstance(on, date):
            return False
        years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
        return years < self.template.adult_at

    def _stop(self, trouble: Trouble) -> None:
        self.troubles.setdefault(trouble.key, trouble)


def _keys(value: Value) -> Iterator[str]:
    return (each for each in value if isinstance(each, str)) if isinstance(value, tuple) else iter(())
