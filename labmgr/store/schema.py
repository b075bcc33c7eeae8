"""The shape of the tables: which one stands, which one is wanted, and the way there."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text

from labmgr.errors import StoreError
from labmgr.store.database import Database

_STEPS = Path(__file__).parent / "migrations"


def wanted() -> str | None:
    """The last step that this labmgr knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def standing(tx: Connection) -> str | None:
    """The last step that this database took; None when it is empty."""
    return MigrationContext.configure(tx).get_current_revision()


def upgrade(url: str) -> None:
    """Take every missing step in one transaction: all of them, or none."""
    database = Database(url, foreign_keys=False)  # a step may have to make a table anew
    try:
        with database.write() as tx:
            _run(tx)
            _check_references(tx)
    finally:
        database.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _run(tx: Connection) -> None:
    config = _config()
    config.attributes["connection"] = tx
    try:
        command.upgrade(config, "head")
    except CommandError as e:
        raise StoreError(
            f"The database cannot be brought up to date: {e}",
            hint="Was it made by a newer labmgr? Install that one, or restore an older backup.",
        ) from e


def _check_references(tx: Connection) -> None:
    if tx.dialect.name == "sqlite":
        lost = tx.execute(text("PRAGMA foreign_key_check")).all()
        if lost:
            raise StoreError(
                f"After the upgrade {len(lost)} rows would belong to nothing, so it was undone",
                hint="Restore the last backup (`labmgr backup restore`) and report this.",
            )
