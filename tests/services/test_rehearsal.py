"""The day on trial: go, or no-go with its reasons; nothing of it stays."""

from __future__ import annotations

import pytest

from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage
from labmgr.domain.snapshot import SnapshotKind
from labmgr.errors import DiskFull, NotFound, Refused
from labmgr.services.day import rehearsal
from labmgr.services.passage import attendance, choices, hours, passages
from labmgr.services.session import forms

BY = "technicien"
COPY = "e6-essai"


@pytest.fixture
def day(world):
    """Two waves of one candidate each, the first with two like réalisations."""
    world.session(count=2)
    for number in (1, 2):
        one = Realisation("e6", "1", number, "mini", f"Projet {number}")
        forms.keep_realisation(world.tools, one, by=BY)
    plan = [Passage("e6", "1", wave=1, place="3"), Passage("e6", "2", wave=2)]
    world.tools.store.keep_passages(plan, by=BY)
    return world


def lived(world, **how):
    said = []

    def wait():
        world.clock.passes(1)
        hours.answer(world.tools)
        world.work()

    report = rehearsal.rehearse(world.tools, "e6", by=BY, hour=30, wait=wait, tell=said.append)
    return report, said


def test_a_day_that_goes_well_is_a_go_and_leaves_nothing(day):
    report, said = lived(day)
    assert report.go, list(report.reasons())
    assert [(one.lab, one.wave) for one in report.trials] == [
        (f"{COPY}-1-1", 1),  # the second réalisation is made of the same: one lab for both
        (f"{COPY}-2-1", 2),
    ]
    assert all(one.restored is not None for one in report.trials)
    assert report.took > 60
    assert [one.name for one in day.tools.store.sessions()] == ["e6"]
    assert not day.engine.labs
    assert {lab.state for lab in day.tools.store.labs("e6")} == {LabState.PLANNED}
    assert any("wave 2: building 1 labs" in one for one in said)
    assert day.tools.store.entries("session:e6")[-1].what == "rehearsed: go"
    again = day.again()
    assert rehearsal.last(again.tools, "e6") == report
    again.close()


def test_a_missing_image_is_a_no_go_and_nothing_is_built(day):
    with pytest.raises(NotFound, match="has not been rehearsed"):
        rehearsal.last(day.tools, "e6")
    tag = next(iter(day.stock.present))
    day.stock.present.remove(tag)
    report, _ = lived(day)
    assert not report.go
    assert tag in "; ".join(report.reasons())
    assert report.trials == ()
    assert rehearsal.last(day.tools, "e6") == report
    day.stock.present.add(tag)
    assert lived(day)[0] == rehearsal.last(day.tools, "e6"), "the newest one stands"


def test_a_lab_that_cannot_be_kept_is_named_and_the_others_are_tried(day, monkeypatch):
    real = day.engine.save

    def full(plan, snapshot):
        if plan.lab.endswith("1-1") and snapshot.startswith(SnapshotKind.START):
            raise DiskFull("No room for the snapshot", hint="Remove past sessions.")
        return real(plan, snapshot)

    monkeypatch.setattr(day.engine, "save", full)
    report, _ = lived(day)
    assert not report.go
    assert any("1-1: No room" in reason for reason in report.reasons())
    assert next(one for one in report.trials if one.lab.endswith("2-1")).good
    assert not day.engine.labs


def test_what_does_not_fit_is_said_with_its_numbers(day):
    day.facts(memory_free=64 << 20)
    report, _ = lived(day)
    assert not report.go
    assert any("memory" in reason.lower() for reason in report.reasons())


def test_what_a_killed_rehearsal_left_is_removed_first(day):
    class Killed(BaseException):
        pass

    def die():
        raise Killed

    with pytest.raises(Killed):
        rehearsal.rehearse(day.tools, "e6", by=BY, wait=die, tell=lambda _: None)
    assert COPY in {one.name for one in day.tools.store.sessions()}
    report, _ = lived(day)
    assert report.go, list(report.reasons())
    assert [one.name for one in day.tools.store.sessions()] == ["e6"]


def test_nothing_is_rehearsed_beside_a_running_passage(day):
    choices.choose(day.tools, "e6", "1", 1, by=BY)
    attendance.arrive(day.tools, "e6", "1", by=BY)
    passages.start(day.tools, "e6", "1", Phase.PHASE_1, by=BY)
    with pytest.raises(Refused, match="under way"):
        lived(day)
