"""A warm spare takes a candidate at once; repairs keep data; accesses rotate."""

from __future__ import annotations

import time

import pytest

from labmgr.domain.exam import Candidate, Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Audience
from labmgr.errors import BadFile, BadInput, NotFound, Refused, WrongState
from labmgr.services.day import repairs, spares, waves
from labmgr.services.instance import accounts
from labmgr.services.lab import access, doors, labs, snapshots
from labmgr.services.lab.blueprint import plan_of
from labmgr.services.passage import attendance, choices, interruptions, passages
from labmgr.services.session import forms, rosters
from tests.services.world import MINI, write_templates

BY = "prof"
LOOKS = 10  # the small world's clock moves a second at each look at it
OTHER = MINI.replace("  title: {fr: Petit, en: Small}", "  title: {fr: Autre, en: Other}")
VARIABLES = "  option: SISR\n  variables: {VLAN: {default: '10'}, NOM: {default: dmz}}"
NAMED = MINI.replace("  option: SISR", VARIABLES)


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    folder = write_templates(tmp_path_factory.mktemp("templates"))
    for name, text in (("other", OTHER), ("named", NAMED)):
        (folder / name).mkdir()
        (folder / name / "compose.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def day(world):
    """Candidates 1 (its own vlan) and 2, their labs and one spare of the same template ready."""
    world.session(count=2)
    for number in "12":
        values = {"VLAN": "20"} if number == "1" else {}
        one = Realisation("e6", number, 1, "named", variables=values)
        forms.keep_realisation(world.tools, one, by=BY)
    world.tools.store.keep_passages([Passage("e6", number) for number in "12"], by=BY)
    waves.prepare(world.tools, "e6", 1, by=BY)
    spares.build(world.tools, "e6", "named", by=BY)
    world.work()
    for number in "12":
        begin(world, number)
    return world


def begin(world, number):
    attendance.arrive(world.tools, "e6", number, by=BY)
    choices.choose(world.tools, "e6", number, 1, by=BY)
    passages.start(world.tools, "e6", number, Phase.PHASE_1, by=BY)
    passages.start(world.tools, "e6", number, Phase.INTERVIEW_1, by=BY)
    attendance.acknowledge(world.tools, "e6", number)


def to_the_hour(day, number="1"):
    passages.start(day.tools, "e6", number, Phase.HOUR, by=BY)
    day.work()
    assert seen(day, number).state is PassageState.HOUR


def seen(day, number="1"):
    return day.tools.store.passage("e6", number)


def left(day, number="1"):
    return seen(day, number).clock.left(day.tools.clock())


def test_a_spare_is_built_green_with_its_snapshot_for_nobody(day):
    (spare,) = spares.spares(day.tools, "e6")
    assert (spare.lab.id, spare.fit, spare.taken_by) == ("e6-reserve-1-1", True, "")
    assert snapshots.latest(day.tools, spare.lab.id, SnapshotKind.START).verified
    assert [one.number for one in day.tools.store.candidates("e6")] == ["1", "2"]
    assert len(day.tools.store.passages("e6")) == 2
    assert spare.lab.id not in {lab.id for lab in waves.labs_of(day.tools, "e6", 1)}
    assert rosters.slips_of(day.tools, "e6", by=BY)


def test_the_passage_takes_it_with_rows_alone_and_what_differs_is_named(day):
    day.engine.calls.clear()
    begun = time.monotonic()
    taken = spares.take(day.tools, "e6", "1", by=BY, why="labo en panne")
    assert time.monotonic() - begun < 30
    assert (taken.former, taken.differing) == ("e6-1-1", ("VLAN",))
    assert seen(day).lab == "e6-reserve-1-1"
    assert day.engine.calls == []
    assert day.tools.store.jobs(unended=True) == []
    entry = day.tools.store.entries("passage:e6/1")[-1]
    assert "parameters that differ: VLAN" in entry.what
    assert entry.why == "labo en panne"
    assert "20" not in entry.what
    to_the_hour(day)
    assert day.engine.is_open("e6-reserve-1-1", Audience.CANDIDATE)
    assert not day.engine.is_open("e6-1-1", Audience.CANDIDATE)


def test_in_a_suspension_the_time_left_goes_on_in_the_spare(day):
    to_the_hour(day)
    day.write("e6-1-1", "mine")
    day.clock.passes(600)
    with pytest.raises(Refused, match="takes no spare lab now"):
        spares.take(day.tools, "e6", "1", by=BY)
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="panne")
    before = left(day)
    day.work()
    spares.take(day.tools, "e6", "1", by=BY, why="panne")
    interruptions.resume(day.tools, "e6", "1", by=BY)
    day.work()
    assert seen(day).state is PassageState.HOUR
    assert left(day) == pytest.approx(before, abs=LOOKS)
    assert day.engine.is_open("e6-reserve-1-1", Audience.CANDIDATE)
    assert day.read("e6-1-1") == "mine"
    assert not day.engine.is_open("e6-1-1", Audience.CANDIDATE)


def test_one_spare_is_one_candidates(day):
    spares.take(day.tools, "e6", "1", by=BY)
    with pytest.raises(Refused, match="no free spare lab of template named") as trouble:
        spares.take(day.tools, "e6", "2", by=BY)
    assert "taken" in trouble.value.hint
    job = spares.build(day.tools, "e6", "named", by=BY)
    assert job.lab == "e6-reserve-2-1"
    day.work()
    assert spares.take(day.tools, "e6", "2", by=BY).differing == ()


def test_only_a_spare_of_the_same_template_that_is_fit_is_given(day):
    spares.build(day.tools, "e6", "other", by=BY)
    day.work()
    spares.take(day.tools, "e6", "2", by=BY)
    with pytest.raises(Refused, match="no free spare"):
        spares.take(day.tools, "e6", "1", by=BY)
    doors.order_open(day.tools, "e6-reserve-2-1", by=BY)
    day.work()
    assert spares.spares(day.tools, "e6")[1].why_not == "open"
    doors.order_close(day.tools, "e6-reserve-2-1", by=BY)
    day.work()
    assert spares.spares(day.tools, "e6")[1].why_not == "opened before"


def test_before_phase_1_and_without_a_lab_there_is_nothing_to_take(day, world):
    del day
    world.imported("e6", 4)
    kept = [Passage("e6", "3"), Passage("e6", "4", own_tools=True)]
    world.tools.store.keep_passages(kept, by=BY)
    with pytest.raises(Refused, match="takes no spare"):
        spares.take(world.tools, "e6", "3", by=BY)
    attendance.arrive(world.tools, "e6", "4", by=BY)
    passages.start(world.tools, "e6", "4", Phase.PHASE_1, by=BY)
    with pytest.raises(Refused, match="environment of their own"):
        spares.take(world.tools, "e6", "4", by=BY)


def test_a_spare_that_does_not_fit_is_refused_and_its_paper_is_used_again(day):
    memory = day.engine.host_facts.memory_free
    day.facts(memory_free=1 << 20)
    with pytest.raises(Refused, match="memory"):
        spares.build(day.tools, "e6", "named", by=BY)
    day.facts(memory_free=memory)
    assert spares.build(day.tools, "e6", "named", by=BY).lab == "e6-reserve-2-1"


def test_the_spares_name_is_nobodys_number(world):
    world.session(count=1)
    rows = "numéro;nom\nreserve-1;Nom\n".encode()
    with pytest.raises(BadFile, match="spare"):
        rosters.import_file(world.tools, "e6", "l.csv", rows, by=BY)


def test_a_used_spare_is_put_away_with_its_wave(day):
    spares.take(day.tools, "e6", "1", by=BY)
    for number in "12":
        to_the_hour(day, number)
        passages.finish_hour(day.tools, "e6", number, by=BY, why="fini")
        day.work()
        passages.start(day.tools, "e6", number, Phase.INTERVIEW_2, by=BY)
        passages.close(day.tools, "e6", number, by=BY)
        day.work()
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    assert day.lab("e6-reserve-1-1").state is LabState.GONE
    kinds = {one.kind for one in day.tools.store.snapshots("e6-reserve-1-1")}
    assert kinds == {SnapshotKind.START, SnapshotKind.END}
    day.assert_whole()


def test_one_node_is_restarted_with_its_data_in_the_hour(day):
    to_the_hour(day)
    day.write("e6-1-1", "mine")
    day.engine.set_seen("e6-1-1", "web", Seen.STOPPED)
    repairs.order_restart(day.tools, "e6-1-1", "web", by=BY, why="figé")
    day.work()
    assert day.engine.look("e6-1-1")["web"] is Seen.RUNNING
    assert day.read("e6-1-1") == "mine"
    assert day.engine.is_open("e6-1-1", Audience.CANDIDATE)
    assert "node web restarted with its data" in day.events("e6-1-1")
    with pytest.raises(NotFound):
        repairs.order_restart(day.tools, "e6-1-1", "none", by=BY)
    labs.order_remove(day.tools, "e6-2-1", by=BY)
    day.work()
    with pytest.raises(WrongState):
        repairs.order_restart(day.tools, "e6-2-1", "web", by=BY)


def test_rotated_accesses_leave_the_door_open_until_the_same_instant(day):
    to_the_hour(day)
    tools = day.tools
    code = tools.store.code("e6", "1")
    seat = accounts.enter_portal(tools, "1", code)
    before = plan_of(tools, day.lab("e6-1-1")).gateway
    until = day.engine.labs["e6-1-1"].doors[Audience.CANDIDATE]
    booted = day.engine.labs["e6-1-1"].nodes["web"]
    fresh, jobs = repairs.rotate(tools, "e6", "1", by=BY, why="fiche échangée")
    assert [job.lab for job in jobs] == ["e6-1-1"]
    day.work()
    after = plan_of(tools, day.lab("e6-1-1")).gateway
    assert after.candidate_password != before.candidate_password
    assert after.examiner_password == before.examiner_password
    assert after.host_key == before.host_key
    assert day.engine.labs["e6-1-1"].plan.gateway.candidate_password
    assert day.engine.labs["e6-1-1"].doors[Audience.CANDIDATE] == until
    assert day.engine.labs["e6-1-1"].nodes["web"].files == booted.files
    assert access.for_candidate(tools, day.lab("e6-1-1")).jump_password == after.candidate_password
    assert tools.store.code("e6", "1") == fresh != code
    assert tools.store.seat("e6", "1") is None
    assert seat.token
    whys = [one.why for one in tools.store.entries("candidate:e6/1")]
    assert "fiche échangée" in whys


def test_a_closed_door_stays_closed_and_a_lost_node_is_not_made_up_for(day):
    repairs.rotate(day.tools, "e6", "1", by=BY, why="essai")
    day.work()
    assert not day.engine.is_open("e6-1-1", Audience.CANDIDATE)
    assert day.engine.look("e6-1-1")[GATEWAY] is Seen.RUNNING
    password = plan_of(day.tools, day.lab("e6-1-1")).gateway.candidate_password
    day.engine.set_seen("e6-1-1", "web", None)
    repairs.rotate(day.tools, "e6", "1", by=BY, why="essai")
    day.work()
    assert day.last_job("e6-1-1").outcome.startswith("Lab e6-1-1 has lost web")
    assert plan_of(day.tools, day.lab("e6-1-1")).gateway.candidate_password == password
    with pytest.raises(BadInput):
        repairs.rotate(day.tools, "e6", "1", by=BY, why=" ")


@pytest.mark.parametrize("kind", [SnapshotKind.START, SnapshotKind.OWN])
def test_a_restore_in_a_suspension_and_the_hour_goes_on(day, kind):
    to_the_hour(day)
    day.write("e6-1-1", "mine")
    snapshots.order_take(day.tools, "e6-1-1", SnapshotKind.OWN, by=BY)
    day.work()
    day.write("e6-1-1", "broken")
    day.clock.passes(300)
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="panne")
    before = left(day)
    day.work()
    back = snapshots.latest(day.tools, "e6-1-1", kind)
    labs.order_restore(day.tools, "e6-1-1", back.id, by=BY, why="panne")
    day.work()
    day.clock.passes(120)
    interruptions.resume(day.tools, "e6", "1", by=BY)
    day.work()
    assert seen(day).state is PassageState.HOUR
    assert left(day) == pytest.approx(before, abs=LOOKS)
    assert day.read("e6-1-1") == ("mine" if kind is SnapshotKind.OWN else None)
    assert day.engine.is_open("e6-1-1", Audience.CANDIDATE)


def test_a_candidate_of_the_list_still_gets_the_parameters_of_their_own(day):
    lab = day.lab("e6-1-1")
    assert isinstance(day.tools.store.candidate("e6", "1"), Candidate)
    assert "20" in str(forms.realisation_of(day.tools, "e6", "1", 1).variables)
    assert plan_of(day.tools, lab).candidate == "1"
    assert plan_of(day.tools, day.lab("e6-reserve-1-1")).candidate == "reserve-1"
