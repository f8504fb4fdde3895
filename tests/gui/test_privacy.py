"""Who may be seen where: nobody at the entrance, no patient in the vault, nothing under the cover."""

import gc

import msgspec
import pytest

from kiosk.flows.steps import AnyStep, Picture
from kiosk.model.text import text
from kiosk.screens.gallery import VARIANTS, WAYS, panel_for, pictures
from kiosk.screens.samples import samples
from kiosk.screens.samples.facts import BANNER, LONG_BANNER, PATIENT, STAFF
from tests.gui.conftest import Bench

pytestmark = pytest.mark.gui

PLANTED = ("Quillfeather", "Marisol", "1980", "14-Aug", "7Q4", "Featherstonehaugh", "Maximiliano", "1957", "Brandywine")
"""Names, birth dates and card endings of the invented people in the samples."""


def seen(bench: Bench) -> list[str]:
    drawn = bench.words().casefold()
    return [name for name in PLANTED if name.casefold() in drawn]


@pytest.mark.requirement("PAT-01")
@pytest.mark.parametrize(("variant", "language", "theme"), VARIANTS)
def test_no_person_is_drawn_at_the_entrance_in_any_picture(
    bench: Bench, variant: str, language: str, theme: str
) -> None:
    """Also when the picture around the step holds a person by mistake."""
    drawn = 0
    for way, upright in WAYS.items():
        for sample in pictures(language):
            if sample.picture.role != "checkin":
                continue
            bench.window.use_panel(panel_for("checkin", theme, upright=upright))
            bench.frame.show(msgspec.structs.replace(sample.picture, banner=LONG_BANNER, staff=PATIENT.family))
            assert seen(bench) == [], (sample.name, way)
            drawn += 1
    assert drawn >= 20


@pytest.mark.requirement("PAT-01")
def test_a_step_of_the_staff_is_never_drawn_at_the_entrance(bench: Bench) -> None:
    for generation, sample in enumerate(samples()):
        if sample.picture.role == "checkin" or sample.kind == "notice":
            continue
        bench.show(msgspec.structs.replace(sample.picture, role="checkin", generation=generation))
        assert bench.frame.picture.step.kind == "notice", sample.name
        assert seen(bench) == []


@pytest.mark.requirement("PRV-03")
def test_queue_and_vault_carry_no_patient(bench: Bench) -> None:
    for sample in samples():
        if sample.picture.role != "vault" and sample.kind != "queue":
            continue
        picture = sample.picture
        if picture.role == "vault":
            picture = msgspec.structs.replace(picture, banner=BANNER)
        bench.show(picture)
        assert seen(bench) == [], sample.name


@pytest.mark.requirement("PRV-03")
def test_the_cover_hides_everything_but_the_way_back(bench: Bench) -> None:
    for sample in samples():
        if sample.picture.role == "checkin":
            continue
        bench.show(msgspec.structs.replace(sample.picture, covered=True, remark=None, printer=None))
        assert seen(bench) == [], sample.name
        assert bench.touchable() == [], sample.name
        assert "Scan your badge to go on." in bench.words()
        assert STAFF in bench.words() or sample.picture.staff == ""


def test_uncovering_shows_the_same_step_again(bench: Bench) -> None:
    face = next(sample.picture for sample in samples() if sample.name == "face")
    bench.show(msgspec.structs.replace(face, covered=True))
    assert seen(bench) == []
    bench.show(face)
    assert "Quillfeather" in seen(bench)


def test_a_stop_is_seen_across_the_room_without_a_name(bench: Bench) -> None:
    for sample in samples():
        if sample.kind == "stop":
            bench.show(msgspec.structs.replace(sample.picture, role="counter", banner=BANNER))
            assert seen(bench) == [], sample.name


def test_nothing_of_the_person_stays_when_the_screen_is_left(bench: Bench) -> None:
    from kiosk.screens.parts import Words  # noqa: PLC0415 - Kivy may be imported only after the window is prepared

    shown = {sample.name: sample.picture for sample in samples()}
    for name in ("face", "face-caregiver", "notes", "basket"):
        bench.show(shown[name])
    bench.show(shown["queue-empty"])
    left = [part.text for part in gc.get_objects() if issubclass(type(part), Words) and part.text]
    names = [name for name in PLANTED if any(name.casefold() in words.casefold() for words in left)]
    assert names == []


def test_a_screen_that_fails_leaves_a_way_on_and_no_name_in_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    face = next(sample.picture for sample in samples() if sample.name == "face")
    broken: AnyStep = msgspec.structs.replace(face.step, person=None)
    bench.show(Picture(**{**_fields(face), "step": broken}))
    assert "This step cannot be shown" in bench.words()
    assert "matches" in bench.touchable()
    assert not [name for name in PLANTED if name in caplog.text]
    bench.show(msgspec.structs.replace(face, remark=text("This is a ticket. Scan a badge."), generation=10_000))
    assert "Quillfeather" in seen(bench)


def _fields(picture: Picture) -> dict[str, object]:
    return {name: getattr(picture, name) for name in picture.__struct_fields__}
