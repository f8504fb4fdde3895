"""``kiosk coa``: one certificate from a file, judged."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec

from kiosk.documents.certificates.reading import LARGEST, read
from kiosk.model.certificates import Claim, Goods
from kiosk.model.clock import SystemClock
from kiosk.model.errors import Theirs
from kiosk.model.text import text
from kiosk.named_file import named_bytes
from kiosk.rules.certificates.certificate import judge
from kiosk.rules.certificates.limits import law
from kiosk.rules.certificates.report import report


def judged_file(
    file: str,
    state: str,
    kind: str,
    *,
    on: date | None = None,
    tag: str = "",
    batch: str = "",
    product: str = "",
    claims: Sequence[str] = (),
    labs: Path | None = None,
) -> str:
    """The judgement as JSON. ``file`` ``-`` is standard input; ``on`` None is today, here. Raises
    :class:`~kiosk.model.errors.KioskError` with one line for a file that is no certificate, or a kind unknown; a state
    whose limits we do not have gives a judgement that says so."""
    day = on or SystemClock().now().astimezone().date()
    goods = Goods(tag=tag, batch=batch, product=product, claims=tuple(map(_claim, claims)))
    pack = law(state, day)
    licensed = None if labs is None else frozenset(named_bytes(str(labs), LARGEST).decode("utf-8", "replace").split())
    certificate = read(named_bytes(file, LARGEST))
    judgement = judge(certificate, pack, kind, day, goods, licensed)
    return msgspec.json.format(msgspec.json.encode(report(certificate, judgement)), indent=2).decode()


def _claim(said: str) -> Claim:
    name, equals, value = said.partition("=")
    if not equals or not name.strip():
        raise Theirs(text("A claim is written NAME=VALUE UNIT, for example Total THC=20.1 %."))
    return Claim(name=name.strip(), value=value.strip())
