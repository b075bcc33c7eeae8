"""The way to a newer shape of the tables. Apart, since Alembic is seldom needed and heavy."""

from __future__ import annotations

from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text

from labmgr.errors import StoreError
from labmgr.store.rows.database import Database
from labmgr.store.rows.schema import STEPS, standing

UNSEALED = {None, "0001"}  # shapes from before the journal's end was sealed


def upgrade(url: str, seal_journal: Callable[[Connection], None]) -> None:
    """Take every missing step in one transaction: all of them, or none.

    The journal's end is sealed once, on the way up from a labmgr that did not: where a later one
    finds no seal, somebody took it away.
    """
    database = Database(url, foreign_keys=False)  # a step may have to make a table anew
    try:
        with database.write() as tx:
            before = standing(tx)
            _run(tx)
            if before in UNSEALED:
                seal_journal(tx)
            _check_references(tx)
    finally:
        database.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))
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
