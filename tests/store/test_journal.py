"""The journal: one chain, whoever writes; numbers, never names."""

import sqlite3
import threading

import pytest

from labmgr.domain.journal import first_altered
from labmgr.domain.lab import LabState

WRITER = """
for n in range(40):
    store.write("session:x", f"step {n}", by=sys.argv[2])
"""


def test_the_chain_holds_under_writers_in_threads_and_processes(store, process):
    others = [process(WRITER, name) for name in ("p1", "p2")]

    def write(name):
        for n in range(40):
            store.write("session:x", f"step {n}", by=name)

    threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.wait() for one in others] == [0, 0]
    entries = store.entries()
    assert [entry.rank for entry in entries] == list(range(1, 241))
    assert first_altered(entries) is None
    assert len({entry.by for entry in entries}) == 6


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE journal SET why = 'because' WHERE rank = 5",
        "UPDATE journal SET at = '2026-05-27 12:00:01.000000' WHERE rank = 5",
        "UPDATE journal SET \"by\" = 'nobody' WHERE rank = 5",
        "UPDATE journal SET subject = 'lab:other' WHERE rank = 5",
    ],
)
def test_an_altered_row_is_found(store, home, change):
    for n in range(9):
        store.write("lab:x", f"step {n}", by="prof")
    assert first_altered(store.entries()) is None
    _tamper(home, change)
    assert first_altered(store.entries()).rank == 5


def test_a_removed_row_is_found(store, home):
    for n in range(9):
        store.write("lab:x", f"step {n}", by="prof")
    _tamper(home, "DELETE FROM journal WHERE rank = 5")
    assert first_altered(store.entries()).rank == 6


def _tamper(home, statement):
    other = sqlite3.connect(home / "labmgr.db")
    assert other.execute(statement).rowcount == 1
    other.commit()
    other.close()


def test_entries_of_one_subject_and_the_newest(store):
    for n in range(6):
        store.write("a" if n % 2 else "b", f"step {n}", by="prof", why="")
    assert [entry.what for entry in store.entries("a")] == ["step 1", "step 3", "step 5"]
    assert [entry.what for entry in store.entries("a", limit=2)] == ["step 3", "step 5"]
    assert [entry.what for entry in store.entries(limit=1)] == ["step 5"]


def test_a_day_of_the_exam_leaves_no_name_in_the_journal(store, session, candidate, lab):
    store.keep_code(candidate.session, candidate.number, "ABCD-EFGH-JKLM", by="prof")
    store.move(lab, LabState.GONE, by="prof", why="over")
    store.remove_session(session.name, by="prof")
    words = " ".join(str(entry) for entry in store.entries())
    assert candidate.number in words
    for secret in (candidate.last_name, candidate.first_name, "ABCD"):
        assert secret not in words
