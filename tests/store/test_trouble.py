"""Full disks, locked and damaged files, dead processes: said in our words, nothing half written."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import traceback
from dataclasses import replace

import pytest
from sqlalchemy import event

from labmgr.domain.exam import Candidate
from labmgr.domain.journal import first_altered
from labmgr.domain.lab import LabState
from labmgr.errors import NotFound, StoreError, StoreFull
from labmgr.store.rows import database
from labmgr.store.rows.sql_store import SqlStore


def many(session, first, count):
    long = "x" * 2000
    return [Candidate(session.name, str(first + n), "Nom", place=long) for n in range(count)]


@pytest.fixture
def small_disk(tmp_path):
    """A real disk of 1 MiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let us mount a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_said_and_nothing_is_half_written(small_disk, open_store, session):
    (small_disk / "ballast").write_bytes(b"\1" * 300_000)
    store = open_store(small_disk)
    store.upgrade()
    store.add_session(session, by="prof")
    trouble, kept = fill(store, session)
    assert kept, "the disk was too small for the first part of the test"
    assert str(trouble) == "The database's disk is full"
    assert "nothing was half written" in trouble.hint
    assert len(store.candidates(session.name)) == kept
    assert len(store.entries()) == 1 + kept / 40
    (small_disk / "ballast").unlink()  # what the hint says
    assert store.keep_candidates(many(session, kept, 40), by="prof") == 40
    assert first_altered(store.entries()) is None
    store.close()


def test_a_disk_that_was_full_before_is_not_said_to_have_failed(small_disk, open_store):
    store = open_store(small_disk)
    store.upgrade()
    store.close()
    with contextlib.suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"\1" * 1024):
            pass
    again = open_store(small_disk)
    with pytest.raises(StoreFull, match="disk is full"):
        again.sessions()
    (small_disk / "ballast").unlink()
    assert again.sessions() == []
    again.close()


def fill(store, session):
    """Import lists until one is refused; the refusal, and how many went in before."""
    for kept in range(0, 4000, 40):
        try:
            store.keep_candidates(many(session, kept, 40), by="prof")
        except StoreError as trouble:
            return trouble, kept
    pytest.fail("the disk never filled up")


def test_a_database_that_may_not_grow_gives_the_whole_step_back(store, engine, lab):
    with engine.connect() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar()
    engine.dispose()

    def limit(raw, _record):
        raw.execute(f"PRAGMA max_page_count={pages}").close()

    event.listen(engine, "connect", limit)
    rows = len(store.entries())
    with pytest.raises(StoreError, match="disk is full"):
        store.move(lab, LabState.BUILDING, by="prof", why="w" * 20_000)
    assert store.lab(lab.id) == lab  # the state went back with its journal row
    assert len(store.entries()) == rows
    store.move(lab, LabState.BUILDING, by="prof", why="")


def test_a_file_that_cannot_be_written_is_said(home, tmp_path, open_store):
    nowhere = SqlStore(f"sqlite:///{tmp_path}/no/such/folder/x.db", None, None, home=home)
    with pytest.raises(StoreError, match="cannot be opened") as trouble:
        nowhere.labs()
    assert "LABMGR_HOME" in trouble.value.hint


def test_a_read_only_database_is_said(store, session, home):
    url = f"sqlite:///file:{home}/labmgr.db?mode=ro&uri=true"
    only = SqlStore(url, None, lambda: None, home=home)
    assert only.sessions() == [session]
    with pytest.raises(StoreError, match="cannot be written"):
        only.forgive_failed_logins("x")
    only.close()


def test_no_error_carries_a_name_into_the_log(store):
    person = Candidate("nowhere", "1", "Tell-nobody")
    with pytest.raises(NotFound) as trouble:
        store.keep_candidates([person], by="prof")
    logged = "".join(traceback.format_exception(trouble.value))
    assert "INSERT INTO candidates" in logged
    assert "Tell-nobody" not in logged


def test_a_database_held_by_another_program_is_said(store, home, monkeypatch):
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    hasty = SqlStore(f"sqlite:///{home}/labmgr.db", None, lambda: None, home=home)
    other = sqlite3.connect(home / "labmgr.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="stayed locked") as trouble:
        hasty.forgive_failed_logins("x")
    assert "end it" in trouble.value.hint
    assert hasty.sessions() == []  # reading goes on meanwhile
    other.execute("ROLLBACK")
    other.close()
    hasty.forgive_failed_logins("x")
    hasty.close()


@pytest.mark.parametrize("content", [b"This is not a database. " * 400, b"\0" * 10_000])
def test_a_file_that_is_no_database_is_said(home, open_store, content):
    (home / "labmgr.db").write_bytes(content)
    broken = open_store(home)
    with pytest.raises(StoreError, match="not a labmgr database"):
        broken.upgrade()
    assert (home / "labmgr.db").read_bytes() == content
    broken.close()


def test_a_damaged_database_is_said(store, session, home, open_store):
    store.keep_candidates(many(session, 1, 400), by="prof")
    store.close()
    content = bytearray((home / "labmgr.db").read_bytes())
    content[4096 * 20 :] = b"\xff" * (len(content) - 4096 * 20)
    (home / "labmgr.db").write_bytes(content)
    damaged = open_store(home)
    with pytest.raises(StoreError, match="damaged") as trouble:
        damaged.candidates(session.name)
    assert "backup" in trouble.value.hint
    damaged.close()


DYING = """
from sqlalchemy import text
with store._db.write() as tx:
    store._note(tx, "lab:x", "half a step", by="dying")
    tx.execute(text("UPDATE labs SET state = 'broken'"))
    print("half way", flush=True)
    sys.stdin.readline()
"""


def test_a_process_killed_in_the_middle_of_a_step_leaves_none_of_it(store, lab, process):
    victim = process(DYING)
    assert victim.stdout.readline() == "half way\n"
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    assert store.lab(lab.id) == lab
    moved = store.move(lab, LabState.BUILDING, by="prof", why="after the crash")
    assert store.lab(lab.id) == moved
    assert first_altered(store.entries()) is None
    assert "half a step" not in {entry.what for entry in store.entries()}


HOLDER = """
with store.lock("worker") as mine:
    print(mine, flush=True)
    sys.stdin.readline()
"""


def test_a_lock_is_one_processs_and_let_go_at_its_death(store, process):
    holder = process(HOLDER)
    assert holder.stdout.readline() == "True\n"
    with store.lock("worker") as mine, store.lock("another") as free:
        assert (mine, free) == (False, True)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with store.lock("worker") as mine:
        assert mine


def test_a_lock_counts_between_threads_too_and_is_let_go_on_errors(store):
    with store.lock("lab/../x") as mine:
        assert mine
        with store.lock("lab/../x") as again:
            assert not again
    with contextlib.suppress(ZeroDivisionError), store.lock("lab/../x"):
        _ = 1 / 0
    with store.lock("lab/../x") as mine:
        assert mine


def test_a_forked_child_opens_its_own_connections(store, engine, lab):
    with engine.connect() as tx:
        parents = tx.connection.driver_connection
    child = os.fork()
    if child == 0:
        try:
            store.move(lab, LabState.BUILDING, by="child", why="")
            with engine.connect() as tx:
                own = tx.connection.driver_connection is not parents
            os._exit(0 if own else 2)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.lab(lab.id) == replace(lab, state=LabState.BUILDING)
    assert first_altered(store.entries()) is None


def test_power_cut_settings_hold_on_every_connection(store, engine):
    with engine.connect() as tx:
        read = {
            name: tx.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert read == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 10_000,
    }
