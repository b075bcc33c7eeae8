"""What staff decide about incidents; and extra time that is given while its phase runs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction

import pytest

from labmgr.domain.bells import Ring
from labmgr.domain.clock import lasting
from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Audience
from labmgr.errors import BadInput, NotFound, Refused
from labmgr.services.lab import labs
from labmgr.services.passage import (
    attendance,
    choices,
    decisions,
    hours,
    interruptions,
    outages,
    passages,
)
from labmgr.services.passage.decisions import Decision
from labmgr.services.session import forms
from tests.services.mortal import Killed, Life, Moment, Mortal

P = PassageState
LAB = "e6-1-1"


@pytest.fixture
def hour(world):
    """Candidate 1 in the hour."""
    world.session(count=1)
    forms.keep_realisation(world.tools, Realisation("e6", "1", 1, "mini"), by="jury")
    labs.order_build(world.tools, [LAB], by="t")
    world.work()
    world.tools.store.keep_passages([Passage("e6", "1")], by="t")
    choices.choose(world.tools, "e6", "1", 1, by="jury")
    attendance.arrive(world.tools, "e6", "1", by="surveillant")
    for phase in (Phase.PHASE_1, Phase.INTERVIEW_1):
        passages.start(world.tools, "e6", "1", phase, by="jury")
    attendance.acknowledge(world.tools, "e6", "1")
    passages.start(world.tools, "e6", "1", Phase.HOUR, by="jury")
    world.work()
    return world


def seen(world):
    return world.tools.store.passage("e6", "1")


def left(world):
    return seen(world).clock.left(world.tools.clock())


def broken(world, seconds):
    """A node that stood still for so long; the incident."""
    world.engine.labs[LAB].nodes["db"].seen = Seen.STOPPED
    outages.watch(world.tools)
    world.clock.passes(seconds)
    world.engine.labs[LAB].nodes["db"].seen = Seen.RUNNING
    outages.watch(world.tools)
    return world.tools.store.incidents("e6", "1")[0]


def decide(world, incident, decision, **more):
    told = {"by": "jury", "why": "panne"} | more
    decisions.decide(world.tools, "e6", "1", incident.id, decision, **told)
    world.work()
    return world.tools.store.incidents("e6", "1")


def test_time_lost_is_proposed_and_given_back_once(hour):
    incident = broken(hour, 240)
    lost = decisions.lost(seen(hour), incident, hour.clock.at)
    assert lost == pytest.approx(240, abs=5)
    assert decisions.proposed(seen(hour), incident, hour.clock.at) is Decision.GIVE
    before = left(hour)
    kept = decide(hour, incident, Decision.GIVE, seconds=lost)
    assert left(hour) == pytest.approx(before + lost, abs=30)
    assert kept[0].decision == f"{lasting(lost)} given back: panne"
    with pytest.raises(Refused, match="has just been decided"):
        decide(hour, incident, Decision.GIVE, seconds=lost)


def test_nothing_is_lost_while_the_clock_stands(hour):
    interruptions.suspend(hour.tools, "e6", "1", by="surveillant", why="réseau")
    hour.work()
    hour.clock.passes(300)
    interruptions.resume(hour.tools, "e6", "1", by="surveillant")
    hour.work()
    incident = hour.tools.store.incidents("e6", "1")[0]
    assert incident.ended
    assert incident.seconds >= 300
    assert decisions.lost(seen(hour), incident, hour.clock.at) < 1
    assert decisions.proposed(seen(hour), incident, hour.clock.at) is Decision.NOTHING


def test_more_than_a_quarter_of_the_hour_is_proposed_to_be_sat_again(hour):
    incident = broken(hour, 1000)
    assert decisions.proposed(seen(hour), incident, hour.clock.at) is Decision.REPORT
    kept = decide(hour, incident, Decision.REPORT)
    assert seen(hour).state is P.DONE
    assert not hour.engine.is_open(LAB, Audience.CANDIDATE)
    assert kept[0].decision == "passage reported: panne"
    assert all(one.ended for one in kept)
    assert [one.decision for one in kept] == [kept[0].decision], "nothing new is left to decide"
    assert next(one.kind for one in hour.tools.store.snapshots(LAB)) is SnapshotKind.END


@pytest.mark.parametrize("decision", [Decision.GIVE, Decision.REPORT])
@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.AFTER])
def test_a_server_that_dies_in_a_decision_leaves_all_of_it_or_nothing(hour, decision, moment):
    incident, tools = broken(hour, 240), hour.tools
    told = {"by": "jury", "why": "panne", "seconds": 240}
    until, life = 0, Life()
    while True:
        until += 1
        life, before = Life(until, moment), seen(hour)
        dying = replace(tools, store=Mortal(tools.store, life))
        with suppress(Killed):
            decisions.decide(dying, "e6", "1", incident.id, decision, **told)
        kept = tools.store.incidents("e6", "1")[0].decision
        assert (seen(hour) != before) == bool(kept), life.verbs
        if kept:
            break
    assert "change_passage" in life.verbs
    with pytest.raises(Refused, match="has just been decided"):
        decisions.decide(tools, "e6", "1", incident.id, Decision.NOTHING, by="autre", why="x")
    if decision is Decision.GIVE:
        assert seen(hour).clock.allotted == 3600 + 240


@pytest.mark.parametrize("verb", ["suspend", "resume"])
def test_a_suspension_and_its_incident_are_one(hour, verb):
    incident = lambda: hour.tools.store.incidents("e6", "1")  # noqa: E731 - asked twice
    if verb == "resume":
        interruptions.suspend(hour.tools, "e6", "1", by="jury", why="réseau")
        hour.work()
        interruptions.resume(hour.tools, "e6", "1", by="jury")
    for until in range(1, 40):
        before = seen(hour)
        dying = replace(hour.tools, store=Mortal(hour.tools.store, Life(until, Moment.AFTER)))
        with suppress(Killed):
            if verb == "suspend":
                interruptions.suspend(dying, "e6", "1", by="jury", why="réseau")
            else:
                hours.open_hour(dying, LAB, "e6", "1", by="jury", resume=True)
        if seen(hour).state is not before.state:
            break
    assert seen(hour).state is (P.SUSPENDED if verb == "suspend" else P.HOUR)
    assert [bool(one.ended) for one in incident()] == [verb == "resume"]


def test_a_passage_broken_off_when_suspended_keeps_what_was_done_in_its_hour(hour):
    interruptions.suspend(hour.tools, "e6", "1", by="surveillant", why="malaise")
    hour.work()
    passages.close(hour.tools, "e6", "1", by="chef", why="ne reprendra pas")
    hour.work()
    assert seen(hour).state is P.DONE
    assert next(one.kind for one in hour.tools.store.snapshots(LAB)) is SnapshotKind.END
    assert all(one.ended for one in hour.tools.store.incidents("e6", "1"))


def test_a_decision_needs_its_reason_and_an_incident(hour):
    incident = broken(hour, 60)
    with pytest.raises(BadInput):
        decide(hour, incident, Decision.NOTHING, why=" ")
    with pytest.raises(NotFound):
        decide(hour, replace(incident, id=99), Decision.NOTHING)
    assert decide(hour, incident, Decision.NOTHING)[0].decision == "nothing to compensate: panne"


def test_time_of_the_hour_is_never_given_to_an_interview(hour):
    incident = broken(hour, 60)
    hour.clock.passes(3600)
    hours.answer(hour.tools)
    hour.work()
    passages.start(hour.tools, "e6", "1", Phase.INTERVIEW_2, by="jury")
    with pytest.raises(Refused, match="is over"):
        decide(hour, incident, Decision.GIVE, seconds=60)
    assert not hour.tools.store.incidents("e6", "1")[0].decision


def test_extra_time_in_the_hour_is_told_to_the_door_too(hour):
    third = {Phase.HOUR: Fraction(1, 3)}
    forms.set_extra_time(hour.tools, "e6", "1", third, by="chef")
    hour.work()
    end = seen(hour).clock.due(hour.clock.moment())
    door = hour.engine.labs[LAB].doors[Audience.CANDIDATE]
    assert abs((door - end).total_seconds()) < 30
    hour.clock.passes(3700)
    hours.answer(hour.tools)
    hour.work()
    assert hour.engine.is_open(LAB, Audience.CANDIDATE)
    forms.set_extra_time(hour.tools, "e6", "1", {Phase.HOUR: Fraction(0)}, by="chef")
    hours.answer(hour.tools)
    hour.work()
    assert not hour.engine.is_open(LAB, Audience.CANDIDATE)


def test_extra_time_reaches_a_suspended_hour_and_one_whose_bell_has_rung(hour):
    interruptions.suspend(hour.tools, "e6", "1", by="surveillant", why="réseau")
    hour.work()
    kept = left(hour)
    forms.set_extra_time(hour.tools, "e6", "1", {Phase.HOUR: Fraction(1, 6)}, by="chef")
    hour.work()
    assert left(hour) == pytest.approx(kept + 600)
    assert not hour.engine.is_open(LAB, Audience.CANDIDATE)
    interruptions.resume(hour.tools, "e6", "1", by="surveillant")
    hour.work()
    hour.clock.passes(4300)
    hours.answer(hour.tools)
    hour.work()
    assert not hour.engine.is_open(LAB, Audience.CANDIDATE)
    forms.set_extra_time(hour.tools, "e6", "1", {Phase.HOUR: Fraction(1, 3)}, by="chef")
    hour.work()
    assert left(hour) == pytest.approx(600, abs=30)
    hour.clock.passes(700)
    hours.answer(hour.tools)
    hour.work()
    rings = [one.what for one in hour.tools.store.entries("passage:e6/1")]
    assert rings.count(f"hour: {Ring.END}") == 2
    assert not hour.engine.is_open(LAB, Audience.CANDIDATE)
