"""What a day holds: the figures that centres plan with."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise, product

import pytest

from labmgr.domain.clashes import clashes
from labmgr.domain.exam import DURATIONS, Form, Phase
from labmgr.domain.proposal import propose
from labmgr.domain.timetable import Limits, Pause, labs_alive, peak
from labmgr.errors import Refused
from tests.unit.exam_people import (
    DAY,
    PREPARATIONS,
    SESSION,
    THIRD,
    candidates,
    commissions,
    days,
    ends,
    hours,
    wishes,
)

A, AB = commissions("a"), commissions("ab")


def planned(people, sitting, wish, **more):
    passages = propose(SESSION, sitting, people, wish, **more)
    assert clashes(passages, sitting, people, SESSION, wish.limits) == []
    return passages


@pytest.mark.parametrize(
    ("gap", "count", "starts", "end"),
    [
        (0, 4, ["08:00", "08:20", "08:40", "09:00"], "11:10"),
        (5, 3, ["08:00", "08:25", "08:50"], "11:00"),
        (5, 4, ["08:00", "08:25", "08:50", "10:35"], "12:45"),
        (10, 2, ["08:00", "08:30"], "10:40"),
        (10, 3, ["08:00", "08:30", "10:20"], "12:30"),
    ],
)
def test_interviews_interlock_without_a_wait(gap, count, starts, end):
    people = candidates(count)
    passages = planned(people, A, wishes(gap, pauses=()))
    assert hours(passages) == starts
    assert max(ends(passages, people)) == end


@pytest.mark.parametrize(
    ("more", "end"),
    [({"extra_time": THIRD}, "11:55"), ({"extra_by_phase": PREPARATIONS}, "11:20")],
)
def test_half_a_day_with_one_who_has_more_time(more, end):
    first, *others = candidates(3)
    people = [replace(first, **more), *others]
    passages = planned(people, A, wishes(5))
    assert max(ends(passages, people)) == end
    assert all(no_wait(one, people) for one in passages)


def no_wait(passage, people):
    mine = next(one for one in people if one.number == passage.candidate)
    whole = passage.planned[Phase.INTERVIEW_2] - passage.planned[Phase.PHASE_1]
    due = sum(mine.allotted(phase, DURATIONS) for phase in list(Phase)[:3])
    return whole - timedelta(seconds=due) < timedelta(minutes=3)  # phases end on whole minutes


@pytest.mark.parametrize(
    ("gap", "count", "takes"),
    [
        (5, 12, 1),
        (5, 24, 2),
        (5, 30, 3),
        (5, 35, 3),
        (0, 16, 1),
        (0, 24, 2),
        (0, 30, 2),
        (0, 35, 3),
    ],
)
def test_days_that_two_commissions_take(gap, count, takes):
    passages = planned(candidates(count), AB, wishes(gap))
    assert days(passages) == takes
    shares = [sum(one.commission == home.id for one in passages) for home in AB]
    assert max(shares) - min(shares) <= 1


def test_the_realistic_day():
    people = candidates(24)
    passages = planned(people, AB, wishes(5, seats=6))
    first = [one for one in passages if one.planned[Phase.PHASE_1].day == DAY.day]
    alone = [one for one in first if one.commission == "a"]
    assert hours(alone) == ["08:00", "08:25", "08:50", "13:30", "13:55", "14:20"]
    assert hours(alone, Phase.HOUR) == ["08:50", "09:15", "09:40", "14:20", "14:45", "15:10"]
    assert ends(alone, people)[-1] == "16:30"
    assert [one.wave for one in alone] == [1, 1, 1, 2, 2, 2]
    assert {one.place for one in first} == set("123456")


@pytest.mark.parametrize(("gap", "sitting", "most"), [(5, A, 3), (0, A, 4), (5, AB, 6), (0, AB, 8)])
def test_labs_alive_at_once(gap, sitting, most):
    people = candidates(4 * len(sitting))
    wish = wishes(gap)
    passages = planned(people, sitting, wish)
    alive = labs_alive(passages, people, SESSION, wish.limits)
    assert peak(alive)[1] == most
    assert alive[-1][1] == 0


@pytest.mark.parametrize("labs", [1, 2, 3, 5])
def test_no_more_labs_than_fit(labs):
    people = candidates(8)
    wish = wishes(5, labs=labs)
    passages = planned(people, AB, wish)
    assert peak(labs_alive(passages, people, SESSION, wish.limits))[1] <= labs


def test_own_tools_want_no_lab():
    people = candidates(6)
    wish = wishes(5, labs=1)
    passages = planned(people, AB, wish, own_tools={"1", "2", "3", "4", "5"})
    assert peak(labs_alive(passages, people, SESSION, wish.limits))[1] == 1
    assert max(ends(passages, people)) == "11:00"
    assert [one.candidate for one in passages if not one.own_tools] == ["6"]


def test_a_wait_comes_in_only_where_the_days_do_not_suffice():
    people = candidates(4)
    short = wishes(5, days=1, closes=time(12, 30))
    passages = planned(people, A, short)
    waits = [not no_wait(one, people) for one in passages]
    assert any(waits)
    with pytest.raises(Refused, match="3 of 4 candidates fit into 1 day") as trouble:
        propose(SESSION, A, people, replace(short, longest_wait=0))
    assert "4" in str(trouble.value)
    assert "longer wait" in trouble.value.hint
    assert days(planned(people, A, replace(short, days=0))) == 2


def test_the_day_after_friday_is_monday():
    friday = replace(wishes(5), first=date(2026, 5, 29))
    found = {Limits().day_of(one.planned[Phase.HOUR]) for one in planned(candidates(12), A, friday)}
    assert found == {date(2026, 5, 29), date(2026, 6, 1)}


@pytest.mark.parametrize("night", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_change_of_summer_time_that_night_moves_nothing(night):
    wish = replace(wishes(5), first=night)
    passages = planned(candidates(3), A, wish)
    assert hours(passages) == ["08:00", "08:25", "08:50"]
    early = wishes(5, opens=time(0), closes=time(9), pauses=())
    across = planned(candidates(9), A, replace(early, first=night))
    hour = [one.planned[Phase.INTERVIEW_2] - one.planned[Phase.HOUR] for one in across]
    assert set(hour) == {timedelta(hours=1)}


def test_a_meal_is_nobodys_hour_unless_it_is_said():
    people = candidates(7)
    wish = wishes(5)
    noon = datetime.combine(DAY, time(13), tzinfo=wish.limits.zone)

    def at_noon(passages):
        return [
            one
            for one in passages
            if one.planned[Phase.PHASE_1] < noon < one.planned[Phase.INTERVIEW_2]
        ]

    assert at_noon(planned(people, A, wish)) == []
    assert at_noon(planned(people, A, replace(wish, through_meals=True)))


def test_a_short_pause_stops_interviews_alone():
    coffee = Pause(time(9, 0), time(9, 15))
    people = candidates(3)
    passages = planned(people, A, wishes(5, pauses=(coffee,)))
    sat = zip(hours(passages), ends(passages, people), strict=True)
    assert any(start < "09:15" < end for start, end in sat)


def test_training_needs_no_commission():
    training = replace(SESSION, form=Form.TRAINING, durations=dict.fromkeys(Phase, 10))
    people = candidates(5)
    wish = wishes(0, seats=5)
    passages = propose(training, [], people, wish)
    assert clashes(passages, [], people, training, wish.limits) == []
    assert len({one.planned[Phase.PHASE_1] for one in passages}) == 1
    with pytest.raises(Refused, match="No commission serves"):
        propose(SESSION, [], people, wish)


def test_nobody_fits_into_a_day_that_is_too_short():
    with pytest.raises(Refused, match="0 of 2 candidates fit"):
        propose(SESSION, A, candidates(2), wishes(5, opens=time(8), closes=time(10), pauses=()))


@pytest.mark.parametrize("kinds", ["ooo", "too", "tto"])
@pytest.mark.parametrize("gap", [0, 5, 10])
def test_three_end_as_early_as_any_order_and_any_start_allows(gap, kinds):
    """Against every combination of starts on the same steps."""
    people = [
        replace(one, extra_time=THIRD if kind == "t" else THIRD * 0)
        for one, kind in zip(candidates(3), kinds, strict=True)
    ]
    shapes = {one.number: shape(one) for one in people}
    opens = wishes().limits.hours(DAY)[0]
    last = max(
        (one.planned[Phase.INTERVIEW_2] - opens).total_seconds() / 60 + shapes[one.candidate][3]
        for one in planned(people, A, wishes(gap, pauses=()))
    )
    assert last == earliest_end(list(shapes.values()), gap)


def shape(candidate):
    return [-(-candidate.allotted(phase, DURATIONS) // 60) for phase in Phase]


def earliest_end(shapes, gap):
    return min(
        max(start + sum(one) for start, one in zip(starts, shapes, strict=True))
        for starts in product(range(0, 181, 5), repeat=len(shapes))
        if apart(starts, shapes, gap)
    )


def apart(starts, shapes, gap):
    busy = []
    for start, (first, talk, hour, last) in zip(starts, shapes, strict=True):
        one = start + first
        busy += [(one, one + talk), (one + talk + hour, one + talk + hour + last)]
    busy.sort()
    return all(end + gap <= start for (_, end), (start, _) in pairwise(busy))
