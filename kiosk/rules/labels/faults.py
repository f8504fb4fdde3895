"""What a template's structs cannot see: where it contradicts itself."""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal

from kiosk.model.labels import Stroke
from kiosk.rules.kinds import vocabulary as products
from kiosk.rules.labels.template import FieldRule, Part, Statement, StoreLabel, SymbolRule, Template
from kiosk.rules.labels.vocabulary import kind_of_fact
from kiosk.rules.labels.vocabulary import vocabulary as facts
from kiosk.rules.limits import What

LARGEST_MM = 60


def fault_of(template: Template) -> str:
    """The first thing in it that cannot be, with its place, or ``""``."""
    return next(_faults(template), "")


def parts_faults(label: Template | StoreLabel) -> Iterator[str]:
    """What is wrong with the fields, statements and symbols of a state's or a store's label."""
    for field in label.fields:
        yield from _field(field)
    for statement in label.statements:
        yield from _statement(statement)
    for symbol in label.symbols:
        yield from _symbol(symbol)
    yield from _codes("statements", label.statements)
    yield from _codes("symbols", label.symbols)


def _faults(template: Template) -> Iterator[str]:
    yield from parts_faults(template)
    if template.letters is not None and not _millimetres(template.letters.min_mm):
        yield "letters are over 0 and at most 60 mm high"
    for each in template.dates:
        for key in (each.key, each.at_latest):
            if kind_of_fact(key) != "date":
                yield f"no date is called {key}"
    yield from _what("the template", template.covers)
    yield from _examples(template)


def _field(field: FieldRule) -> Iterator[str]:
    where = f"field {field.key}"
    for key in filter(None, (field.key, field.or_key)):
        if kind_of_fact(key) is None:
            yield f"no fact is called {key}"
        elif kind_of_fact(key) in ("flag", "keys"):
            yield f"{where}: {key} is nothing that could be printed"
    known = facts().facts.get(field.key)
    if field.units and (known is None or known.unit != "g" or set(field.units) - {"g", "oz"}):
        yield f"{where} can only be told in g and oz where it is a weight in g"
    yield from _part(where, field)


def _statement(statement: Statement) -> Iterator[str]:
    where = f"statement {statement.code}"
    if not statement.words and not (statement.prescribed and statement.sense):
        yield f"{where} has no words, and is not one whose words are prescribed and told by its sense"
    if statement.requires and kind_of_fact(statement.requires) != "flag":
        yield f"{where}: no yes-or-no fact is called {statement.requires}"
    yield from _part(where, statement)


def _symbol(symbol: SymbolRule) -> Iterator[str]:
    where = f"symbol {symbol.code}"
    sizes = [size for size in (symbol.width_mm, symbol.height_mm) if size is not None]
    if len(sizes) == 1 or not all(map(_millimetres, sizes)):
        yield f"{where}: width and height are both told, over 0 and at most 60 mm"
    if any(not 0 <= share <= 1 for stroke in symbol.drawing for share in _shares(stroke)):
        yield f"{where}: what is drawn lies between 0 and 1"
    yield from _part(where, symbol)


def _shares(stroke: Stroke) -> Iterator[Decimal]:
    for name in stroke.__struct_fields__:
        value = getattr(stroke, name)
        points = value if name == "points" else (value,) if name == "at" else ()
        yield from (share for point in points for share in point)
        if name in ("line", "radius", "height"):
            yield value


def _millimetres(size: Decimal) -> bool:
    return size.is_finite() and 0 < size <= LARGEST_MM


def _part(where: str, part: Part) -> Iterator[str]:
    for key in filter(None, (part.only_if, part.not_if)):
        if kind_of_fact(key) != "flag":
            yield f"{where}: no yes-or-no fact is called {key}"
    for what in filter(None, (part.what, part.but)):
        yield from _what(where, what)


def _what(where: str, what: What) -> Iterator[str]:
    if unknown := set(what.kinds) - set(products().names):
        yield f"{where}: no kind of product is called {min(unknown)}"
    if unknown := set(what.routes) - set(products().routes.values()):
        yield f"{where}: no route is called {min(unknown)}"
    if what.forms or what.thc_pct_over is not None or what.thc_pct_up_to is not None:
        yield f"{where}: a label goes by kind and route alone"


def _codes(what: str, parts: Iterable[Statement | SymbolRule]) -> Iterator[str]:
    codes = Counter(part.code for part in parts)
    for code, n in codes.items():
        if n > 1:
            yield f"two {what} are called {code}"
        if not code.isidentifier():
            yield f"{code} is no name for one of the {what}"


def _examples(template: Template) -> Iterator[str]:
    names: set[str] = set()
    symbols = {symbol.code for symbol in template.symbols}
    for example in template.examples:
        if example.like and example.like not in names:
            yield f"example {example.name} is like {example.like}, which does not stand before it"
        if unknown := [key for key in example.stops if kind_of_fact(key) is None]:
            yield f"example {example.name}: no fact is called {unknown[0]}"
        if unknown := sorted(set(example.symbols) - symbols):
            yield f"example {example.name}: no symbol is called {unknown[0]}"
        names.add(example.name)
