"""The exam day: a session's form, commissions, réalisations, passages, bells, incidents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# What sessions made before this step lived by: their labs were opened and closed by hand.
DURATIONS = '{"phase-1": 1800, "interview-1": 1200, "hour": 3600, "interview-2": 1200}'
LABELS = '{"epreuve": "E6", "unit": "U6", "fiche": "VII-1", "attestation": "VII-7", "year": ""}'


def upgrade() -> None:
    _sessions()
    _candidates()
    _commissions()
    _realisations()
    _passages()
    _bells()
    _incidents()
    _heartbeats()


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String, primary_key=key, nullable=False)


def _number(name: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, primary_key=key, nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


def _at(name: str, *, known: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not known)


def _of_candidate(table: str) -> sa.ForeignKeyConstraint:
    own, owner = ["session", "candidate"], ["candidates.session", "candidates.number"]
    name = f"fk_{table}_session_candidate_candidates"
    return sa.ForeignKeyConstraint(own, owner, ondelete="CASCADE", name=op.f(name))


def _primary(table: str, *names: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*names, name=op.f(f"pk_{table}"))


def _sessions() -> None:
    """With what the old rows get; afterwards every row says it itself."""
    given = {"form": (sa.String, "training"), "durations": (sa.JSON, DURATIONS)}
    given["labels"] = (sa.JSON, LABELS)
    _add("sessions", given)


def _candidates() -> None:
    _add("candidates", {"extra_by_phase": (sa.JSON, "{}")})


def _heartbeats() -> None:
    op.execute("DELETE FROM heartbeats")  # of a worker that has ended, or this would not run
    _add("heartbeats", {"boot": (sa.String, ""), "ticks": (sa.Float, "0")})


def _add(table: str, given: dict[str, tuple[type, str]]) -> None:
    with op.batch_alter_table(table) as batch:
        for name, (kind, value) in given.items():
            batch.add_column(sa.Column(name, kind, nullable=False, server_default=value))
    with op.batch_alter_table(table) as batch:
        for name in given:
            batch.alter_column(name, server_default=None)


def _commissions() -> None:
    op.create_table(
        "commissions",
        _text("session"),
        _text("id"),
        _text("title"),
        _json("members"),
        _text("room"),
        _primary("commissions", "session", "id"),
        sa.ForeignKeyConstraint(
            ["session"],
            ["sessions.name"],
            ondelete="CASCADE",
            name=op.f("fk_commissions_session_sessions"),
        ),
    )


def _realisations() -> None:
    op.create_table(
        "realisations",
        _text("session"),
        _text("candidate"),
        _number("number"),
        _text("template"),
        _text("title"),
        _json("variables"),
        _text("document"),
        sa.Column("sealed", sa.String),
        _primary("realisations", "session", "candidate", "number"),
        _of_candidate("realisations"),
    )


def _passages() -> None:
    op.create_table(
        "passages",
        _text("session"),
        _text("candidate"),
        _text("commission"),
        _text("place"),
        _number("wave"),
        _json("planned"),
        sa.Column("own_tools", sa.Boolean, nullable=False),
        _text("state"),
        sa.Column("paused", sa.String),
        _number("choice"),
        _text("lab"),
        _text("change_asked"),
        _at("arrived"),
        _at("acknowledged"),
        *(_text(name) for name in ("absent_said_by", "message", "adjustment")),
        _json("clocks"),
        _number("revision"),
        _primary("passages", "session", "candidate"),
        _of_candidate("passages"),
    )


def _bells() -> None:
    names = ("session", "candidate", "phase", "ring")
    op.create_table(
        "bells",
        *(_text(name) for name in names),
        _at("answered", known=True),
        _primary("bells", *names),
        _of_candidate("bells"),
    )


def _incidents() -> None:
    op.create_table(
        "incidents",
        _number("id"),
        _text("session"),
        _text("candidate"),
        _text("what"),
        _at("noticed", known=True),
        _at("ended"),
        sa.Column("seconds", sa.Float, nullable=False),
        _text("decision"),
        _text("by"),
        _primary("incidents", "id"),
        _of_candidate("incidents"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_incidents_session"), "incidents", ["session"])
