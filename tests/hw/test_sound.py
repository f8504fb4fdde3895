"""Three signs that an ear tells apart by rhythm, and players that may be missing or broken."""

import array
import io
import itertools
import math
import random
import sys
import wave
from collections.abc import Callable
from pathlib import Path

import pytest

from kiosk.hw.sound import RATE, RHYTHMS, PlayerSound, Silence, Sound, VirtualSound, make_ear, wave_of

from .samples import until


def notes_in(data: bytes) -> list[tuple[float, float]]:
    """The notes of a WAV file as (length in seconds, hertz), found in its samples alone."""
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        samples = array.array("h", file.readframes(file.getnframes()))
    window = RATE // 100
    loud = [max(map(abs, samples[n : n + window])) > 1000 for n in range(0, len(samples), window)]
    notes, start = [], None
    for n, on in enumerate([*loud, False]):
        if on and start is None:
            start = n
        elif not on and start is not None:
            piece = samples[start * window : n * window]
            rising = sum(a <= 0 < b for a, b in itertools.pairwise(piece))
            notes.append(((n - start) / 100, rising / ((n - start) / 100)))
            start = None
    return notes


@pytest.mark.requirement("PLT-07")
def test_the_signs_differ_in_number_length_and_pitch_of_notes() -> None:
    rhythms = {sign: notes_in(wave_of(sign)) for sign in RHYTHMS}
    assert {sign: len(notes) for sign, notes in rhythms.items()} == {"match": 1, "look": 2, "stop": 3}
    assert max(length for length, _ in rhythms["match"] + rhythms["look"]) < 0.2
    assert min(length for length, _ in rhythms["stop"]) > 0.25
    assert rhythms["match"][0][1] > rhythms["look"][0][1] > rhythms["stop"][0][1]


def band(samples: "array.array[int]", low: float, high: float) -> float:
    """How much of the sound lies between two pitches, found by sums (Goertzel) every 20 Hz."""
    total = 0.0
    for hertz in range(int(low), int(high), 20):
        turn = 2 * math.cos(2 * math.pi * hertz / RATE)
        one = two = 0.0
        for sample in samples:
            one, two = sample + turn * one - two, one
        total += one * one + two * two - turn * one * two
    return total


@pytest.mark.requirement("PLT-07")
def test_each_sign_is_told_by_its_rhythm_through_noise_as_loud_as_itself() -> None:
    """A room's noise over the samples: the number of notes is still there for an ear that hears loudness alone."""
    chance = random.Random(7)
    for sign, notes in RHYTHMS.items():
        with wave.open(io.BytesIO(wave_of(sign))) as file:
            clean = array.array("h", file.readframes(file.getnframes()))
        loud = math.sqrt(sum(value * value for value in clean) / len(clean))
        noisy = [value + chance.gauss(0, loud) for value in clean]
        window = RATE // 50
        power = [math.sqrt(sum(v * v for v in noisy[n : n + window]) / window) for n in range(0, len(noisy), window)]
        half = (max(power) + min(power)) / 2 if len(notes) > 1 else loud
        on = [level > half for level in power]
        assert sum(now and not before for before, now in itertools.pairwise([False, *on])) == len(notes), sign


@pytest.mark.requirement("PLT-07")
def test_no_sign_rests_on_one_pitch_alone() -> None:
    """Old ears lose the high notes, small loudspeakers the low ones: each note has its harmonics."""
    for sign, notes in RHYTHMS.items():
        with wave.open(io.BytesIO(wave_of(sign))) as file:
            samples = array.array("h", file.readframes(file.getnframes()))[: RATE // 20]
        whole = band(samples, 100, 4000)
        for harmonic in (1, 2, 3):
            pitch = notes[0].hertz * harmonic
            assert band(samples, pitch - 30, pitch + 30) > whole / 50, (sign, harmonic)


@pytest.mark.parametrize("sign", RHYTHMS)
def test_no_sample_is_clipped_and_no_note_begins_with_a_click(sign: str) -> None:
    with wave.open(io.BytesIO(wave_of(sign))) as file:
        samples = array.array("h", file.readframes(file.getnframes()))
    assert 10_000 < max(map(abs, samples)) < 32_767
    assert abs(samples[0]) < 200
    assert abs(samples[-1]) < 2000


def player(tmp_path: Path, body: str) -> PlayerSound:
    program = tmp_path / "player.py"
    program.write_text(f"import os, sys, time, pathlib\nout = pathlib.Path({str(tmp_path)!r})\n{body}\n")
    return PlayerSound([sys.executable, str(program)])


async def test_the_player_gets_the_whole_file_by_name(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    copies = "(out / 'part').write_bytes(open(sys.argv[1], 'rb').read()); os.rename(out / 'part', out / 'heard')"
    sound = player(tmp_path, copies)
    sound.play("look")
    await until(heard.exists)
    await sound.close()
    assert heard.read_bytes() == wave_of("look")


@pytest.mark.requirement("PLT-07")
async def test_a_new_sign_ends_the_one_that_still_sounds(tmp_path: Path) -> None:
    def players() -> list[str]:
        return [path.name for path in tmp_path.iterdir() if path.name.isdigit()]

    sound = player(tmp_path, "(out / str(os.getpid())).touch(); time.sleep(60)")
    sound.play("match")
    await until(lambda: len(players()) == 1)
    (first,) = players()
    sound.play("stop")
    await until(lambda: len(players()) == 2)
    await until(lambda: not Path(f"/proc/{first}").exists())
    await sound.close()
    assert not any(Path(f"/proc/{name}").exists() for name in players())


async def test_a_player_that_fails_or_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    for sound in (player(tmp_path, "sys.exit(3)"), PlayerSound([str(tmp_path / "nowhere")])):
        sound.play("match")
        task = sound._playing
        assert task is not None
        assert await task is None


@pytest.mark.parametrize("tool", ["aplay", "pw-play"])
def test_the_player_of_the_machine_is_found(tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert isinstance(make_ear(on=True), Silence)
    (tmp_path / tool).write_text("#!/bin/sh\n")
    (tmp_path / tool).chmod(0o755)
    assert isinstance(make_ear(on=True), PlayerSound)
    assert isinstance(make_ear(on=False), Silence)


@pytest.mark.parametrize(
    "kind", [Silence, VirtualSound, lambda: PlayerSound(["true"])], ids=["silent", "sim", "player"]
)
async def test_contract_every_sound_plays_every_sign_and_returns_at_once(kind: Callable[[], Sound]) -> None:
    sound = kind()
    for sign in RHYTHMS:
        sound.play(sign)
    await sound.close()
    if isinstance(sound, VirtualSound):
        assert sound.played == ["match", "look", "stop"]
