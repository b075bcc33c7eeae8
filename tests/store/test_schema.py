"""The tables: made from nothing, by whoever comes first, and the same as the code thinks."""

import sqlite3

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from labmgr.errors import StoreError
from labmgr.store.rows import schema
from labmgr.store.rows.columns import metadata


def test_from_nothing_to_all_tables_and_again(store, home, open_store):
    assert store.current()
    store.upgrade()
    again = open_store(home)
    again.upgrade()
    assert again.current()
    again.close()


def test_a_new_file_is_not_current_and_says_what_to_do(home, open_store):
    empty = open_store(home)
    assert not empty.current()
    with pytest.raises(StoreError, match="older than this labmgr") as trouble:
        empty.labs()
    assert "scripts/run --setup" in trouble.value.hint
    empty.close()


def test_the_number_of_the_last_file_is_the_last_step():
    """The store tells by file names whether Alembic is needed at all."""
    config = Config()
    config.set_main_option("script_location", str(schema.STEPS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [schema.wanted()]


def test_the_steps_lead_to_the_tables_of_the_code(store, home):
    engine = create_engine(f"sqlite:///{home}/labmgr.db")
    with engine.connect() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_keys_and_partial_indexes_too(store, home, tmp_path):
    """What compare_metadata does not look at on SQLite."""
    engine = create_engine(f"sqlite:///{home}/labmgr.db")
    wanted = create_engine(f"sqlite:///{tmp_path}/wanted.db")
    metadata.create_all(wanted)
    for table in metadata.tables:
        assert _details(engine, table) == _details(wanted, table)
    engine.dispose()
    wanted.dispose()


def _details(engine, table):
    seen = inspect(engine)
    foreign = sorted(
        (one["constrained_columns"], one["referred_table"], one["options"])
        for one in seen.get_foreign_keys(table)
    )
    indexes = sorted(
        (one["name"], one["unique"], str(one.get("dialect_options", {}).get("sqlite_where")))
        for one in seen.get_indexes(table)
    )
    primary = seen.get_pk_constraint(table)["constrained_columns"]
    return sorted(primary), foreign, indexes, seen.get_unique_constraints(table)


UPGRADER = "sys.stdin.readline(); store.upgrade(); print(store.current())"


def test_processes_that_start_together_make_one_database(home, process):
    started = [process(UPGRADER) for _ in range(4)]
    for one in started:
        one.stdin.write("go\n")
        one.stdin.flush()
    assert [one.communicate()[0] for one in started] == ["True\n"] * 4


def test_a_database_of_a_newer_labmgr_is_refused_and_left_alone(store, home):
    other = sqlite3.connect(home / "labmgr.db")
    other.execute("UPDATE alembic_version SET version_num = '9999'")
    other.commit()
    other.close()
    assert not store.current()
    with pytest.raises(StoreError, match="cannot be brought up to date") as trouble:
        store.upgrade()
    assert "newer labmgr" in trouble.value.hint
    assert store.sessions() == []
