"""Arrange one day: which candidate when, so that most are seated, wait least and end early."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from labmgr.domain.examday import ExamDay, Seeker, Slot

TRIES = 40  # orders of one commission's candidates on one day
CHANGES = 1800  # tries at bettering an order of unlike candidates, by the square of their number
LATER = 13  # steps that a candidate may be held back, so that others fit in before
SHUFFLES = 40  # of all commissions' candidates, where they are in each other's way
TOGETHER = 6  # candidates whose first interviews follow each other, when waits are allowed
Queues = Mapping[str, Sequence[Seeker]]
Turn = tuple[Seeker, int]  # and from which step of the day on
Turns = Mapping[str, Sequence[Turn]]
Score = tuple[float, ...]
Kind = tuple[tuple[float, ...], bool]


def arrange(day: ExamDay, queues: Queues, wait: float) -> list[Slot]:
    """The best found of several orders; *day* itself stays as it is.

    Each commission is arranged for itself first. Where they are in each other's way (places,
    labs, an examiner of two), shuffled turns are tried, the same ones at every call.
    """
    orders = {home: _alone(day, home, queue, wait) for home, queue in queues.items()}
    could = sum(len(_filled(day, {home: order}, wait, 1)) for home, order in orders.items())
    best = min((_filled(day, orders, wait, size) for size in _sizes(wait)), key=_score)
    dice = random.Random(0)  # noqa: S311 - no secret, and the same at every call
    for _ in range(SHUFFLES):
        if len(best) >= could:
            break
        homes = dice.sample(sorted(orders), len(orders))
        mixed = {home: dice.sample(orders[home], len(orders[home])) for home in homes}
        best = min(best, _filled(day, mixed, wait, 1), key=_score)
    return _in_turn(best)


def _in_turn(slots: Sequence[Slot]) -> list[Slot]:
    """Alike candidates of a commission sit in the order of their numbers."""
    alike: dict[tuple[str, Kind, str], list[Slot]] = {}
    for slot in sorted(slots, key=lambda one: one.starts):
        key = (slot.commission, slot.seeker.kind, slot.seeker.place)
        alike.setdefault(key, []).append(slot)
    return [
        replace(slot, seeker=one)
        for these in alike.values()
        for slot, one in zip(these, _by_number(these), strict=True)
    ]


def _by_number(slots: Sequence[Slot]) -> list[Seeker]:
    return sorted((slot.seeker for slot in slots), key=lambda one: (len(one.number), one.number))


def _alone(day: ExamDay, home: str, queue: Sequence[Seeker], wait: float) -> list[Turn]:
    """The best order found for one commission that has the day to itself."""
    sizes = _sizes(wait)

    def score(order: Sequence[Turn]) -> Score:
        return min(_score(_filled(day, {home: order}, wait, size)) for size in sizes)

    orders = [[(one, 0) for one in order] for order in _orders(queue, TRIES // len(sizes))]
    best = min(orders, key=score)
    if len({one.kind for one in queue}) <= 1:
        return best
    dice, least = random.Random(0), score(best)  # noqa: S311 - as above
    for _ in range(CHANGES // (len(queue) ** 2 * len(sizes))):
        changed = _changed(best, dice)
        if (its := score(changed)) <= least:
            best, least = changed, its
    return best


def _changed(order: Sequence[Turn], dice: random.Random) -> list[Turn]:
    """Two change turns, or one is held back."""
    turns = list(order)
    one, other = dice.randrange(len(turns)), dice.randrange(len(turns))
    if one != other:
        turns[one], turns[other] = turns[other], turns[one]
    else:
        turns[one] = (turns[one][0], dice.randrange(LATER))
    return turns


def _sizes(wait: float) -> range:
    return range(1, TOGETHER + 1 if wait else 2)


def _score(slots: Sequence[Slot]) -> Score:
    """Less is better: seated, waits, the day's end, the mean hour."""
    waits = sum(slot.wait for slot in slots)
    ends = [slot.end for slot in slots]
    return (-len(slots), waits, max(ends, default=0.0), math.fsum(ends))


def _filled(day: ExamDay, orders: Turns, wait: float, size: int) -> list[Slot]:
    """The commissions in turns, each the next so many of its candidates at a time."""
    trial, slots = day.copy(), list[Slot]()
    queues = {home: list(order) for home, order in orders.items()}
    while any(queues.values()):
        for home, queue in queues.items():
            trial, seated = _next(trial, home, queue, wait, size)
            slots += seated
    return slots


def _next(
    day: ExamDay, home: str, queue: list[Turn], wait: float, size: int
) -> tuple[ExamDay, list[Slot]]:
    """Seat the head of the queue, as many together as go; who finds no time leaves it unseated."""
    for many in range(min(size, len(queue)), 1, -1):
        for start in day.pauses_end:
            trial, together = day.copy(), [seeker for seeker, _ in queue[:many]]
            if slots := trial.seat_together(together, home, wait, start):
                del queue[:many]
                return trial, slots
    if not queue:
        return day, []
    seeker, later = queue.pop(0)
    slot = day.seat(seeker, home, wait, later)
    return day, [slot] if slot else []


def _orders(queue: Sequence[Seeker], most: int) -> list[list[Seeker]]:
    """Orders in which the kinds differ: all of them, or a sample where there are too many."""
    by_kind: dict[Kind, list[Seeker]] = {}
    for one in queue:
        by_kind.setdefault(one.kind, []).append(one)
    kinds = sorted(one.kind for one in queue)
    count = math.factorial(len(kinds))
    for line in by_kind.values():
        count //= math.factorial(len(line))
    dice = random.Random(0)  # noqa: S311 - as above
    mixed = (tuple(dice.sample(kinds, len(kinds))) for _ in range(most))
    orders = set(_all_orders(Counter(kinds), len(kinds)) if count <= most else mixed)
    return [_in_lines(order, by_kind) for order in sorted(orders)]


def _in_lines(order: Sequence[Kind], by_kind: Mapping[Kind, Sequence[Seeker]]) -> list[Seeker]:
    lines = {kind: iter(line) for kind, line in by_kind.items()}
    return [next(lines[kind]) for kind in order]


def _all_orders(left: Counter[Kind], count: int) -> Iterator[tuple[Kind, ...]]:
    if not count:
        yield ()
    for kind in list(left):
        if left[kind]:
            left[kind] -= 1
            for rest in _all_orders(left, count - 1):
                yield (kind, *rest)
            left[kind] += 1
