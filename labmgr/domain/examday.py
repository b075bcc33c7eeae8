"""One day of the exam being filled: each candidate at the first time at which all is free."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from labmgr.domain.calendars import Calendar, Crowd
from labmgr.domain.exam import Commission
from labmgr.domain.timetable import Limits, Other, Span, Wishes, logins_of, use_of


@dataclass(frozen=True)
class Seeker:
    """A candidate who needs a passage. `lengths`: the four phases in seconds, in whole minutes."""

    number: str
    lengths: tuple[float, float, float, float]
    lab: bool
    place: str = ""  # theirs, whatever the others do

    @property
    def kind(self) -> tuple[tuple[float, ...], bool]:
        """Who has the same may sit at each other's time."""
        return (self.lengths, self.lab)


@dataclass(frozen=True)
class Slot:
    """Where a seeker was put; `starts` of the four phases, in seconds after the day opens."""

    seeker: Seeker
    commission: str
    place: str
    starts: tuple[float, float, float, float]

    @property
    def end(self) -> float:
        return self.starts[3] + self.seeker.lengths[3]

    @property
    def wait(self) -> float:
        return self.end - self.starts[0] - sum(self.seeker.lengths)


class ExamDay:
    """What is taken on one day. Seconds after the day opens."""

    def __init__(
        self, day: date, wishes: Wishes, commissions: Sequence[Commission], places: Sequence[str]
    ) -> None:
        limits = wishes.limits
        self.date, (self.opens, closes) = day, limits.hours(day)
        self._length = (closes - self.opens).total_seconds()
        self._step = wishes.step
        self._ahead = limits.ahead
        self._labs = Crowd(limits.labs)
        self._places = {place: Calendar() for place in places}
        self._examiners = {one.id: Calendar(limits.gap) for one in commissions}
        self._shares = _sharing(commissions)
        self._meals = Calendar()
        self._close(limits, through_meals=wishes.through_meals)

    def _close(self, limits: Limits, *, through_meals: bool) -> None:
        self.pauses_end = [0.0]
        for pause in limits.pauses:
            start, end = self._seconds(pause.on(self.date, limits.zone))
            self.pauses_end.append(end)
            for calendar in self._examiners.values():
                calendar.shut(start, end)
            if pause.is_meal and not through_meals:
                self._meals.shut(start, end)

    def _seconds(self, span: Span) -> tuple[float, float]:
        start, end = ((one - self.opens).total_seconds() for one in span)
        return start, end

    def keep_clear(self, others: Iterable[Other], commissions: Sequence[Commission]) -> None:
        """What passages that stand already use is not to be had."""
        for other in others:
            use = use_of(other.passage, other.lengths, self._ahead)
            if use is None:
                continue
            if other.passage.place in self._places:
                self._places[other.passage.place].take(*self._seconds(use.whole))
            if use.lab:
                self._labs.take(*self._seconds(use.lab))
            for one in commissions:
                if logins_of(one) & other.logins:
                    for span in use.interviews.values():
                        self._examiners[one.id].take(*self._seconds(span))

    def copy(self) -> ExamDay:
        """The same day so far; pauses and meals are shared, since nothing changes them."""
        own = {
            "_labs": self._labs.copy(),
            "_places": {name: one.copy() for name, one in self._places.items()},
            "_examiners": {name: one.copy() for name, one in self._examiners.items()},
        }
        twin = object.__new__(ExamDay)
        vars(twin).update(vars(self) | own)
        return twin

    def seat(self, seeker: Seeker, commission: str, wait: float, later: int = 0) -> Slot | None:
        """Put one seeker at the earliest time, from so many steps on; None when none is left."""
        first, talk, hour, last = seeker.lengths
        examiners, start = self._examiners[commission], float(later * self._step)
        while True:
            start = self._aligned(start)
            one = examiners.free_from(start + first, talk)
            over = one + talk + hour
            two = examiners.free_from(over, last)
            slot = Slot(seeker, commission, "", (start, start + first, one + talk, two))
            late = max(one - first, start + two - over - wait)
            if slot.end > self._length:
                return None
            if late <= start:
                late, slot = self._with_place(slot)
            if late > self._length:
                return None
            if late <= start:
                self._take(slot)
                return slot
            start = late

    def seat_together(
        self, seekers: Sequence[Seeker], commission: str, wait: float, start: float
    ) -> list[Slot] | None:
        """All first interviews one after the other, then all second ones: with waits between.

        None when not all of them fit; the day is spoilt then, so try it on a copy.
        """
        begun = [self._begin(seeker, commission, start) for seeker in seekers]
        slots = []
        for seeker, begin in zip(seekers, begun, strict=True):
            first, talk, hour, last = seeker.lengths
            over = begin + first + talk + hour
            two = self._examiners[commission].free_from(over, last)
            slot = Slot(seeker, commission, "", (begin, begin + first, over - hour, two))
            late, slot = self._with_place(slot)
            if two - over > wait or slot.end > self._length or late > begin:
                return None
            self._take(slot)
            slots.append(slot)
        return slots

    def _begin(self, seeker: Seeker, commission: str, start: float) -> float:
        first, talk, _, _ = seeker.lengths
        while True:
            start = self._aligned(start)
            one = self._examiners[commission].free_from(start + first, talk)
            if one <= start + first:
                self._interview(commission, one, one + talk)
                return start
            start = one - first

    def _aligned(self, start: float) -> float:
        return math.ceil(start / self._step) * self._step

    def _with_place(self, slot: Slot) -> tuple[float, Slot]:
        """The slot with a place, and its start; or the next start at which it may be tried."""
        start, long = slot.starts[0], slot.end - slot.starts[0]
        late = self._meals.free_from(start, long)
        if slot.seeker.lab:
            alive = slot.starts[2] - self._ahead
            late = max(late, start + self._labs.free_from(alive, slot.end - alive) - alive)
        names = [slot.seeker.place] if slot.seeker.place else list(self._places)
        free = {name: self._places[name].free_from(start, long) for name in names}
        place = min(free, key=lambda name: free[name])
        taken = Slot(slot.seeker, slot.commission, place, slot.starts)
        return max(late, free[place]), taken

    def _take(self, slot: Slot) -> None:
        start, _, hour, last = slot.starts
        self._places[slot.place].take(start, slot.end)
        if slot.seeker.lab:
            self._labs.take(hour - self._ahead, slot.end)
        self._interview(slot.commission, slot.starts[1], hour)
        self._interview(slot.commission, last, slot.end)

    def _interview(self, commission: str, start: float, end: float) -> None:
        for one in self._shares[commission]:
            self._examiners[one].take(start, end)


def _sharing(commissions: Sequence[Commission]) -> dict[str, list[str]]:
    """The commissions that cannot sit while this one does: itself, and those with its members.

    A commission without a name is nobody's (training): it is never taken.
    """
    return {
        one.id: [
            other.id
            for other in commissions
            if one.id and (other.id == one.id or logins_of(one) & logins_of(other))
        ]
        for one in commissions
    }
