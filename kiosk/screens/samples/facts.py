"""The invented people, products, rules and refusals that the sample pictures are made of."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import msgspec

from kiosk.flows.steps import (
    Banner,
    Choice,
)
from kiosk.model.allotments import PoolStanding, Return
from kiosk.model.connection import Condition, Connection
from kiosk.model.errors import Refusal
from kiosk.model.orders import (
    Concern,
    DecisionWanted,
    LineState,
    OrderLine,
    PickLine,
    Ticket,
)
from kiosk.model.packages import Lab, Product
from kiosk.model.people import Person, Recommendation
from kiosk.model.questions import Offer
from kiosk.model.text import Text, text

NOW = datetime(2026, 3, 2, 15, 42, tzinfo=UTC)
Role = Literal["checkin", "counter", "vault"]

PATIENT = Person(family="Quillfeather", given="Marisol", middle="Anne", born=date(1980, 8, 14))
LONG_NAME = Person(
    family="Featherstonehaugh-Villanueva", given="Maximiliano Bartholomew", born=date(1957, 11, 30), suffix="Jr."
)
CAREGIVER = Person(family="Brandywine", given="Theodore", born=date(1975, 1, 9))
STAFF = "Dana Whitlock"

TICKETS = tuple(
    Ticket(ticket_id=f"t{i}", shape=shape, colour=colour, number=number)
    for i, (shape, colour, number) in enumerate(
        (
            ("circle", "blue", 12),
            ("star", "orange", 47),
            ("triangle", "purple", 3),
            ("hexagon", "green", 58),
            ("diamond", "yellow", 21),
            ("square", "sky", 9),
            ("circle", "yellow", 33),
            ("star", "blue", 60),
            ("hexagon", "sky", 14),
            ("square", "purple", 88),
        )
    )
)
TICKET = TICKETS[0]
BANNER = Banner(person=PATIENT, card_ending="7Q4", ticket=TICKET)
LONG_BANNER = Banner(person=LONG_NAME, card_ending="K09", ticket=TICKETS[1])

HUB_AWAY = text("Finish hand-overs that are permitted. All else waits for the hub.")
WELL = Connection(condition=Condition.ALL_WELL, since=NOW - timedelta(hours=3), allowed=text("Everything can be done."))
CONNECTIONS = (
    WELL,
    Connection(
        condition=Condition.STATE_AWAY,
        since=NOW - timedelta(minutes=18),
        allowed=text("Work goes on by the outage rule. Sales are reported later."),
    ),
    Connection(
        condition=Condition.HUB_AWAY,
        since=NOW - timedelta(minutes=5),
        allowed=HUB_AWAY,
        unsent=3,
    ),
    Connection(
        condition=Condition.BOTH_AWAY,
        since=NOW - timedelta(hours=20),
        allowed=HUB_AWAY,
        unsent=12,
    ),
)

PRODUCTS = (
    Product(
        product_id="p1",
        name="Harbor Light tincture",
        form="tincture",
        route="sublingual",
        thc_mg=Decimal(300),
        cbd_mg=Decimal(150),
        net_weight_g=Decimal(30),
        dose="0.5 ml",
        price=Decimal(48),
    ),
    Product(
        product_id="p2",
        name="Blue Heron flower, 3.5 g",
        form="flower",
        route="smoking",
        thc_mg=Decimal(735),
        net_weight_g=Decimal("3.5"),
        price=Decimal(38),
    ),
    Product(
        product_id="p3",
        name="Quiet Cove capsules, 10 mg, 30 pieces",
        form="capsule",
        route="oral",
        thc_mg=Decimal(300),
        cbd_mg=Decimal(0),
        price=Decimal(45),
    ),
)
TAG = "1A4060300002EE1000000015"
OTHER_TAG = "1A4060300002EE1000000051"
LAB = Lab(passed=True, thc=Decimal("298.4"), cbd=Decimal("151.2"), unit="mg", lab="Coastal Analytics")


def pick_line(n: int, **changes: Any) -> PickLine:
    line = PickLine(
        line_id=f"l{n}",
        ticket=TICKETS[n % len(TICKETS)],
        counter=f"Counter {1 + n % 3}",
        product=PRODUCTS[n % len(PRODUCTS)],
        units=1 + n % 3,
        tag=TAG,
        place=f"V-{'ABC'[n % 3]}{1 + n % 4}-{1 + n % 5}",
        batch="HL240117B",
        lab=LAB,
    )
    return msgspec.structs.replace(line, **changes)


DECISIONS = (
    DecisionWanted(
        rule="FL.every_order",
        says=text("A pharmacist reviews the patient's history before anything is handed over."),
        citation="Invented Code 7",
    ),
    DecisionWanted(
        rule="store.strong",
        says=text(
            "Store policy: {rule}",
            rule=text("A pharmacist reviews the patient's history before anything is handed over."),
        ),
        citation="Store policy 12",
    ),
)


def order_lines(*states: LineState) -> tuple[OrderLine, ...]:
    return tuple(
        OrderLine(
            line_id=f"l{i}",
            product=PRODUCTS[i % len(PRODUCTS)],
            units=1 + i % 2,
            state=state,
            route=PRODUCTS[i % len(PRODUCTS)].route,
        )
        for i, state in enumerate(states)
    )


def pool(key: str, name: Text, unit: str, limit: str, used: str, **more: Any) -> PoolStanding:
    return PoolStanding(
        pool=key,
        name=name,
        unit=unit,
        limit=Decimal(limit),
        used=Decimal(used),
        remaining=Decimal(limit) - Decimal(used),
        source=more.pop("source", "store"),
        citation="381.986(4)(f)",
        **more,
    )


POOLS = (
    pool(
        "smoking",
        text("Smoking"),
        "oz",
        "2.5",
        "1.0",
        returns=(Return(on=date(2026, 3, 14), amount=Decimal("0.5")),),
    ),
    pool(
        "total",
        text("All routes but smoking"),
        "mg",
        "24500",
        "3100",
        source="registry",
        as_of=NOW - timedelta(hours=2),
    ),
    pool("sublingual", text("Sublingual"), "mg", "13300", "13000"),
)
MANY_POOLS = (
    *POOLS,
    pool("oral", text("Oral"), "mg", "14000", "0"),
    pool("inhalation", text("Inhalation"), "mg", "24500", "350"),
    pool("edible", text("Edibles"), "mg", "4200", "600"),
    pool("topical", text("Topical"), "mg", "10500", "0"),
    pool(
        "possession",
        text("Suppository"),
        "oz",
        "4",
        "4",
        unknown=text("An earlier purchase has no {measure}: product {product}.", measure="net weight", product="p2"),
    ),
)
SPENT = Refusal(
    rule="FL.smoking",
    reason=text("{pool}: {asked} asked, {left} left.", pool="Smoking", asked="1.75 oz", left="1.5 oz"),
    way_on=text(
        "Take this today: {basket}. From {day} on: {amount}.",
        basket="2 × Blue Heron flower, 3.5 g",
        day="14-Mar-2026",
        amount="0.5 oz",
    ),
    citation="Statutes 381.986(4)(f)",
    arithmetic=text(
        "The limit is {limit} in {days} days. {used} used, {left} left. Asked: {asked}.",
        limit="2.5 oz",
        days=35,
        used="1.0 oz",
        left="1.5 oz",
        asked="1.75 oz",
    ),
)


def offer(n: int, most: int, **changes: Any) -> Offer:
    product = PRODUCTS[n % len(PRODUCTS)]
    made = Offer(
        product_id=f"p{n + 1}",
        name=product.name if n < len(PRODUCTS) else f"{product.name}, {n}",
        form=product.form,
        route=product.route,
        thc=f"{product.thc_mg} mg",
        cbd=f"{product.cbd_mg} mg" if product.cbd_mg else "",
        price=f"${product.price}",
        in_stock=24,
        most=most,
        why_not=None if most else SPENT,
    )
    return msgspec.structs.replace(made, **changes)


OFFERS = (offer(0, 4), offer(1, 2), offer(2, 0))
MANY_OFFERS = tuple(offer(n, (n * 3) % 5) for n in range(14))

CONFIRM = Choice(key="confirm", label=text("Send to the vault"), look="go")
LEAVE = Choice(key="leave", label=text("End without an order"), look="quiet")
NEAREST = Choice(key="nearest", label=text("Take the nearest legal amount"))
PERSON = Choice(key="person", label=text("Ask a person"), look="quiet")
CANNOT = Choice(key="cannot", label=text("It cannot be picked"), look="quiet")
DAMAGED = Choice(key="damaged", label=text("Label is damaged"))
NOTHING = Choice(key="nothing", label=text("Nothing came out"))
CANCEL = Choice(key="cancel", label=text("Cancel the order"), look="quiet")
SIGN_OUT = Choice(key="sign_out", label=text("Sign out"), look="quiet")

RECOMMENDATION = Recommendation(
    recommendation_id="r1",
    physician="Dr. Ottoline Pemberton",
    valid_from=date(2026, 1, 5),
    valid_to=date(2026, 8, 2),
    notes=("Start with one dose in the evening. Not more than two doses a day.",),
    routes=("sublingual", "oral"),
)
STRICT_RECOMMENDATION = msgspec.structs.replace(
    RECOMMENDATION,
    notes=(
        "Start with one dose in the evening. Not more than two doses a day. Ask about dizziness at each visit.",
        "No smoking: asthma.",
    ),
    forms_excluded=("flower", "vape"),
    max_thc_mg_per_unit=Decimal("10.00"),
    min_cbd_to_thc=Decimal("0.5"),
    limits={"sublingual": Decimal(5000)},
)
CONCERNS = (
    Concern(
        rule="identity.family.part_of_double_name",
        reason=text("The family names of ID and registry differ."),
        next_step=text("Read both documents by eye. Same person: say so. Not sure: refuse."),
        citation="Store policy: identity of the person who is served",
        settled_by="person",
    ),
    Concern(
        rule="card.expired",
        reason=text("The patient card expired on {day}.", day="03-May-2025"),
        next_step=text("The patient renews the card with the state."),
        citation="Statutes 381.986(7)",
    ),
)
