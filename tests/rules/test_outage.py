"""While the registry is away: what may be sold on its last answer, to the smallest unit (PAT-07)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from kiosk.rules.allotments import Book, Item, judge, standing
from kiosk.rules.law import Pack
from kiosk.rules.pack import parse
from tests.rules.given import EVERY_WINDOW, OUNCE, TODAY, bought, flower, pool, recommendation, source_of

LEAST = Decimal("0.000001")
AWAY = {"available": {"flower": Decimal(2)}, "on_last_answer": True}


def lenient(window: str, limit: str = "1") -> Pack:
    """An invented state: 2.5 oz in the window, and on a last answer of at most four hours one ounce."""
    rule = f'rule = "last_answer"\nhours = 4\nlimits = {{ flower = {limit} }}'
    return parse(source_of(pool(window=window)).replace('rule = "no_pass"', rule))[0]


def refused_by(pack: Pack, book: Book, grams: Decimal, on: date = TODAY) -> str:
    refusal = judge(pack, book, recommendation(), on, [Item(product=flower(grams), units=1)]).refusal
    return "" if refusal is None else refusal.rule


@pytest.mark.requirement("PAT-07")
@pytest.mark.parametrize("window", EVERY_WINDOW)
def test_exactly_the_limit_and_no_smallest_unit_more(window: str) -> None:
    pack = lenient(window)
    assert refused_by(pack, Book(**AWAY), OUNCE) == ""
    assert refused_by(pack, Book(**AWAY), OUNCE + LEAST) == "ZZ.outage"
    assert refused_by(pack, Book(available={"flower": Decimal(2)}), OUNCE + LEAST) == "", "the registry answers"


@pytest.mark.requirement("PAT-07")
@pytest.mark.parametrize("window", EVERY_WINDOW)
def test_all_that_was_sold_since_the_last_answer_counts_whatever_the_window_forgets(window: str) -> None:
    """Also a sale before midnight, where the law counts a day or a single sale."""
    since = (bought(TODAY - timedelta(days=1), flower(OUNCE / 2)),)
    book = Book(purchases=since, unreported=since, **AWAY)
    assert refused_by(lenient(window), book, OUNCE / 2) == ""
    assert refused_by(lenient(window), book, OUNCE / 2 + LEAST) == "ZZ.outage"


@pytest.mark.requirement("PAT-07")
def test_the_smallest_of_all_figures_binds_and_says_whose_it_is() -> None:
    for limit, left, source in (("1", "2", "outage"), ("2", "1", "registry"), ("9", "9", "store")):
        book = Book(available={"flower": Decimal(left)}, on_last_answer=True)
        (shown,) = standing(lenient(EVERY_WINDOW[0], limit), book, recommendation(), TODAY).pools
        assert shown.source == source
        assert shown.remaining == min(Decimal(limit), Decimal(left), Decimal("2.5"))


@pytest.mark.requirement("PAT-07")
def test_what_the_outage_rule_does_not_name_has_the_last_figure_and_its_own_law() -> None:
    pack = parse(
        source_of(pool(), pool("oil", members='[{ measure = "thc_mg", routes = ["oral"] }]', limit="100")).replace(
            'rule = "no_pass"', 'rule = "last_answer"\nhours = 4\nlimits = { oil = 50 }'
        )
    )[0]
    book = Book(available={"flower": Decimal(2), "oil": Decimal(90)}, on_last_answer=True)
    assert refused_by(pack, book, 2 * OUNCE + LEAST) == "ZZ.flower"


@pytest.mark.requirement("PAT-07")
def test_without_a_figure_of_the_state_nothing_is_sold_where_the_state_owns_it() -> None:
    source = source_of(pool(), owner="registry").replace('rule = "no_pass"', 'rule = "last_answer"\nhours = 4')
    assert refused_by(parse(source)[0], Book(available=None, on_last_answer=True), OUNCE) == "ZZ.figure"
