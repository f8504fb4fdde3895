"""A touch goes through Kivy's own input, means one thing, once, and only for the picture it was made on."""

import subprocess

import msgspec
import pytest

from kiosk.flows.steps import Act, Picture
from kiosk.screens.panel import COUNTER, UPRIGHT
from kiosk.screens.samples import samples
from kiosk.screens.window import NotTouched
from tests.gui.conftest import Bench

pytestmark = pytest.mark.gui
SAMPLES = {sample.name: sample.picture for sample in samples()}


def later(picture: Picture, by: int = 1, **changes: object) -> Picture:
    return msgspec.structs.replace(picture, generation=picture.generation + by, **changes)


def test_a_choice_becomes_an_act_of_the_drawn_generation(bench: Bench) -> None:
    face = SAMPLES["face"]
    bench.show(face)
    bench.window.touch("matches")
    assert bench.acts == [Act(generation=face.generation, chosen="matches")]


def test_back_is_no_choice(bench: Bench) -> None:
    face = SAMPLES["face"]
    bench.show(face)
    bench.window.touch("back")
    assert bench.acts == [Act(generation=face.generation, back=True)]


def test_a_row_of_a_list_and_one_on_another_page(bench: Bench) -> None:
    many = SAMPLES["queue-many"]
    bench.show(many)
    assert "visit:v18" not in bench.touchable()
    bench.window.touch("visit:v0")
    bench.clock.advance(1)
    with pytest.raises(NotTouched):  # turning the page moved the rows: the new page is deaf for a moment
        bench.window.touch("visit:v18")
    bench.clock.advance(1)
    bench.window.touch("visit:v18")
    assert [act.chosen for act in bench.acts] == ["visit:v0", "visit:v18"]


def test_pages_are_turned_by_touch(bench: Bench) -> None:
    bench.show(SAMPLES["queue-many"])
    first = bench.touchable()
    assert not bench.frame.target("queue:before").enabled
    bench.window.touch("queue:after")
    assert bench.touchable() != first
    assert bench.acts == []
    bench.clock.advance(1)
    bench.window.touch("queue:before")
    assert bench.touchable() == first


def test_at_most_eight_rows_a_page(bench: Bench) -> None:
    for panel in (COUNTER, UPRIGHT):
        bench.window.use_panel(panel)
        bench.show(SAMPLES["queue-many"])
        assert 3 < len([key for key in bench.touchable() if key.startswith("visit:")]) <= 8


def test_what_is_not_there_cannot_be_touched(bench: Bench) -> None:
    bench.show(SAMPLES["face"])
    with pytest.raises(NotTouched):
        bench.window.touch("confirm")
    assert bench.acts == []


def test_somebody_served_elsewhere_cannot_be_called(bench: Bench) -> None:
    bench.show(SAMPLES["queue"])
    with pytest.raises(NotTouched):
        bench.window.touch("visit:v3")


def test_a_new_picture_is_deaf_for_a_quarter_second(bench: Bench) -> None:
    """The second half of a double tap must not land on the next screen's button."""
    bench.window.show(SAMPLES["face"])
    bench.window.step()
    bench.clock.advance(0.240)
    with pytest.raises(NotTouched):
        bench.window.touch("matches")
    bench.clock.advance(0.015)
    bench.window.touch("matches")
    assert len(bench.acts) == 1


def test_a_remark_that_moves_nothing_does_not_make_deaf(bench: Bench) -> None:
    queue = SAMPLES["queue-empty"]
    bench.show(queue)
    bench.window.show(queue)
    bench.window.step()
    bench.window.touch("sign_out")
    assert len(bench.acts) == 1


def test_targets_that_moved_make_deaf_also_within_one_step(bench: Bench) -> None:
    """A live list that grows under the finger."""
    short = SAMPLES["queue"]
    bench.show(short)
    grown = msgspec.structs.replace(short, live=SAMPLES["queue-many"].live)
    bench.window.show(grown)
    bench.window.step()
    with pytest.raises(NotTouched):
        bench.window.touch("visit:v0")


def test_the_same_target_twice_within_300_ms_is_one_wish(bench: Bench) -> None:
    bench.show(SAMPLES["basket"])
    bench.window.touch("add:p1")
    bench.clock.advance(0.290)
    with pytest.raises(NotTouched):
        bench.window.touch("add:p1")
    bench.clock.advance(0.015)
    bench.window.touch("add:p1")
    assert len(bench.acts) == 2


def test_sliding_off_cancels(bench: Bench) -> None:
    from kiosk.screens.finger import touch_at  # noqa: PLC0415 - Kivy may be imported only after the window is prepared

    bench.show(SAMPLES["face"])
    target = bench.frame.target("matches")
    touch_at(*target.center, let_go_at=(5, 5))
    assert bench.acts == []
    assert not target.held
    touch_at(*target.center)
    assert len(bench.acts) == 1


def test_busy_listens_to_nothing(bench: Bench) -> None:
    bench.show(SAMPLES["busy"])
    with pytest.raises(NotTouched):
        bench.window.touch("again")


def test_a_pin_is_typed_with_large_keys_and_leaves_only_with_the_tick(bench: Bench) -> None:
    pin = SAMPLES["pin"]
    bench.show(pin)
    for digit in "41177":
        bench.window.touch(f"digit:{digit}")
        bench.clock.advance(0.15)  # people type the same digit faster than other controls may be touched again
    bench.window.touch("digit:erase")
    bench.clock.advance(0.4)
    assert bench.acts == []
    assert "4" not in [words.text for words in bench.frame.screen.ids.dots.children if hasattr(words, "text")]
    bench.window.touch("digit:done")
    assert bench.acts == [Act(generation=pin.generation, typed="4117")]
    assert bench.frame.screen._digits == ""


def test_a_pin_half_typed_is_gone_with_the_next_picture(bench: Bench) -> None:
    pin = SAMPLES["pin"]
    bench.show(pin)
    bench.window.touch("digit:1")
    bench.follow(later(pin))
    with pytest.raises(NotTouched):
        bench.window.touch("digit:done")


def test_an_older_picture_is_not_drawn(bench: Bench) -> None:
    face, notes = SAMPLES["face"], SAMPLES["notes"]
    bench.show(notes)
    bench.follow(face)
    assert face.generation < notes.generation
    assert bench.frame.picture is notes


def test_the_refusal_gives_way_to_the_products(bench: Bench) -> None:
    bench.show(SAMPLES["basket-refused"])
    assert "1.0 oz used" in bench.words().replace("\u00a0", " ")
    assert "add:p1" not in bench.touchable()
    bench.window.touch("refusal:close")
    assert "add:p1" in bench.touchable()
    assert bench.acts == []


def test_upright_the_order_is_a_tab_and_a_line_is_found_there(bench: Bench) -> None:
    bench.window.use_panel(UPRIGHT)
    bench.show(SAMPLES["basket"])
    assert "less:p1" not in bench.touchable()
    bench.window.touch("tab:ordered")
    bench.clock.advance(1)
    bench.window.touch("less:p1")
    assert [act.chosen for act in bench.acts] == ["less:p1"]


def test_a_kiosk_offers_language_letters_and_a_person(bench: Bench) -> None:
    first = SAMPLES["documents-none"]
    bench.show(first)
    assert bench.touchable() == ["language:es", "look:next", "person"]
    bench.window.touch("look:next")
    bench.clock.advance(1)
    assert bench.frame.theme == "large"
    bench.window.touch("language:es")
    bench.window.touch("person")
    assert [act.chosen for act in bench.acts] == ["language:es", "person"]


def test_the_next_patient_starts_with_the_usual_letters(bench: Bench) -> None:
    first, card, ticket = SAMPLES["documents-none"], SAMPLES["documents-card"], SAMPLES["ticketed-star"]
    bench.show(first)
    bench.window.touch("look:next")
    bench.follow(card)
    bench.follow(ticket)
    assert bench.frame.theme == "large"
    bench.follow(later(first, 1000))
    assert bench.frame.theme == "standard"


def test_a_real_click_of_the_display_server_is_one_touch(bench: Bench, display: str) -> None:
    """SDL tells of one finger in several ways; configured wrongly, every touch would count twice."""
    bench.show(SAMPLES["face"])
    target = bench.frame.target("matches")
    left, top = bench.window._window.left, bench.window._window.top
    x, y = round(left + target.center_x), round(top + bench.frame.panel.height - target.center_y)
    subprocess.run(["xdotool", "mousemove", str(x), str(y), "click", "1"], check=True, timeout=20)
    for _ in range(200):
        bench.window.step()
        if bench.acts:
            break
    for _ in range(20):
        bench.window.step()
    assert [act.chosen for act in bench.acts] == ["matches"]
