"""One database: how it is connected, and the two kinds of transaction."""

from __future__ import annotations

import os
import sqlite3
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar, cast

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    PoolProxiedConnection,
    Select,
    Table,
    and_,
    create_engine,
    event,
    insert,
    make_url,
    select,
    update,
)

from labmgr.store.rows.translate import from_sqlite, in_our_words

T = TypeVar("T")

BUSY_SECONDS = 10
_GLANCE = 5  # milliseconds between two looks whether it is one's turn to write
_IMMEDIATE = "labmgr_immediate"


class Database:
    """Reads see one instant; writes stand in line, so that what they read still holds."""

    def __init__(self, url: str, *, foreign_keys: bool = True) -> None:
        with in_our_words():
            self.engine = _open(make_url(url), foreign_keys=foreign_keys)
            self._watch: PoolProxiedConnection | None = None
            self._writer = self.engine.execution_options(**{_IMMEDIATE: True})

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with in_our_words(), self.engine.begin() as tx:
            yield tx

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """All of it is written, or nothing."""
        with in_our_words(), self._writer.begin() as tx:
            yield tx

    def mark(self) -> object:
        """SQLite counts, for each connection, what all the others write."""
        if self.engine.dialect.name != "sqlite":
            return object()
        with in_our_words():
            self._watch = self._watch or self.engine.raw_connection()
        try:
            return self._watch.cursor().execute("PRAGMA data_version").fetchall()[0]
        except sqlite3.Error as e:
            raise from_sqlite(e) from e

    def close(self) -> None:
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        self.engine.dispose()


def _open(url: URL, *, foreign_keys: bool) -> Engine:
    if url.get_backend_name() != "sqlite":
        return create_engine(url, hide_parameters=True)
    _make_private(url)
    engine = create_engine(
        url,
        hide_parameters=True,  # errors end up in logs, and the parameters are people
        connect_args={"timeout": BUSY_SECONDS},
        pool_size=16,
        max_overflow=-1,  # a connection is a file handle; a panel thread must never wait for one
    )
    event.listen(engine, "connect", partial(_prepare, foreign_keys))
    event.listen(engine, "begin", _begin)
    _forget_in_children(engine)
    return engine


def _make_private(url: URL) -> None:
    """The database holds names: its file, and those beside it, are the owner's alone."""
    if url.database and url.database != ":memory:" and not Path(url.database).exists():
        try:
            os.close(os.open(url.database, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError:
            return  # the first connection says what is wrong, in our words


def _prepare(foreign_keys: bool, connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # `_begin` alone starts transactions
    keys = f"foreign_keys={int(foreign_keys)}"
    for pragma in ("journal_mode=WAL", "synchronous=FULL", keys):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(tx: Connection) -> None:
    """A write takes the lock at once: a read that turns into a write would fail under a race."""
    if not tx.get_execution_options().get(_IMMEDIATE):
        tx.exec_driver_sql("BEGIN")
        return
    try:
        _take_turn(cast("sqlite3.Connection", tx.connection.driver_connection))
    except sqlite3.Error as e:
        raise from_sqlite(e) from e


def _take_turn(line: sqlite3.Connection) -> None:
    """Looked for often: SQLite, left to itself, soon looks but ten times a second.

    Where many write, it finds one of them there each time, until the unlucky one is refused.
    """
    end = time.monotonic() + BUSY_SECONDS
    line.execute(f"PRAGMA busy_timeout={_GLANCE}").close()
    try:
        while True:
            try:
                line.execute("BEGIN IMMEDIATE").close()
            except sqlite3.OperationalError as e:
                busy = e.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY  # also while one recovers
                if not busy or time.monotonic() >= end:
                    raise
            else:
                return
    finally:
        line.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}").close()


def _forget_in_children(engine: Engine) -> None:
    """A connection carried over a fork damages the database; children open their own."""
    known = weakref.ref(engine)

    def forget() -> None:
        if (mine := known()) is not None:
            mine.dispose(close=False)

    os.register_at_fork(after_in_child=forget)


@cache  # a statement is a value, and putting one together takes longer than SQLite's answer
def columns(table: Table, kind: type[Any]) -> Select[Any]:
    """Select what the dataclass *kind* has fields for."""
    return select(*(table.c[field.name] for field in fields(kind)))


def every(tx: Connection, query: Select[Any], kind: type[T]) -> list[T]:
    return [kind(**row._asdict()) for row in tx.execute(query)]


def first(tx: Connection, query: Select[Any], kind: type[T]) -> T | None:
    row = tx.execute(query.limit(1)).first()
    return None if row is None else kind(**row._asdict())


def put(tx: Connection, table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Update the row of this key, or add it."""
    same = and_(*(table.c[name] == value for name, value in key.items()))
    if tx.execute(update(table).where(same).values(**values)).rowcount == 0:
        tx.execute(insert(table).values(**key, **values))
