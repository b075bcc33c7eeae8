"""The exam day: réalisations, commissions, passages with their clocks, bells, incidents."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Integer,
    String,
    Table,
)

from labmgr.domain.bells import Ring
from labmgr.domain.exam import Phase
from labmgr.domain.passage import PassageState
from labmgr.store.rows.columns import metadata, owner_candidate, texts
from labmgr.store.rows.types import (
    Instant,
    Members,
    PhaseMap,
    Word,
    clock_of,
    clock_row,
    instant_row,
)

realisations = Table(
    "realisations",
    metadata,
    Column("session", String, primary_key=True),
    Column("candidate", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    *texts("template", "title"),
    Column("variables", JSON, nullable=False),
    *texts("document"),
    Column("sealed", String),  # the document's bytes
    owner_candidate(),
)

commissions = Table(
    "commissions",
    metadata,
    Column("session", ForeignKey("sessions.name", ondelete="CASCADE"), primary_key=True),
    Column("id", String, primary_key=True),
    *texts("title"),
    Column("members", Members, nullable=False),
    *texts("room"),
)

passages = Table(
    "passages",
    metadata,
    Column("session", String, primary_key=True),
    Column("candidate", String, primary_key=True),
    *texts("commission", "place"),
    Column("wave", Integer, nullable=False),
    Column("planned", PhaseMap(instant_row, datetime.fromisoformat), nullable=False),
    Column("own_tools", Boolean, nullable=False),
    Column("state", Word(PassageState), nullable=False),
    Column("paused", Word(PassageState)),
    Column("choice", Integer, nullable=False),
    *texts("lab", "change_asked"),
    Column("arrived", Instant),
    Column("acknowledged", Instant),
    *texts("absent_said_by", "message", "adjustment"),
    Column("clocks", PhaseMap(clock_row, clock_of), nullable=False),
    Column("revision", Integer, nullable=False),
    owner_candidate(),
)

# A bell is answered once: the key itself says so.
bells = Table(
    "bells",
    metadata,
    Column("session", String, primary_key=True),
    Column("candidate", String, primary_key=True),
    Column("phase", Word(Phase), primary_key=True),
    Column("ring", Word(Ring), primary_key=True),
    Column("answered", Instant, nullable=False),
    owner_candidate(),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session", String, index=True, nullable=False),
    *texts("candidate", "what"),
    Column("noticed", Instant, nullable=False),
    Column("ended", Instant),
    Column("seconds", Float, nullable=False),
    *texts("decision", "by"),
    owner_candidate(),
    sqlite_autoincrement=True,
)
