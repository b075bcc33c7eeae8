"""What is the same for every test and slow to make: made once a run, from the real thing."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher

from labmgr.config import ROOT
from labmgr.store.files.file_library import FileLibrary, _Memory
from labmgr.store.rows.sql_store import SqlStore
from labmgr.store.rows.upgrading import upgrade
from labmgr.vault.vault import HomeVault


def upgrade_store(store: SqlStore, home: Path) -> None:
    """`store.upgrade()`; an empty database gets the tables that its steps made before.

    Each home still seals the beginning of its journal with keys of its own.
    """
    file = home / "labmgr.db"
    if not file.stat().st_size:
        file.write_bytes(_tables())
        with store._db.write() as tx:  # noqa: SLF001 - what the upgrade does at its end
            store._begin_mark(tx)  # noqa: SLF001
    store.upgrade()


@cache
def _tables() -> bytes:
    """A database that took every step."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "labmgr.db"
        upgrade(f"sqlite:///{file}", lambda _: None)
        return file.read_bytes()


class QuickVault(HomeVault):
    """The real one, but for what a new hash costs: a hash says itself what checking it costs.

    The product's cost is told by tests/unit/test_vault.py.
    """

    def hash_password(self, password: str) -> str:
        return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(password)


class _OurOwn(FileLibrary):
    """Of labmgr's own templates, which no test changes: looked at once, not at every question."""

    def _fresh(self) -> _Memory:
        return self._memory if self._memory.stamp else super()._fresh()


@cache
def library(templates: Path) -> FileLibrary:
    """It reads afresh what has changed, so that tests may share it as requests do."""
    ours = ROOT / "lab_templates"
    return _OurOwn(templates) if templates == ours else FileLibrary(templates)
