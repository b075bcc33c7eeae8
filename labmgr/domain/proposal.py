"""Propose a timetable: candidates spread over commissions and days, waits kept least."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from labmgr.domain.arranging import Queues, arrange
from labmgr.domain.asking import Asked, ask, dealt, in_order
from labmgr.domain.exam import Candidate, Commission, ExamSession
from labmgr.domain.examday import ExamDay, Seeker, Slot
from labmgr.domain.passage import Passage
from labmgr.domain.timetable import Other, Wishes
from labmgr.domain.waves import as_passages
from labmgr.domain.words import Said
from labmgr.errors import Refused

LONGEST = 30  # days: past that something else is wrong
Plan = list[tuple[ExamDay, list[Slot]]]


def propose(
    session: ExamSession,
    commissions: Sequence[Commission],
    candidates: Sequence[Candidate],
    wishes: Wishes,
    *,
    own_tools: Collection[str] = (),
    others: Sequence[Other] = (),
) -> list[Passage]:
    """Passages that clash nowhere, in as few days as possible and without waits if it can be.

    A wait comes in only where the days allowed do not suffice without. Raises Refused with what
    does not fit. `own_tools`: the numbers of candidates who need no lab.
    """
    if not candidates:
        return []
    asked = ask(session, commissions, candidates, wishes, own_tools=own_tools, others=others)
    plan, left = _fewest_days(asked, 0)
    if left:
        plan, left = _least_wait(asked, plan)
    if left:
        raise _too_many(asked, plan)
    return as_passages(session, plan, wishes.limits)


def _least_wait(asked: Asked, without: Plan) -> tuple[Plan, list[Seeker]]:
    """The longest wait first: where that does not help, none does."""
    wishes = asked.wishes
    best = _fewest_days(asked, wishes.longest_wait)
    if best[1]:
        return max((without, best[0]), key=_seated), best[1]
    for wait in range(wishes.step, wishes.longest_wait, wishes.step):
        plan, left = _fewest_days(asked, wait)
        if not left:
            return plan, left
    return best


def _fewest_days(asked: Asked, wait: float) -> tuple[Plan, list[Seeker]]:
    """The plan of the fewest days that seats everybody, else that of the most days allowed."""
    most = asked.wishes.days or LONGEST
    least = most if wait and asked.wishes.days else _at_least(asked)
    if any(_fits_nowhere(asked, home, one, wait) for home, one in asked.one_of_each()):
        least = most = asked.wishes.days or least
    for days in range(least, most):
        plan, left = _spread(asked, days, wait)
        if not left:
            return plan, left
    return _spread(asked, most, wait)


def _fits_nowhere(asked: Asked, home: str, one: Seeker, wait: float) -> bool:
    """Not even on a day that is all theirs: more days are no help."""
    day = ExamDay(asked.wishes.first, asked.wishes, asked.commissions, asked.places)
    return day.seat(one, home, wait) is None


def _at_least(asked: Asked) -> int:
    """Days below which it cannot be: interviews, places and labs have only so many hours."""
    limits = asked.wishes.limits
    opens, closes = limits.hours(asked.wishes.first)
    day = (closes - opens).total_seconds()
    all_ = [one for mine in asked.seekers.values() for one in mine]
    needs = [
        sum(one.lengths[1] + one.lengths[3] for one in mine)
        for home, mine in asked.seekers.items()
        if home
    ]
    needs.append(sum(sum(one.lengths) for one in all_) / len(asked.places))
    if limits.labs:  # none at all would be a division by nothing; it seats nobody anyway
        alive = sum(limits.ahead + sum(one.lengths[2:]) for one in all_ if one.lab)
        needs.append(alive / limits.labs)
    return min(asked.wishes.days or LONGEST, max(1, math.ceil(max(needs) / day)))


def _spread(asked: Asked, days: int, wait: float) -> tuple[Plan, list[Seeker]]:
    """An even share a day; who finds no room goes on to the next. The second: who finds none."""
    shares = {home: dealt(mine, days) for home, mine in asked.seekers.items()}
    left: dict[str, list[Seeker]] = {home: [] for home in shares}
    plan: Plan = []
    for rank in range(days):
        queues: Queues = {home: [*left[home], *dealt[rank]] for home, dealt in shares.items()}
        day = asked.day(rank)
        slots = arrange(day, queues, wait)
        plan.append((day, slots))
        seated = {slot.seeker.number for slot in slots}
        left = {
            home: [one for one in queue if one.number not in seated]
            for home, queue in queues.items()
        }
    return plan, [one for queue in left.values() for one in queue]


def _seated(plan: Plan) -> int:
    return sum(len(slots) for _, slots in plan)


def _too_many(asked: Asked, best: Plan) -> Refused:
    seated = {slot.seeker.number for _, slots in best for slot in slots}
    everybody = {one.number for queue in asked.seekers.values() for one in queue}
    out = ", ".join(sorted(everybody - seated, key=in_order))
    days = asked.wishes.days or LONGEST
    return Refused(
        Said(
            f"{len(seated)} of {len(everybody)} candidates fit into {days} day(s); "
            f"without a time: {out}",
            f"{len(seated)} candidats sur {len(everybody)} tiennent en {days} jour(s) ; "
            f"sans horaire : {out}",
        ),
        hint=Said(
            "Allow more days, a longer day, more places or labs, a shorter gap or a longer wait.",
            "Accordez plus de jours, une journée plus longue, plus de places ou de labos, "
            "un battement plus court ou une attente plus longue.",
        ),
    )
