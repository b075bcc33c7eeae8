"""Real equipment: what is known of each device, and the configurations kept for a lab."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device_states",
        sa.Column("device", sa.String, primary_key=True),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("outcome", sa.String),
        *_text("lab", "said", "mend", "model", "version", "os", "hostname", "aside"),
        sa.Column("asked", sa.DateTime(timezone=True)),
        sa.Column("answered", sa.DateTime(timezone=True)),
    )
    op.create_table(
        "kept_configs",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_text("lab", "device", "backup", "sha256", "said"),
        sa.ForeignKeyConstraint(["lab"], ["labs.id"], ondelete="CASCADE"),
    )
    op.create_index(None, "kept_configs", ["lab"])


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]
