"""Whatever is asked: what is proposed clashes nowhere, seats everybody once, and is no dice."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import time, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from labmgr.domain.clashes import clashes
from labmgr.domain.exam import Commission, Member, Phase
from labmgr.domain.passage import Passage
from labmgr.domain.proposal import propose
from labmgr.domain.timetable import Other, Pause, labs_alive, lengths_of, peak
from labmgr.domain.words import Option
from labmgr.errors import Refused
from tests.unit.exam_people import SESSION, candidates, local, wishes

EXTRA = st.sampled_from([Fraction(0), Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(1, 7)])
PEOPLE = st.lists(
    st.tuples(EXTRA, EXTRA, st.sampled_from(Option), st.sampled_from(["", "", "", "3", "fenêtre"])),
    max_size=8,
)
LOGINS = st.lists(st.sampled_from("uvwxyz"), min_size=2, max_size=2, unique=True)
WISHES = st.fixed_dictionaries(
    {
        "gap": st.sampled_from([0, 3, 5, 10]),
        "seats": st.integers(1, 8),
        "days": st.sampled_from([0, 0, 1, 2]),
        "labs": st.sampled_from([None, 0, 1, 2, 3, 6]),
        "through_meals": st.booleans(),
        "longest_wait": st.sampled_from([0, 600, 1800]),
        "pauses": st.sampled_from(
            [(), (Pause(time(12, 30), time(13, 30)),), (Pause(time(10), time(10, 15)),)]
        ),
    }
)


def somebody(rows):
    return [
        replace(one, extra_time=every, extra_by_phase={Phase.HOUR: hour}, option=option, place=seat)
        for one, (every, hour, option, seat) in zip(candidates(len(rows)), rows, strict=True)
    ]


def sitting(logins):
    """One commission for each option, and a third one; an examiner may be in several."""
    options = [*Option, Option.SISR]
    return [
        Commission("e6", name, name, tuple(Member(login, option) for login in pair))
        for name, option, pair in zip("abc", options, logins, strict=False)
    ]


@given(rows=PEOPLE, logins=st.lists(LOGINS, min_size=2, max_size=3), wish=WISHES, own=st.booleans())
@settings(deadline=None, max_examples=40)
def test_no_clash_everybody_once_and_the_order_of_the_input_changes_nothing(
    rows, logins, wish, own
):
    people, homes, asked = somebody(rows), sitting(logins), wishes(**wish)
    brought = {one.number for one in people[::2]} if own else set()
    busy = standing()
    more = {"own_tools": brought, "others": busy}
    try:
        found = propose(SESSION, homes, people, asked, **more)
    except Refused:
        assert asked.days or asked.limits.pauses or asked.limits.labs == 0
        return
    assert clashes(found, homes, people, SESSION, asked.limits, others=busy) == []
    assert sorted(one.candidate for one in found) == sorted(one.number for one in people)
    for passage in found:
        mine = next(one for one in people if one.number == passage.candidate)
        assert passage.place == mine.place or not mine.place
        assert passage.own_tools == (passage.candidate in brought)
        assert longest_wait(passage, mine) <= asked.longest_wait + 60
    most = peak(labs_alive(found, people, SESSION, asked.limits, busy))
    assert asked.limits.labs is None or most[1] <= max(asked.limits.labs, 1)
    dice = random.Random(1)
    mixed = dice.sample(people, len(people)), dice.sample(homes, len(homes))
    assert propose(SESSION, mixed[1], mixed[0], asked, **more) == found


def standing():
    """A passage of another session in the same rooms: examiner u, place 1, a lab."""
    starts = [local(9), local(9, 30), local(9, 50), local(10, 50)]
    passage = Passage("slam", "7", "x", "1", planned=dict(zip(Phase, starts, strict=True)))
    return [Other(passage, lengths_of(candidates(1)[0], SESSION), frozenset({"u"}))]


def longest_wait(passage, candidate):
    due = lengths_of(candidate, SESSION)
    pairs = zip(list(Phase), list(Phase)[1:], strict=False)
    waits = [
        passage.planned[after] - passage.planned[phase] - timedelta(seconds=due[phase])
        for phase, after in pairs
    ]
    return max(waits).total_seconds()


@given(rows=PEOPLE, number=st.integers(0, 9), minutes=st.integers(-90, 90))
@settings(deadline=None, max_examples=20)
def test_a_clash_always_says_whom_when_and_the_mend_in_both_languages(rows, number, minutes):
    people, homes = somebody(rows), sitting([("u", "v"), ("w", "x"), ("u", "w")])
    asked = wishes(5, seats=6)
    found = propose(SESSION, homes, people, asked)
    if not found:
        return
    moved = found[number % len(found)]
    by = timedelta(minutes=minutes)
    plan = {phase: at + by for phase, at in moved.planned.items()}
    edited = [replace(one, planned=plan) if one is moved else one for one in found]
    for clash in clashes(edited, homes, people, SESSION, asked.limits):
        assert moved.candidate in clash.candidates
        assert clash.start
        assert clash.what
        assert clash.mend
        assert clash.what.fr != clash.what
        assert clash.mend.fr != clash.mend
