"""The signal lamp: the same three signs by rhythm, never a flicker that hurts."""

import asyncio
from pathlib import Path

import pytest

from kiosk.hw.light import KernelLamp, Light, Signs, VirtualLamp
from kiosk.hw.sound import RHYTHMS, VirtualSound

from .near import quickly


def flashes(*signs: str) -> list[tuple[float, float]]:
    """Length of each flash and of the dark after it, with each sign played to its end."""
    lamp = VirtualLamp()

    async def play() -> None:
        light = Light(lamp)
        for sign in signs:
            light.play(sign)
            await asyncio.sleep(5)
        await light.close()

    quickly(play)
    assert not lamp.on
    ends = [*(start for start, _ in lamp.flashes[1:]), float("inf")]
    return [(end - start, following - end) for (start, end), following in zip(lamp.flashes, ends, strict=True)]


@pytest.mark.requirement("PLT-07")
def test_the_signs_differ_in_number_and_length_of_flashes() -> None:
    shown = {sign: flashes(sign) for sign in RHYTHMS}
    assert {sign: len(each) for sign, each in shown.items()} == {"match": 1, "look": 2, "stop": 3}
    assert min(length for length, _ in shown["stop"]) > 2 * max(length for length, _ in shown["look"])


@pytest.mark.requirement("PLT-07")
def test_no_second_has_more_than_three_flashes() -> None:
    for sign in RHYTHMS:
        periods = [length + dark for length, dark in flashes(sign)]
        assert all(sum(periods[n : n + 3]) > 1 for n in range(len(periods) - 3 + 1)), sign


def test_a_new_sign_ends_the_one_that_still_flashes_and_the_lamp_goes_out() -> None:
    lamp = VirtualLamp()

    async def play() -> None:
        light = Light(lamp)
        light.play("stop")
        await asyncio.sleep(0.1)
        assert lamp.on
        light.play("match")
        await asyncio.sleep(5)
        assert len(lamp.flashes) == 2
        light.play("stop")
        await asyncio.sleep(0.1)
        await light.close()
        assert not lamp.on

    quickly(play)


def test_a_lamp_that_is_gone_is_no_trouble() -> None:
    lamp = VirtualLamp()
    lamp.broken = True

    async def play() -> None:
        light = Light(lamp)
        light.play("stop")
        await asyncio.sleep(5)
        await light.close()

    quickly(play)
    assert lamp.flashes == []


async def test_the_kernels_lamp_is_lit_fully_and_put_out(tmp_path: Path) -> None:
    (tmp_path / "max_brightness").write_text("255\n")
    brightness = tmp_path / "brightness"
    brightness.write_text("0")
    lamp = KernelLamp(tmp_path)
    lamp.shine(True)
    assert brightness.read_text() == "255"
    lamp.shine(False)
    assert brightness.read_text() == "0"


async def test_every_way_gives_the_sign() -> None:
    sounds = VirtualSound(), VirtualSound()
    signs = Signs(*sounds)
    signs.play("look")
    await signs.close()
    assert [sound.played for sound in sounds] == [["look"], ["look"]]
