"""Processes killed and an engine stopped in the middle, for real: all of it converges."""

from __future__ import annotations

import http.client
import os
import signal
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Audience
from labmgr.domain.work import JobState
from labmgr.services.lab import doors, labs, snapshots
from labmgr.services.session import rosters
from tests import free
from tests.lab.clients import wait_for
from tests.lab.own_engine import Process, labmgr
from tests.lab.place import SECONDS, place_on

# docker-py leaves a socket to the collector whenever an engine does not answer.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
BY = "tests"


@pytest.fixture(scope="module")
def place(spare_engine, tmp_path_factory):
    with place_on(spare_engine, tmp_path_factory.mktemp("crash")) as made:
        yield made


COUNT = iter(range(1, 100))


@pytest.fixture
def lab(place):
    """One lab on paper, and a worker that starts with the test."""
    title = f"e{next(COUNT)}"
    made = rosters.create_session(place.tools, title, "petit", by=BY)
    rosters.import_file(place.tools, made.name, "l.csv", b"numero;nom\n1;Essai\n", by=BY)
    (one,) = place.tools.store.labs(made.name)
    yield one.id
    if not place.worker or place.worker.process.poll() is not None:
        place.start_worker()
    with suppress(AssertionError):
        state = place.tools.store.lab(one.id).state
        if state == "open":
            place.ends(doors.order_close(place.tools, one.id, by=BY))
    place.ends(labs.order_remove(place.tools, one.id, by=BY))
    place.assert_whole()
    place.worker.stop()


def ready(place, lab):
    place.start_worker()
    for job in labs.order_build(place.tools, [lab], by=BY):
        place.ends(job)
    assert place.tools.store.lab(lab).state == "ready"


def write(place, lab, text):
    script = f"echo {text} > /root/work; echo {text} > /srv/data/work"
    assert place.tools.engine.run(lab, "web", ["sh", "-c", script])[0] == 0


def read(place, lab):
    return place.tools.engine.run(lab, "web", ["sh", "-c", "cat /root/work /srv/data/work"])[1]


def boxes(place, lab):
    with suppress(Exception):
        return place.tools.engine.look(lab)
    return {}


@pytest.mark.parametrize("pause", [0.0, 0.6, 1.5])
def test_a_worker_killed_while_it_builds(place, lab, pause):
    labs.order_build(place.tools, [lab], by=BY)
    job = place.tools.store.jobs(lab=lab)[0]
    place.start_worker()
    assert wait_for(lambda: place.tools.store.job(job.id).state is not JobState.WAITING)
    time.sleep(pause)
    place.kill_worker()
    place.start_worker()
    place.ends(job)
    assert place.tools.store.lab(lab).state == "ready"
    place.assert_whole()


@pytest.mark.parametrize("pause", [0.1, 0.6])
def test_a_worker_killed_while_it_takes_a_snapshot(place, lab, pause):
    ready(place, lab)
    write(place, lab, "mine")
    job = snapshots.order_take(place.tools, lab, SnapshotKind.OWN, by=BY)
    assert wait_for(lambda: place.tools.store.job(job.id).state is not JobState.WAITING)
    time.sleep(pause)
    place.kill_worker()
    place.start_worker()
    place.ends(job)
    assert read(place, lab) == "mine\nmine"
    assert len(place.tools.store.snapshots(lab)) == 2
    place.assert_whole()


@pytest.mark.parametrize("pause", [0.1, 1.2])
def test_a_worker_killed_while_it_resets(place, lab, pause):
    ready(place, lab)
    write(place, lab, "mine")
    job = labs.order_reset(place.tools, lab, by=BY)
    assert wait_for(lambda: place.tools.store.job(job.id).state is not JobState.WAITING)
    time.sleep(pause)
    place.kill_worker()
    place.start_worker()
    place.ends(job)
    assert "mine" not in read(place, lab)
    place.assert_whole()


def test_an_engine_stopped_in_the_middle_of_a_build(place, lab):
    place.start_worker()
    (job,) = labs.order_build(place.tools, [lab], by=BY)
    assert wait_for(lambda: boxes(place, lab))
    place.engine.stop()
    time.sleep(3)
    assert place.tools.store.job(job.id).state in {JobState.WAITING, JobState.DOING}, place.log()
    place.engine.start()
    place.ends(job)
    assert place.tools.store.lab(lab).state == "ready"
    place.assert_whole()


def test_an_engine_stopped_under_an_open_lab_that_is_being_kept(place, lab):
    ready(place, lab)
    write(place, lab, "mine")
    place.ends(doors.order_open(place.tools, lab, by=BY))
    job = snapshots.order_take(place.tools, lab, SnapshotKind.OWN, by=BY)
    assert wait_for(lambda: place.tools.store.job(job.id).state is not JobState.WAITING)
    place.engine.stop()
    place.engine.start()
    place.ends(job)
    running = {Seen.RUNNING}
    assert wait_for(lambda: set(boxes(place, lab).values()) == running, SECONDS), place.log()
    assert read(place, lab) == "mine\nmine"
    assert place.tools.store.lab(lab).state == "open"
    assert wait_for(lambda: door_is_open(place, lab), SECONDS), "the candidate is still shut out"
    place.assert_whole()


def door_is_open(place, lab) -> bool:
    with place.engine.client() as client:
        ours = {"label": [f"labmgr.lab={lab}", "labmgr.role=gateway"]}
        (gateway,) = client.containers.list(filters=ours)
        status = gateway.exec_run(["labmgr-gate", "status"])
    return Audience.CANDIDATE.value in status.output.decode() and b"open" in status.output


def test_panel_and_worker_come_back_when_killed(place):
    port = free.port()
    serve = Process(
        labmgr("serve", "--port", str(port)), place.environment, place.folder / "serve.log"
    )
    try:
        assert wait_for(lambda: health(port)), (place.folder / "serve.log").read_text()
        for part in ("labmgr.at_work", "gunicorn"):
            old = wait_for(lambda part=part: child(serve.process.pid, part))
            assert old, f"no {part} below {serve.process.pid}"
            os.kill(old, signal.SIGKILL)
            assert wait_for(
                lambda part=part, old=old: child(serve.process.pid, part) not in (0, old)
            )
        assert wait_for(lambda: health(port))
        beat = place.tools.store.last_beat()
        assert wait_for(lambda: place.tools.store.last_beat().ticks > beat.ticks)
    finally:
        serve.stop()
    assert not health(port)


def health(port) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with closing(line), suppress(OSError, http.client.HTTPException):
        line.request("GET", "/health")
        return line.getresponse().status == 200
    return False


def child(parent: int, word: str) -> int:
    """The process below *parent* that was started with this word; 0 when there is none."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            number = stat.read_text(errors="replace").rpartition(")")[2].split()[1]
            command = (stat.parent / "cmdline").read_text(errors="replace").split("\0")
            if int(number) == parent and word in command:
                return int(stat.parent.name)
    return 0
