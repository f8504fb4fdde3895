"""What pharmacists decide about orders. Frozen."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def word(name: str, **more: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, **more)


def upgrade() -> None:
    op.add_column("orders", word("wanted", server_default=""))
    op.create_table(
        "decisions",
        sa.Column("position", sa.Integer, primary_key=True, nullable=False),
        word("order_id"),
        word("decision"),
        word("rules"),
        word("at"),
        word("staff_id"),
        word("name"),
        word("terminal"),
    )
    op.create_index("decisions_of_order", "decisions", ["order_id"])
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER decisions_{verb.lower()} BEFORE {verb} ON decisions "
            "BEGIN SELECT RAISE(ABORT, 'decisions only grows'); END"
        )
