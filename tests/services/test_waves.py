"""Waves: readied together whatever was chosen, put away with their evidence, turned once."""

from __future__ import annotations

import pytest

from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.errors import Refused
from labmgr.services.day import waves
from labmgr.services.lab import away, labs
from labmgr.services.passage import attendance, choices, hours, interruptions, passages
from labmgr.services.session import forms, sessions
from tests.services.world import MINI, write_templates

BY = "prof"
OTHER = MINI.replace("  title: {fr: Petit, en: Small}", "  title: {fr: Autre, en: Other}")


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    folder = write_templates(tmp_path_factory.mktemp("templates"))
    (folder / "other").mkdir()
    (folder / "other" / "compose.yaml").write_text(OTHER, encoding="utf-8")
    return folder


@pytest.fixture
def day(world):
    """Two waves: 1 and 2 in the first, 3 and 4 (own tools) in the second."""
    world.session(count=4)
    for number in "1234":
        for which, template in ((1, "mini"), (2, "other")):
            one = Realisation("e6", number, which, template)
            forms.keep_realisation(world.tools, one, by=BY)
    kept = [Passage("e6", number, wave=wave) for number, wave in (("1", 1), ("2", 1), ("3", 2))]
    kept.append(Passage("e6", "4", wave=2, own_tools=True))
    world.tools.store.keep_passages(kept, by=BY)
    return world


def to_the_hour(day, number="1", which=2):
    tools = day.tools
    attendance.arrive(tools, "e6", number, by=BY)
    choices.choose(tools, "e6", number, which, by=BY)
    for phase in Phase.PHASE_1, Phase.INTERVIEW_1:
        passages.start(tools, "e6", number, phase, by=BY)
    attendance.acknowledge(tools, "e6", number)
    passages.start(tools, "e6", number, Phase.HOUR, by=BY)
    day.work()
    assert tools.store.passage("e6", number).state is PassageState.HOUR


def finish(day, number="1"):
    passages.finish_hour(day.tools, "e6", number, by=BY, why="fini")
    day.work()
    passages.start(day.tools, "e6", number, Phase.INTERVIEW_2, by=BY)
    day.work()
    passages.close(day.tools, "e6", number, by=BY)
    day.work()


def whole(day, *numbers):
    for number in numbers:
        to_the_hour(day, number)
        finish(day, number)


def standing(day):
    return {lab.id for lab in day.tools.store.labs() if lab.state is not LabState.PLANNED}


def test_what_is_built_says_nothing_of_the_choice(day, tmp_path):
    twin = day.copied(tmp_path / "twin")
    for number in "12":
        choices.choose(day.tools, "e6", number, 1, by=BY)
        choices.choose(twin.tools, "e6", number, 2, by=BY)
    built = [job.lab for job in waves.prepare(day.tools, "e6", 1, by=BY)]
    assert built == [job.lab for job in waves.prepare(twin.tools, "e6", 1, by=BY)]
    assert built == ["e6-1-1", "e6-1-2", "e6-2-1", "e6-2-2"]
    twin.close()


def test_only_what_differs_is_built_and_nothing_for_own_tools(day):
    one = Realisation("e6", "3", 2, "mini", "Autre titre")
    forms.keep_realisation(day.tools, one, by=BY)
    jobs = waves.prepare(day.tools, "e6", 2, by=BY)
    assert [job.lab for job in jobs] == ["e6-3-1"]
    day.work()
    attendance.arrive(day.tools, "e6", "3", by=BY)
    choices.choose(day.tools, "e6", "3", 2, by=BY)
    passages.start(day.tools, "e6", "3", Phase.PHASE_1, by=BY)
    assert day.tools.store.passage("e6", "3").lab == "e6-3-1"


def test_a_wave_prepared_again_is_left_as_it_is(day):
    assert len(waves.prepare(day.tools, "e6", 1, by=BY)) == 4
    assert waves.prepare(day.tools, "e6", 1, by=BY) == []
    day.work()
    assert waves.prepare(day.tools, "e6", 1, by=BY) == []


def test_a_wave_that_does_not_fit_is_refused_with_numbers_and_nothing_is_ordered(day):
    day.facts(memory_free=200 << 20)
    with pytest.raises(Refused, match="memory: 512 MiB wanted"):
        waves.prepare(day.tools, "e6", 1, by=BY)
    assert day.tools.store.jobs(unended=True) == []


def test_a_turn_is_refused_while_a_passage_runs_and_names_it(day):
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    whole(day, "1")
    to_the_hour(day, "2")
    with pytest.raises(Refused, match="under way: 2"):
        waves.turn(day.tools, "e6", by=BY)
    assert day.lab("e6-1-2").state is LabState.FROZEN


def test_by_force_the_running_keep_their_labs_and_the_rest_goes_on(day):
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    whole(day, "1")
    to_the_hour(day, "2")
    done = waves.turn(day.tools, "e6", by=BY, force=True, why="retard")
    day.work()
    assert [job.lab for job in done.put_away] == ["e6-1-1", "e6-1-2", "e6-2-1"]
    assert day.lab("e6-2-2").state is LabState.OPEN
    whys = [one.why for one in day.tools.store.entries("session:e6")]
    assert "retard" in whys


def test_a_turn_puts_the_finished_wave_away_readies_the_next_and_again_changes_nothing(day):
    first = waves.turn(day.tools, "e6", by=BY)
    assert (first.finished, first.coming, first.changes) == (0, 1, 4)
    assert waves.turn(day.tools, "e6", by=BY).changes == 0
    day.work()
    whole(day, "1", "2")
    second = waves.turn(day.tools, "e6", by=BY)
    assert (second.finished, second.coming) == (1, 2)
    assert len(second.put_away) == 4
    assert [job.lab for job in second.prepared] == ["e6-3-1", "e6-3-2"]
    assert waves.turn(day.tools, "e6", by=BY).changes == 0
    day.work()
    assert waves.turn(day.tools, "e6", by=BY).changes == 0
    assert set(day.engine.labs) == {"e6-3-1", "e6-3-2"}
    whole(day, "3")
    last = waves.turn(day.tools, "e6", by=BY)
    assert (last.coming, len(last.put_away), last.prepared) == (0, 2, ())
    day.work()
    assert day.engine.labs == {}
    day.assert_whole()


def test_the_next_wave_may_use_the_memory_of_the_one_that_leaves(day):
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    whole(day, "1", "2")
    day.facts(memory_free=day.tools.site.memory_reserve)
    assert len(waves.turn(day.tools, "e6", by=BY).prepared) == 2


def test_put_away_keeps_every_snapshot_and_a_look_round_throws_none_away(day):
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    whole(day, "1", "2")
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    kinds = [one.kind for one in day.tools.store.snapshots("e6-1-2")]
    assert set(kinds) == {SnapshotKind.START, SnapshotKind.END}
    assert day.lab("e6-1-2").state is LabState.GONE
    day.settle()
    assert [one.kind for one in day.tools.store.snapshots("e6-1-2")] == kinds
    day.assert_whole()


def test_after_the_exam_a_lab_comes_back_from_its_end_snapshot(day):
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    to_the_hour(day)
    day.write("e6-1-2", "mine")
    number = day.lab("e6-1-2").number
    finish(day)
    passages.close(day.tools, "e6", "1", by=BY)
    away.put_away(day.tools, "e6-1-2", by=BY)
    day.work()
    assert "e6-1-2" not in day.engine.labs
    (end,) = [one for one in day.tools.store.snapshots("e6-1-2") if one.kind is SnapshotKind.END]
    labs.order_restore(day.tools, "e6-1-2", end.id, by=BY, why="contestation")
    day.work()
    assert day.lab("e6-1-2").state is LabState.READY
    assert day.lab("e6-1-2").number == number
    assert day.read("e6-1-2") == "mine"


def test_work_without_an_end_snapshot_gets_one_before_it_goes(day):
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    to_the_hour(day)
    day.write("e6-1-2", "mine")
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="malaise")
    passages.close(day.tools, "e6", "1", by=BY, why="reporté")
    day.work()
    (kept,) = [o for o in day.tools.store.snapshots("e6-1-2") if o.kind is SnapshotKind.END]
    day.tools.store.forget_snapshot(kept.id, by=BY, why="as if the disk had been full")
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    assert [o for o in day.tools.store.snapshots("e6-1-2") if o.kind is SnapshotKind.END]
    assert day.lab("e6-1-2").state is LabState.GONE


def test_a_lab_at_work_is_not_put_away(day):
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    to_the_hour(day)
    with pytest.raises(Refused, match="may not be put away"):
        away.put_away(day.tools, "e6-1-2", by=BY)
    assert away.put_away(day.tools, "e6-3-1", by=BY) is None


def test_evidence_is_not_lost_by_building_replanning_or_forgetting(day):
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    whole(day, "1", "2")
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    with pytest.raises(Refused, match="put away with its snapshots"):
        labs.order_build(day.tools, ["e6-1-2"], by=BY)
    with pytest.raises(Refused, match="stands already"):
        forms.keep_realisation(day.tools, Realisation("e6", "1", 2, "mini"), by=BY)
    for lab in ("e6-3-1", "e6-3-2"):
        labs.order_remove(day.tools, lab, by=BY)
    day.work()
    with pytest.raises(Refused, match="still has labs"):
        sessions.remove_session(day.tools, "e6", by=BY)
    labs.order_remove(day.tools, "e6-1-2", by=BY)
    day.work()
    assert day.tools.store.snapshots("e6-1-2") == []


def test_a_lab_put_away_before_its_passage_comes_back_from_its_start_snapshot(day):
    waves.prepare(day.tools, "e6", 1, by=BY)
    day.work()
    away.put_away(day.tools, "e6-1-1", by=BY)
    day.work()
    (job,) = waves.prepare(day.tools, "e6", 1, by=BY)
    assert (job.kind, job.lab) == ("reset", "e6-1-1")
    day.work()
    assert day.lab("e6-1-1").state is LabState.READY
    to_the_hour(day, "1", 1)


def test_the_bell_then_a_turn_leaves_one_end_snapshot(day):
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    to_the_hour(day)
    day.clock.passes(3700)
    hours.answer(day.tools)
    day.work()
    passages.start(day.tools, "e6", "1", Phase.INTERVIEW_2, by=BY)
    passages.close(day.tools, "e6", "1", by=BY)
    day.work()
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    ends = [o for o in day.tools.store.snapshots("e6-1-2") if o.kind is SnapshotKind.END]
    assert len(ends) == 1


def test_a_door_that_closes_at_the_same_moment_does_not_keep_a_lab_from_going(day, monkeypatch):
    waves.turn(day.tools, "e6", by=BY)
    day.work()
    to_the_hour(day)
    finish(day)
    store, lab = day.tools.store, "e6-1-2"
    store.move(store.lab(lab), LabState.RECETTE, by="x", why="still in")
    look, looks = store.lab, []

    def lab_as_it_closes(name):
        """The second look at it is the last that finds the commission in."""
        found = look(name)
        looks.append(found.state)
        if len(looks) == 2:
            store.move(found, LabState.FROZEN, by="x", why="recette over")
        return found

    monkeypatch.setattr(store, "lab", lab_as_it_closes)
    away.carry_out_put_away(day.tools, lab, by=BY)
    monkeypatch.undo()
    assert looks[:2] == [LabState.RECETTE] * 2
    assert day.lab(lab).state is LabState.GONE
    assert lab not in day.engine.labs
