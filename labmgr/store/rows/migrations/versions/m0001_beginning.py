"""All tables of the first labmgr.

Written out, not taken from tables.py: a step says what the tables were at its time.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _staff()
    _rosters()
    _labs()
    _sightings()
    _snapshots()
    _jobs()
    _journal()


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, nullable=False) for name in names]


def _key(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String, primary_key=True) for name in names]


def _at(name: str, *, known: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=not known)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _share(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Float, nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)


def _of(column: str, owner: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [owner], ondelete="CASCADE")


def _of_candidate() -> sa.ForeignKeyConstraint:
    owner = ["candidates.session", "candidates.number"]
    return sa.ForeignKeyConstraint(["session", "candidate"], owner, ondelete="CASCADE")


def _staff() -> None:
    op.create_table("accounts", *_key("login"), *_text("role", "hashed"), _flag("disabled"))
    number = sa.Column("id", sa.Integer, primary_key=True)
    op.create_table("failed_logins", number, *_text("who"), _at("at"))
    op.create_index(None, "failed_logins", ["who", "at"])
    op.create_table("secrets", *_key("name"), *_text("sealed"))


def _rosters() -> None:
    words = _text("title", "template", "option", "state")
    op.create_table("sessions", *_key("name"), *words, _at("created"))
    op.create_table(
        "candidates",
        *_key("session", "number"),
        *_text("last_name", "first_name", "option", "extra_time", "place"),
        _json("variables"),
        _of("session", "sessions.name"),
    )
    for name in ("codes", "seats"):
        op.create_table(name, *_key("session", "candidate"), *_text("sealed"), _of_candidate())


def _labs() -> None:
    op.create_table(
        "labs",
        *_key("id"),
        *_text("session", "candidate", "template", "template_hash", "host", "state"),
        _number("realisation"),
        _number("number"),
        sa.UniqueConstraint("number"),
        _of("session", "sessions.name"),
    )
    op.create_index(None, "labs", ["session"])
    op.create_table(
        "credentials",
        *_key("lab", "node", "id"),
        *_text("login", "audience", "kind", "secret", "public"),
        _of("lab", "labs.id"),
    )


def _sightings() -> None:
    op.create_table(
        "findings",
        *_key("lab", "check"),
        *_text("node", "kind", "evidence", "command"),
        _flag("green"),
        _flag("final"),
        _number("tries"),
        _share("took"),
        _at("at"),
        _of("lab", "labs.id"),
    )
    op.create_table(
        "progress",
        *_key("lab", "node"),
        *_text("step", "detail"),
        _share("share"),
        _at("at"),
        _of("lab", "labs.id"),
    )


def _snapshots() -> None:
    op.create_table(
        "snapshots",
        *_key("id"),
        *_text("lab", "kind", "template", "credentials"),
        _json("parts"),
        _at("taken"),
        _at("verified", known=False),
        _of("lab", "labs.id"),
    )
    op.create_index(None, "snapshots", ["lab"])


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, primary_key=True),
        *_text("kind", "lab", "lane", "by", "state", "outcome", "hint"),
        sa.Column("worker", sa.String),
        _json("args"),
        _number("tries"),
        _at("ordered"),
        _at("started", known=False),
        _at("ended", known=False),
        _of("lab", "labs.id"),
        sqlite_autoincrement=True,
    )
    op.create_index(None, "jobs", ["lab"])
    op.create_index(None, "jobs", ["state"])
    doing = sa.text("state = 'doing'")
    op.create_index(
        "one_in_hand",
        "jobs",
        ["lab", "lane"],
        unique=True,
        sqlite_where=doing,
        postgresql_where=doing,
    )
    op.create_table("heartbeats", *_key("worker"), _at("at"))


def _journal() -> None:
    words = _text("subject", "what", "by", "why", "hash")
    op.create_table("journal", sa.Column("rank", sa.Integer, primary_key=True), _at("at"), *words)
    op.create_index(None, "journal", ["subject"])
