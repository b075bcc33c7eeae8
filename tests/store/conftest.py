"""A real store on a real file, and processes that share it."""

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from labmgr.domain.exam import Candidate, ExamSession
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.words import Option
from labmgr.store.rows.sql_store import SqlStore
from labmgr.vault.vault import HomeVault

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 5, 27, 12, 0, 0, 123456, tzinfo=UTC)


class Clock:
    """Stands still unless told otherwise."""

    def __init__(self, at=NOON):
        self.at = at

    def __call__(self):
        return self.at


def store_in(home, now=None):
    clock = now or (lambda: datetime.now(UTC))
    return SqlStore(f"sqlite:///{home}/labmgr.db", HomeVault(home, now=clock), clock, home=home)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def home(tmp_path):
    return tmp_path


@pytest.fixture
def store(home, clock):
    made = store_in(home, clock)
    made.upgrade()
    yield made
    made.close()


@pytest.fixture
def engine(store):
    """SQLAlchemy's, below the store: for tests of how it connects."""
    return store._db.engine  # noqa: SLF001


@pytest.fixture
def session(store):
    made = ExamSession("e6-2026", "Épreuve E6 2026", "sisr-core", Option.SISR, NOON)
    store.add_session(made, by="prof")
    return made


@pytest.fixture
def candidate(store, session):
    made = Candidate(session.name, "12", "Lefèvre-Ñandú", "Zoé")
    store.keep_candidates([made], by="prof")
    return made


@pytest.fixture
def lab(store, session):
    return store.add_lab(a_lab(session.name, 1), by="prof")


def a_lab(session, number, state=LabState.PLANNED):
    name = f"{session}-{number}-1"
    return Lab(name, session, str(number), 1, number, "sisr-core", "abc123", state=state)


@pytest.fixture
def make_lab():
    return a_lab


@pytest.fixture
def open_store():
    return store_in


PRELUDE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from labmgr.errors import *
from labmgr.domain.work import *
from labmgr.store.rows.sql_store import SqlStore
from labmgr.vault.vault import HomeVault
home = Path(sys.argv[1])
now = lambda: datetime.now(UTC)
store = SqlStore(f"sqlite:///{home}/labmgr.db", HomeVault(home, now=now), now, home=home)
"""


@pytest.fixture
def process(home):
    """Start another Python over the same home; killed at the end if it still runs."""
    started = []

    def start(script, *args):
        command = [sys.executable, "-c", PRELUDE + script, str(home), *args]
        one = subprocess.Popen(
            command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(one)
        return one

    yield start
    for one in started:
        one.kill()
        one.communicate()


@pytest.fixture
def race():
    """Run one function in many threads at the same moment; what each returned or raised."""

    def run(function, times):
        barrier = threading.Barrier(times)
        results = [None] * times

        def work(rank):
            barrier.wait()
            try:
                results[rank] = function(rank)
            except Exception as e:  # noqa: BLE001 - the test looks at it
                results[rank] = e

        threads = [threading.Thread(target=work, args=(rank,)) for rank in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    return run
