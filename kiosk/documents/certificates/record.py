"""The plain form of a certificate: ``{"state", "lab", "panels": {"pesticides": {"analytes": [...]}}, ...}``."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kiosk.documents.certificates.fields import dates, first, purposes, withdrawn, words
from kiosk.documents.certificates.results import lab_word
from kiosk.model.certificates import Certificate, Claim, Printed, PrintedPanel
from kiosk.model.text import Text, text

DATES = {
    "collected": ("collected", "sampled", "date_collected", "date_sampled", "collection_date"),
    "received": ("received", "date_received"),
    "tested": ("tested", "completed", "date_tested", "date_completed", "test_date", "analyzed"),
    "issued": ("issued", "reported", "date_issued", "released", "published", "approved", "signed", "issue_date"),
    "retest": ("retest", "retest_by", "retest_date", "retest_due"),
    "expires": ("expires", "expiration", "date_expires", "valid_until", "expiry", "expiration_date", "expired"),
}


def is_record(data: Any) -> bool:
    return isinstance(data, dict) and isinstance(data.get("panels"), dict | list)


def read(data: Mapping[str, Any]) -> Certificate:
    """``data`` as :func:`is_record` accepts it. Fields that are not of the form become ``doubts``, never results."""
    data = {**{re.sub(r"[\s-]+", "_", key.strip()).casefold(): value for key, value in data.items()}, **data}
    doubts: list[Text] = []
    source = data.get("dates")
    printed = source if isinstance(source, dict) else data
    panels = tuple(_panels(data["panels"], doubts))
    return Certificate(
        form="record",
        state=first(data, "state"),
        lab=first(data, "lab", "lab_name", "laboratory"),
        lab_licence=first(data, "lab_licence", "lab_license", "lab_license_number", "lab_licence_number"),
        product=first(data, "product", "product_name"),
        matrix=" / ".join(_said(data, "matrix", "product_type", "sample_matrix")),
        batch=first(data, "batch", "batch_number", "lot"),
        tags=tuple(
            tag for key in ("metrc_tag", "tag", "source_tag", "metrc_source_tag") if (tag := words(data.get(key)))
        ),
        lab_status=_lab_status(data),
        purposes=purposes(data),
        withdrawn=withdrawn(data) or withdrawn(printed),
        dates=dates({ours: first(printed, *names) for ours, names in DATES.items()}),
        panels=panels,
        claims=tuple(claims(data.get("label"))),
        doubts=tuple(doubts),
    )


def _said(data: Mapping[str, Any], *keys: str) -> list[str]:
    """What these fields say, each word once: two that disagree are both told."""
    return list({said.casefold(): said for key in reversed(keys) if (said := words(data.get(key)))}.values())[::-1]


def _lab_status(data: Mapping[str, Any]) -> str:
    """The laboratory's word for the batch; of several the first that does not say yes."""
    said = _said(data, "lab_status", "overall", "status", "lab_overall", "overall_status", "overall_lab_status")
    return next((each for each in said if lab_word(each) not in ("pass", "")), said[0] if said else "")


def claims(label: Any) -> Iterator[Claim]:
    """From ``{"Total THC": "20.1 %"}``, ``{"Total THC": {"value", "units"}}`` or ``[{"name", "value", "units"}]``."""
    if isinstance(label, dict):
        label = [
            {"name": name, **each} if isinstance(each, dict) else {"name": name, "value": each}
            for name, each in label.items()
        ]
    for each in label if isinstance(label, list) else ():
        if isinstance(each, dict):
            yield Claim(
                name=first(each, "name", "analyte"),
                value=first(each, "value", "claim", "result"),
                units=first(each, "units", "unit"),
            )


def _panels(source: Any, doubts: list[Text]) -> Iterator[PrintedPanel]:
    named = source.items() if isinstance(source, dict) else enumerate(source)
    for name, content in named:
        called = words(name) if isinstance(name, str) else ""
        each = {"analytes": content} if isinstance(content, list) else content
        if not isinstance(each, dict):
            if each is not None:
                doubts.append(text("Panel {panel} holds no analytes.", panel=called or str(name)))
            continue
        called = called or first(each, "name", "panel", "analysis")
        rows: Any = next((each[key] for key in ("analytes", "results", "rows") if each.get(key) is not None), [])
        if isinstance(rows, dict):
            rows = [
                {"name": key, **row} if isinstance(row, dict) else {"name": key, "result": row}
                for key, row in rows.items()
            ]
        if not isinstance(rows, list):
            doubts.append(text("Panel {panel} holds no analytes.", panel=called))
            rows = []
        yield PrintedPanel(
            name=called,
            lab_status=first(each, "lab_status", "status"),
            rows=tuple(_rows(rows, called, first(each, "units", "unit"), doubts)),
        )


def _rows(source: list[Any], called: str, units: str, doubts: list[Text]) -> Iterator[Printed]:
    for each in source:
        if isinstance(each, dict) and (name := first(each, "name", "analyte", "key")):
            yield Printed(
                name=name,
                result=first(each, "result", "value"),
                units=first(each, "units", "unit") or units,
                printed_limit=first(each, "printed_limit", "limit", "action_limit"),
                lod=first(each, "lod"),
                loq=first(each, "loq"),
                lab_status=first(each, "lab_status", "status"),
            )
        else:
            doubts.append(text("A row of panel {panel} has no name.", panel=called))
