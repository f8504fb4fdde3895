"""A label is complete or it is not made; what it says comes from the package that was scanned."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

import kiosk
from kiosk.model.errors import Ours, Refusal
from kiosk.model.labels import Label
from kiosk.model.packages import Package, Product
from kiosk.model.people import Person, Profile, RegistryStatus
from kiosk.rules.labels.examples import covered, facts_of_example, failures, parts_of
from kiosk.rules.labels.facts import Facts, Level, Quantity, Value, of_unit
from kiosk.rules.labels.making import draft, make
from kiosk.rules.labels.template import LabelExample, Template
from kiosk.rules.law import Law
from kiosk.rules.pack import law_of, load, parse, states, versions
from kiosk.rules.words import plain
from tests.rules.given import SOURCE, TODAY, florida, flower, lab, package, pool, recommendation, source_of, tincture

ROBIN = Person(given="Robin", middle="Lee", family="Example", suffix="II", born=date(1992, 2, 29))
SYMBOL = (Path(kiosk.__file__).parent / "demo" / "label_files" / "symbol.universal.png").read_bytes()
STORE: Facts = {
    "store.name": "Harbour Dispensary 3",
    "store.license": "MMTC-2017-0042",
    "employee.id": "E-12",
    "symbol.universal": SYMBOL,
}
WITH_LABELS = [state for state in states() if any(law.labels for law in versions(state))]


def templates() -> Iterator[tuple[Law, Template]]:
    for state in WITH_LABELS:
        seen = {each.version: (law, each) for law in versions(state) for each in law.labels}
        yield from seen.values()


EXAMPLES = {
    f"{law.state} {template.version}: {example.name}": (law, template, example)
    for law, template in templates()
    for example in template.examples
    if not example.refused
}


def profile(**changes: object) -> Profile:
    given: dict[str, object] = {
        "patient_ref": "P-1",
        "person": ROBIN,
        "card_ending": "123",
        "status": RegistryStatus.ACTIVE,
        "card_expires": None,
        "recommendation": recommendation(),
    }
    return Profile(**{**given, **changes})  # type: ignore[arg-type]


def known(
    profile: Profile | None = None, product: Product | None = None, package: Package | None = None, **more: Value
) -> dict[str, Value]:
    product = product or tincture()
    given = of_unit(
        profile=profile or globals()["profile"](),
        product=product,
        package=package or globals()["package"](),
        route=product.route,
        store=STORE,
        number="D-000917",
        on=TODAY,
    )
    return {**given, "patient.registry_id": "123-456789", **more}


def printed(law: Law, given: Facts) -> Label:
    label = make(law, given, number="D-000917", print_no=1, tag="1A4FF0100000022000000123")
    assert isinstance(label, Label), label
    return label


def stopped(law: Law, given: Facts) -> Refusal:
    refusal = make(law, given, number="D-1", print_no=1, tag="T")
    assert isinstance(refusal, Refusal)
    return refusal


def said(label: Label) -> dict[str, str]:
    return {field.heading: field.value for field in label.fields}


@pytest.mark.requirement("LBL-01")
def test_the_label_of_a_tincture() -> None:
    label = printed(florida(), known())
    assert said(label) == {
        "Patient": "Robin Lee Example II",
        "Physician": "Dr. Ada Lindqvist",
        "Product": "Calm Tincture",
        "Form": "tincture",
        "Quantity": "1 unit, 30 g",
        "THC": "298.5 mg",
        "CBD": "601.2 mg",
        "Dose": "1 mL twice a day",
        "Route": "sublingual",
        "Batch": "B-117",
        "Harvest": "H-88",
        "Dispensed": "02-Mar-2026",
        "Use by": "14-Aug-2026",
        "Dispensed by": "Harbour Dispensary 3",
        "Licence": "MMTC-2017-0042",
        "Dispense number": "D-000917",
        "Package": "1A4FF0100000022000000123",
    }
    assert label.statements[0] == "This product has passed the tests that the law requires."
    assert [symbol.code for symbol in label.symbols] == ["universal"]
    assert (label.template, label.on) == ("FL label 2023", TODAY)


@pytest.mark.requirement("LBL-01", "INS-06")
@pytest.mark.parametrize("state", WITH_LABELS)
def test_every_worked_label_comes_out_and_every_part_has_three(state: str) -> None:
    for law in versions(state):
        assert failures(law) == ()
        assert min(covered(law).values(), default=3) >= 3


@pytest.mark.requirement("LBL-01")
def test_every_fact_that_is_always_needed_is_shown_to_stop_its_label() -> None:
    for law, template in templates():
        tried = {key for example in template.examples for key in (*example.stops, *example.refused)}
        for field in template.fields:
            if field.required != "if_present" and field.key != "dispense.date":
                assert {field.key, field.or_key} & tried, (law.state, field.key)
        for statement in template.statements:
            if not statement.words:
                assert f"warning.{statement.code}" in tried, (law.state, statement.code)
        assert {f"symbol.{each.code}" for each in template.symbols} <= tried


def test_a_false_example_is_found() -> None:
    example = (
        '[[labels.examples]]\nname = "One"\nlines = ["Patient: Robin"]\nstops = ["product.name"]\n'
        '[labels.examples.facts]\n"patient.name" = "Sam"\n"dispense.date" = 2026-03-02\n'
        '"dispense.serial" = "1"\n"package.uid" = "T"\n'
    )
    law = invented("ZZ", template('{ key = "patient.name" },', rest=example))
    assert failures(law) == (
        "ZZ label 1: One: line 1 is 'Patient: Sam', not 'Patient: Robin'",
        "ZZ label 1: One: without product.name it is stopped by nothing",
    )
    assert covered(law) == {"ZZ label 1 field patient.name": 1}
    assert parts_of(law.labels[0]) == ("field patient.name",)


@pytest.mark.requirement("INS-06")
def test_every_line_names_its_rule_and_its_law() -> None:
    for law, template, example in EXAMPLES.values():
        drafted = draft(law, facts_of_example(template, example))
        for line in (*drafted.lines, *drafted.symbols, *drafted.elsewhere):
            assert line.rule.startswith(f"{law.state}.label.")
            assert line.source.citation
            assert line.source.as_of
            assert line.source.confidence


FIVE = {"patient.name", "store.license", "dispense.quantity", "product.name", "potency.thc_pct", "potency.cbd_pct"}


@pytest.mark.requirement("LBL-01")
def test_patient_licence_product_quantity_and_content_are_on_every_states_label() -> None:
    """Two states let a product be named by its form alone."""
    for law, template in templates():
        keys = {key for field in template.fields if field.required == "always" for key in (field.key, field.or_key)}
        absent = FIVE - keys
        assert absent == (set() if law.state not in ("PA", "WV") else {"product.name"}), law.state
        assert "product.form" in keys or not absent


@pytest.mark.requirement("LBL-01", "INS-06")
@pytest.mark.parametrize("nothing", [None, "", "  ", "\x00\n\t", "absent"])
def test_a_missing_fact_stops_the_print_and_is_named(nothing: str | None) -> None:
    law = florida()
    (template,) = law.labels
    needed = [rule for rule in template.fields if rule.required == "always" and not rule.what.kinds]
    assert len(needed) > 10
    for rule in needed:
        given = known()
        for key in {rule.key, rule.or_key} & set(given):
            if nothing == "absent":
                del given[key]
            else:
                given[key] = nothing
        refusal = stopped(law, given)
        assert (refusal.rule, refusal.differs) == (f"FL.label.{rule.key}", rule.key)
        assert refusal.citation
        assert "is missing" in str(refusal.reason)


def test_all_that_is_missing_is_named_at_once() -> None:
    given = {key: value for key, value in known().items() if key not in ("batch.number", "provider.name")}
    refusal = stopped(florida(), given)
    assert str(refusal.reason) == "The label cannot be printed. These facts are missing: Physician, Batch."


def test_a_statement_that_would_not_be_true_is_not_printed() -> None:
    assert stopped(florida(), known(package=package(lab=lab(passed=None)))).rule == "FL.label.lab.passed"
    refusal = stopped(florida(), known(package=package(lab=lab(passed=False))))
    assert refusal.rule == "FL.label.lab.passed"


@pytest.mark.requirement("LBL-02")
def test_content_batch_amount_and_dates_are_the_packages_and_not_the_catalogues() -> None:
    catalogue = tincture("300", cbd_mg=Decimal(600), net_weight_g=Decimal(45))
    content = lab(thc=Decimal("0.80"), cbd=Decimal("12.5"), unit="%")
    scanned = package(batch="B-900", harvest="H-9", lab=content, net_weight_g=Decimal("29.50"))
    fields = said(printed(florida(), known(product=catalogue, package=scanned)))
    assert (fields["THC"], fields["CBD"], fields["Quantity"]) == ("0.8 %", "12.5 %", "1 unit, 29.5 g")
    assert (fields["Batch"], fields["Harvest"]) == ("B-900", "H-9")
    assert not {"300", "600", "45"} & set(" ".join(fields.values()).replace(",", " ").split())


def test_a_package_without_a_value_for_thc_gets_no_label() -> None:
    refusal = stopped(florida(), known(package=package(lab=lab(thc=None))))
    assert "THC" in str(refusal.reason)


@pytest.mark.requirement("PAT-13")
def test_a_caregivers_purchase_names_both_people() -> None:
    sam = Person(given="Sam", family="Helper", born=date(1980, 5, 1))
    fields = said(printed(florida(), known(profile=profile(caregiver=sam))))
    assert (fields["Patient"], fields["Caregiver"]) == ("Robin Lee Example II", "Sam Helper")


def test_a_minors_label_names_a_caregiver_until_the_birthday() -> None:
    born = date(TODAY.year - 18, TODAY.month, TODAY.day)
    assert printed(florida(), known(**{"patient.dob": born}))
    refusal = stopped(florida(), known(**{"patient.dob": born + timedelta(days=1)}))
    assert refusal.differs == "caregiver.name"


def test_what_is_smoked_and_what_is_eaten_carry_their_own_warnings() -> None:
    smoked = printed(florida(), known(product=flower(dose="0.5 g a day")))
    assert any("carcinogens" in words for words in smoked.statements)
    eaten = tincture(route="edible", form="edible")
    on_package: dict[str, Value] = {"producer_label.shows": ("product.ingredients", "product.storage")}
    label = printed(florida(), known(product=eaten, **on_package))
    assert any("pets" in words for words in label.statements)
    undated = stopped(florida(), known(product=eaten, package=package(expires=None), **on_package))
    assert undated.rule == "FL.label.expiry.date"
    bare = stopped(florida(), known(product=eaten))
    assert str(bare.reason).endswith("These facts are missing: Ingredients, Storage.")


def test_a_kind_of_product_that_nobody_knows_is_not_taken_for_a_harmless_one() -> None:
    refusal = stopped(florida(), known(product=tincture(form="wonder")))
    assert refusal.differs == "product.form"


NAMES = (
    "Robin", "Maximiliane-Josephine", "José María", "Ngọc Ánh", "D’Artagnan", "Þórunn", "אביגיל", "محمد", "N", "李明",
)  # fmt: skip


@pytest.mark.requirement("LBL-01", "LBL-06")
def test_a_thousand_labels_of_all_states_are_complete_and_nothing_is_cut() -> None:
    chance = random.Random(917)
    printing = [(*each, facts_of_example(*each[1:])) for each in EXAMPLES.values()]
    every = [each for each in printing if {"potency.thc_pct", "potency.thc_mg"} & set(each[3])]
    assert {law.state for law, *_ in every} == set(WITH_LABELS)
    for n in range(1000):
        law, _, _, facts = every[n % len(every)]
        given = dict(facts)
        name = " ".join(chance.choice(NAMES) for _ in range(chance.randint(1, 12)))
        thc = Decimal(chance.randrange(0, 10**4)) / 10 ** chance.randint(2, 4)
        key = next(key for key in ("potency.thc_pct", "potency.thc_mg") if key in given)
        unit = "%" if key.endswith("pct") else "mg"
        product = f"Product {n}{'x' * chance.randint(0, 40)}"
        grams = Decimal(chance.randrange(1, 10**5)) / 100
        given.update(
            {
                "patient.name": name,
                "product.name": product,
                key: Level(value=thc, unit=unit),
                "dispense.quantity": Quantity(amount=grams, unit="g"),
            }
        )
        if key == "potency.thc_pct":
            given["potency.cbd_pct"] = Level(value=Decimal(0), unit="%")
        label = printed(law, given)
        values = {field.key: field.value for field in label.fields}
        assert values["patient.name"] == name
        assert values[key] == f"{plain(thc)} {unit}"
        assert values["store.license"] == given["store.license"]
        assert values.get("product.name", product) == product
        if "dispense.quantity" in values:
            assert Decimal(values["dispense.quantity"].removesuffix(" g")) == grams
        assert all(field.value.strip() and field.heading.strip() for field in label.fields)
        drafted = draft(law, given)
        assert len(label.fields) + len(label.statements) == len(drafted.lines)


def test_nothing_in_a_name_can_turn_or_break_the_label() -> None:
    person = Person(given="Ro\x1b\x00bin\u202e", family="Exam\u2028ple", born=None)
    assert said(printed(florida(), known(profile=profile(person=person))))["Patient"] == "Ro bin Exam ple"


# --- what cannot be


CANNOT_BE: dict[str, tuple[dict[str, Value], str]] = {
    "expired yesterday": ({"expiry.date": TODAY - timedelta(days=1)}, "expiry.date"),
    "use by date over": ({"use_by.date": TODAY - timedelta(days=1)}, "use_by.date"),
    "use by later than the producer says": ({"expiry.date": date(2026, 8, 15)}, "expiry.date"),
    "packaged after it was dispensed": ({"package.date": TODAY + timedelta(days=1)}, "package.date"),
    "tested after it was dispensed": ({"lab.test_date": TODAY + timedelta(days=1)}, "lab.test_date"),
    "harvested after it was packaged": ({"harvest.date": date(2026, 1, 21)}, "harvest.date"),
    "a patient of tomorrow": ({"patient.dob": TODAY + timedelta(days=1), "caregiver.name": "Sam"}, "patient.dob"),
    "nothing in it": ({"product.net_weight_g": Decimal(0)}, "product.net_weight_g"),
    "less than nothing": ({"product.net_weight_g": Decimal("-1")}, "product.net_weight_g"),
    "no unit": ({"dispense.quantity": Quantity(amount=Decimal(0), unit="unit")}, "dispense.quantity"),
    "half a unit": ({"dispense.quantity": Quantity(amount=Decimal("0.5"), unit="unit")}, "dispense.quantity"),
    "more than all of it": ({"potency.thc_pct": Level(value=Decimal("100.01"), unit="%")}, "potency.thc_pct"),
    "less than none of it": ({"potency.thc_mg": Level(value=Decimal("-0.1"), unit="mg")}, "potency.thc_mg"),
    "no number": ({"potency.thc_mg": Level(value=Decimal("NaN"), unit="mg")}, "potency.thc_mg"),
    "THC and CBD over all of it": (
        {
            "potency.thc_pct": Level(value=Decimal(60), unit="%"),
            "potency.cbd_pct": Level(value=Decimal("40.1"), unit="%"),
        },
        "potency.thc_pct",
    ),
    "a novel": ({"product.name": "x" * 2001}, "product.name"),
    "ounces of something else": ({"product.net_weight_oz": Decimal(2)}, "product.net_weight_oz"),
}


@pytest.mark.parametrize("fault", CANNOT_BE)
def test_what_cannot_be_stops_the_label_and_is_named(fault: str) -> None:
    changes, key = CANNOT_BE[fault]
    refusal = stopped(florida(), known(**changes))
    assert refusal.differs == key
    assert refusal.citation


def test_what_can_just_be_is_printed() -> None:
    edges: dict[str, Value] = {
        "expiry.date": TODAY,
        "use_by.date": TODAY,
        "package.date": TODAY,
        "lab.test_date": TODAY,
        "product.net_weight_g": Decimal("3.5"),
        "product.net_weight_oz": Decimal("0.12"),
        "potency.thc_mg": Level(value=Decimal(0), unit="mg"),
    }
    assert said(printed(florida(), known(**edges)))["THC"] == "0 mg"


# --- states and days


def test_a_pack_without_a_label_part_prints_no_label_and_says_so() -> None:
    (law,) = parse(source_of(pool()).replace("effective_from = 1999-01-01", "effective_from = 2026-03-03"))
    refusal = stopped(law, known())
    assert str(refusal.reason) == (
        "The rule pack of ZZ has no label part for 2026-03-02. No dispensing label is printed."
    )
    without = [state for state in states() if state not in WITH_LABELS]
    assert without
    for state in without:
        assert "labels" in law_of(state, TODAY).absent
        assert "no label part" in str(stopped(law_of(state, TODAY), known()).reason)


def test_a_product_whose_list_is_not_known_gets_no_label() -> None:
    law = law_of("AR", TODAY)
    given = facts_of_example(law.labels[0], law.labels[0].examples[0])
    assert printed(law, given)
    refusal = stopped(law, {**given, "product.form": "gummies"})
    assert str(refusal.reason) == "The rule pack of AR has no label part for this kind of product: edible."
    assert stopped(law, {**given, "product.form": "wonder"}).differs == "product.form"


def example_of(state: str, on: date) -> tuple[Law, dict[str, Value]]:
    law = law_of(state, on)
    template = law.label_on(on)
    assert template is not None
    example: LabelExample = template.examples[0]
    return law, facts_of_example(template, example)


@pytest.mark.requirement("LBL-07")
def test_the_template_is_that_of_the_day_of_dispensing() -> None:
    for day, name in ((date(2021, 6, 30), "UT label 2020-01-01"), (date(2021, 7, 1), "UT label 2021-07-01")):
        law, given = example_of("UT", date(2021, 6, 30))
        label = printed(law, {**given, "dispense.date": day})
        assert (label.template, label.on) == (name, day)
    law, given = example_of("MN", date(2025, 4, 25))
    assert "no label part" in str(stopped(law, {**given, "dispense.date": date(2025, 4, 24)}).reason)


INVENTED = """
[[labels]]
version = "{version}"
effective_from = {begins}
{ends}
fields = [
    {fields}
]
{source}
{rest}
"""
SHOUT = '[[labels.statements]]\ncode = "shout"\nwords = "{words}"\nprescribed = true\n'
TRIANGLE = (
    '[[labels.symbols]]\ncode = "thc"\nsays = "A triangle with a leaf"\nwidth_mm = 15\nheight_mm = 13\n'
    'drawing = [{ draw = "outline", points = [[0.5, 0], [1, 1], [0, 1]], line = 0.06 }, '
    '{ draw = "leaf", at = [0.5, 0.55], height = 0.5 }, '
    '{ draw = "words", words = "THC", at = [0.5, 0.82], height = 0.1 }]\n'
)


def invented(state: str, *templates: str) -> Law:
    source = source_of(pool(), state=state)
    head, _, rest = source.partition("[[labels]]")
    return parse(head + "".join(templates) + "[[versions]]" + rest.partition("[[versions]]")[2])[0]


def template(fields: str, *, version: str = "1", begins: str = "2000-01-01", ends: str = "", rest: str = "") -> str:
    until = f"effective_to = {ends}" if ends else ""
    return INVENTED.format(version=version, begins=begins, ends=until, fields=fields, source=SOURCE, rest=rest)


@pytest.mark.requirement("LBL-07", "OUT-11")
def test_a_new_version_of_an_invented_state_says_the_opposite_and_old_labels_stay_as_they_were() -> None:
    old = template(
        '{ key = "patient.name" }, { key = "product.name" }, { key = "dispense.date" },',
        version="old",
        ends="2026-02-28",
        rest=SHOUT.format(words="SHOW THIS TO EVERYBODY"),
    )
    new = template(
        '{ key = "product.name", heading = "Goods" }, { key = "dispense.date" },',
        version="new",
        begins="2026-03-01",
        rest=SHOUT.format(words="SHOW THIS TO NOBODY") + TRIANGLE,
    )
    law = invented("ZA", old, new)
    before = printed(law, known(**{"dispense.date": date(2026, 2, 28)}))
    after = printed(law, known(**{"dispense.date": date(2026, 3, 1)}))
    assert said(before) == {"Patient": "Robin Lee Example II", "Product": "Calm Tincture", "Dispensed": "28-Feb-2026"}
    assert said(after) == {"Goods": "Calm Tincture", "Dispensed": "01-Mar-2026"}
    assert (before.statements, after.statements) == (("SHOW THIS TO EVERYBODY",), ("SHOW THIS TO NOBODY",))
    assert ([each.code for each in before.symbols], [each.code for each in after.symbols]) == ([], ["thc"])
    assert (before.template, after.template) == ("ZA label old", "ZA label new")


@pytest.mark.requirement("OUT-11")
def test_invented_states_that_contradict_each_other_need_no_code() -> None:
    given = known(**{"producer_label.shows": ("batch.number",), "producer_label.covered": ("lab.name",)})
    fields = '{ key = "batch.number", layer = "P" }, { key = "product.net_weight_g", units = ["oz"] },'
    large = "[labels.letters]\nmin_mm = 4\n" + SOURCE
    never = '[labels.covering]\nrule = "never"\n' + SOURCE
    label = printed(invented("ZB", template(fields, rest=large)), given)
    assert label.min_letter_mm == 4
    assert said(label) == {"Net weight": "1.058 oz", "Tested by": "North Pier Laboratory"}
    assert stopped(invented("ZC", template(fields, rest=never)), given).differs == "producer_label.covered"
    adult = template('{ key = "caregiver.name", required = "caregiver" },', rest="").replace(
        "fields = [", "adult_at = 30\nfields = [", 1
    )
    young = {**given, "patient.dob": date(2000, 1, 1), "lab.name": "N"}
    assert stopped(invented("ZD", adult), young).differs == "caregiver.name"


# --- artwork, paper, what is on the package


def test_the_states_own_drawing_is_needed_where_nobody_may_invent_it() -> None:
    for file, reason in (
        (None, "The label cannot be printed. The state's own drawing is missing: The department's universal symbol."),
        (b"", "The label cannot be printed. The state's own drawing is missing: The department's universal symbol."),
        (b"GIF89a", "The state's own drawing is no PNG file of at most 32 KB: The department's universal symbol."),
        (
            SYMBOL + bytes(33000),
            "The state's own drawing is no PNG file of at most 32 KB: The department's universal symbol.",
        ),
    ):
        refusal = stopped(florida(), known(**{"symbol.universal": file}))
        assert (str(refusal.reason), refusal.differs) == (reason, "symbol.universal")
    shown = known(**{"symbol.universal": None, "producer_label.shows": ("symbol.universal",)})
    assert printed(florida(), shown).symbols == ()


def test_a_symbol_of_two_colours_needs_its_paper() -> None:
    law, given = example_of("MN", date(2025, 4, 25))
    assert printed(law, {**given, "paper.colour": " Yellow "})
    for colour in (None, "", "white"):
        assert stopped(law, {**given, "paper.colour": colour}).differs == "paper.colour"


def test_prescribed_words_are_never_made_up() -> None:
    law, given = example_of("PA", TODAY)
    refusal = stopped(law, {**given, "warning.medicinal_use": " "})
    assert refusal.differs == "warning.medicinal_use"
    assert "The rule's own words are missing" in str(refusal.reason)
    assert "28 Pa. Code 1161a.28" in str(refusal.way_on)


def test_what_the_producers_label_shows_is_not_printed_again_unless_it_is_covered() -> None:
    law, given = example_of("IL", TODAY)
    shows: dict[str, Value] = {"producer_label.shows": ("lab.name", "lot.number")}
    less = {key: value for key, value in given.items() if key not in ("lab.name", "lot.number")}
    assert {"Tested by", "Lot"} <= set(said(printed(law, given)))
    assert not {"Tested by", "Lot"} & set(said(printed(law, {**less, **shows})))
    hidden = {**less, **shows, "producer_label.covered": ("lot.number",)}
    assert stopped(law, hidden).differs == "lot.number"
    assert said(printed(law, {**hidden, "lot.number": "L-9"}))["Lot"] == "L-9"


def test_a_counter_pack_says_its_label() -> None:
    assert load("FL", TODAY).labels
    assert load("IL", TODAY).labels


FAULTS = {
    "an unknown fact": ('{ key = "patient.nmae" },', "", "no fact is called patient.nmae"),
    "a flag on paper": ('{ key = "lab.passed" },', "", "lab.passed is nothing that could be printed"),
    "an unknown kind": (
        '{ key = "patient.name", what = { kinds = ["wine"] } },',
        "",
        "no kind of product is called wine",
    ),
    "an unknown route": ('{ key = "patient.name", but = { routes = ["ear"] } },', "", "no route is called ear"),
    "ounces of a date": ('{ key = "dispense.date", units = ["oz"] },', "", "can only be told in g and oz"),
    "no words": (
        '{ key = "patient.name" },',
        '[[labels.statements]]\ncode = "a"\nsense = "Something."\n',
        "statement a has no words",
    ),
    "two of one name": (
        '{ key = "patient.name" },',
        SHOUT.format(words="A") + SHOUT.format(words="B"),
        "two statements are called shout",
    ),
    "half a size": (
        '{ key = "patient.name" },',
        '[[labels.symbols]]\ncode = "s"\nsays = "S"\nwidth_mm = 3\n',
        "width and height are both told",
    ),
    "drawn outside": (
        '{ key = "patient.name" },',
        TRIANGLE.replace("[1, 1]", "[1, 1.2]"),
        "what is drawn lies between 0 and 1",
    ),
    "letters of nothing": (
        '{ key = "patient.name" },',
        "[labels.letters]\nmin_mm = 0\n" + SOURCE,
        "letters are over 0",
    ),
    "a date that is none": (
        '{ key = "patient.name" },',
        '[[labels.dates]]\nkey = "patient.name"\nat_latest = "expiry.date"\n' + SOURCE,
        "no date is called patient.name",
    ),
    "a condition that is none": (
        '{ key = "patient.name", only_if = "patient.dob" },',
        "",
        "no yes-or-no fact is called patient.dob",
    ),
    "a misspelt field": (
        '{ key = "patient.name", headng = "P" },',
        "",
        "labels: version 1: fields[patient.name]: Object contains unknown field `headng`",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_a_template_is_one_clear_line(fault: str) -> None:
    fields, rest, wanted = FAULTS[fault]
    with pytest.raises(ValueError, match=r".") as caught:
        invented("ZZ", template(fields, rest=rest))
    assert wanted in str(caught.value)
    assert "\n" not in str(caught.value)


def test_templates_may_not_overlap_and_are_like_one_that_stands_before() -> None:
    one = template('{ key = "patient.name" },')
    with pytest.raises(ValueError, match="labels: versions 1 and 2 overlap"):
        invented("ZZ", one, one.replace('version = "1"', 'version = "2"').replace("2000-01-01", "2000-01-02"))
    with pytest.raises(ValueError, match="is like 0, which does not stand before it"):
        invented("ZZ", one.replace('version = "1"', 'version = "2"\nlike = "0"'))
    with pytest.raises(ValueError, match="labels stand beside the versions"):
        parse(source_of(pool()) + "\n[[versions.labels]]\nversion = '1'\n")


def test_a_broken_template_is_told_by_the_loader(tmp_path: Path) -> None:
    (tmp_path / "zz.toml").write_text(source_of(pool()).replace("patient.name", "patient.nmae"))
    with pytest.raises(Ours) as caught:
        load("ZZ", TODAY, tmp_path)
    assert "labels: version 1: no fact is called patient.nmae" in str(caught.value.reason)
