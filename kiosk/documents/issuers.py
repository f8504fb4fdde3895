"""Who issues licences: the table beside this file, which can be replaced without a new release of the program."""

import tomllib
from functools import cache
from importlib.resources import files

from kiosk.model.base import Noun


class Issuer(Noun, frozen=True, kw_only=True):
    """``dl_length_excess``: by how many bytes this issuer's directory overstates the licence subfile, by version.

    ``stripe_letters``: how many letters begin a licence number (two digits each on a stripe).
    ``given_first``: version 01 names are ``FIRST MIDDLE LAST`` with blanks.
    """

    jurisdiction: str
    country: str
    dl_length_excess: dict[str, int] = {}
    stripe_letters: int = 0
    given_first: bool = False
    initial_in_given: bool = False
    """The middle initial stands behind the given name, and the middle name is missing."""
    padding_after: str = ""
    """A character that fills the code behind the data."""
    number: str = ""
    """The one shape of this issuer's licence numbers, a regular expression."""
    elements: tuple[str, ...] = ()
    """What every licence of this issuer holds: one that lacks an element was not read whole."""


SAMPLES = frozenset({"000000", "999999"})
"""Issuer numbers of specimens: never a real document."""


def issuer(iin: str) -> Issuer | None:
    """``iin``: six digits."""
    return _table().get(iin)


def countries() -> dict[str, str]:
    """Jurisdiction to country."""
    return {one.jurisdiction: one.country for one in _table().values()}


@cache
def _table() -> dict[str, Issuer]:
    data = tomllib.loads(files("kiosk.documents").joinpath("issuers.toml").read_text("utf-8"))
    peculiar = data["peculiar"]
    return {
        iin: Issuer(jurisdiction=jurisdiction, country=country, **peculiar.get(iin, {}))
        for country, numbers in data["numbers"].items()
        for iin, jurisdiction in numbers.items()
    }
