"""What stands around every step: the connection, the patient, who works here, what a device needs."""

import msgspec
import pytest

from kiosk.model.connection import Condition
from kiosk.model.orders import ReceiptState
from kiosk.model.text import text
from kiosk.screens.samples import samples
from kiosk.screens.samples.facts import CONNECTIONS, STAFF
from tests.gui.conftest import Bench

pytestmark = pytest.mark.gui
SAMPLES = {sample.name: sample.picture for sample in samples()}
SPOKEN = {
    Condition.ALL_WELL: "Everything connected",
    Condition.STATE_AWAY: "State system not reached",
    Condition.HUB_AWAY: "Working without the hub",
    Condition.BOTH_AWAY: "Hub and state not reached",
}


@pytest.mark.requirement("PLT-06")
@pytest.mark.parametrize("connection", CONNECTIONS, ids=lambda connection: connection.condition.value)
def test_every_picture_says_which_condition_holds_since_when_and_what_is_allowed(bench: Bench, connection) -> None:  # type: ignore[no-untyped-def]
    for sample in samples():
        bench.show(msgspec.structs.replace(sample.picture, connection=connection))
        words = bench.words()
        assert f"{SPOKEN[connection.condition]} since " in words, sample.name
        assert connection.allowed.sentence in words, sample.name
        assert bench.frame.condition == connection.condition.value


@pytest.mark.requirement("PLT-06")
def test_the_four_conditions_differ_in_shape_word_and_brightness(bench: Bench) -> None:
    from kiosk.screens.icons import FOLDER  # noqa: PLC0415 - Kivy may be imported only after the window is prepared

    assert set(SPOKEN) == set(Condition)
    pictures = {(FOLDER / f"{condition.value}-64.png").read_bytes() for condition in Condition}
    assert len(pictures) == 4


def test_since_yesterday_is_said_with_the_day(bench: Bench) -> None:
    bench.show(SAMPLES["notice-both_away"])
    assert "since 01-Mar-2026 14:42" in bench.words()
    assert "Kept here until it can be sent: 12." in bench.words()


def test_the_banner_names_the_patient_the_careful_way(bench: Bench) -> None:
    bench.show(SAMPLES["notes"])
    words = [part.text for part in bench.frame.words()]
    assert "QUILLFEATHER, Marisol Anne" in words
    assert "14-Aug-1980" in words
    assert "7Q4" in words
    assert STAFF in words
    assert "DSP-1.4" in words


def test_an_unknown_birth_date_is_said_to_be_unknown(bench: Bench) -> None:
    notes = SAMPLES["notes"]
    banner = msgspec.structs.replace(notes.banner, person=msgspec.structs.replace(notes.banner.person, born=None))
    bench.show(msgspec.structs.replace(notes, banner=banner))
    assert "Not known" in bench.words()


def test_a_remark_a_wait_and_a_device_have_their_places(bench: Bench) -> None:
    bench.show(
        msgspec.structs.replace(
            SAMPLES["notes"],
            remark=text("This is a package tag. Scan the ticket."),
            busy=text("Waiting for the hub …"),
            printer=text("The label printer has no paper. Put in a roll."),
        )
    )
    for words in ("This is a package tag. Scan the ticket.", "Waiting for the hub …", "Put in a roll."):
        assert words in bench.words()


def test_the_cover_is_one_touch_away_while_a_patient_is_open(bench: Bench) -> None:
    bench.show(SAMPLES["notes"])
    bench.window.touch("cover")
    assert [act.chosen for act in bench.acts] == ["cover"]
    bench.show(SAMPLES["queue-empty"])
    assert "cover" not in bench.touchable()


@pytest.mark.parametrize("state", ReceiptState)
def test_only_a_receipt_read_back_is_shown_as_done(bench: Bench, state: ReceiptState) -> None:
    bench.show(SAMPLES[f"handed-over-{state.value}"])
    done = bench.frame.screen.ids.state.mark == "go"
    assert done is (state is ReceiptState.CONFIRMED)
    assert bench.frame.screen.ids.hub.mark == "go"


def test_without_a_receipt_nothing_is_claimed_of_hub_and_state(bench: Bench) -> None:
    bench.show(SAMPLES["handed-over-recorded"])
    marks = [bench.frame.screen.ids[name].mark for name in ("here", "hub", "state")]
    assert marks == ["go", "clock", "clock"]


def test_an_unknown_laboratory_value_is_not_zero(bench: Bench) -> None:
    bench.show(SAMPLES["unit-unknown"])
    assert bench.words().count("Not known") == 2


def test_an_unknown_pool_has_no_bar_and_says_why(bench: Bench) -> None:
    bench.show(SAMPLES["basket-many"])
    bench.window.touch("tab:pools")
    assert "An earlier purchase has no net weight: product p2." in bench.words()


def test_the_stop_marks_what_differs_and_nothing_else(bench: Bench) -> None:
    bench.show(SAMPLES["stop-batch"])
    chips = [part for part in bench.frame.words() if type(part).__name__ == "Chip"]
    assert [chip.text for chip in chips if chip.bold] == ["0117", "0711"]
    assert [chip.text for chip in chips if not chip.bold] == ["HL24", "B", "HL24", "B"]


def test_the_languages_change_everything_that_is_ours(bench: Bench) -> None:
    bench.show(SAMPLES["documents-none"])
    assert "Español" in bench.words()
    bench.show(msgspec.structs.replace(SAMPLES["documents-none"], language="es"))
    assert "English" in bench.words()
    assert "Scan" not in bench.words()


@pytest.mark.parametrize("connection", CONNECTIONS[2:], ids=lambda connection: connection.condition.value)
def test_nobody_is_asked_for_documents_that_cannot_be_taken(bench: Bench, connection) -> None:  # type: ignore[no-untyped-def]
    closed = msgspec.structs.replace(connection, allowed=text("Check-in is closed for the moment. Go to the counter."))
    bench.show(msgspec.structs.replace(SAMPLES["documents-none"], connection=closed))
    assert "Scan your card" not in bench.words()
    assert bench.frame.screen.title == "Check-in is closed for the moment. Go to the counter."
    assert "person" in bench.touchable()
