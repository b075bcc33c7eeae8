"""The tables. A change here needs a step in migrations/versions; a test compares the two."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
)

from labmgr.domain.bells import Ring
from labmgr.domain.exam import Form, Phase, SessionState
from labmgr.domain.lab import LabState
from labmgr.domain.passage import PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.template import CredentialKind
from labmgr.domain.words import Audience, Option, Role
from labmgr.domain.work import JobKind, JobState, Lane
from labmgr.store.types import (
    Instant,
    Members,
    Parts,
    PhaseMap,
    Ratio,
    Word,
    clock_of,
    clock_row,
    instant_row,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str) -> Column[str]:
    return Column(name, String, nullable=False)


def _lab(*, primary: bool = False, index: bool = False) -> Column[str]:
    """What belongs to a lab goes with it."""
    owner = ForeignKey("labs.id", ondelete="CASCADE")
    return Column("lab", String, owner, primary_key=primary, index=index, nullable=False)


def _candidate() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["session", "candidate"],
        ["candidates.session", "candidates.number"],
        ondelete="CASCADE",
    )


sessions = Table(
    "sessions",
    metadata,
    Column("name", String, primary_key=True),
    _text("title"),
    _text("template"),
    Column("option", Word(Option), nullable=False),
    Column("created", Instant, nullable=False),
    Column("state", Word(SessionState), nullable=False),
    Column("form", Word(Form), nullable=False),
    Column("durations", PhaseMap(), nullable=False),  # seconds
    Column("labels", JSON, nullable=False),
)

candidates = Table(
    "candidates",
    metadata,
    Column("session", ForeignKey("sessions.name", ondelete="CASCADE"), primary_key=True),
    Column("number", String, primary_key=True),
    _text("last_name"),
    _text("first_name"),
    Column("option", Word(Option), nullable=False),
    Column("extra_time", Ratio, nullable=False),
    _text("place"),
    Column("variables", JSON, nullable=False),
    Column("extra_by_phase", PhaseMap(str, Fraction), nullable=False),
)

realisations = Table(
    "realisations",
    metadata,
    Column("session", String, primary_key=True),
    Column("candidate", String, primary_key=True),
    Column("number", Integer, primary_key=True),
    _text("template"),
    _text("title"),
    Column("variables", JSON, nullable=False),
    _text("document"),
    Column("sealed", String),  # the document's bytes
    _candidate(),
)

commissions = Table(
    "commissions",
    metadata,
    Column("session", ForeignKey("sessions.name", ondelete="CASCADE"), primary_key=True),
    Column("id", String, primary_key=True),
    _text("title"),
    Column("members", Members, nullable=False),
    _text("room"),
)

passages = Table(
    "passages",
    metadata,
    Column("session", String, primary_key=True),
    Column("candidate", String, primary_key=True),
    _text("commission"),
    _text("place"),
    Column("wave", Integer, nullable=False),
    Column("planned", PhaseMap(instant_row, datetime.fromisoformat), nullable=False),
    Column("own_tools", Boolean, nullable=False),
    Column("state", Word(PassageState), nullable=False),
    Column("paused", Word(PassageState)),
    Column("choice", Integer, nullable=False),
    _text("lab"),
    _text("change_asked"),
    Column("arrived", Instant),
    Column("acknowledged", Instant),
    _text("absent_said_by"),
    _text("message"),
    _text("adjustment"),
    Column("clocks", PhaseMap(clock_row, clock_of), nullable=False),
    Column("revision", Integer, nullable=False),
    _candidate(),
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
    _candidate(),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("session", String, index=True, nullable=False),
    _text("candidate"),
    _text("what"),
    Column("noticed", Instant, nullable=False),
    Column("ended", Instant),
    Column("seconds", Float, nullable=False),
    _text("decision"),
    _text("by"),
    _candidate(),
    sqlite_autoincrement=True,
)

codes = Table(
    "codes",
    metadata,
    Column("session", String, primary_key=True),
    Column("candidate", String, primary_key=True),
    _text("sealed"),
    _candidate(),
)

seats = Table(
    "seats",
    metadata,
    Column("session", String, primary_key=True),
    Column("candidate", String, primary_key=True),
    _text("sealed"),
    _candidate(),
)

labs = Table(
    "labs",
    metadata,
    Column("id", String, primary_key=True),
    Column("session", ForeignKey("sessions.name", ondelete="CASCADE"), index=True, nullable=False),
    _text("candidate"),
    Column("realisation", Integer, nullable=False),
    Column("number", Integer, unique=True, nullable=False),
    _text("template"),
    _text("template_hash"),
    _text("host"),
    Column("state", Word(LabState), nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    _lab(primary=True),
    Column("node", String, primary_key=True),
    Column("id", String, primary_key=True),
    _text("login"),
    Column("audience", Word(Audience), nullable=False),
    Column("kind", Word(CredentialKind), nullable=False),
    _text("secret"),  # sealed
    _text("public"),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String, primary_key=True),
    _text("sealed"),
)

findings = Table(
    "findings",
    metadata,
    _lab(primary=True),
    Column("check", String, primary_key=True),
    _text("node"),
    _text("kind"),
    Column("green", Boolean, nullable=False),
    _text("evidence"),
    _text("command"),
    Column("tries", Integer, nullable=False),
    Column("took", Float, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
)

progress = Table(
    "progress",
    metadata,
    _lab(primary=True),
    Column("node", String, primary_key=True),
    _text("step"),
    Column("share", Float, nullable=False),
    Column("at", Instant, nullable=False),
    _text("detail"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", String, primary_key=True),
    _lab(index=True),
    Column("kind", Word(SnapshotKind), nullable=False),
    Column("taken", Instant, nullable=False),
    _text("template"),
    _text("credentials"),
    Column("parts", Parts, nullable=False),
    Column("verified", Instant),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Word(JobKind), nullable=False),
    _lab(index=True),
    Column("lane", Word(Lane), nullable=False),
    _text("by"),
    Column("ordered", Instant, nullable=False),
    Column("args", JSON, nullable=False),
    Column("state", Word(JobState), index=True, nullable=False),
    Column("started", Instant),
    Column("ended", Instant),
    Column("tries", Integer, nullable=False),
    _text("outcome"),
    _text("hint"),
    Column("worker", String),
    sqlite_autoincrement=True,  # whoever follows job 7 must not be shown another one later
)

# The database itself keeps a second worker from the same lab and lane.
Index(
    "one_in_hand",
    jobs.c.lab,
    jobs.c.lane,
    unique=True,
    sqlite_where=jobs.c.state == JobState.DOING,
    postgresql_where=jobs.c.state == JobState.DOING,
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("worker", String, primary_key=True),
    Column("at", Instant, nullable=False),
    _text("boot"),
    Column("ticks", Float, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("login", String, primary_key=True),
    Column("role", Word(Role), nullable=False),
    _text("hashed"),
    Column("disabled", Boolean, nullable=False),
)

failed_logins = Table(
    "failed_logins",
    metadata,
    Column("id", Integer, primary_key=True),
    _text("who"),
    Column("at", Instant, nullable=False),
    Index(None, "who", "at"),
)

journal = Table(
    "journal",
    metadata,
    Column("rank", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("subject", String, index=True, nullable=False),
    _text("what"),
    _text("by"),
    _text("why"),
    _text("hash"),
)
