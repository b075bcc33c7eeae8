"""The newest rehearsal of each session: its report as it was, with its journal row."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import JSON, Column, Float, ForeignKey, Table, select

from labmgr.domain.rehearsal import Rehearsal, Trial
from labmgr.store.rows.columns import metadata, texts
from labmgr.store.rows.database import put
from labmgr.store.rows.journal import Book
from labmgr.store.rows.types import Instant

rehearsals = Table(
    "rehearsals",
    metadata,
    Column("session", ForeignKey("sessions.name", ondelete="CASCADE"), primary_key=True),
    Column("begun", Instant, nullable=False),
    Column("took", Float, nullable=False),
    *texts("by"),
    Column("seen", JSON, nullable=False),  # everything else of the report
)


class Rehearsed(Book):
    def keep_rehearsal(self, report: Rehearsal) -> None:
        seen = asdict(report)
        row = {name: seen.pop(name) for name in ("begun", "took", "by")}
        key = {"session": seen.pop("session")}
        verdict, why = "go" if report.go else "no-go", "; ".join(report.reasons())
        with self._db.write() as tx:
            put(tx, rehearsals, key, row | {"seen": seen})
            what = f"rehearsed: {verdict}"
            self._note(tx, f"session:{report.session}", what, by=report.by, why=why)

    def rehearsal(self, session: str) -> Rehearsal | None:
        with self._db.read() as tx:
            found = tx.execute(select(rehearsals).where(rehearsals.c.session == session)).first()
        if found is None:
            return None
        row = found._asdict()
        seen = row.pop("seen")
        seen["trials"] = tuple(Trial(**one) for one in seen["trials"])
        for name in ("images_missing", "troubles"):
            seen[name] = tuple(seen[name])
        return Rehearsal(**row, **seen)
