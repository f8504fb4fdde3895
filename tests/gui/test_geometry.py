"""Every sample, both ways up, in every look and language: large enough, apart, whole, inside."""

import pytest

from kiosk.screens.gallery import VARIANTS, WAYS, panel_for, pictures
from tests.gui.conftest import Bench
from tests.gui.geometry import faults

pytestmark = pytest.mark.gui


@pytest.mark.requirement("PLT-07")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("variant", "language", "theme"), VARIANTS)
def test_every_screen_can_be_read_and_touched(bench: Bench, way: str, variant: str, language: str, theme: str) -> None:
    wrong: list[str] = []
    for sample in pictures(language):
        bench.window.use_panel(panel_for(sample.picture.role, theme, upright=WAYS[way]))
        bench.frame.show(sample.picture)
        assert bench.frame.picture.step.kind == sample.kind
        wrong += [f"{sample.name}: {fault}" for fault in faults(bench.frame)]
    assert not wrong, "\n".join(wrong)


def test_the_check_itself_sees_what_is_wrong(bench: Bench) -> None:
    """A target that is made too small, and words that are pushed out, are found."""
    sample = next(pictures("en"))
    bench.frame.show(sample.picture)
    assert faults(bench.frame) == []
    target = bench.frame.target("person")
    words = bench.frame.words()[0]
    target.size = (20, 20)
    words.pos = (-50, words.y)
    found = "\n".join(faults(bench.frame))
    assert "person is 3.4 × 3.4 mm" in found
    assert "outside the window" in found
