"""Says what the screen shows, through the headphone jack: each new step and each remark, in the language shown.

It says the program's own sentences and nothing that belongs to a patient: a picture with the patient's banner, or one
that is covered, is passed over in silence.
"""

from collections.abc import Callable

from kiosk.flows.steps import Picture
from kiosk.hw.speech import Speech
from kiosk.model.text import Text

Say = Callable[[Text, str], str]
"""A sentence in a language."""


class Narrator:
    """Hears every picture on its way to the window."""

    def __init__(self, speech: Speech, words: Say) -> None:
        self._speech, self._words = speech, words
        self._last: tuple[int, Text | None, str] = (0, None, "")

    def drawn(self, picture: Picture) -> None:
        """Speaks when the step, its remark or the language is another one than before."""
        before, self._last = self._last, (picture.generation, picture.remark, picture.language)
        if picture.banner is not None or picture.covered or before == self._last:
            return
        new_step = (before[0], before[2]) != (picture.generation, picture.language)
        said = (picture.step.title, picture.step.hint) if new_step else (picture.remark,)
        sentences = [self._words(each, picture.language) for each in said if each is not None]
        if sentences:
            self._speech.say(" ".join(_ended(sentence) for sentence in sentences), picture.language)


def _ended(sentence: str) -> str:
    """With its full stop: a voice rests there."""
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."
