"""Jobs: ordered once, taken by one worker, put back when it dies."""

import pytest

from labmgr.domain.clock import Moment
from labmgr.domain.work import JobKind, JobState, Lane
from labmgr.errors import LostRace, NotFound

K = JobKind


def test_the_same_order_still_waiting_is_returned(store, lab, make_lab):
    job = store.order(K.BUILD, lab.id, by="prof")
    assert store.order(K.BUILD, lab.id, by="other") == job
    other = store.add_lab(make_lab(lab.session, 2), by="prof")
    assert store.order(K.BUILD, other.id, by="prof") != job
    ordered = [entry for entry in store.entries() if entry.what == "build ordered"]
    assert [entry.by for entry in ordered] == ["prof", "prof"]


def test_another_argument_is_another_order(store, lab):
    own = store.order(K.SNAPSHOT, lab.id, by="prof", args={"kind": "own"})
    end = store.order(K.SNAPSHOT, lab.id, by="prof", args={"kind": "end"})
    assert own.id != end.id
    assert store.order(K.SNAPSHOT, lab.id, by="prof", args={"kind": "own"}) == own


def test_an_order_for_no_lab_is_refused(store):
    with pytest.raises(NotFound):
        store.order(K.BUILD, "nope", by="prof")


def test_an_order_in_hand_does_not_swallow_the_next(store, lab):
    first = store.order(K.BUILD, lab.id, by="prof")
    store.claim("w", Lane.WORK)
    assert store.order(K.BUILD, lab.id, by="prof").id != first.id


def test_the_oldest_is_taken_but_one_at_a_time_of_a_lab_and_lane(store, lab, make_lab, clock):
    other = store.add_lab(make_lab(lab.session, 2), by="prof")
    build = store.order(K.BUILD, lab.id, by="prof")
    probe = store.order(K.PROBE, lab.id, by="prof")
    third = store.order(K.BUILD, other.id, by="prof")
    close = store.order(K.CLOSE, lab.id, by="bell")
    taken = store.claim("w", Lane.WORK)
    assert (taken.id, taken.state, taken.tries, taken.started) == (
        build.id,
        JobState.DOING,
        1,
        clock.at,
    )
    assert store.claim("w", Lane.WORK).id == third.id
    assert store.claim("w", Lane.WORK) is None
    assert store.claim("w", Lane.ACCESS).id == close.id  # bells never wait behind a build
    store.finish(taken, JobState.DONE)
    assert store.claim("w", Lane.WORK).id == probe.id


def test_an_end_snapshot_goes_before_the_next_waves_builds(store, lab, make_lab):
    others = [store.add_lab(make_lab(lab.session, n), by="prof") for n in (2, 3)]
    builds = [store.order(K.BUILD, other.id, by="prof") for other in others]
    late = store.order(K.SNAPSHOT, others[1].id, by="bell")
    kept = store.order(K.SNAPSHOT, lab.id, by="bell")
    order = [store.claim("w", Lane.WORK).id for _ in range(3)]
    assert order == [kept.id, builds[0].id, builds[1].id], "a lab's own jobs keep their order"
    store.finish(store.job(builds[1].id), JobState.DONE)
    assert store.claim("w", Lane.WORK).id == late.id


CLAIMER = """
import time
from labmgr.domain.work import Lane
print("here", flush=True)
sys.stdin.readline()
mine, meet, give_up = [], Path(sys.argv[1]), time.monotonic() + 60
while (job := store.claim(sys.argv[2], Lane.WORK)) is not None:
    mine.append(job.id)
    store.finish(job, "done")
    (meet / f"begun-{sys.argv[2]}").touch()
    # Nobody does everything before the other one begins.
    while len([*meet.glob("begun-*")]) < 2 and time.monotonic() < give_up:
        time.sleep(0.005)
print(*mine)
"""


def test_two_processes_share_the_jobs_and_do_none_twice(store, lab, make_lab, process):
    labs = [store.add_lab(make_lab(lab.session, n), by="prof") for n in range(2, 42)]
    jobs = {store.order(K.BUILD, one.id, by="prof").id for one in labs}
    workers = [process(CLAIMER, name) for name in ("a", "b")]
    for one in workers:
        assert one.stdout.readline() == "here\n"
    for one in workers:
        one.stdin.write("go\n")
        one.stdin.flush()
    done = [[int(n) for n in one.communicate()[0].split()] for one in workers]
    assert all(done), "one process did everything: no race was run"
    assert sorted(done[0] + done[1]) == sorted(jobs)
    assert all(store.job(n).tries == 1 for n in jobs)


def test_eight_threads_after_one_job(store, lab, race):
    store.order(K.BUILD, lab.id, by="prof")
    taken = race(lambda n: store.claim(f"w{n}", Lane.WORK), 8)
    assert [one for one in taken if isinstance(one, Exception)] == []
    assert sum(one is not None for one in taken) == 1


def test_an_end_is_written_once(store, lab):
    store.order(K.BUILD, lab.id, by="prof")
    job = store.claim("w", Lane.WORK)
    store.finish(job, JobState.REFUSED, "disk full", "make room")
    store.finish(job, JobState.REFUSED, "disk full", "make room")
    ended = store.job(job.id)
    assert (ended.outcome, ended.hint, ended.ended_well) == ("disk full", "make room", False)
    with pytest.raises(LostRace):
        store.finish(job, JobState.DONE)
    with pytest.raises(LostRace):
        store.release(job)
    with pytest.raises(ValueError, match="does not end as doing"):
        store.finish(job, JobState.DOING)


def test_a_dead_workers_job_is_found_and_put_back(store, lab, clock):
    store.order(K.BUILD, lab.id, by="prof")
    job = store.claim("dead", Lane.WORK)
    assert store.abandoned("dead") == []
    assert store.abandoned("alive") == [job]
    store.release(job)
    store.release(job)
    again = store.claim("alive", Lane.WORK)
    assert (again.id, again.tries) == (job.id, 2)
    assert store.abandoned("alive") == []


def test_a_list_of_jobs_is_the_newest_first_and_bounded(store, lab):
    for n in range(205):
        store.order(K.SNAPSHOT, lab.id, by="prof", args={"n": str(n)})
    listed = store.jobs(lab=lab.id)
    assert len(listed) == 200
    assert listed[0].args == {"n": "204"}
    store.finish(listed[0], JobState.CRASHED, "given up")
    assert listed[0].id not in {job.id for job in store.jobs(unended=True)}
    assert store.jobs(lab="another") == []


def test_a_job_number_is_never_used_again(store, session, lab):
    job = store.order(K.REMOVE, lab.id, by="prof")
    store.finish(store.claim("w", Lane.WORK), JobState.DONE)
    store.remove_session(session.name, by="prof")
    with pytest.raises(NotFound):
        store.job(job.id)
    store.add_session(session, by="prof")
    store.add_lab(lab, by="prof")
    assert store.order(K.BUILD, lab.id, by="prof").id > job.id


def test_the_heartbeat_is_one_row_of_the_latest_worker(store, clock):
    assert store.last_beat() is None
    store.beat("old", Moment(clock.at, "boot", 1.5))
    store.beat("new", Moment(clock.at, "boot", 6.5))
    latest = Moment(clock.at.replace(hour=13), "boot", 3600.0)
    store.beat("new", latest)
    assert store.last_beat() == latest


def test_the_mark_changes_with_whatever_anybody_writes_and_with_nothing_else(
    store, lab, open_store, home
):
    before = store.mark()
    assert store.jobs(unended=True) == []
    assert store.mark() == before
    store.order(K.BUILD, lab.id, by="prof")
    ordered = store.mark()
    assert ordered != before
    open_store(home).claim("w", Lane.WORK)  # as another process would
    assert store.mark() != ordered
