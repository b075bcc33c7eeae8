"""The store: all books over one database, its schema and its locks between processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from labmgr.domain.ports import Vault
from labmgr.errors import StoreError
from labmgr.store.rows import schema
from labmgr.store.rows.accounts import Accounts, Codes, FailedLogins
from labmgr.store.rows.database import Database
from labmgr.store.rows.equipment import Equipped
from labmgr.store.rows.exams import Commissions, Passages, Realisations
from labmgr.store.rows.jobs import Jobs
from labmgr.store.rows.journal import Journal
from labmgr.store.rows.labs import Labs, Sightings
from labmgr.store.rows.recettes import Recettes
from labmgr.store.rows.rehearsals import Rehearsed
from labmgr.store.rows.rosters import Rosters
from labmgr.store.rows.snapshots import Snapshots


class SqlStore(
    Labs,
    Sightings,
    Snapshots,
    Rosters,
    Commissions,
    Realisations,
    Passages,
    Jobs,
    Accounts,
    Codes,
    FailedLogins,
    Recettes,
    Rehearsed,
    Equipped,
    Journal,
):
    """Everything labmgr remembers. `upgrade()` first, on a new database or a new labmgr."""

    def __init__(self, url: str, vault: Vault, now: Callable[[], datetime], *, home: Path) -> None:
        super().__init__(Database(url), vault, now)
        self._url = url
        self._locks = home / "locks"

    def upgrade(self) -> None:
        """Bring the tables to this labmgr's shape; nothing to do when they have it.

        One process at a time; the others wait for it.
        """
        if self.current():
            return
        # Alembic takes 11 MiB and half a second: only those who need it pay.
        from labmgr.store.rows import upgrading  # noqa: PLC0415

        with self._held("upgrade", fcntl.LOCK_EX):
            upgrading.upgrade(self._url, self._begin_mark)

    def current(self) -> bool:
        """Whether the tables have this labmgr's shape."""
        with self._db.read() as tx:
            return schema.standing(tx) == schema.wanted()

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """A lock between processes, let go at death; False when someone else holds it.

        A child forked while it is held keeps it too: fork first.
        """
        with self._held(name, fcntl.LOCK_EX | fcntl.LOCK_NB) as held:
            yield held

    @contextmanager
    def _held(self, name: str, how: int) -> Iterator[bool]:
        try:
            self._locks.mkdir(parents=True, exist_ok=True)
            file = os.open(self._locks / quote(name, safe=""), os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as e:
            raise StoreError(
                f"The lock {name} cannot be opened: {e.strerror}",
                hint="Check the owner and the rights of LABMGR_HOME, and the room on its disk.",
            ) from e
        try:
            yield _flock(file, how)
        finally:
            os.close(file)  # lets go of it


def _flock(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        return False
    return True
