"""The shape of the tables: which one stands, and which one this labmgr wants."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

STEPS = Path(__file__).parent / "migrations"


def wanted() -> str:
    """The last step that this labmgr knows: the steps' files are numbered (`m0001_…`)."""
    last = max(file.name for file in (STEPS / "versions").glob("m[0-9]*.py"))
    return last[1:5]


def standing(tx: Connection) -> str | None:
    """The last step that this database took; None when it is empty."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
