"""The bytes of printers, without a printer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.hw.printer.commands import Tokenizer
from kiosk.hw.printer.paper import Settings, image_of, pieces_of, text_of
from kiosk.hw.printer.port import PAPER_80, Condition, Paper, PrinterState
from kiosk.hw.printer.status import Answer, Answers, kind_of, mark_of, state_of

from .printers import job


def test_every_answer_a_printer_gives_is_told_apart() -> None:
    assert {kind_of(byte) for byte in (0x12, 0x16, 0x1A, 0x1E, 0x32, 0x72, 0x7E)} == {"status"}
    assert {kind_of(byte) for byte in (0x00, 0x03, 0x0C, 0x0F)} == {"barrier"}
    assert Answers().feed(b"\x11\x12\x13") == [Answer("status", b"\x12")], "flow control is no answer"
    assert {kind_of(byte) for byte in (0xFF, 0x80, 0x10, 0x01, 0x41, 0x92)} == {"nonsense"}


def test_every_combination_of_faults_has_one_thing_to_do_and_only_a_sound_printer_prints() -> None:
    for printer in (0x12, 0x1A):
        for cause in range(0x12, 0x80, 4):
            for error in (0x12, 0x1A, 0x32, 0x52):
                for paper in (0x12, 0x1E, 0x72, 0x7E):
                    state = state_of(printer, cause | 0x12, error, paper)
                    sound = printer == 0x12 and not (cause | 0x12) & 0x64 and error == 0x12 and not paper & 0x60
                    assert state.prints == sound
                    assert (state.words is None) == (state.condition is Condition.READY)


ANSWERS = st.sampled_from(
    [
        *(Answer("status", bytes([byte])) for byte in (0x12, 0x16, 0x1A, 0x32, 0x7E)),
        *(Answer("barrier", bytes([byte])) for byte in (0x00, 0x03, 0x0C)),
        Answer("proof", b"a1~!"),
        Answer("cleared", b"%"),
        Answer("word", b"TM-T20II"),
    ]
)
_SPELLED = {"proof": b'7"%s\x00', "cleared": b"7%s\x00", "word": b"_%s\x00"}


@given(st.lists(ANSWERS, max_size=12), st.lists(st.integers(1, 7), max_size=30), st.booleans())
def test_answers_come_apart_the_same_in_any_pieces(said: list[Answer], cuts: list[int], flow: bool) -> None:
    data = b"".join(_SPELLED.get(each.kind, b"%s") % each.data for each in said)
    data = b"\x13".join(bytes([byte]) for byte in data) if flow else data
    answers, heard = Answers(), []
    for size in [*cuts, len(data)]:
        heard += answers.feed(data[:size])
        data = data[size:]
    assert heard == said


def test_an_answer_that_breaks_off_swallows_nothing_for_ever() -> None:
    assert Answers().feed(b'7"ab\x12\x12') == [Answer("nonsense", b'"ab'), Answer("status", b"\x12")]
    assert Answers().feed(b"_" + b"x" * 200)[0].kind == "nonsense"


def test_marks_are_visible_and_belong_to_their_job() -> None:
    marks = {mark_of(f"flow-{n}") for n in range(500)}
    assert len(marks) == 500
    assert all(0x20 < byte < 0x7F for mark in marks for byte in mark)


@pytest.mark.parametrize("condition", Condition)
def test_every_condition_has_words_and_prints_only_where_it_may(condition: Condition) -> None:
    state = PrinterState(condition=condition)
    assert state.prints == (condition in (Condition.READY, Condition.NEAR_END))
    assert (state.words is None) == (condition is Condition.READY)


def test_a_job_shows_nothing_of_the_patient_when_it_is_written_out() -> None:
    assert repr(job()) == "<Job>"


@given(st.lists(st.integers(1, 200), max_size=20))
def test_commands_come_apart_the_same_in_any_pieces(cuts: list[int]) -> None:
    data = job().data
    whole = b"".join(token.raw for token in Tokenizer().feed(data))
    tokenizer, tokens, at = Tokenizer(), [], 0
    for size in [*cuts, len(data)]:
        tokens += tokenizer.feed(data[at : at + size])
        at += size
    assert whole == data == b"".join(token.raw for token in tokens)


@settings(deadline=None, max_examples=200)
@given(
    st.lists(
        st.binary(max_size=12)
        | st.sampled_from([b"\x1dk\x49", b"\x1d(k\x05\x001P0", b"\x1d(k\x03\x001Q0", b"\x1dv0\x00", b"\x1b!", b"\x1bt"])
    )
)
def test_no_bytes_bring_the_simulated_paper_down(parts: list[bytes]) -> None:
    data = b"".join(parts)
    tokens = Tokenizer().feed(data)
    text_of(tokens, Settings(), PAPER_80)
    image_of(tokens, Settings(), Paper(width_dots=64))
    for piece in pieces_of(data):
        assert isinstance(piece.codes, list)
