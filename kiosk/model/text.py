"""Words for people: an English sentence with named places, translated where it is shown."""

from kiosk.model.base import Noun


class Text(Noun, frozen=True, kw_only=True):
    """``sentence`` is the key of the message catalogues; ``args`` fill its ``{named}`` places: strings as they are,
    words of our own (``text("a ticket")``) in the language of the sentence."""

    sentence: str
    args: dict[str, "str | Text"] = {}

    def __str__(self) -> str:
        return self.sentence.format_map(self.args)


def text(sentence: str, /, **args: object) -> Text:
    """``text("Take {n} units to the counter.", n=2)``."""
    return Text(
        sentence=sentence,
        args={name: value if isinstance(value, Text) else str(value) for name, value in args.items()},
    )
