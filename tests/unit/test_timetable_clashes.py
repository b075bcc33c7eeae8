"""A timetable edited by hand: every clash is found, and said with whom, when, and the mend."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from labmgr.domain.clash import ClashKind
from labmgr.domain.clashes import clashes
from labmgr.domain.exam import Commission, Member, Phase
from labmgr.domain.passage import Passage
from labmgr.domain.proposal import propose
from labmgr.domain.timetable import Limits, Other, Pause, labs_alive, lengths_of
from labmgr.domain.words import Option
from labmgr.errors import BadInput
from tests.unit.exam_people import (
    SESSION,
    THIRD,
    candidates,
    commissions,
    limits,
    local,
    wishes,
)

PEOPLE = candidates(4)
HOMES = [
    *commissions("ab"),
    *commissions("c", Option.SLAM),
    Commission("e6", "d", "D", (Member("a1", Option.SISR), Member("d2", Option.SISR))),
]


def sit(number: str, hour: int, minute: int = 0, home: str = "a", place: str = "") -> Passage:
    start = local(hour, minute)
    planned = {
        phase: start + timedelta(minutes=minutes)
        for phase, minutes in zip(Phase, (0, 30, 50, 110), strict=True)
    }
    return Passage("e6", number, home, place or number, planned=planned)


def found(*passages, people=None, others=(), **more):
    known = people or [one for one in PEOPLE if one.number in {p.candidate for p in passages}]
    return clashes(passages, HOMES, known, SESSION, limits(**more), others=others)


def only(*passages, **more):
    (clash,) = found(*passages, **more)
    return clash


def test_a_good_timetable_has_none():
    assert found(sit("1", 8), sit("2", 8, 25), sit("3", 8, 50)) == []
    assert found(sit("1", 8), sit("2", 8, home="b")) == []


def test_an_examiner_is_not_in_two_places():
    clash, *_ = found(sit("1", 8), sit("2", 8, 10))
    assert clash.kind is ClashKind.EXAMINER
    assert clash.candidates == ("1", "2")
    assert clash.start == local(8, 40)
    assert clash.phase is Phase.INTERVIEW_1
    assert clash.what == "a1, a2 interviews 1 until 27/05 08:50 and 2 from 27/05 08:40"
    assert clash.mend == "Let 2's interview begin at 27/05 08:55 or later."


def test_an_examiner_of_two_commissions_neither():
    clash, *_ = found(sit("1", 8), sit("2", 8, home="d"))
    assert clash.kind is ClashKind.EXAMINER
    assert clash.what.startswith("a1 interviews")


def test_a_first_interview_does_not_meet_anothers_second():
    clash = only(sit("1", 8), sit("2", 9, 20))
    assert clash.kind is ClashKind.EXAMINER
    assert clash.start == local(9, 50)


def test_too_short_a_gap():
    clash, *_ = found(sit("1", 8), sit("2", 8, 22))
    assert clash.kind is ClashKind.GAP
    assert "less than 5 min" in clash.what
    assert found(sit("1", 8), sit("2", 8, 22), gap=2) == []


def test_one_place_is_one_candidates():
    clash = only(sit("1", 8), sit("2", 8, 30, "b", place="1"))
    assert clash.kind is ClashKind.PLACE
    assert clash.what == "1 and 2 both sit at place 1 at 27/05 08:30"
    assert "27/05 10:10" in clash.mend
    assert found(sit("1", 8), sit("2", 10, 10, "b", place="1")) == []


def test_no_interview_in_a_pause():
    clash = only(sit("1", 12, 10))
    assert clash.kind is ClashKind.PAUSE
    assert clash.phase is Phase.INTERVIEW_1
    assert "12:30-13:30" in clash.what
    assert found(sit("1", 11, 40)) == []  # the hour itself may be at noon, if one wants it


@pytest.mark.parametrize(("hour", "minute"), [(7, 55), (16, 0)])
def test_outside_the_day(hour, minute):
    assert only(sit("1", hour, minute)).kind is ClashKind.OUTSIDE


def test_a_passage_over_two_days_is_outside():
    one = sit("1", 15)
    night = {**one.planned, Phase.INTERVIEW_2: local(15, 0) + timedelta(hours=18)}
    assert only(replace(one, planned=night)).kind is ClashKind.OUTSIDE


def test_a_commission_of_another_option():
    clash = only(sit("1", 8, home="c"))
    assert clash.kind is ClashKind.OPTION
    assert clash.what == "Nobody in commission C teaches SISR, candidate 1's option"


def test_what_is_missing():
    one = sit("1", 8)
    half = {phase: at for phase, at in one.planned.items() if phase is not Phase.HOUR}
    assert "times (hour)" in only(replace(one, planned=half)).what
    assert "a commission" in only(replace(one, commission="")).what
    assert "a commission" in only(replace(one, commission="gone")).what
    assert "a place" in only(replace(one, place="")).what
    assert [clash.candidates for clash in found(people=PEOPLE[:2])] == [("1",), ("2",)]


def test_a_phase_shorter_than_allotted():
    slow = [replace(PEOPLE[0], extra_time=THIRD)]
    first, *_ = found(sit("1", 8), people=slow)
    assert first.kind is ClashKind.SHORT
    assert first.what == "Candidate 1 lacks 10 min of phase-1: 40 min are allotted"
    assert "tiers" not in first.what.fr
    assert len(found(sit("1", 8), people=slow)) == 3


def test_too_many_labs_at_once_with_the_number_that_fits():
    sitting = [sit("1", 8), sit("2", 8, home="b"), sit("3", 8, 25)]
    clash = only(*sitting, labs=2)
    assert clash.kind is ClashKind.LABS
    assert clash.candidates == ("1", "2", "3")
    assert clash.what == "3 labs are alive at 27/05 09:05, 2 fit: 1, 2, 3"
    assert (clash.start, clash.end) == (local(9, 5), local(10, 10))
    assert clash.mend == "Move 3: the first of these labs ends at 27/05 10:10."
    own = [*sitting[:2], replace(sitting[2], own_tools=True)]
    assert found(*own, labs=2) == []


def test_labs_alive_from_some_minutes_before_the_hour():
    passages = [sit("1", 8), sit("2", 8, 25)]
    assert labs_alive(passages, PEOPLE, SESSION, limits(ahead=600)) == [
        (local(8, 40), 1),
        (local(9, 5), 2),
        (local(10, 10), 1),
        (local(10, 35), 0),
    ]


def test_another_session_is_seen_too():
    there = Other(
        replace(sit("9", 8, place="1"), session="slam"),
        lengths_of(PEOPLE[0], SESSION),
        frozenset({"a1"}),
    )
    kinds = {clash.kind for clash in found(sit("1", 8), others=[there], labs=1)}
    assert kinds == {ClashKind.EXAMINER, ClashKind.PLACE, ClashKind.LABS}
    clash, *_ = found(sit("1", 8), others=[there])
    assert clash.candidates == ("1",)
    assert "9 (slam)" in clash.what
    assert found(sit("1", 14), others=[there, there]) == []


def test_hours_that_are_none_are_refused():
    with pytest.raises(BadInput, match="is no span of a day"):
        Limits(opens=time(18), closes=time(8))
    with pytest.raises(BadInput, match="12:30 to 12:30"):
        Limits(pauses=(Pause(time(12, 30), time(12, 30)),))
    with pytest.raises(BadInput, match="negative"):
        Limits(gap=-1)


def test_a_proposal_of_nobody_is_empty():
    assert propose(SESSION, HOMES, [], wishes()) == []
