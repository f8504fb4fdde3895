"""Which products a part of a label concerns."""

from kiosk.rules.kinds import kind_of, plain_word, vocabulary
from kiosk.rules.labels.facts import Facts
from kiosk.rules.labels.template import ANY, Part
from kiosk.rules.limits import What
from kiosk.rules.measuring import fits


class Goods:
    """The product of one label: ``kind`` ``""`` and ``route`` ``""`` are not known."""

    def __init__(self, facts: Facts) -> None:
        self.form = str(facts.get("product.form") or "")
        category = str(facts.get("product.category") or "")
        self.kind = kind_of(category, self.form)
        told = str(facts.get("directions.route") or facts.get("product.route") or "")
        words = vocabulary()
        self.route = words.routes.get(plain_word(told)) or words.route_of_kind.get(self.kind, "")

    def concerns(self, part: Part) -> bool | None:
        """Whether the part is about this product; None: nobody can tell, because its kind or route is not known."""
        meant, spared = self.fits(part.what), False if part.but is None else self.fits(part.but)
        if meant is False or spared is True:
            return False
        return None if meant is None or spared is None else True

    def fits(self, what: What) -> bool | None:
        if what == ANY:
            return True
        if (what.kinds and not self.kind) or (what.routes and not self.route):
            return None
        return fits(what, kind=self.kind, route=self.route, form=self.form)
