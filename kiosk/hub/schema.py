"""The tables of the hub's database.

Instants are ISO 8601 text in UTC, nouns are JSON text as ``model.base.to_json`` spells them. ``records``, ``flags``,
``clones``, ``views``, ``steps`` and ``decisions`` only grow: triggers refuse to change or delete their rows. Another
trigger refuses every change of a line's state that ``model.orders`` does not name.
"""

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()

APPEND_ONLY = ("records", "flags", "clones", "views", "steps", "decisions")


def _word(name: str, **more: object) -> Column[str]:
    return Column(name, Text, nullable=False, **more)  # type: ignore[arg-type]


def _number(name: str, **more: object) -> Column[int]:
    return Column(name, Integer, nullable=False, **more)  # type: ignore[arg-type]


records = Table(
    "records",
    metadata,
    _number("position", primary_key=True),
    _word("key", unique=True),
    _word("terminal"),
    _number("epoch"),
    _number("seq"),
    _word("digest"),
    _word("chain"),
    _word("received"),
    _word("fact"),
    _word("body"),
    UniqueConstraint("terminal", "epoch", "seq"),
)
"""The ledger. ``chain`` is SHA-256 (hex) over the chain before and this row; see :mod:`kiosk.hub.ledger`."""

flags = Table(
    "flags",
    metadata,
    _number("position", primary_key=True),
    _word("record_key"),
    _word("reason"),
    _word("at"),
)
"""What a manager has to look at. A flagged record is kept all the same."""

clones = Table(
    "clones",
    metadata,
    _number("position", primary_key=True),
    _word("terminal"),
    _word("record_key"),
    _word("at"),
    _word("body"),
)
"""Records that came under a number or key the ledger holds with another content: kept apart, for the manager."""

views = Table(
    "views",
    metadata,
    _number("position", primary_key=True),
    _word("at"),
    _word("session_id"),
    _word("staff_id"),
    _word("visit_id"),
)
"""Who has looked at which patient's visit."""

claims = Table(
    "claims",
    metadata,
    _word("key", primary_key=True),
    _word("digest"),
    _word("answer"),
    _word("at"),
    _word("visit_id"),
)
"""Answers of questions that changed something, so that asking again changes nothing. ``answer`` is blank where it told
of a person and their visit ``visit_id`` is over; ``digest`` is keyed, because a question can name a person too."""

visits = Table(
    "visits",
    metadata,
    _word("visit_id", primary_key=True),
    _word("ticket_id", unique=True),
    _word("patient_ref"),
    _word("caregiver_ref"),
    _word("state"),
    _word("since"),
    _word("expires"),
    _word("served_at"),
    _word("entry"),
    _word("secret"),
    _number("face_matches"),
    _number("notes_read"),
)
"""``entry`` is the queue's view; ``secret`` the profile and card numbers, blank once the visit is closed."""

settled = Table(
    "settled",
    metadata,
    _word("visit_id", primary_key=True),
    _word("rule", primary_key=True),
    _word("decision"),
    _word("staff_id"),
)
"""What a named person decided about a concern (PAT-05)."""

orders = Table(
    "orders",
    metadata,
    _word("order_id", primary_key=True),
    _word("visit_id"),
    _word("state"),
    _word("staff_id"),
    _word("wanted"),
)
"""``state``: ``open``, ``cancelled``, ``dispensed``; ``staff_id`` who confirmed it; ``wanted`` the rules by which a
pharmacist decides about it, blank where there are none."""

decisions = Table(
    "decisions",
    metadata,
    _number("position", primary_key=True),
    _word("order_id"),
    _word("decision"),
    _word("rules"),
    _word("at"),
    _word("staff_id"),
    _word("name"),
    _word("terminal"),
)
"""What pharmacists decided about orders (ORD-06): ``approved`` or ``refused``, by which rules, when, who and where."""

lines = Table(
    "lines",
    metadata,
    _word("line_id", primary_key=True),
    _word("order_id"),
    _word("visit_id"),
    _word("terminal"),
    _word("staff_id"),
    _word("state"),
    _word("tag"),
    _word("place"),
    _number("units"),
    _word("route"),
    _word("numbers"),
    _word("body"),
)
"""``body`` is the pick line as the vault sees it; ``staff_id`` who claimed it; ``numbers`` the dispense numbers."""

steps = Table(
    "steps",
    metadata,
    _number("position", primary_key=True),
    _word("line_id"),
    _word("state"),
    _word("at"),
    _word("staff_id"),
    _word("name"),
    _word("terminal"),
)
"""Every move of every line: into which state, when, by whom and where (ORD-03)."""

units = Table(
    "units",
    metadata,
    _word("line_id", primary_key=True),
    _number("n", primary_key=True),
    _word("tag"),
    _number("item"),
)

purchases = Table(
    "purchases",
    metadata,
    _word("line_id", primary_key=True),
    _word("order_id"),
    _word("visit_id"),
    _word("patient_ref"),
    _word("state"),
    _word("tag"),
    _number("units"),
    _word("body"),
    _word("confirmed"),
)
"""``state``: ``reserved``, ``dispensed`` (the state does not know yet), ``reported``, ``released``. ``confirmed`` is
when the state's own record was read: what was read of the state before that does not hold this purchase."""

marks = Table("marks", metadata, _word("name", primary_key=True), _word("at"))
"""``shelf``: as of when the packages are what the tracking system says. ``unclear``: since when one of them may have
changed and nobody knows which."""

products = Table("products", metadata, _word("product_id", primary_key=True), _word("body"))
packages = Table("packages", metadata, _word("tag", primary_key=True), _word("product_id"), _word("body"))

labels = Table(
    "labels",
    metadata,
    _word("number", primary_key=True),
    _number("print_no", primary_key=True),
    _word("visit_id"),
    _word("line_id"),
    _word("tag"),
    _word("state"),
    _word("template"),
    _word("day"),
)
"""``state``: ``issued``, ``voided``, ``verified``. ``template`` and ``day``: by which law it was made, that of which
local date; blank where the terminal did not say."""

permits = Table(
    "permits",
    metadata,
    _word("permit_id", primary_key=True),
    _word("order_id", unique=True),
    _word("external_number", unique=True),
    _word("staff_id"),
    _word("basis"),
)
"""``basis`` is the word of the registry it rests on, the newest where it was asked for several times."""

last_answers = Table("last_answers", metadata, _word("ref", primary_key=True), _word("as_of"), _word("sealed"))
"""The registry's last "active" by reference, where the state's outage rule lets it count; ``sealed`` as
:mod:`kiosk.hub.registry` says."""

receipts = Table(
    "receipts",
    metadata,
    _word("external_number", primary_key=True),
    _word("order_id"),
    _word("visit_id"),
    _word("terminal"),
    _word("state"),
    _word("since"),
    _word("sale"),
    _word("detail"),
    _word("made"),
    _word("sent"),
    _word("state_id"),
)
"""``sale`` is what the state is told; blank once the state's own record is the same. ``sent`` is when it was last sent,
``state_id`` what the state calls it: neither is ever sent again once that is known."""

sessions = Table(
    "sessions",
    metadata,
    _word("session_id", primary_key=True),
    _word("staff_id"),
    _word("name"),
    _word("role"),
    _word("terminal"),
    _word("began"),
    _word("ended"),
)

attempts = Table("attempts", metadata, _word("who", primary_key=True), _number("wrong"), _word("locked_until"))
"""Wrong PINs in a row, a person and a terminal each."""

Index("lines_of_order", lines.c.order_id)
Index("steps_of_line", steps.c.line_id)
Index("decisions_of_order", decisions.c.order_id)
Index("purchases_of_patient", purchases.c.patient_ref)
