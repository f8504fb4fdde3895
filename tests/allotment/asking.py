"""Questions for ``kiosk allotment``, asked in this process."""

import io
import json
from typing import Any

from kiosk.allotment.answer import serve

Said = dict[str, Any]


def ask(state: str, at: str, *, timezone: str | None = None, basket: Any = None, **rest: Any) -> Said:
    """The answer to one question; ``at`` is ``query_at``. A list as ``basket`` is its items."""
    question: Said = {"state": state, "query_at": at, "patient": {}, "history": [], **rest}
    if timezone is not None:
        question["timezone"] = timezone
    if basket is not None:
        question["basket"] = {"items": basket} if isinstance(basket, list) else basket
    return raw(json.dumps(question).encode())


def raw(question: bytes) -> Said:
    sink = io.BytesIO()
    serve(io.BytesIO(question), sink)
    said: Said = json.loads(sink.getvalue())
    return said


def sale(at: str, *items: Said, kind: str = "dispense", by: str = "patient", store: str = "one", **rest: Any) -> Said:
    return {"type": kind, "at": at, "by": by, "store": store, "items": list(items), **rest}


def item(category: str, **amounts: Any) -> Said:
    return {"category": category, **amounts}


def left(said: Said) -> dict[str, str | None]:
    """Pool to what remains of it."""
    return {each["pool"]: each["remaining"] for each in said["pools"]}
