"""Records of the public Cannlytics data sets: a flat object with a list of results.

In exported records the lists are JSON inside JSON, and words were replaced by tiny numbers before they were stored:
1e-9 stands for not detected (or negative, or pass), 1e-8 for below the detection limit, 1e-7 for below the quantitation
limit, 10001 for "at least the detection limit". They are turned back into words before anything is computed.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from kiosk.documents.certificates.fields import dates, first, purposes, withdrawn, words
from kiosk.model.certificates import Certificate, Printed, PrintedPanel
from kiosk.model.text import Text, text

_CODED = {Decimal("1e-9"): "ND", Decimal("1e-8"): "<LOD", Decimal("1e-7"): "<LOQ", Decimal(10001): "Detected"}


def is_record(data: Any) -> bool:
    return isinstance(data, dict) and "results" in data and "panels" not in data


def read(data: Mapping[str, Any], decode: msgspec.json.Decoder[Any]) -> Certificate:
    """``decode`` reads the JSON inside, numbers as decimals."""
    doubts: list[Text] = []
    rows = unpacked(data.get("results"), decode)
    by_panel: defaultdict[str, list[Printed]] = defaultdict(list)
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and (name := first(row, "name", "key")):
            by_panel[first(row, "analysis")].append(_row(row, name))
        else:
            doubts.append(text("A row of panel {panel} has no name.", panel="results"))
    if rows is not None and not isinstance(rows, list):
        doubts.append(text("Panel {panel} holds no analytes.", panel="results"))
    statuses = {name: words(data.get(f"{name}_status")) for name in (*by_panel, *_analyses(data, decode))}
    return Certificate(
        form="cannlytics",
        state=first(data, "lab_state", "state", "producer_state"),
        lab=first(data, "lab", "lab_name"),
        lab_licence=first(data, "lab_license_number", "lab_license"),
        product=first(data, "product_name"),
        matrix=first(data, "product_subtype", "product_type"),
        batch=first(data, "batch_number"),
        tags=tuple(_tags(data, decode)),
        lab_status=first(data, "status"),
        purposes=purposes(data),
        withdrawn=withdrawn(data),
        dates=dates(
            {
                "collected": first(data, "date_collected"),
                "received": first(data, "date_received"),
                "tested": first(data, "date_tested", "date_completed"),
                "issued": first(data, "date_issued", "date_reported"),
                "expires": first(data, "date_expires", "date_expired"),
            }
        ),
        panels=tuple(
            PrintedPanel(name=name, lab_status=status, rows=tuple(by_panel.get(name, ())))
            for name, status in statuses.items()
        ),
        doubts=tuple(doubts),
    )


def unpacked(value: Any, decode: msgspec.json.Decoder[Any]) -> Any:
    """A list, or the list that a string holds as JSON. Anything else stays what it is."""
    if isinstance(value, str):
        try:
            return decode.decode(value) if value.strip() else None
        except (msgspec.DecodeError, RecursionError):
            return value
    return value


def _row(row: Mapping[str, Any], name: str) -> Printed:
    value, units = row.get("value"), first(row, "units")
    if value is None and row.get("mg_g") is not None:
        value, units = row.get("mg_g"), "mg/g"
    status = first(row, "status")
    result = _decoded(value)
    if result.strip("0.") == "" and result and not status:
        result = "0 without a word"  # these records hold 0 for what their reader could not make out, too
    return Printed(
        name=name,
        result=result,
        units=units,
        printed_limit=_figure(row.get("limit")),
        lod=_figure(row.get("lod")),
        loq=_figure(row.get("loq")),
        lab_status=status,
    )


def _decoded(value: Any) -> str:
    said = words(value)
    try:
        return _CODED.get(Decimal(said), said)
    except InvalidOperation:
        return said


def _figure(value: Any) -> str:
    """A bound; 0 is how these records write "not stated"."""
    said = _decoded(value)
    return "" if said.strip("0.") == "" else said


def _analyses(data: Mapping[str, Any], decode: msgspec.json.Decoder[Any]) -> Iterator[str]:
    listed = unpacked(data.get("analyses"), decode)
    yield from (words(each) for each in listed if isinstance(each, str)) if isinstance(listed, list) else ()
    yield from (key.removesuffix("_status") for key in data if key.endswith("_status") and words(data[key]))


def _tags(data: Mapping[str, Any], decode: msgspec.json.Decoder[Any]) -> Iterator[str]:
    yield from (tag for key in ("metrc_source_id", "metrc_lab_id") if (tag := words(data.get(key))))
    for key in ("metrc_ids", "traceability_ids"):
        listed = unpacked(data.get(key), decode)
        yield from (tag for each in listed if (tag := words(each))) if isinstance(listed, list) else ()
