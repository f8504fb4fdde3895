"""Scales: only a weight that stands still counts, exactly as shown; one contract for three languages and both sides."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hw.scale.codec import LANGUAGES, Answer, Answers, Protocol
from kiosk.hw.scale.driver import AskedScale, Patience
from kiosk.hw.scale.port import GRAMS, ScaleState, Unit, Weighing, Weight
from kiosk.hw.scale.sim import VirtualScale
from kiosk.hw.wires import serial_port

from .samples import until

HURRY = Patience(answer=0.2, rest=0.3, again=0.002)
UNHURRIED = Patience(answer=10.0, rest=1.0, again=0.01)
"""For the contract, which is about what is said and not how soon."""


def driver(path: Path, protocol: Protocol, patience: Patience = HURRY) -> AskedScale:
    return AskedScale("dock", serial_port(path), protocol, patience=patience)


class Bench:
    """A scale, and the hand that puts things on it."""

    def __init__(self, scale: AskedScale, put: Callable[[int, bool], Awaitable[None]]) -> None:
        self.scale = scale
        self.put = put


@pytest.fixture(params=["sics", "nci", "sma", "emupos"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    if request.param == "emupos":
        async with request.getfixturevalue("emupos").running(tmp_path) as running:

            async def put_there(grams: int, still: bool) -> None:
                await running.weight(grams, stable=still)

            yield Bench(driver(running.scale, "sma", UNHURRIED), put_there)
        return
    virtual = VirtualScale(tmp_path / "scale", request.param, unit="kg", step=Decimal("0.005"))
    virtual.most = Decimal(15000)

    async def put(grams: int, still: bool) -> None:
        virtual.grams, virtual.moving = Decimal(grams), not still

    yield Bench(driver(virtual.path, request.param, UNHURRIED), put)
    virtual.close()


async def test_contract_a_weight_that_stands_still_is_read_exactly(bench: Bench) -> None:
    await bench.put(1235, True)
    assert await bench.scale.weigh() == Weighing(
        state=ScaleState.STEADY, weight=Weight(amount=Decimal("1.235"), unit="kg")
    )
    await bench.put(0, True)
    assert (await bench.scale.weigh()).weight == Weight(amount=Decimal("0.000"), unit="kg")


async def test_contract_a_weight_that_moves_is_waited_for(bench: Bench) -> None:
    await bench.put(500, False)
    weighing = asyncio.create_task(bench.scale.weigh())
    await asyncio.sleep(0)
    await bench.put(505, True)
    weighed = await weighing
    assert (weighed.state, weighed.weight and weighed.weight.grams) == (ScaleState.STEADY, 505)


async def test_contract_too_much_and_less_than_nothing_are_no_weights(bench: Bench) -> None:
    await bench.put(20000, True)
    assert await bench.scale.weigh() == Weighing(state=ScaleState.OVER)
    await bench.put(-50, True)
    assert await bench.scale.weigh() == Weighing(state=ScaleState.UNDER)


async def test_contract_a_container_is_taken_off(bench: Bench) -> None:
    await bench.put(100, True)
    assert await bench.scale.tare() is ScaleState.STEADY
    await bench.put(350, True)
    weighed = await bench.scale.weigh()
    assert weighed.weight is not None
    assert weighed.weight.grams == 250
    await bench.put(0, True)
    assert await bench.scale.zero() is ScaleState.STEADY


# --- faults -----------------------------------------------------------------------------------------------------------


@pytest.fixture(params=["sics", "nci", "sma"])
async def virtual(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[VirtualScale]:
    scale = VirtualScale(tmp_path / "scale", request.param)
    yield scale
    scale.close()


async def test_a_weight_that_never_rests_is_no_weight(virtual: VirtualScale) -> None:
    virtual.grams, virtual.moving = Decimal("3.50"), True
    weighed = await driver(virtual.path, virtual.protocol).weigh()
    assert (weighed.state, weighed.weight) == (ScaleState.MOVING, None)
    assert "come to rest" in str(weighed.words)


async def test_zero_and_tare_are_refused_while_it_moves(virtual: VirtualScale) -> None:
    virtual.grams, virtual.moving = Decimal(10), True
    scale = driver(virtual.path, virtual.protocol)
    assert [await scale.zero(), await scale.tare()] == [ScaleState.REFUSED, ScaleState.REFUSED]
    virtual.moving = False
    assert (await scale.weigh()).weight == Weight(amount=Decimal("10.00"), unit="g")


async def test_silence_nonsense_and_absence_are_told_apart(virtual: VirtualScale) -> None:
    scale = driver(virtual.path, virtual.protocol)
    virtual.answers = "none"
    assert (await scale.weigh()).state is ScaleState.SILENT
    virtual.answers = "garbage"
    assert (await scale.weigh()).state is ScaleState.NONSENSE
    virtual.unplug()
    assert (await scale.weigh()).state is ScaleState.ABSENT
    assert await scale.zero() is ScaleState.ABSENT
    virtual.plug()
    virtual.answers = "all"
    assert (await scale.weigh()).state is ScaleState.STEADY


async def test_unplugged_while_it_is_asked(virtual: VirtualScale) -> None:
    virtual.answers = "none"
    weighing = asyncio.create_task(driver(virtual.path, virtual.protocol, UNHURRIED).weigh())
    await until(lambda: virtual.asked)
    virtual.unplug()
    assert await weighing == Weighing(state=ScaleState.ABSENT)


async def test_an_answer_that_comes_late_is_waited_for(virtual: VirtualScale) -> None:
    virtual.grams, virtual.delay = Decimal("7.25"), 0.05
    assert (await driver(virtual.path, virtual.protocol, UNHURRIED).weigh()).weight == Weight(
        amount=Decimal("7.25"), unit="g"
    )


async def test_noise_on_the_cable_never_makes_another_weight(virtual: VirtualScale) -> None:
    virtual.grams = Decimal("28.35")
    scale = driver(virtual.path, virtual.protocol)
    for place in range(20):
        virtual.flips = [place]
        assert (await scale.weigh()).weight == Weight(amount=Decimal("28.35"), unit="g"), place
        virtual.flips = []


# --- bytes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("protocol", "said", "meant"),
    [
        ("sics", b"S S     100.00 g\r\n", Answer("steady", Weight(amount=Decimal("100.00"), unit="g"))),
        ("sics", b"S D      -0.12 kg\r\n", Answer("moving", Weight(amount=Decimal("-0.12"), unit="kg"))),
        ("sics", b"S I\r\n", Answer("moving")),
        ("sics", b"S +\r\n", Answer("over")),
        ("sics", b"S -\r\n", Answer("under")),
        ("sics", b"Z A\r\n", Answer("done")),
        ("sics", b"T S     100.00 g\r\n", Answer("done")),
        ("sics", b"T I\r\n", Answer("refused")),
        ("sics", b"ES\r\n", Answer("nonsense")),
        ("sics", b"S S     100.00 st\r\n", Answer("nonsense")),
        ("sics", b"S S     1O0.00 g\r\n", Answer("nonsense")),
        ("nci", b"\n001.25LB\r\nS00\r\x03", Answer("steady", Weight(amount=Decimal("1.25"), unit="lb"))),
        ("nci", b"\n  12.5OZ\r\nS10\r\x03", Answer("moving", Weight(amount=Decimal("12.5"), unit="oz"))),
        ("nci", b"\n^^^^^^^\r\nS02\r\x03", Answer("over")),
        ("nci", b"\n-00.05LB\r\nS01\r\x03", Answer("under")),
        ("nci", b"\nS20\r\x03", Answer("done")),
        ("nci", b"\n?\r\x03", Answer("refused")),
        ("nci", b"\n001.25LB\r\nS40\r\x03", Answer("nonsense")),
        ("nci", b"\n001.25XX\r\nS00\r\x03", Answer("nonsense")),
        ("sma", b"\n 1G        1.235kg_\r", Answer("steady", Weight(amount=Decimal("1.235"), unit="kg"))),
        ("sma", b"\nZ1G        0.000lb_\r", Answer("steady", Weight(amount=Decimal("0.000"), unit="lb"))),
        ("sma", b"\n 1NM       1.235kg_\r", Answer("moving", Weight(amount=Decimal("1.235"), unit="kg"))),
        ("sma", b"\nO1G       20.000kg_\r", Answer("over")),
        ("sma", b"\nE1G  ----------kg_\r", Answer("refused")),
        ("sma", b"\n?\r", Answer("refused")),
        ("sma", b"\n!\r", Answer("nonsense")),
        ("sma", b"\n 1G        1.235ct_\r", Answer("nonsense")),
    ],
)
def test_what_scales_say(protocol: Protocol, said: bytes, meant: Answer) -> None:
    assert Answers(LANGUAGES[protocol]).feed(said) == [meant]


@given(st.sampled_from(sorted(LANGUAGES)), st.binary(max_size=200))
def test_no_bytes_bring_it_down_and_none_are_kept_for_ever(protocol: Protocol, data: bytes) -> None:
    answers = Answers(LANGUAGES[protocol])
    for byte in data * 3:
        answers.feed(bytes([byte]))
    assert len(answers._begun) <= 64


@given(st.sampled_from(sorted(GRAMS)), st.decimals(-99999, 99999, places=4))
def test_units_are_converted_without_rounding(unit: Unit, amount: Decimal) -> None:
    assert Fraction(Weight(amount=amount, unit=unit).grams) == Fraction(amount) * Fraction(GRAMS[unit])


@pytest.mark.parametrize("state", ScaleState)
def test_every_state_but_the_steady_one_says_what_to_do(state: ScaleState) -> None:
    assert (Weighing(state=state).words is None) == (state is ScaleState.STEADY)
