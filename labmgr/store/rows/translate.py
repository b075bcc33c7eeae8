"""Every error of the database in labmgr's own words, cause attached."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from labmgr.errors import LabmgrError, LostRace, NotFound, StoreError, StoreFull

_FREE = "Free some room on its disk (`df -h`), then repeat; nothing was half written."
_OLD = "Bring it up to date with `scripts/run --setup`, then start labmgr again."
_BROKEN = "Stop labmgr and put the last backup back (`labmgr backup restore`)."
_ACCESS = "Check the owner and the rights of LABMGR_HOME, and that its disk is not read-only."

# Primary result code -> what happened, what to do.
_SAYINGS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_FULL: ("The database's disk is full", _FREE),
    sqlite3.SQLITE_BUSY: (
        "The database stayed locked for 10 seconds",
        "Another program holds it (a backup, a copy, a database browser?); end it, then repeat.",
    ),
    sqlite3.SQLITE_READONLY: ("The database cannot be written", _ACCESS),
    sqlite3.SQLITE_CANTOPEN: ("The database cannot be opened", _ACCESS),
    sqlite3.SQLITE_PERM: ("The database cannot be opened", _ACCESS),
    sqlite3.SQLITE_IOERR: (
        "The disk failed under the database",
        "Look at `dmesg` and the disk's health before going on; then `labmgr doctor`.",
    ),
    sqlite3.SQLITE_CORRUPT: ("The database is damaged", _BROKEN),
    sqlite3.SQLITE_NOTADB: ("The file is not a labmgr database, or it is damaged", _BROKEN),
}


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn whatever SQLAlchemy throws into labmgr's own errors."""
    try:
        yield
    except SQLAlchemyError as e:
        raise _translated(e) from e


def _translated(error: SQLAlchemyError) -> LabmgrError:
    cause = error.orig if isinstance(error, DBAPIError) else None
    if isinstance(error, IntegrityError):
        return _clash(cause)
    if isinstance(cause, sqlite3.Error):
        return from_sqlite(cause)
    return StoreError(
        f"The database refused: {cause or error}", hint="`labmgr doctor` looks at it."
    )


def _clash(cause: BaseException | None) -> LabmgrError:
    if "foreign key" in str(cause).lower():
        return NotFound(
            "What this belongs to is not there, or no longer",
            hint="The session, candidate or lab was removed meanwhile; look again.",
        )
    return LostRace(
        f"Someone else wrote the same row first ({cause})",
        hint="Look again before you repeat the order.",
    )


def from_sqlite(cause: sqlite3.Error) -> StoreError:
    if str(cause).startswith(("no such table", "no such column")) or "has no column" in str(cause):
        return StoreError(f"The database is older than this labmgr ({cause})", hint=_OLD)
    code = _primary(getattr(cause, "sqlite_errorcode", 0))
    what, hint = _SAYINGS.get(
        code, (f"The database refused: {cause}", "`labmgr doctor` looks at it.")
    )
    kind = StoreFull if code == sqlite3.SQLITE_FULL else StoreError
    return kind(what, hint=hint)


def _primary(code: int) -> int:
    """The low byte says it, but for a file of 32 KiB for which a full disk has no room."""
    return sqlite3.SQLITE_FULL if code == sqlite3.SQLITE_IOERR_SHMSIZE else code & 0xFF
