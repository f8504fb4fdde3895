"""The store of a simulation: what is on its shelves, who works and who buys there. All invented, from the seed."""

import random
import tomllib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher

from kiosk.demo import LABEL_FILES
from kiosk.demo.specimens import licence, patient_card
from kiosk.hub.settings import HubSettings, RegistryAccess, StaffEntry, StoreFacts, TerminalEntry, TrackingAccess
from kiosk.model.packages import Lab, Package, Product
from kiosk.model.people import Person, Recommendation, RegistryEntry, RegistryStatus, StaffRole

Role = Literal["checkin", "counter", "vault"]
SHOP = Path(__file__).with_name("shop.toml")
PIN = "246810"
LETTERS = "ACDEFGHJKLMNPQRTUVWXY34679"
GIVEN = ("Robin", "Kit", "Sam", "Alex", "Rowan", "Jules", "Noor", "Ilya", "Ngoc", "Zoe", "Max", "Ada")
FAMILY = ("Example", "Sample", "Specimen", "Placeholder", "Fiction", "Invented", "Nobody", "Anyone")


@dataclass(frozen=True)
class Limit:
    """What one person may have of a route within so many dates; ``route`` "" is every one but ``but``."""

    route: str
    measure: str
    most: Decimal
    days: int
    but: str = ""

    def counts(self, product: Product) -> bool:
        return product.route == self.route if self.route else product.route != self.but

    def amount(self, product: Product) -> Decimal:
        amount = product.net_weight_g if self.measure == "weight_g" else product.thc_mg
        assert amount is not None
        return amount


@dataclass(frozen=True)
class Customer:
    """A patient with two documents; ``number`` is the card's."""

    number: str
    person: Person
    card: bytes
    photo_id: bytes


@dataclass(frozen=True)
class Shop:
    facts: StoreFacts
    opens: datetime
    """The first morning."""
    products: tuple[Product, ...]
    limits: tuple[Limit, ...]
    packages: dict[str, Package]
    customers: tuple[Customer, ...]
    registry: dict[str, RegistryEntry]
    terminals: dict[str, Role]
    """Name to role."""

    def product(self, product_id: str) -> Product:
        return next(product for product in self.products if product.product_id == product_id)

    def settings(self, folder: Path) -> HubSettings:
        pin = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)
        return HubSettings(
            data_dir=folder,
            store=self.facts,
            tracking=TrackingAccess(
                system="metrc", url="http://127.0.0.1:1", licence="L", vendor_key="v", user_key="u"
            ),
            registry=RegistryAccess(url="http://127.0.0.1:1", key="k"),
            terminals=tuple(TerminalEntry(name=n, role=r, token=token_of(n)) for n, r in self.terminals.items()),
            staff=tuple(
                StaffEntry(id=f"s-{n}", name=f"Person {n}", role=StaffRole.TECHNICIAN, badge=badge_of(n), pin_hash=pin)
                for n in self.terminals
            ),
            live=False,
            label_files=LABEL_FILES,
            stock_every=1800.0,
        )


def token_of(terminal: str) -> str:
    return f"token-of-{terminal:>16}"


def badge_of(terminal: str) -> str:
    """Of the one person who works there."""
    return f"B-{terminal}".upper()


def make_shop(chance: random.Random, *, counters: int, customers: int, days: int) -> Shop:
    """As the seed wants it; enough goods for ``days``, though a package may run out."""
    told = tomllib.loads(SHOP.read_text(encoding="utf-8"))
    store: dict[str, Any] = told["store"]
    zone = ZoneInfo(store["zone"])
    first: date = store["first_day"]
    opens = datetime.combine(first, time.fromisoformat(store["opens"]), zone)
    products = tuple(_product(given) for given in told["products"])
    people = _customers(chance, customers, first, told["cards"])
    terminals: dict[str, Role] = {"door": "checkin", "vault-1": "vault"}
    terminals |= {f"counter-{n}": "counter" for n in range(1, counters + 1)}
    return Shop(
        facts=StoreFacts(**{name: store[name] for name in ("name", "licence", "address", "phone", "state", "zone")}),
        opens=opens,
        products=products,
        limits=tuple(
            Limit(one["route"], one["measure"], Decimal(one["most"]), one["days"], one.get("except", ""))
            for one in told["limits"]
        ),
        packages={package.tag: package for package in _packages(chance, products, first, days)},
        customers=people,
        registry={customer.number: _entry(customer, first, days, products) for customer in people},
        terminals=terminals,
    )


def _product(given: dict[str, Any]) -> Product:
    return Product(
        product_id=given["id"],
        name=given["name"],
        form=given["form"],
        route=given["route"],
        thc_mg=Decimal(given["thc_mg"]),
        cbd_mg=Decimal(given.get("cbd_mg", 0)),
        net_weight_g=Decimal(given["weight_g"]),
        dose=given["dose"],
        price=Decimal(given["price"]),
    )


def _packages(chance: random.Random, products: tuple[Product, ...], first: date, days: int) -> list[Package]:
    made: list[Package] = []
    for product in products:
        for batch in range(1, 3 + days // 10):
            lab = Lab(passed=True, thc=product.thc_mg, cbd=product.cbd_mg, lab="Clear Lab", tested_on=first)
            made.append(
                Package(
                    tag=f"1A4FF0300000B2C{len(made) + 1:09d}",
                    product_id=product.product_id,
                    batch=f"{product.product_id[:2].upper()}{batch}",
                    harvest="H1",
                    quantity=chance.randint(20, 60),
                    place=f"V-{chr(65 + len(made) % 8)}{1 + len(made) % 5}",
                    lab=lab,
                    expires=first + timedelta(days=days + 200 + 10 * batch),
                    packaged_on=first - timedelta(days=30),
                )
            )
    return made


def _customers(chance: random.Random, count: int, first: date, cards: dict[str, str]) -> tuple[Customer, ...]:
    """Some are twins: the same family name and birth date."""
    made: list[Customer] = []
    while len(made) < count:
        born = date(1950 + chance.randrange(50), 1 + chance.randrange(12), 1 + chance.randrange(28))
        family = FAMILY[chance.randrange(len(FAMILY))]
        for given in chance.sample(GIVEN, 2 if chance.random() < 0.2 else 1):
            number = cards["patient"] + str(len(made) % 10) + "".join(chance.choices(LETTERS, k=6))
            person = Person(family=family, given=given, born=born)
            own = licence(
                person, number=f"E{len(made):07d}", issued=date(2022, 1, 1), expires=date(first.year + 4, 1, 1),
                state=cards["id_issuer"],
            )  # fmt: skip
            made.append(Customer(number, person, patient_card(number), own))
    return tuple(made[:count])


def _entry(customer: Customer, first: date, days: int, products: tuple[Product, ...]) -> RegistryEntry:
    recommendation = Recommendation(
        recommendation_id=f"R-{customer.number}",
        physician="Dr Ash Meadow",
        valid_from=first - timedelta(days=10),
        valid_to=first + timedelta(days=days + 180),
        notes=("Start low.",),
        routes=tuple({product.route: None for product in products}),
    )
    return RegistryEntry(
        number=customer.number,
        status=RegistryStatus.ACTIVE,
        person=customer.person,
        valid_from=first - timedelta(days=100),
        expires=first + timedelta(days=days + 300),
        recommendation=recommendation,
        available={},
    )
