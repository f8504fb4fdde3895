"""Who moved each line, the registry's last answers, and what a permit rests on. Frozen."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MOVES = (
    ("confirmed", "claimed"),
    ("confirmed", "cancelled"),
    ("confirmed", "dispensed"),
    ("claimed", "confirmed"),
    ("claimed", "picked"),
    ("claimed", "cancelled"),
    ("claimed", "dispensed"),
    ("picked", "dispensed"),
    ("picked", "cancelled"),
    ("cancelled", "dispensed"),
)


def word(name: str, **more: Any) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, **more)


def upgrade() -> None:
    op.create_table(
        "steps",
        sa.Column("position", sa.Integer, primary_key=True, nullable=False),
        word("line_id"),
        word("state"),
        word("at"),
        word("staff_id"),
        word("name"),
        word("terminal"),
    )
    op.create_index("steps_of_line", "steps", ["line_id"])
    op.create_table("last_answers", word("ref", primary_key=True), word("as_of"), word("sealed"))
    op.add_column("permits", word("basis", server_default=""))
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER steps_{verb.lower()} BEFORE {verb} ON steps "
            "BEGIN SELECT RAISE(ABORT, 'steps only grows'); END"
        )
    moves = ", ".join(f"'{old}>{new}'" for old, new in MOVES)
    op.execute(
        "CREATE TRIGGER lines_state BEFORE UPDATE OF state ON lines "
        f"WHEN OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN ({moves}) "
        "BEGIN SELECT RAISE(ABORT, 'a line does not move like this'); END"
    )
