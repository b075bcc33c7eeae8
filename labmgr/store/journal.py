"""The journal, and the ground every book stands on: database, vault, clock, a row for each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from labmgr.domain.journal import BEGINNING, Entry
from labmgr.domain.ports import Vault
from labmgr.store.database import Database, columns, every
from labmgr.store.tables import journal


class Book:
    """What all books share."""

    def __init__(self, database: Database, vault: Vault, now: Callable[[], datetime]) -> None:
        self._db = database
        self._vault = vault
        self._now = now

    def _note(self, tx: Connection, subject: str, what: str, *, by: str, why: str = "") -> None:
        """Add a journal row in the transaction of the step it tells of."""
        newest = select(journal.c.rank, journal.c.hash).order_by(journal.c.rank.desc()).limit(1)
        rank, previous = tx.execute(newest).first() or (0, BEGINNING)
        # UTC before it is hashed: that is what the table gives back.
        entry = Entry(self._now().astimezone(UTC), subject, what, by, why, rank=rank + 1)
        sealed = replace(entry, hash=entry.sealed(entry.rank, previous))
        tx.execute(insert(journal).values(**asdict(sealed)))


class Journal(Book):
    """Append-only; nothing here changes or removes a row."""

    def write(self, subject: str, what: str, *, by: str, why: str = "") -> None:
        with self._db.write() as tx:
            self._note(tx, subject, what, by=by, why=why)

    def entries(self, subject: str | None = None, limit: int | None = None) -> list[Entry]:
        """In order of rank; with *limit* the newest so many, still in order."""
        query = columns(journal, Entry).order_by(journal.c.rank.desc()).limit(limit)
        if subject is not None:
            query = query.where(journal.c.subject == subject)
        with self._db.read() as tx:
            return every(tx, query, Entry)[::-1]
