"""What is wrong between the passages of a timetable: examiners, places, labs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, product

from labmgr.domain.clash import Clash, ClashKind, clock, overlap
from labmgr.domain.exam import Phase
from labmgr.domain.passage import Passage
from labmgr.domain.timetable import Limits, Span, Use, curve
from labmgr.domain.words import Said

ITSELF = "commission "  # before a commission's id, among the logins
Peak = tuple[datetime, int]


@dataclass(frozen=True)
class Sitting:
    """A passage with what it uses. `name` is how sentences call its candidate."""

    passage: Passage
    name: str
    mine: bool  # of the timetable that is looked at
    logins: frozenset[str]
    use: Use

    @property
    def numbers(self) -> tuple[str, ...]:
        return (self.passage.candidate,) if self.mine else ()


def between(sittings: Sequence[Sitting], limits: Limits) -> Iterator[Clash]:
    """Two at a time; what stands already is not compared with itself."""
    ordered = sorted(sittings, key=lambda one: (one.use.whole, one.name))
    for one, other in combinations(ordered, 2):
        if one.mine or other.mine:
            if one.logins & other.logins:
                yield from _interviews(one, other, limits)
            if one.passage.place and one.passage.place == other.passage.place:
                yield from _one_place(one, other, limits)


def _interviews(one: Sitting, other: Sitting, limits: Limits) -> Iterator[Clash]:
    people = sorted(name for name in one.logins & other.logins if not name.startswith(ITSELF))
    who = ", ".join(people) or one.passage.commission
    for pair in product(one.use.interviews.items(), other.use.interviews.items()):
        (first, early), (second, late) = sorted(pair, key=lambda item: item[1])
        before, after = (one, other) if (first, early) == pair[0] else (other, one)
        ends, free = early[1], early[1] + timedelta(seconds=limits.gap)
        if late[0] >= free:
            continue
        twice = late[0] < ends
        end, start, from_ = (clock(each, limits) for each in (ends, late[0], free))
        names = f"{before.name}, {after.name}"
        yield Clash(
            ClashKind.EXAMINER if twice else ClashKind.GAP,
            (*before.numbers, *after.numbers),
            Said(
                f"{who} interviews {before.name} until {end} and {after.name} from {start}",
                f"{who} : entretiens avec {before.name} jusqu'à {end} et avec {after.name} "
                f"dès {start}",
            )
            if twice
            else Said(
                f"{who} has less than {limits.gap // 60} min between {names}: {end}, {start}",
                f"{who} a moins de {limits.gap // 60} min entre {names} : {end}, {start}",
            ),
            Said(
                f"Let {after.name}'s interview begin at {from_} or later.",
                f"Commencez l'entretien de {after.name} à {from_} ou plus tard.",
            ),
            late[0],
            min(ends, late[1]) if twice else None,
            second,
        )


def _one_place(one: Sitting, other: Sitting, limits: Limits) -> Iterator[Clash]:
    if not overlap(one.use.whole, other.use.whole):
        return
    place, free = one.passage.place, clock(one.use.whole[1], limits)
    start = other.use.whole[0]
    yield Clash(
        ClashKind.PLACE,
        (*one.numbers, *other.numbers),
        Said(
            f"{one.name} and {other.name} both sit at place {place} at {clock(start, limits)}",
            f"{one.name} et {other.name} sont tous deux à la place {place} "
            f"le {clock(start, limits)}",
        ),
        Said(
            f"Give {other.name} another place, or begin at {free} or later.",
            f"Donnez une autre place à {other.name}, ou commencez à {free} ou plus tard.",
        ),
        start,
        min(one.use.whole[1], other.use.whole[1]),
    )


def too_many_labs(sittings: Sequence[Sitting], limits: Limits) -> Iterator[Clash]:
    """One clash for each stretch in which more are alive than may be, told at its worst."""
    alive = [(one, one.use.lab) for one in sittings if one.use.lab]
    for start, end, worst in _stretches([lab for _, lab in alive], limits.labs):
        at, count = worst
        there = [one for one, lab in alive if lab[0] <= at < lab[1]]
        own = [one for one, lab in alive if one.mine and overlap(lab, (start, end))]
        if not own:
            continue
        last = max(own, key=lambda one: one.use.whole)
        free = min(lab[1] for _, lab in alive if lab[0] <= at < lab[1])
        names = ", ".join(one.name for one in there)
        yield Clash(
            ClashKind.LABS,
            tuple(one.passage.candidate for one in own),
            Said(
                f"{count} labs are alive at {clock(at, limits)}, {limits.labs} fit: {names}",
                f"{count} labos sont en route le {clock(at, limits)}, {limits.labs} tiennent : "
                f"{names}",
            ),
            Said(
                f"Move {last.name}: the first of these labs ends at {clock(free, limits)}.",
                f"Déplacez {last.name} : le premier de ces labos finit à {clock(free, limits)}.",
            ),
            start,
            end,
            Phase.HOUR,
        )


def _stretches(
    spans: Sequence[Span], most: int | None
) -> Iterator[tuple[datetime, datetime, Peak]]:
    begun: list[Peak] = []
    for at, count in curve(spans):
        if most is not None and count > most:
            begun.append((at, count))
        elif begun:
            yield begun[0][0], at, max(begun, key=lambda one: one[1])
            begun = []
