"""The recette: replays with their rows, and the commission's remarks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recette_runs",
        sa.Column("id", sa.Integer, primary_key=True),
        *_text("lab", "recette", "template", "by"),
        sa.Column("values", sa.JSON, nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True)),
        _of("lab", "labs.id"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "recette_runs", ["lab"])
    op.create_table(
        "recette_results",
        sa.Column("run", sa.Integer, primary_key=True),
        sa.Column("line", sa.Integer, primary_key=True),
        *_text("group", "title", "source", "target", "address", "asked", "expected"),
        sa.Column("green", sa.Boolean),
        *_text("evidence", "command"),
        sa.Column("took", sa.Float, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True)),
        _of("run", "recette_runs.id"),
    )
    op.create_table(
        "recette_remarks",
        sa.Column("id", sa.Integer, primary_key=True),
        *_text("lab", "recette", "about", "text", "by"),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _of("lab", "labs.id"),
    )
    op.create_index(None, "recette_remarks", ["lab"])


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _of(column: str, owner: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [owner], ondelete="CASCADE")
