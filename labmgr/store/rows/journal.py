"""The journal, and the ground every book stands on: database, vault, clock, a row for each step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select

from labmgr.domain.journal import Entry, Mark
from labmgr.domain.ports import Vault
from labmgr.errors import VaultError
from labmgr.store.rows.database import Database, columns, every, put
from labmgr.store.rows.tables import journal, secrets

MARK = {"name": "journal:newest"}


class Book:
    """What all books share."""

    def __init__(self, database: Database, vault: Vault, now: Callable[[], datetime]) -> None:
        self._db = database
        self._vault = vault
        self._now = now

    def _note(self, tx: Connection, subject: str, what: str, *, by: str, why: str = "") -> None:
        """Add a journal row in the transaction of the step it tells of."""
        standing, mark = _newest(tx), self._mark(tx)
        # After the sealed row, not after the last one found: rows that were cut away, or put
        # there by others, leave a break that no later row heals.
        previous = mark or standing
        rank = max(standing.rank, previous.rank) + 1
        # UTC before it is hashed: that is what the table gives back.
        entry = Entry(self._now().astimezone(UTC), subject, what, by, why, rank=rank)
        sealed = replace(entry, hash=entry.sealed(rank, previous.hash))
        tx.execute(insert(journal).values(**asdict(sealed)))
        if mark is not None:  # one that is missing, or not ours, stays the sign that it is
            self._seal(tx, Mark(rank, sealed.hash))

    def _seal(self, tx: Connection, mark: Mark) -> None:
        put(tx, secrets, MARK, {"sealed": self._vault.seal(str(mark))})

    def _mark(self, tx: Connection) -> Mark | None:
        sealed = tx.scalar(select(secrets.c.sealed).filter_by(**MARK))
        try:
            return None if sealed is None else Mark.read(self._vault.unseal(sealed))
        except VaultError:
            return None  # a journal with a broken seal is still written


def _newest(tx: Connection) -> Mark:
    query = select(journal.c.rank, journal.c.hash).order_by(journal.c.rank.desc()).limit(1)
    found = tx.execute(query).first()
    return Mark(*found) if found else Mark()


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

    def whole_journal(self) -> tuple[list[Entry], Mark | None]:
        """Every row, and the newest one as it was sealed, both of the same instant."""
        with self._db.read() as tx:
            rows = every(tx, columns(journal, Entry).order_by(journal.c.rank), Entry)
            return rows, self._mark(tx)

    def _begin_mark(self, tx: Connection) -> None:
        """Seal the end of a journal that has no mark yet: at its birth, and never again."""
        self._seal(tx, _newest(tx))
