"""By which template, of which day, a label was made; packages are read again, for they tell their weight. Frozen."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for name in ("template", "day"):
        op.add_column("labels", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.execute("DELETE FROM marks WHERE name = 'shelf'")
