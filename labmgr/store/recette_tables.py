"""Replays of recettes, their rows, and the commission's remarks."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Integer, String, Table

from labmgr.domain.recette import Expected
from labmgr.store.tables import metadata
from labmgr.store.types import Instant, Word


def _text(*names: str) -> list[Column[str]]:
    return [Column(name, String, nullable=False) for name in names]


def _lab() -> Column[str]:
    owner = ForeignKey("labs.id", ondelete="CASCADE")
    return Column("lab", String, owner, index=True, nullable=False)


recette_runs = Table(
    "recette_runs",
    metadata,
    Column("id", Integer, primary_key=True),
    _lab(),
    *_text("recette", "template", "by"),
    Column("values", JSON, nullable=False),
    Column("started", Instant, nullable=False),
    Column("ended", Instant),
    sqlite_autoincrement=True,  # a number in the record must not come back for another replay
)

recette_results = Table(
    "recette_results",
    metadata,
    Column("run", ForeignKey("recette_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("line", Integer, primary_key=True),
    *_text("group", "title", "source", "target", "address", "asked"),
    Column("expected", Word(Expected), nullable=False),
    Column("green", Boolean),
    *_text("evidence", "command"),
    Column("took", Float, nullable=False),
    Column("at", Instant),
)

recette_remarks = Table(
    "recette_remarks",
    metadata,
    Column("id", Integer, primary_key=True),
    _lab(),
    *_text("recette", "about", "text", "by"),
    Column("line", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)
