"""The timetable on paper: a page for each commission and day, and the invigilators' day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import TypeVar

import fontpkg_pt_sans
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from labmgr.domain.daysheet import Line
from labmgr.domain.exam import ExamSession, Phase
from labmgr.paper.words import room as room_title

K = TypeVar("K")
FONTS = Path(fontpkg_pt_sans.ROOT) / "files"
FAMILY = "PT"
MARGIN = 12.0  # mm
PALE = (235, 235, 235)
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
PHASES = ("1re préparation", "1er entretien", "Heure pratique", "2d entretien")
COMMISSION = ("N°", "Candidate, candidat", "Place", *PHASES)
COMMISSION_WIDTHS = (22, 75, 20, 39, 39, 39, 39)
ROOM = ("N°", "Candidate, candidat", "Place", "Vague", *PHASES, "Commission")
ROOM_WIDTHS = (20, 60, 16, 14, 33, 33, 33, 33, 31)


def timetable(session: ExamSession, lines: Sequence[Line], printed: datetime) -> bytes:
    """For each day: the invigilators' table, hour by hour, then a page for each commission."""
    paper = _Pages(session, printed)
    for day, these in _groups(lines, lambda line: line.day):
        _room(paper, day, these)
        ordered = sorted(these, key=lambda line: (line.commission, line.start))
        for title, mine in _groups(ordered, lambda line: line.commission):
            _commission(paper, day, title, mine)
    return bytes(paper.output())


class _Pages(FPDF):
    """A4 across; every page says of which session it is and when it was printed."""

    def __init__(self, session: ExamSession, printed: datetime) -> None:
        super().__init__(orientation="landscape", format="A4")
        self._foot = f"{session.title} – imprimé le {_date(printed.date())} à {printed:%H:%M}"
        self.set_margin(MARGIN)
        self.set_auto_page_break(auto=True, margin=MARGIN + 6)
        self.add_font(FAMILY, "", FONTS / "PT_Sans-Web-Regular.ttf")
        self.add_font(FAMILY, "B", FONTS / "PT_Sans-Web-Bold.ttf")
        self.set_title(f"Planning – {session.title}")
        self.set_lang("fr")
        self.set_author("labmgr")

    def footer(self) -> None:
        self.set_y(-MARGIN - 2)
        self.set_font(FAMILY, "", 8)
        self.cell(0, 4, self._foot)
        self.set_x(-MARGIN - 40)
        self.cell(40, 4, f"page {self.page_no()}", align="R")

    def say(self, text: str, size: int, *, bold: bool = False) -> None:
        self.set_font(FAMILY, "B" if bold else "", size)
        self.cell(0, size * 0.55, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _room(paper: _Pages, day: date, lines: Sequence[Line]) -> None:
    paper.add_page()
    paper.say(f"Planning du {_date(day)}", 16, bold=True)
    paper.say(f"Surveillance – {_range(lines)}", 11)
    paper.ln(3)
    rows: list[tuple[str, ...]] = []
    for hour, these in _groups(lines, lambda line: line.start.hour):
        rows.append((f"{hour} h",))
        rows += [
            (one.number, one.name, one.place, str(one.wave), *_times(one), one.commission)
            for one in these
        ]
    _table(paper, ROOM, rows, ROOM_WIDTHS)


def _commission(paper: _Pages, day: date, title: str, lines: Sequence[Line]) -> None:
    paper.add_page()
    named = f"Commission {title}" if title else "Sans commission"
    paper.say(f"{named} – {_date(day)}", 16, bold=True)
    room = f"{room_title(lines[0].room)} – " if lines[0].room else ""
    paper.say(f"{room}{_range(lines)}", 11)
    paper.ln(3)
    rows = [(one.number, one.name, one.place, *_times(one)) for one in lines]
    _table(paper, COMMISSION, rows, COMMISSION_WIDTHS)


def _table(
    paper: _Pages, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]
) -> None:
    """A row of one cell is a heading of its own."""
    paper.set_font(FAMILY, "", 10)
    band = FontFace(emphasis="BOLD", fill_color=PALE)
    with paper.table(
        col_widths=tuple(widths),
        text_align="LEFT",
        line_height=5,
        padding=0.8,
        headings_style=band,
        borders_layout=TableBordersLayout.ALL,
    ) as table:
        table.row(heads)
        for cells in rows:
            row = table.row()
            for cell in cells:
                alone = len(cells) == 1
                row.cell(cell, colspan=len(heads) if alone else 1, style=band if alone else None)


def _times(line: Line) -> list[str]:
    return [f"{_clock(start)} – {_clock(end)}" for start, end in (line.spans[p] for p in Phase)]


def _range(lines: Sequence[Line]) -> str:
    first, last = min(one.start for one in lines), max(one.end for one in lines)
    people = f"{len(lines)} passages" if len(lines) > 1 else "1 passage"
    return f"{people}, de {_clock(first)} à {_clock(last)}"


def _clock(instant: datetime) -> str:
    """Seconds only in a rehearsal whose phases are shorter than minutes."""
    return f"{instant:%H:%M:%S}" if instant.second else f"{instant:%H:%M}"


def _date(day: date) -> str:
    number = "1er" if day.day == 1 else str(day.day)
    return f"{DAYS[day.weekday()]} {number} {MONTHS[day.month - 1]} {day.year}"


def _groups(lines: Sequence[Line], key: Callable[[Line], K]) -> list[tuple[K, list[Line]]]:
    return [(value, list(these)) for value, these in groupby(lines, key)]
