"""The first schema: ledger, visits, orders, stock, receipts, staff. Frozen: what comes later is a migration."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

APPEND_ONLY = ("records", "flags", "clones", "views")


def word(name: str, **more: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, **more)


def number(name: str, **more: Any) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, **more)


def upgrade() -> None:
    op.create_table(
        "records",
        number("position", primary_key=True),
        word("key", unique=True),
        word("terminal"),
        number("epoch"),
        number("seq"),
        word("digest"),
        word("chain"),
        word("received"),
        word("fact"),
        word("body"),
        sa.UniqueConstraint("terminal", "epoch", "seq"),
    )
    op.create_table("flags", number("position", primary_key=True), word("record_key"), word("reason"), word("at"))
    op.create_table(
        "clones", number("position", primary_key=True), word("terminal"), word("record_key"), word("at"), word("body")
    )
    op.create_table(
        "views",
        number("position", primary_key=True),
        word("at"),
        word("session_id"),
        word("staff_id"),
        word("visit_id"),
    )
    op.create_table(
        "claims", word("key", primary_key=True), word("digest"), word("answer"), word("at"), word("visit_id")
    )
    op.create_table(
        "visits",
        word("visit_id", primary_key=True),
        word("ticket_id", unique=True),
        word("patient_ref"),
        word("caregiver_ref"),
        word("state"),
        word("since"),
        word("expires"),
        word("served_at"),
        word("entry"),
        word("secret"),
        number("face_matches"),
        number("notes_read"),
    )
    op.create_table(
        "settled",
        word("visit_id", primary_key=True),
        word("rule", primary_key=True),
        word("decision"),
        word("staff_id"),
    )
    op.create_table("orders", word("order_id", primary_key=True), word("visit_id"), word("state"), word("staff_id"))
    op.create_table(
        "lines",
        word("line_id", primary_key=True),
        word("order_id"),
        word("visit_id"),
        word("terminal"),
        word("staff_id"),
        word("state"),
        word("tag"),
        word("place"),
        number("units"),
        word("route"),
        word("numbers"),
        word("body"),
    )
    op.create_table(
        "units", word("line_id", primary_key=True), number("n", primary_key=True), word("tag"), number("item")
    )
    op.create_table(
        "purchases",
        word("line_id", primary_key=True),
        word("order_id"),
        word("visit_id"),
        word("patient_ref"),
        word("state"),
        word("tag"),
        number("units"),
        word("body"),
        word("confirmed"),
    )
    op.create_table("marks", word("name", primary_key=True), word("at"))
    op.create_table("products", word("product_id", primary_key=True), word("body"))
    op.create_table("packages", word("tag", primary_key=True), word("product_id"), word("body"))
    op.create_table(
        "labels",
        word("number", primary_key=True),
        number("print_no", primary_key=True),
        word("visit_id"),
        word("line_id"),
        word("tag"),
        word("state"),
    )
    op.create_table(
        "permits",
        word("permit_id", primary_key=True),
        word("order_id", unique=True),
        word("external_number", unique=True),
        word("staff_id"),
    )
    op.create_table(
        "receipts",
        word("external_number", primary_key=True),
        word("order_id"),
        word("visit_id"),
        word("terminal"),
        word("state"),
        word("since"),
        word("sale"),
        word("detail"),
        word("made"),
        word("sent"),
        word("state_id"),
    )
    op.create_table(
        "sessions",
        word("session_id", primary_key=True),
        word("staff_id"),
        word("name"),
        word("role"),
        word("terminal"),
        word("began"),
        word("ended"),
    )
    op.create_table("attempts", word("who", primary_key=True), number("wrong"), word("locked_until"))
    op.create_index("lines_of_order", "lines", ["order_id"])
    op.create_index("purchases_of_patient", "purchases", ["patient_ref"])
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
            )
