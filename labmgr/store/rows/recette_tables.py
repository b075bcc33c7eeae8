"""Replays of recettes, their rows, and the commission's remarks."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Integer, Table

from labmgr.domain.recette import Expected
from labmgr.store.rows.columns import metadata, owner_lab, texts
from labmgr.store.rows.types import Instant, Word

recette_runs = Table(
    "recette_runs",
    metadata,
    Column("id", Integer, primary_key=True),
    owner_lab(index=True),
    *texts("recette", "template", "by"),
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
    *texts("group", "title", "source", "target", "address", "asked"),
    Column("expected", Word(Expected), nullable=False),
    Column("green", Boolean),
    *texts("evidence", "command"),
    Column("took", Float, nullable=False),
    Column("at", Instant),
)

recette_remarks = Table(
    "recette_remarks",
    metadata,
    Column("id", Integer, primary_key=True),
    owner_lab(index=True),
    *texts("recette", "about", "text", "by"),
    Column("line", Integer, nullable=False),
    Column("at", Instant, nullable=False),
)
