"""The tables. A change here needs a step in migrations/versions; a test compares the two."""

from __future__ import annotations

from fractions import Fraction

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from labmgr.domain.exam import Form, SessionState
from labmgr.domain.lab import LabState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.template import CredentialKind
from labmgr.domain.words import Audience, Option, Role
from labmgr.domain.work import JobKind, JobState, Lane
from labmgr.store.rows.columns import metadata, owner_candidate, owner_lab, texts
from labmgr.store.rows.types import (
    Instant,
    Parts,
    PhaseMap,
    Ratio,
    Word,
)

sessions = Table(
    "sessions",
    metadata,
    Column("name", String, primary_key=True),
    *texts("title", "template"),
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
    *texts("last_name", "first_name"),
    Column("option", Word(Option), nullable=False),
    Column("extra_time", Ratio, nullable=False),
    *texts("place"),
    Column("variables", JSON, nullable=False),
    Column("extra_by_phase", PhaseMap(str, Fraction), nullable=False),
)

codes = Table(
    "codes",
    metadata,
    Column("session", String, primary_key=True),
    Column("candidate", String, primary_key=True),
    *texts("sealed"),
    owner_candidate(),
)

seats = Table(
    "seats",
    metadata,
    Column("session", String, primary_key=True),
    Column("candidate", String, primary_key=True),
    *texts("sealed"),
    owner_candidate(),
)

labs = Table(
    "labs",
    metadata,
    Column("id", String, primary_key=True),
    Column("session", ForeignKey("sessions.name", ondelete="CASCADE"), index=True, nullable=False),
    *texts("candidate"),
    Column("realisation", Integer, nullable=False),
    Column("number", Integer, unique=True, nullable=False),
    *texts("template", "template_hash", "host"),
    Column("state", Word(LabState), nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    owner_lab(primary=True),
    Column("node", String, primary_key=True),
    Column("id", String, primary_key=True),
    *texts("login"),
    Column("audience", Word(Audience), nullable=False),
    Column("kind", Word(CredentialKind), nullable=False),
    *texts("secret", "public"),  # the secret is sealed
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", String, primary_key=True),
    *texts("sealed"),
)

findings = Table(
    "findings",
    metadata,
    owner_lab(primary=True),
    Column("check", String, primary_key=True),
    *texts("node", "kind"),
    Column("green", Boolean, nullable=False),
    *texts("evidence", "command"),
    Column("tries", Integer, nullable=False),
    Column("took", Float, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("at", Instant, nullable=False),
)

progress = Table(
    "progress",
    metadata,
    owner_lab(primary=True),
    Column("node", String, primary_key=True),
    *texts("step"),
    Column("share", Float, nullable=False),
    Column("at", Instant, nullable=False),
    *texts("detail"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", String, primary_key=True),
    owner_lab(index=True),
    Column("kind", Word(SnapshotKind), nullable=False),
    Column("taken", Instant, nullable=False),
    *texts("template", "credentials"),
    Column("parts", Parts, nullable=False),
    Column("verified", Instant),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Word(JobKind), nullable=False),
    owner_lab(index=True),
    Column("lane", Word(Lane), nullable=False),
    *texts("by"),
    Column("ordered", Instant, nullable=False),
    Column("args", JSON, nullable=False),
    Column("state", Word(JobState), index=True, nullable=False),
    Column("started", Instant),
    Column("ended", Instant),
    Column("tries", Integer, nullable=False),
    *texts("outcome", "hint"),
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
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("worker", String, primary_key=True),
    Column("at", Instant, nullable=False),
    *texts("boot"),
    Column("ticks", Float, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("login", String, primary_key=True),
    Column("role", Word(Role), nullable=False),
    *texts("hashed"),
    Column("disabled", Boolean, nullable=False),
)

failed_logins = Table(
    "failed_logins",
    metadata,
    Column("id", Integer, primary_key=True),
    *texts("who"),
    Column("at", Instant, nullable=False),
    Index(None, "who", "at"),
)

journal = Table(
    "journal",
    metadata,
    Column("rank", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("subject", String, index=True, nullable=False),
    *texts("what", "by", "why", "hash"),
)
