"""INT-10: whatever is typed is in its range, and a quantity that was typed is marked so, for every flow to come."""

import itertools
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.flows import steps
from kiosk.flows.requests import Show, Typed
from kiosk.flows.runner import Runner, typing_of
from kiosk.flows.sop import Sop
from kiosk.model.entries import PIN, Digits, Entered, Number
from kiosk.model.errors import Ours
from kiosk.model.records import AnyFact
from kiosk.model.text import text

from .world import AUTHOR, MemoryKeeper, TrialWorld

GRAMS = Number(least=Decimal("0.5"), most=Decimal(28), places=2, unit="g")
COUNTED_HERE = {"n", "item", "print_no", "seq", "epoch"}
"""Whole numbers that the program counts or that a code says; nobody types them."""


def within(tree: Any) -> list[type]:
    """Every type that is named in a hint."""
    return [tree, *itertools.chain.from_iterable(within(part) for part in get_args(tree))]


@pytest.mark.requirement("INT-10")
@pytest.mark.parametrize("fact", get_args(AnyFact))
def test_no_record_holds_a_quantity_that_does_not_say_where_it_came_from(fact: type) -> None:
    hints = get_type_hints(fact)
    bare = {name for name, hint in hints.items() if {int, float, Decimal} & set(within(hint))}
    assert bare <= COUNTED_HERE, f"a figure of a person's is an Entered: {bare - COUNTED_HERE}"


@pytest.mark.requirement("INT-10")
@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567890123", "12 456", "１２３４５６", "-12345", "12345\n", "abcdef"]
)
async def test_no_typed_value_out_of_its_range_reaches_a_flow_whoever_carries_it_out(typed: str) -> None:
    got = []

    def flow():
        got.append((yield Show(step=steps.PinWanted(sop="X-1", title=text("Type your PIN")))))

    runner = await Runner.start(
        Sop("X-1", 1, "", flow), (), AUTHOR, MemoryKeeper(), TrialWorld(lambda _: Typed(digits=typed))
    )
    with pytest.raises(Ours):
        await runner.run()
    assert got == []


@pytest.mark.requirement("INT-10")
async def test_nothing_can_be_typed_where_a_step_does_not_ask_for_it() -> None:
    typing = {kind.__name__ for kind in get_args(steps.AnyStep) if "typing" in kind.__struct_fields__}
    assert typing == {"PinWanted"}, "a new one has its range, and its test"
    notice = steps.Notice(sop="X-1", title=text("No answer"), body=text("No answer"))
    assert typing_of(notice) is None

    def flow():
        yield Show(step=notice)

    runner = await Runner.start(
        Sop("X-1", 1, "", flow), (), AUTHOR, MemoryKeeper(), TrialWorld(lambda _: Typed(digits="1"))
    )
    with pytest.raises(Ours):
        await runner.run()


@pytest.mark.requirement("INT-10")
@given(st.decimals(0, 100, places=3))
def test_a_quantity_is_taken_exactly_within_its_range_and_marked_as_typed(value: Decimal) -> None:
    typed = f"{value:f}"
    fits = GRAMS.least <= value <= GRAMS.most and len(typed.partition(".")[2]) <= 2
    if fits:
        assert GRAMS.entered(typed) == Entered(value=Decimal(typed), unit="g", by="typed")
    else:
        assert GRAMS.wrong(typed) is not None
        with pytest.raises(ValueError, match=r"\w"):
            GRAMS.entered(typed)
    assert (GRAMS.outside(value) is None) == (GRAMS.least <= value <= GRAMS.most)


@pytest.mark.parametrize("typed", ["", ".", "1e3", "NaN", "-1", "+1", "1,5", "1.", ".5", "٣", "1 ", "0x1", "1" * 10])
def test_what_is_no_number_is_said_to_be_none(typed: str) -> None:
    assert str(GRAMS.wrong(typed)) == "Type a number."


def test_a_pin_of_every_length_that_a_store_may_give_can_be_typed() -> None:
    assert [n for n in range(1, 20) if PIN.wrong("7" * n) is None] == list(range(6, 13))
    assert str(Digits(fewest=4, most=8).wrong("1")) == "Type 4 to 8 digits."
