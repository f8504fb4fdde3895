"""The JSON Schema of a pack file, made from the structs that read it (``kiosk/rules/pack.schema.json``)."""

import json
import sys
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from jsonschema import Draft202012Validator

from kiosk.rules.labels.template import Template
from kiosk.rules.law import Law
from kiosk.rules.pack import File
from kiosk.rules.source import place_of, printable

Schema = dict[str, Any]
OF_FILE = ("state", "place", "zone", "ounce_g", "labels")
"""Said once for all versions of a file."""
NOT_LAW = ("Store", "StoreLabel", "RefusedId")
"""The store's own stands in its policy."""


def schema() -> Schema:
    """Made anew: what :func:`known` has to be."""
    (whole, law, label), parts = msgspec.json.schema_components([File, Law, Template], ref_template="#/$defs/{name}")
    made: Schema = {"$schema": Draft202012Validator.META_SCHEMA["$id"], "title": "Rule pack", **whole, "$defs": parts}
    for name in (*OF_FILE, "store"):
        _part(parts, law)["properties"].pop(name, None)
    for name in NOT_LAW:
        parts.pop(name)
    for version in (law, label):
        # a version that is like another says only what is new in it
        _part(parts, version)["required"] = ["version", "effective_from"]
    _part(parts, whole)["properties"]["versions"]["items"] = law
    _part(parts, whole)["properties"]["labels"]["items"] = label
    plain: Schema = _numbers(made)
    return plain


def _part(parts: Schema, reference: Schema) -> Schema:
    named: Schema = parts[reference["$ref"].rpartition("/")[2]]
    return named


@cache
def known() -> Schema:
    made: Schema = json.loads((files("kiosk.rules") / "pack.schema.json").read_text(encoding="utf-8"))
    return made


def faults(raw: dict[str, Any]) -> list[str]:
    """Where a file, as ``tomllib`` read it, is not as the schema says: one line each, with the place."""
    found = Draft202012Validator(known()).iter_errors(_json(raw))
    return [f"{place_of(raw, error.absolute_path)}: {printable(' '.join(error.message.split()))}" for error in found]


def _numbers(part: Any) -> Any:
    """Decimals are numbers in TOML, not strings as on our wire."""
    if isinstance(part, dict):
        if part.get("format") == "decimal":
            return {**{k: v for k, v in part.items() if k not in ("type", "format")}, "type": "number"}
        return {key: _numbers(each) for key, each in part.items()}
    if isinstance(part, list | tuple):
        return [_numbers(each) for each in part]
    return part


def _json(part: Any) -> Any:
    if isinstance(part, dict):
        return {str(key): _json(each) for key, each in part.items()}
    if isinstance(part, list):
        return [_json(each) for each in part]
    if isinstance(part, Decimal):
        return float(part)
    if isinstance(part, date | datetime):
        return part.isoformat()
    return part


def written() -> str:
    """The schema as the file has it; ``python -m kiosk.rules.schema`` prints it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(written())
