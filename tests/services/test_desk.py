"""What one candidate may see, with time handed in; and the own save points of the hour."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest

from labmgr.domain.exam import Form, Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Audience
from labmgr.domain.work import JobKind, JobState, Lane
from labmgr.errors import DiskFull, EngineUnreachable, NotFound, Refused
from labmgr.services.desk import desk, savepoints
from labmgr.services.desk.desk import Stage
from labmgr.services.lab import access, doors, labs
from labmgr.services.passage import attendance, choices, hours, interruptions, outages, passages
from labmgr.services.session import forms
from labmgr.services.work import do_one_job
from tests.services.world import Clock, World

BY = "jury"
PAPERS = {(n, r): f"%PDF-1.7 besoins {n}/{r}".encode() for n in "12" for r in (1, 2)}


class Still(Clock):
    """Moves only when told, so that what is left is compared to the second."""

    def __call__(self):
        return self.at


@pytest.fixture
def world(disk, templates):
    (disk / "home").mkdir()
    made = World(disk / "home", templates, Still())
    yield made
    made.close()


@pytest.fixture(scope="module")
def morning(tmp_path_factory, templates):
    """Two candidates with two réalisations and documents each, four labs ready; 2 has 4/3."""
    world = World(tmp_path_factory.mktemp("morning"), templates, Still())
    world.session(count=2)
    forms.set_form(world.tools, "e6", form=Form.TRAINING, by=BY)
    for (number, realisation), paper in PAPERS.items():
        one = Realisation("e6", number, realisation, "mini")
        forms.keep_realisation(world.tools, one, by=BY)
        name = f"besoins-{realisation}.pdf"
        forms.keep_document(world.tools, "e6", number, realisation, name=name, data=paper, by=BY)
    labs.order_build(world.tools, [lab.id for lab in world.tools.store.labs("e6")], by=BY)
    world.work()
    forms.set_extra_time(world.tools, "e6", "2", {Phase.HOUR: Fraction(1, 3)}, by=BY)
    world.tools.store.keep_passages([Passage("e6", n) for n in "12"], by=BY)
    yield world
    world.close()


@pytest.fixture
def day(morning, disk):
    """That day, for one test alone."""
    made = morning.copied(disk / "home")
    yield made
    made.close()


def at(day, number="1"):
    return desk.look(day.tools, day.tools.store.candidate("e6", number))


def stage(day, number="1"):
    return at(day, number).standing.stage


def seen(day, number="1"):
    return day.tools.store.passage("e6", number)


def to_phase_1(day, number="1", choice=2):
    choices.choose(day.tools, "e6", number, choice, by=BY)
    attendance.arrive(day.tools, "e6", number, by=BY)
    passages.start(day.tools, "e6", number, Phase.PHASE_1, by=BY)


def to_hour(day, number="1", choice=2):
    to_phase_1(day, number, choice)
    passages.start(day.tools, "e6", number, Phase.INTERVIEW_1, by=BY)
    desk.acknowledge(day.tools, day.tools.store.candidate("e6", number))
    passages.start(day.tools, "e6", number, Phase.HOUR, by=BY)
    day.work()
    assert seen(day, number).state is PassageState.HOUR


def ring(day):
    hours.answer(day.tools)
    day.work()


def until_left(day, seconds, number="1"):
    day.clock.passes(at(day, number).standing.left - seconds)


def test_before_phase_1_there_is_nothing_whatever_was_chosen(day):
    before = at(day)
    choices.choose(day.tools, "e6", "1", 2, by=BY)
    after = at(day)
    assert after.standing.stage is Stage.EXPECTED
    assert (after.access, after.document, after.standing.lab) == (None, "", None)
    assert after.standing.left is None
    for told in (repr(before), repr(after)):
        assert "e6-1-1" not in told
        assert "e6-1-2" not in told
    with pytest.raises(NotFound):
        desk.document(day.tools, day.tools.store.candidate("e6", "1"))


def test_phase_1_gives_the_chosen_document_and_no_access(day):
    to_phase_1(day, choice=2)
    now = at(day)
    assert (now.standing.stage, now.document) == (Stage.PREPARING, "besoins-2.pdf")
    assert now.access is None
    candidate = day.tools.store.candidate("e6", "1")
    assert desk.document(day.tools, candidate) == ("besoins-2.pdf", PAPERS["1", 2])
    assert now.standing.left == 1800
    day.clock.passes(1800)
    assert stage(day) is Stage.PREPARED
    assert at(day).standing.ends is None


def test_the_hour_shows_the_chosen_labs_accesses_until_its_very_end(day):
    to_hour(day)
    now = at(day)
    assert now.standing.stage is Stage.WORKING
    assert now.access is not None
    assert now.access.lab.id == "e6-1-2"
    until_left(day, 1)
    assert at(day).access is not None
    day.clock.passes(1)  # no worker has shut the door as yet
    assert day.lab("e6-1-2").state is LabState.OPEN
    assert (stage(day), at(day).access) == (Stage.FINISHED, None)
    with pytest.raises(Refused):
        access.for_candidate(day.tools, day.lab("e6-1-2"))
    ring(day)
    assert (stage(day), at(day).access) == (Stage.FINISHED, None)


def test_warnings_come_with_ten_and_five_minutes_left_and_change_the_mark(day):
    to_hour(day)
    marks = [at(day).standing.mark]
    for seconds, warning in ((601, 0), (600, 10), (301, 10), (300, 5), (1, 5)):
        until_left(day, seconds)
        assert at(day).standing.warning == warning
        marks.append(at(day).standing.mark)
    assert marks[0] == marks[1]
    assert marks[2] == marks[3]
    assert marks[4] == marks[5]
    assert len(set(marks)) == 3


def test_extra_time_of_a_third_gives_eighty_minutes(day):
    to_hour(day, "2")
    clock = seen(day, "2").clock
    assert clock.allotted == 4800
    now = at(day, "2").standing
    assert now.ends == day.clock.at + timedelta(seconds=now.left)


def test_suspended_the_time_stands_and_the_accesses_are_gone(day):
    to_hour(day)
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="réseau")
    day.work()
    now = at(day).standing
    day.clock.passes(700)
    later = at(day)
    assert later.standing.stage is Stage.HALTED
    assert later.standing.left == now.left
    assert later.standing.ends is None
    assert later.access is None
    assert later.standing.warning == 0
    interruptions.resume(day.tools, "e6", "1", by=BY)
    day.work()
    assert stage(day) is Stage.WORKING
    assert at(day).standing.left == pytest.approx(now.left, abs=20)


def test_an_extension_brings_the_accesses_back(day):
    to_hour(day)
    until_left(day, 0)
    ring(day)
    assert stage(day) is Stage.FINISHED
    interruptions.extend(day.tools, "e6", "1", 300, by=BY, why="panne")
    day.work()
    now = at(day)
    assert now.standing.stage is Stage.WORKING
    assert now.access is not None
    assert 270 < now.standing.left <= 300


@pytest.mark.parametrize("jump", [3600, -3600])
def test_a_wall_clock_that_jumps_moves_the_end_and_not_what_is_left(day, jump):
    to_hour(day)
    before = at(day).standing
    day.clock.jumps(jump)
    after = at(day).standing
    assert after.left == before.left
    assert after.ends - before.ends == timedelta(seconds=jump)
    assert after.mark != before.mark


def test_summer_time_begins_in_the_middle_of_the_hour(day):
    day.clock.at = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 01:30 in Paris; 02:00 is 03:00
    to_hour(day)
    began = at(day).standing
    day.clock.passes(1800)
    now = at(day).standing
    assert now.left == began.left - 1800
    assert now.ends == began.ends


def test_a_file_not_conforming_says_why_and_blocks(day):
    attendance.block(day.tools, "e6", "1", "Il manque la fiche n° 2", by=BY)
    now = at(day)
    assert now.standing.stage is Stage.NONCONFORMING
    assert now.standing.passage.message == "Il manque la fiche n° 2"
    assert not now.to_acknowledge
    assert (now.document, now.access) == ("", None)


def test_acknowledging_is_asked_once_and_the_hour_waits_for_it(day):
    to_phase_1(day)
    passages.start(day.tools, "e6", "1", Phase.INTERVIEW_1, by=BY)
    assert at(day).to_acknowledge
    with pytest.raises(Refused, match="acknowledged"):
        passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)
    desk.acknowledge(day.tools, day.tools.store.candidate("e6", "1"))
    assert not at(day).to_acknowledge


def test_a_spare_lab_is_the_candidates_own(day):
    to_phase_1(day, "1", 1)
    before = seen(day)
    day.tools.store.change_passage(before, replace(before, lab="e6-2-2"), what="spare", by=BY)
    passages.start(day.tools, "e6", "1", Phase.INTERVIEW_1, by=BY)
    desk.acknowledge(day.tools, day.tools.store.candidate("e6", "1"))
    passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)
    day.work()
    assert at(day).access.lab.id == "e6-2-2"
    assert at(day, "2").standing.lab is None


def test_without_a_passage_all_is_as_in_training(world):
    world.ready(1)
    candidate = world.tools.store.candidate("e6", "1")
    assert desk.look(world.tools, candidate).standing.mark == "closed"
    doors.order_open(world.tools, "e6-1-1", by=BY)
    world.work()
    now = desk.look(world.tools, candidate)
    assert now.standing.mark == "open"
    assert now.access is not None
    assert now.standing.left is None


def save(day, number="1"):
    savepoints.order_save(day.tools, "e6", number)
    day.work()
    return at(day, number).standing.saves.kept[0]


def test_a_save_point_comes_back_and_the_clock_goes_on(day):
    to_hour(day)
    lab = "e6-1-2"
    day.write(lab, "good")
    point = save(day)
    day.write(lab, "bad")
    before = at(day).standing.left
    savepoints.order_return(day.tools, "e6", "1", point.id)
    assert stage(day) is Stage.RETURNING
    assert at(day).access is None
    day.work()
    day.clock.passes(30)
    now = at(day)
    assert now.standing.stage is Stage.WORKING
    assert now.access is not None
    assert day.read(lab) == "good"
    assert day.engine.is_open(lab, Audience.CANDIDATE)
    assert now.standing.left <= before - 30
    assert now.standing.saves.returns == 1
    what = [entry.what for entry in day.tools.store.entries("passage:e6/1")]
    assert f"return to save point {point.id} ordered" in what


def test_the_state_before_the_hour_comes_back_and_the_save_points_stay(day):
    to_hour(day)
    day.write("e6-1-2", "work")
    point = save(day)
    savepoints.order_return(day.tools, "e6", "1", savepoints.START)
    day.work()
    assert day.read("e6-1-2") is None
    assert [one.id for one in at(day).standing.saves.kept] == [point.id]
    assert stage(day) is Stage.WORKING


def test_the_last_two_save_points_are_kept_and_ten_are_all(day):
    to_hour(day)
    ids = [save(day).id for _ in range(savepoints.MOST)]
    saves = at(day).standing.saves
    assert [one.id for one in saves.kept] == [ids[-1], ids[-2]]
    assert saves.left == 0
    with pytest.raises(Refused, match="has taken 10 save points"):
        savepoints.order_save(day.tools, "e6", "1")
    with pytest.raises(NotFound):
        savepoints.order_return(day.tools, "e6", "1", ids[0])


def test_one_at_a_time_and_only_in_the_running_hour(day):
    to_phase_1(day)
    for number in "12":
        with pytest.raises(Refused):
            savepoints.order_save(day.tools, "e6", number)
    passages.start(day.tools, "e6", "1", Phase.INTERVIEW_1, by=BY)
    desk.acknowledge(day.tools, day.tools.store.candidate("e6", "1"))
    passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)
    day.work()
    savepoints.order_save(day.tools, "e6", "1")
    with pytest.raises(Refused, match="already"):
        savepoints.order_save(day.tools, "e6", "1")
    with pytest.raises(Refused, match="already"):
        savepoints.order_return(day.tools, "e6", "1", savepoints.START)
    day.work()
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="x")
    day.work()
    with pytest.raises(Refused, match="suspended"):
        savepoints.order_save(day.tools, "e6", "1")
    with pytest.raises(Refused, match="suspended"):
        savepoints.order_return(day.tools, "e6", "1", savepoints.START)


def test_nobody_goes_back_to_another_labs_snapshot(day):
    to_hour(day)
    to_hour(day, "2")
    theirs = save(day, "2")
    start = next(iter(day.tools.store.snapshots("e6-1-1"))).id
    for target in (theirs.id, start, "none", ""):
        with pytest.raises(NotFound):
            savepoints.order_return(day.tools, "e6", "1", target)


def in_the_middle(day, act):
    """Have *act* happen once, while the engine is putting nodes back."""
    build = day.engine.build
    left = [act]

    def between(plan, **more):
        if left:
            left.pop()()
        build(plan, **more)

    day.engine.build = between


def test_the_bell_that_rings_meanwhile_leaves_the_lab_frozen_with_its_end_snapshot(day):
    to_hour(day)
    day.write("e6-1-2", "saved")
    point = save(day)

    def bell():
        day.clock.passes(4000)
        hours.answer(day.tools)
        while do_one_job(day.tools, "worker", Lane.ACCESS):
            pass

    in_the_middle(day, bell)
    savepoints.order_return(day.tools, "e6", "1", point.id)
    day.work()
    assert stage(day) is Stage.FINISHED
    assert day.lab("e6-1-2").state is LabState.FROZEN
    assert not day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    ends = [one for one in day.tools.store.snapshots("e6-1-2") if one.kind is SnapshotKind.END]
    assert len(ends) == 1
    assert day.read("e6-1-2") == "saved"
    assert day.tools.store.jobs(unended=True) == []


def test_an_hour_finished_early_meanwhile_is_not_begun_again(day):
    to_hour(day)
    point = save(day)

    def finish():
        passages.finish_hour(day.tools, "e6", "1", by=BY, why="fini")
        while do_one_job(day.tools, "worker", Lane.ACCESS):
            pass

    in_the_middle(day, finish)
    savepoints.order_return(day.tools, "e6", "1", point.id)
    day.work()
    assert stage(day) is Stage.FINISHED
    assert day.lab("e6-1-2").state is LabState.FROZEN
    assert not seen(day).clock.running
    kinds = [one.kind for one in day.tools.store.snapshots("e6-1-2")]
    assert kinds.count(SnapshotKind.END) == 1


def test_an_engine_that_goes_away_meanwhile_only_delays_the_return(day):
    to_hour(day)
    day.write("e6-1-2", "good")
    point = save(day)

    def away():
        raise EngineUnreachable("local")

    in_the_middle(day, away)
    savepoints.order_return(day.tools, "e6", "1", point.id)
    day.work()
    assert stage(day) is Stage.WORKING
    assert day.read("e6-1-2") == "good"
    assert day.engine.is_open("e6-1-2", Audience.CANDIDATE)


def test_a_return_that_fails_calls_the_staff_and_the_desk_says_so(day):
    to_hour(day)
    point = save(day)
    day.engine.fails_with["build"] = DiskFull("The disk is full", hint="Make room.")
    savepoints.order_return(day.tools, "e6", "1", point.id)
    day.work()
    assert stage(day) is Stage.SHUT
    assert at(day).access is None
    (told,) = day.tools.store.incidents("e6", "1")
    assert "the lab is broken" in told.what


def test_nodes_that_are_away_for_a_return_are_no_incident(day):
    to_hour(day)
    point = save(day)
    in_the_middle(day, lambda: outages.watch(day.tools))
    savepoints.order_return(day.tools, "e6", "1", point.id)
    day.work()
    assert day.tools.store.incidents("e6", "1") == []


def test_a_suspension_meanwhile_is_not_ended_by_the_return(day):
    to_hour(day)
    point = save(day)
    in_the_middle(day, lambda: interruptions.suspend(day.tools, "e6", "1", by=BY, why="réseau"))
    savepoints.order_return(day.tools, "e6", "1", point.id)
    day.work()
    assert stage(day) is Stage.HALTED
    assert not day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    interruptions.resume(day.tools, "e6", "1", by=BY)
    day.work()
    assert stage(day) is Stage.WORKING


def test_a_commission_that_comes_meanwhile_finds_its_door_open(day):
    to_hour(day)
    point = save(day)

    def early():
        passages.finish_hour(day.tools, "e6", "1", by=BY, why="fini")
        passages.start(day.tools, "e6", "1", Phase.INTERVIEW_2, by=BY)
        while do_one_job(day.tools, "worker", Lane.ACCESS):
            pass

    in_the_middle(day, early)
    savepoints.order_return(day.tools, "e6", "1", point.id)
    day.work()
    assert day.lab("e6-1-2").state is LabState.RECETTE
    assert day.engine.is_open("e6-1-2", Audience.COMMISSION)
    assert not day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    kinds = [one.kind for one in day.tools.store.snapshots("e6-1-2")]
    assert kinds.count(SnapshotKind.END) == 1


def test_an_order_that_comes_too_late_changes_nothing(day):
    to_hour(day)
    day.write("e6-1-2", "work")
    point = save(day)
    day.write("e6-1-2", "more work")
    savepoints.order_return(day.tools, "e6", "1", point.id)
    day.clock.passes(4000)
    hours.answer(day.tools)
    while do_one_job(day.tools, "worker", Lane.ACCESS):
        pass
    day.work()
    assert day.read("e6-1-2") == "more work"
    refused = next(job for job in day.tools.store.jobs() if job.kind is JobKind.RESTORE)
    assert refused.state is JobState.REFUSED
    assert day.lab("e6-1-2").state is LabState.FROZEN


def test_a_full_disk_is_told_and_takes_nothing(day):
    to_hour(day)
    point = save(day)
    day.engine.fails_with["save"] = DiskFull("The disk is full", hint="Make room.")
    savepoints.order_save(day.tools, "e6", "1")
    day.work()
    saves = at(day).standing.saves
    assert saves.last.state is JobState.REFUSED
    assert [one.id for one in saves.kept] == [point.id]
    assert saves.taken == 1
    assert stage(day) is Stage.WORKING


def test_the_commission_goes_in_by_its_own_listeners_in_the_recette_alone(day):
    to_hour(day)
    lab = day.lab("e6-1-2")
    mine = access.for_candidate(day.tools, lab)
    with pytest.raises(Refused):
        access.for_commission(day.tools, lab, by=BY)
    until_left(day, 0)
    ring(day)
    passages.start(day.tools, "e6", "1", Phase.INTERVIEW_2, by=BY)
    day.work()
    theirs = access.for_commission(day.tools, day.lab(lab.id), by=BY)
    assert (theirs.jump, theirs.jump_port) == ("examinateur@127.0.0.1", mine.jump_port + 1)
    assert theirs.jump_password != mine.jump_password
    assert [node.credentials for node in theirs.nodes] == [node.credentials for node in mine.nodes]
    links = [door.link for node in theirs.nodes for door in node.doors if door.link]
    assert links
    assert not set(links) & {door.link for node in mine.nodes for door in node.doors}
    said = [entry.what for entry in day.tools.store.entries(f"lab:{lab.id}")]
    assert said[-1] == "credentials of the commission shown"
