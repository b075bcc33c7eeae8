"""Exam time: what no clock jump, outage or late answer may change."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labmgr.domain.bells import Bell, Ring, due
from labmgr.domain.clock import Clock, Moment, lasting, pauses
from labmgr.domain.exam import (
    DURATIONS,
    Candidate,
    Commission,
    ExamSession,
    Form,
    Member,
    Phase,
    composition_faults,
)
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.words import Option

NINE = datetime(2026, 5, 27, 9, 0, tzinfo=UTC)
HOUR = 3600.0


def at(seconds, *, jump=0.0, boot="a"):
    """So long after nine, on a wall clock that somebody moved by *jump*."""
    return Moment(NINE + timedelta(seconds=seconds + jump), boot, 50.0 + seconds)


@given(st.floats(-1e5, 1e5), st.floats(0, 7200))
def test_a_wall_clock_that_jumps_changes_nothing_within_a_boot(jump, seconds):
    clock = Clock(HOUR).started(at(0))
    assert clock.left(at(seconds, jump=jump)) == pytest.approx(max(0.0, HOUR - seconds))


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 900)), max_size=6))
def test_what_is_left_is_the_same_after_every_pause(spans):
    clock, now, worked = Clock(HOUR), 0.0, 0.0
    for work, pause in spans:
        clock = clock.started(at(now))
        now += work
        worked = min(HOUR, worked + work)
        clock = clock.stopped(at(now))
        now += pause
        assert clock.left(at(now)) == pytest.approx(HOUR - worked, abs=1e-6)
    assert len(pauses(clock.stretches)) == max(0, len(spans) - 1)


def test_starting_and_stopping_twice_is_once():
    clock = Clock(HOUR).started(at(0)).started(at(5))
    assert len(clock.stretches) == 1
    assert clock.stopped(at(10)).stopped(at(20)) == clock.stopped(at(10))


def test_a_bell_answered_late_makes_no_time_longer():
    late = Clock(HOUR).started(at(0)).stopped(at(HOUR + 420))
    assert late.used(at(9999)) == HOUR
    assert late.stretches[-1].end == at(HOUR)


def test_an_outage_counts_up_to_the_last_heartbeat():
    clock = Clock(HOUR).started(at(0)).halted(at(1200))
    woken = at(1620, boot="b")
    assert clock.left(woken) == HOUR - 1200
    assert clock.started(woken).left(at(1680, boot="b")) == pytest.approx(HOUR - 1260)


def test_a_stretch_begun_after_the_last_heartbeat_counts_nothing():
    assert Clock(HOUR).started(at(3)).halted(at(1)).used(at(99)) == 0


def test_the_end_is_told_by_the_wall_clock_as_it_is_now():
    clock = Clock(HOUR).started(at(0))
    assert clock.due(at(600)) == NINE + timedelta(hours=1)
    assert clock.due(at(600, jump=-3600)) == NINE


def passage(used, allotted=HOUR, state=PassageState.HOUR):
    clocks = {Phase.HOUR: Clock(allotted).started(at(0))}
    return Passage("e6", "7", state=state, clocks=clocks), at(used)


def rings(used, answered=(), **how):
    one, now = passage(used, **how)
    known = {Bell("e6", "7", Phase.HOUR, ring) for ring in answered}
    return [bell.ring for bell in due(one, known, now)]


def test_bells_ring_at_ten_five_and_none():
    assert rings(2999) == []
    assert rings(3000) == [Ring.TEN]
    assert rings(3000, [Ring.TEN]) == []
    assert rings(3300, [Ring.TEN]) == [Ring.FIVE]
    assert rings(3599.9, [Ring.TEN, Ring.FIVE]) == []
    assert rings(3600, [Ring.TEN, Ring.FIVE]) == [Ring.END]
    assert rings(3600, [Ring.END]) == []


def test_after_an_outage_only_the_nearest_warning_is_heard():
    assert rings(3400) == [Ring.FIVE]
    assert rings(5000) == [Ring.END]


def test_a_short_phase_has_no_warning_that_is_longer_than_itself():
    assert rings(0, allotted=90) == []
    assert rings(10, allotted=310) == [Ring.FIVE]


@pytest.mark.parametrize("state", set(PassageState) - {PassageState.HOUR})
def test_a_clock_of_another_phase_or_of_a_suspended_passage_rings_nothing(state):
    assert rings(4000, state=state) == []


def test_extra_time_is_a_fraction_of_each_phase_or_of_one():
    third = Candidate("e6", "7", "X", extra_time=Fraction(1, 3))
    assert [third.allotted(phase, DURATIONS) / 60 for phase in Phase] == pytest.approx(
        [40, 26 + 2 / 3, 80, 26 + 2 / 3]
    )
    one = Candidate("e6", "7", "X", extra_by_phase={Phase.HOUR: Fraction(1, 2)})
    assert [one.allotted(phase, DURATIONS) / 60 for phase in Phase] == [30, 20, 90, 20]


SISR, SLAM = Option.SISR, Option.SLAM
PROF, OTHER = Member("prof", SISR), Member("other", SLAM)


@pytest.mark.parametrize(
    ("form", "members", "fault"),
    [
        (Form.PONCTUELLE, (PROF, OTHER), ""),
        (Form.PONCTUELLE, (PROF,), "two different"),
        (Form.PONCTUELLE, (PROF, PROF), "two different"),
        (Form.PONCTUELLE, (OTHER, Member("x", SLAM)), "nobody in it teaches SISR"),
        (Form.PONCTUELLE, (PROF, Member("x", SISR, teaches_bloc=False)), "both teach a bloc"),
        (Form.CCF, (PROF, Member("x", SLAM, teaches_bloc=False)), ""),
        (Form.CCF, tuple(Member(x, SISR, teaches_bloc=False) for x in "ab"), "nobody in it"),
        (Form.TRAINING, (), ""),
    ],
)
def test_who_may_interview(form, members, fault):
    session = ExamSession("e6", "E6", "t", SISR, NINE, form=form)
    faults = composition_faults(Commission("e6", "a", "A", members), session)
    assert bool(faults) == bool(fault)
    assert fault in "; ".join(faults)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(443.27, "7 min 23 s"), (300, "5 min"), (59.6, "1 min"), (20, "20 s"), (0.2, "0 s")],
)
def test_a_length_of_time_is_said_to_the_second(seconds, said):
    assert lasting(seconds) == said
