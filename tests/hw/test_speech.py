"""Speech through the headphone jack: the program's own sentences, in the language shown, and nothing of a patient."""

import shutil
import sys
from pathlib import Path

import msgspec
import pytest

from kiosk.flows.steps import Picture
from kiosk.hw.speech import EspeakSpeech, Mute, VirtualSpeech, find_speech
from kiosk.model.text import text
from kiosk.narrator import Narrator
from kiosk.screens.samples import samples
from kiosk.screens.words import Language

from .samples import until


def speaker(tmp_path: Path, body: str) -> EspeakSpeech:
    program = tmp_path / "espeak-ng"
    program.write_text(f"import os, sys, time, pathlib\nout = pathlib.Path({str(tmp_path)!r})\n{body}\n")
    return EspeakSpeech([sys.executable, str(program)])


async def test_the_words_go_in_by_standard_input_and_not_by_the_command_line(tmp_path: Path) -> None:
    copies = "(out / 'part').write_text(repr(sys.argv[1:]) + sys.stdin.read()); os.rename(out / 'part', out / 'heard')"
    speech = speaker(tmp_path, copies)
    speech.say("Escanee su tarjeta.", "es")
    await until((tmp_path / "heard").exists)
    await speech.close()
    assert (tmp_path / "heard").read_text() == "['-v', 'es', '-s', '150', '--stdin']Escanee su tarjeta."


async def test_new_words_end_the_old_ones(tmp_path: Path) -> None:
    def speakers() -> list[str]:
        return [path.name for path in tmp_path.iterdir() if path.name.isdigit()]

    speech = speaker(tmp_path, "(out / str(os.getpid())).touch(); time.sleep(60)")
    speech.say("Wait.", "en")
    await until(lambda: len(speakers()) == 1)
    (first,) = speakers()
    speech.say("Stop.", "en")
    await until(lambda: len(speakers()) == 2)
    await until(lambda: not Path(f"/proc/{first}").exists())
    await speech.close()
    assert not any(Path(f"/proc/{name}").exists() for name in speakers())


async def test_a_speaker_that_fails_or_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    for speech in (speaker(tmp_path, "sys.exit(3)"), EspeakSpeech([str(tmp_path / "nowhere")])):
        speech.say("Welcome.", "en")
        task = speech._speaking
        assert task is not None
        assert await task is None


def test_the_voice_of_the_machine_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert isinstance(find_speech(), Mute)
    program = tmp_path / "espeak-ng"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    found = find_speech("plughw:1,0")
    assert isinstance(found, EspeakSpeech)
    assert found._command == (str(program), "-d", "plughw:1,0")


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="needs espeak-ng, which this machine has not")
async def test_the_real_voice_speaks(tmp_path: Path) -> None:
    speech = find_speech()
    speech.say("Welcome.", "en")
    task = getattr(speech, "_speaking")  # noqa: B009
    await task


# --- the narrator -----------------------------------------------------------------------------------------------------


def told(*pictures: Picture) -> list[tuple[str, str]]:
    speech = VirtualSpeech()
    narrator = Narrator(speech, lambda words, language: Language(language).say(words))
    for picture in pictures:
        narrator.drawn(picture)
    return speech.said


def first(kind: str) -> Picture:
    return next(each.picture for each in samples() if each.picture.step.kind == kind and each.picture.banner is None)


@pytest.mark.requirement("PLT-07")
def test_a_step_is_said_once_and_its_remark_when_it_comes() -> None:
    picture = msgspec.structs.replace(first("documents"), remark=None)
    remarked = msgspec.structs.replace(picture, remark=text("That scan came too early. Scan again."))
    said = told(picture, picture, remarked, remarked, picture)
    assert said[0][0].startswith(str(picture.step.title))
    assert said[1:] == [("That scan came too early. Scan again.", "en")]


def test_another_language_says_it_again_in_that_language() -> None:
    picture = msgspec.structs.replace(first("documents"), remark=None)
    (_, english), (spanish, code) = told(picture, msgspec.structs.replace(picture, language="es"))
    assert (english, code) == ("en", "es")
    assert spanish.startswith(Language("es").say(picture.step.title))


@pytest.mark.requirement("PLT-07")
def test_nothing_is_said_while_a_patient_is_on_the_screen() -> None:
    with_patients = [each.picture for each in samples() if each.picture.banner is not None or each.picture.covered]
    assert with_patients
    assert told(*with_patients) == []
