"""One picture for every kind of step in every interesting condition. All people and products are invented."""

from kiosk.screens.samples.around import around
from kiosk.screens.samples.counter import basket, counter, registry_away
from kiosk.screens.samples.entrance import entrance, sign_in
from kiosk.screens.samples.labels import labels
from kiosk.screens.samples.made import Maker, Sample
from kiosk.screens.samples.vault import vault

__all__ = ["Sample", "samples"]


def samples(start: int = 0) -> tuple[Sample, ...]:
    """All samples, in the order of a visit; generations count on from ``start``."""
    make = Maker(start)
    return (
        *entrance(make),
        *sign_in(make),
        *counter(make),
        *registry_away(make),
        *basket(make),
        *labels(make),
        *vault(make),
        *around(make),
    )
