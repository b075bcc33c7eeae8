"""The journal: one chain, whoever writes; numbers, never names."""

import sqlite3
import threading
import time

import pytest

from labmgr.domain.journal import Mark, Tail, first_altered, tail
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


def _tamper(home, statement, *values):
    other = sqlite3.connect(home / "labmgr.db")
    assert other.execute(statement, values).rowcount > 0
    other.commit()
    other.close()


def _end(store):
    return tail(*store.whole_journal())


def _nine(store):
    for n in range(9):
        store.write("lab:x", f"step {n}", by="prof")
    assert _end(store) is Tail.WHOLE


def test_an_empty_journal_is_whole_and_not_when_it_was_emptied(store, home):
    assert _end(store) is Tail.WHOLE
    _nine(store)
    _tamper(home, "DELETE FROM journal")
    assert _end(store) is Tail.CUT


def test_rows_cut_from_the_end_are_missed(store, home):
    _nine(store)
    _tamper(home, "DELETE FROM journal WHERE rank > 7")
    assert first_altered(store.entries()) is None
    assert _end(store) is Tail.CUT


def test_rows_written_after_a_cut_do_not_heal_it(store, home):
    _nine(store)
    _tamper(home, "DELETE FROM journal WHERE rank > 7")
    store.write("lab:x", "life goes on", by="prof")
    assert first_altered(store.entries()).rank == 10


def _rehash(home, entries, previous):
    """As somebody without the vault's key can: a chain that holds in itself."""
    for entry in entries:
        changed = entry.sealed(entry.rank, previous)
        _tamper(home, "UPDATE journal SET hash = ? WHERE rank = ?", changed, entry.rank)
        previous = changed


def test_a_tail_hashed_again_without_the_key_is_noticed_and_stays_noticed(store, home):
    _nine(store)
    _tamper(home, "UPDATE journal SET why = 'because' WHERE rank = 8")
    entries = store.entries()
    _rehash(home, entries[7:], entries[6].hash)
    assert first_altered(store.entries()) is None
    assert _end(store) is Tail.REPLACED
    store.write("lab:x", "life goes on", by="prof")
    assert first_altered(store.entries()).rank == 10


def test_a_row_added_by_others_is_noticed_and_stays_noticed(store, home):
    _nine(store)
    copy = (
        "INSERT INTO journal SELECT 10, at, subject, what, by, why, hash FROM journal WHERE rank=9"
    )
    _tamper(home, copy)
    last = store.entries()[-1]
    _rehash(home, [last], store.entries()[-2].hash)
    assert first_altered(store.entries()) is None
    assert _end(store) is Tail.REPLACED
    store.write("lab:x", "life goes on", by="prof")
    assert first_altered(store.entries()).rank == 11


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM secrets WHERE name = 'journal:newest'",
        "UPDATE secrets SET sealed = 'gAAAA' WHERE name = 'journal:newest'",
    ],
)
def test_a_seal_that_is_gone_or_not_ours_stays_the_sign_and_the_journal_is_still_written(
    store, home, change, open_store, clock
):
    _nine(store)
    _tamper(home, change)
    assert _end(store) is Tail.UNSEALED
    store.write("lab:x", "life goes on", by="prof")
    again = open_store(home, clock)
    again.upgrade()
    assert _end(again) is Tail.UNSEALED
    assert first_altered(again.entries()) is None
    again.close()


def test_another_secret_in_the_place_of_the_seal_is_none(store, home):
    _nine(store)
    store.keep_secret("gateway:x:host", "a key")
    _tamper(
        home,
        "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name LIKE 'gateway%')"
        " WHERE name = 'journal:newest'",
    )
    assert _end(store) is Tail.UNSEALED


@pytest.mark.parametrize("text", ["", "journal", "journal x y", "key 7 abc", "journal -1 abc"])
def test_what_is_no_mark_reads_as_none(text):
    assert Mark.read(text) is None


@pytest.mark.parametrize("wait", [0.05, 0.11, 0.17, 0.23])
def test_a_writer_killed_at_any_instant_raises_no_false_alarm(store, process, wait):
    step = "store.write('session:x', 'step', by='p')"
    writer = process(f"{step}\nprint('go', flush=True)\nwhile True: {step}")
    writer.stdout.readline()
    time.sleep(wait)
    writer.kill()
    writer.wait()
    assert len(store.entries()) > 0
    assert _end(store) is Tail.WHOLE
    assert first_altered(store.entries()) is None


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
