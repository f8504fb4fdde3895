"""Contrast and sizes, from the tables alone."""

import re
from pathlib import Path

import pytest

import kiosk.screens
from kiosk.screens.panel import COUNTER, HANDHELD, UPRIGHT
from kiosk.screens.theme import KIOSK_TYPE, PAIRS, STAFF_TYPE, THEMES, TICKETS, Skin, contrast

ROOM = Path(kiosk.screens.__file__).parent


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast(theme, front: str, ground: str, least: float) -> None:  # type: ignore[no-untyped-def]
    assert contrast(theme.colours[front], theme.colours[ground]) >= least


def test_contrast_is_the_known_formula() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#005A43", "#FFFFFF") == pytest.approx(8.3, abs=0.05)
    assert contrast("#A4161A", "#FFFFFF") == pytest.approx(7.8, abs=0.05)


def test_every_theme_knows_every_colour() -> None:
    assert len({frozenset(theme.colours) for theme in THEMES.values()}) == 1
    for front, ground, _ in PAIRS:
        assert {front, ground} <= set(THEMES["standard"].colours)


@pytest.mark.requirement("PLT-07")
def test_every_sign_of_a_ticket_has_a_rim_that_stands_out() -> None:
    """Light colours do not stand out from white: their shape is drawn with a dark rim."""
    for theme in THEMES.values():
        assert contrast(theme.colours["ink"], theme.colours["paper"]) >= 7
        for colour in TICKETS.values():
            assert (
                max(contrast(colour, theme.colours["paper"]), contrast(theme.colours["ink"], theme.colours["paper"]))
                >= 3
            )


@pytest.mark.requirement("PLT-07")
def test_a_patient_reads_capitals_of_at_least_4_8_mm() -> None:
    for panel in (COUNTER, UPRIGHT):
        for theme in THEMES.values():
            smallest = Skin(theme, panel, "checkin").scales[-1]
            for kind, size in KIOSK_TYPE.items():
                if kind != "note":  # the line for staff at the foot
                    assert size * smallest * 0.711 >= 4.8, kind


def test_staff_read_capitals_of_at_least_2_mm_in_the_smallest_note() -> None:
    smallest = Skin(THEMES["standard"], HANDHELD, "vault").scales[-1]
    assert STAFF_TYPE["note"] * smallest * 0.711 >= 1.9
    assert STAFF_TYPE["body"] * smallest * 0.711 >= 2.5


def test_no_colour_is_named_outside_the_theme() -> None:
    for path in [*ROOM.glob("*.py"), *ROOM.glob("*.kv")]:
        if path.name not in ("theme.py", "gallery.py"):
            assert not re.findall(r"#[0-9A-Fa-f]{6}\b|rgba?:", path.read_text(encoding="utf-8")), path.name


def test_every_kind_of_step_has_its_module_and_its_kv() -> None:
    from kiosk.flows.steps import AnyStep  # noqa: PLC0415

    for kind in AnyStep.__args__:
        stem = str(kind.__struct_config__.tag).replace("-", "_")
        assert (ROOM / f"{stem}.py").exists(), stem
        assert (ROOM / f"{stem}.kv").exists(), stem


def test_the_pictures_are_those_that_are_drawn(tmp_path: Path) -> None:
    from PIL import Image, ImageChops  # noqa: PLC0415

    from kiosk.screens.drawn import FOLDER, draw_all  # noqa: PLC0415

    draw_all(tmp_path)
    drawn, kept = {p.name for p in tmp_path.iterdir()}, {p.name for p in FOLDER.iterdir()}
    assert drawn == kept
    for name in drawn:
        with Image.open(tmp_path / name) as new, Image.open(FOLDER / name) as old:
            assert ImageChops.difference(new.convert("LA"), old.convert("LA")).getbbox() is None, name
