"""A day's passages drawn in the terminal: one row a candidate, one column so many minutes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from rich.console import Console
from rich.text import Text

from labmgr.domain.daysheet import Line
from labmgr.domain.exam import Phase

SIGN = {
    Phase.PHASE_1: ("░", "cyan"),
    Phase.INTERVIEW_1: ("E", "bold yellow"),
    Phase.HOUR: ("█", "green"),
    Phase.INTERVIEW_2: ("E", "bold yellow"),
}
LEGEND = "░ préparation   E entretien   █ heure pratique"
STEPS = (5, 10, 15, 20, 30, 60)  # minutes of a column
LABEL = 26
Alive = Sequence[tuple[datetime, int]]


def draw(lines: Sequence[Line], alive: Alive, console: Console) -> None:
    """Every day of the timetable, and under it how many labs are alive."""
    for day, these in groupby(lines, lambda line: line.day):
        for row in picture(day, list(these), alive, console.width):
            console.print(row, soft_wrap=True)
    console.print(Text(LEGEND, style="dim"))


def picture(day: date, lines: Sequence[Line], alive: Alive, width: int) -> Iterator[Text]:
    """The rows of one day: its hours, the candidates, the labs."""
    start = min(line.start for line in lines).replace(minute=0, second=0, microsecond=0)
    whole = max(line.end for line in lines) - start
    fits = (m for m in STEPS if whole / timedelta(minutes=m) <= width - LABEL)
    step = timedelta(minutes=next(fits, STEPS[-1]))
    cells = [start + step * rank for rank in range(-(-whole // step))]
    yield Text(f"{day:%d/%m/%Y}".ljust(LABEL) + _hours(cells), style="bold")
    for line in lines:
        yield _row(line, cells, step)
    labs = "".join(_digit(_count(alive, cell, step)) for cell in cells)
    yield Text("labos en route".ljust(LABEL) + labs, style="dim")


def _hours(cells: Sequence[datetime]) -> str:
    """An hour's number above the column in which it begins."""
    marks = [" "] * (len(cells) + 2)
    for rank, cell in enumerate(cells):
        if not cell.minute:
            marks[rank : rank + 2] = f"{cell.hour:<2}"
    return "".join(marks).rstrip()


def _row(line: Line, cells: Sequence[datetime], step: timedelta) -> Text:
    place = f"pl. {line.place}" if line.place else ""
    row = Text(f"{line.number:<8} {line.commission[:8]:<8} {place}"[: LABEL - 1].ljust(LABEL))
    for cell in cells:
        sign, style = _sign(line, cell + step / 2)
        row.append(sign, style=style)
    return row


def _sign(line: Line, instant: datetime) -> tuple[str, str]:
    """What goes on in the middle of a column; a wait between two phases is a dot."""
    for phase, (start, end) in line.spans.items():
        if start <= instant < end:
            return SIGN[phase]
    return ("·", "red") if line.start <= instant < line.end else (" ", "")


def _count(alive: Alive, start: datetime, step: timedelta) -> int:
    """The most labs alive at once in a column."""
    before = [count for instant, count in alive if instant <= start]
    within = [count for instant, count in alive if start < instant < start + step]
    return max([*before[-1:], *within], default=0)


def _digit(count: int) -> str:
    return "+" if count > 9 else str(count or " ")  # noqa: PLR2004 - one column, one digit
