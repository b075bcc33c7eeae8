"""Whole homes: the database copied while others write, locks, and one step from old to new."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from labmgr.domain.backup import DATABASE
from labmgr.domain.ports import Vault
from labmgr.errors import Refused, StoreError
from labmgr.store.rows import schema
from labmgr.store.rows.sql_store import SqlStore
from labmgr.store.rows.translate import from_sqlite

BUSY_SECONDS: Final = 10
WORKING: Final = ("serve", "worker")  # the locks of those who live in a home
_EXCHANGE: Final = 2  # RENAME_EXCHANGE of renameat2(2)
_HERE: Final = -100  # AT_FDCWD


class SqliteHomes:
    """Homes whose database is the SQLite file in them."""

    def __init__(self, vault: Callable[[Path], Vault], now: Callable[[], datetime]) -> None:
        self._vault = vault
        self._now = now

    def copy_database(self, home: Path, to: Path) -> None:
        """In one read transaction: writers go on, and the copy is of one instant."""
        os.close(os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            source = sqlite3.connect(_existing(home), uri=True, timeout=BUSY_SECONDS)
            with closing(source), closing(sqlite3.connect(to)) as copy:
                source.backup(copy)
                said = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        except sqlite3.Error as e:
            raise from_sqlite(e) from e
        if said != "ok":
            raise StoreError(
                f"The database is damaged: {said}",
                hint="Keep it as it is, stop labmgr, and put the last backup back.",
            )

    def schema(self, home: Path) -> str:
        wanted = schema.wanted()
        try:
            with closing(sqlite3.connect(_existing(home), uri=True)) as database:
                stands = str(
                    database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
                )
        except sqlite3.Error as e:
            raise from_sqlite(e) from e
        if stands > wanted:
            raise StoreError(
                f"A newer labmgr made this database (shape {stands}; this one knows {wanted})",
                hint="Install the labmgr that made it, or a newer one, then restore.",
            )
        return stands

    @contextmanager
    def store(self, home: Path) -> Iterator[SqlStore]:
        url = f"sqlite:///{home / DATABASE}"
        made = SqlStore(url, self._vault(home), self._now, home=home)
        try:
            made.upgrade()
            yield made
        finally:
            made.close()

    @contextmanager
    def alone(self, home: Path) -> Iterator[None]:
        """Held until the end, so that nobody starts meanwhile either."""
        if not home.exists() or not any(home.iterdir()):
            yield
            return
        locks = home / "locks"
        locks.mkdir(exist_ok=True, mode=0o700)
        held = [os.open(locks / name, os.O_CREAT | os.O_RDWR, 0o600) for name in WORKING]
        try:
            if not all(_locked(one) for one in held) or _opened_by_others(home):
                raise Refused(
                    f"labmgr is at work in {home}",
                    hint="Stop it (`systemctl stop labmgr`, or Ctrl-C where it runs), then repeat.",
                )
            yield
        finally:
            for one in held:
                os.close(one)

    @contextmanager
    def fresh(self, beside: Path) -> Iterator[Path]:
        prefix = f".{beside.name}.restoring-"
        beside.parent.mkdir(parents=True, exist_ok=True)
        _clear(beside.parent, prefix)
        made = beside.parent / f"{prefix}{secrets.token_hex(4)}"
        made.mkdir(mode=0o700)
        handle = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
        try:
            _locked(handle)  # alive: nobody clears it
            yield made
        finally:
            os.close(handle)
            shutil.rmtree(made, ignore_errors=True)

    def put_in_place(self, fresh: Path, home: Path, aside: Path) -> bool:
        """*fresh* becomes *home* in one step, whatever stood there moves *aside*."""
        if not home.exists():
            fresh.rename(home)
            _sync(home.parent)
            return False
        # Aside first: from the exchange on, that name holds the old state, and nobody clears it.
        fresh.rename(aside)
        try:
            _exchange(aside, home)
        except BaseException:
            aside.rename(fresh)
            raise
        with suppress(OSError):
            aside.rmdir()  # an empty one is nothing to keep
        _sync(home.parent)
        return aside.exists()


def _existing(home: Path) -> str:
    return f"{(home / DATABASE).absolute().as_uri()}?mode=rw"


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _opened_by_others(home: Path) -> bool:
    """A panel that runs alone holds no lock; SQLite's exclusive one is for a lone connection.

    A damaged database is nobody's: it may be the very reason for a restore.
    """
    if not (home / DATABASE).exists():
        return False
    try:
        with closing(sqlite3.connect(_existing(home), uri=True, timeout=1)) as database:
            database.execute("PRAGMA locking_mode=EXCLUSIVE").fetchone()
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as e:
        return getattr(e, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    return False


def _clear(folder: Path, prefix: str) -> None:
    """What a killed one left; a living one holds its lock."""
    for left in folder.glob(f"{prefix}*"):
        handle = os.open(left, os.O_RDONLY)
        try:
            if _locked(handle):
                shutil.rmtree(left)
        finally:
            os.close(handle)


def _exchange(one: Path, other: Path) -> None:
    """Both names change places in one step: a power cut finds the old home or the new one."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return
    trouble = ctypes.get_errno()
    if trouble in {errno.EINVAL, errno.ENOSYS, errno.EXDEV, errno.EBUSY}:
        raise Refused(
            f"{other} cannot be replaced in one step ({os.strerror(trouble)})",
            hint="Move it aside by hand (`mv`), or name another LABMGR_HOME; then repeat.",
        )
    raise OSError(trouble, os.strerror(trouble), str(other))


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
