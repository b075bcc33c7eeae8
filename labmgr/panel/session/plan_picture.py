"""A timetable as pictures, one a day: who sits when, and how many labs are alive beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from labmgr.domain.daysheet import Line
from labmgr.domain.exam import Phase
from labmgr.domain.timetable import Limits
from labmgr.services.session.timetable import Fit

LEFT, WIDTH = 150, 1000  # units of the picture; the names stand left of the hours
ROW, TOP, CURVE, GAP = 24, 20, 56, 18
MARKS = (5, 10, 15, 30, 60, 120)  # minutes between two hours that are written
MOST_MARKS = 14
FAR = 2  # a capacity above so many times the most is told in words alone


@dataclass(frozen=True)
class Box:
    """A phase of somebody's, in units of the picture."""

    phase: Phase
    x: float
    width: float


@dataclass(frozen=True)
class Row:
    line: Line
    y: int
    boxes: tuple[Box, ...]
    clashing: bool


@dataclass(frozen=True)
class Picture:
    """One day. `alive` is a path, `limit` the height of what the machine carries, if near."""

    day: date
    rows: tuple[Row, ...]
    marks: tuple[tuple[float, datetime], ...]
    pauses: tuple[tuple[float, float], ...]
    most: int
    alive: str
    limit: float | None
    floor: int

    @property
    def height(self) -> int:
        return self.floor + 8

    @property
    def start(self) -> datetime:
        return min(row.line.start for row in self.rows)

    @property
    def end(self) -> datetime:
        return max(row.line.end for row in self.rows)


@dataclass(frozen=True)
class _Scale:
    start: datetime
    end: datetime

    def x(self, at: datetime) -> float:
        share = (at - self.start) / (self.end - self.start)
        return round(LEFT + (WIDTH - LEFT - 10) * min(1.0, max(0.0, share)), 1)

    def marks(self) -> Iterator[tuple[float, datetime]]:
        whole = (self.end - self.start) / timedelta(minutes=1)
        step = next((one for one in MARKS if whole / one <= MOST_MARKS), MARKS[-1])
        at = self.start
        while at <= self.end:
            yield self.x(at), at
            at += timedelta(minutes=step)


def pictures(
    lines: Sequence[Line], fit: Fit | None, limits: Limits, clashing: Collection[str]
) -> list[Picture]:
    """One a day, candidates by commission and hour."""
    days = groupby(lines, key=lambda line: line.day)
    return [_picture(day, list(these), fit, limits, clashing) for day, these in days]


def _picture(
    day: date, lines: Sequence[Line], fit: Fit | None, limits: Limits, clashing: Collection[str]
) -> Picture:
    scale = _scale(lines)
    ordered = sorted(lines, key=lambda line: (line.commission, line.start))
    rows = tuple(
        Row(line, TOP + ROW * rank, _boxes(line, scale), line.number in clashing)
        for rank, line in enumerate(ordered)
    )
    floor = TOP + ROW * len(rows) + GAP + CURVE
    alive = [(at, count) for at, count in (fit.alive if fit else ()) if limits.day_of(at) == day]
    most = max((count for _, count in alive), default=0)
    carried = fit.room.labs if fit else 0
    near = fit is not None and carried <= FAR * max(most, 1)
    unit = CURVE / max(most, carried if near else 0, 1)
    pauses = (pause.on(day, limits.zone) for pause in limits.pauses)
    shown = ((scale.x(start), scale.x(end)) for start, end in pauses)
    return Picture(
        day,
        rows,
        tuple(scale.marks()),
        tuple((x, round(end - x, 1)) for x, end in shown if end > x),
        most,
        _curve(alive, scale, floor, unit),
        round(floor - unit * carried, 1) if near else None,
        floor,
    )


def _scale(lines: Sequence[Line]) -> _Scale:
    start, end = min(one.start for one in lines), max(one.end for one in lines)
    quarter = timedelta(minutes=start.minute % 15, seconds=start.second)
    return _Scale(start - quarter, end + timedelta(minutes=10))


def _boxes(line: Line, scale: _Scale) -> tuple[Box, ...]:
    spans = ((phase, scale.x(start), scale.x(end)) for phase, (start, end) in line.spans.items())
    return tuple(Box(phase, x, round(max(1.0, end - x), 1)) for phase, x, end in spans)


def _curve(alive: Sequence[tuple[datetime, int]], scale: _Scale, floor: int, unit: float) -> str:
    """A path that steps at each instant; empty without labs."""
    if not alive:
        return ""
    steps = [f"H{scale.x(at)} V{round(floor - unit * count, 1)}" for at, count in alive]
    return f"M{scale.x(alive[0][0])} {floor} {' '.join(steps)} V{floor} Z"
