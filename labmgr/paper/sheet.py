"""A4 pages with one head and one foot on each, and the tables and lines that stand on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import fontpkg_pt_sans
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace
from fpdf.util import Padding

FONTS = Path(fontpkg_pt_sans.ROOT) / "files"
FAMILY = "PT"
MARGIN, FOOT = 14.0, 20.0  # mm
TEXT, SMALL, TITLE, HEAD = 9, 8, 15, 11  # points
LINE, ROW = 4.3, 4  # mm of a line of text, and of one in a table
GREY, PALE = (90, 90, 90), (235, 235, 235)
UNKNOWN = str.maketrans({"→": ">", "\u202f": "\u00a0", "\t": " "})  # the font has no such sign


class Sheet(FPDF):
    """Says on every page what it is, of whom, and under which seal."""

    def __init__(self, title: str, subtitle: str, foot: str, *, landscape: bool = False) -> None:
        super().__init__(orientation="L" if landscape else "P", format="A4")
        self._title, self._subtitle, self._foot = title, subtitle, foot
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=FOOT)
        self.add_font(FAMILY, "", FONTS / "PT_Sans-Web-Regular.ttf")
        self.add_font(FAMILY, "B", FONTS / "PT_Sans-Web-Bold.ttf")
        self.set_title(title)
        self.set_lang("fr")
        self.set_author("labmgr")
        self.add_page()

    def header(self) -> None:
        self.set_font(FAMILY, "B", TITLE if self.page_no() == 1 else HEAD)
        self.multi_cell(0, 6.5, self._title, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
        self.set_font(FAMILY, "", TEXT)
        self.multi_cell(0, LINE, self._subtitle, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
        self.ln(1)
        self.line(MARGIN, self.get_y(), self.w - MARGIN, self.get_y())
        self.ln(2)

    def footer(self) -> None:
        self.set_y(-FOOT + 3)
        self.set_font(FAMILY, "", SMALL)
        self.set_text_color(*GREY)
        self.multi_cell(0, 3.4, self._foot, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")
        self.cell(0, 3.4, f"Page {self.page_no()}/{{nb}}", align="R")
        self.set_text_color(0)

    def turn(self, subtitle: str) -> None:
        """A new page about somebody else, also in its head."""
        self._subtitle = subtitle
        self.add_page()

    def heading(self, text: str) -> None:
        """Never alone at the foot of a page."""
        if self.get_y() > self.h - FOOT - 18:
            self.add_page()
        self.ln(2)
        self.set_font(FAMILY, "B", HEAD)
        self.cell(0, 5.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def say(self, text: str, *, bold: bool = False, size: int = TEXT) -> None:
        self.set_font(FAMILY, "B" if bold else "", size)
        height = LINE * size / TEXT
        plain = text.translate(UNKNOWN)
        self.multi_cell(0, height, plain, new_x=XPos.LMARGIN, new_y=YPos.NEXT, align="L")

    def facts(self, pairs: Sequence[tuple[str, str]]) -> None:
        """Two columns without a head: what, and what of it."""
        self._table([], pairs, (24, 76), size=TEXT)

    def grid(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int],
        *,
        size: int = SMALL,
    ) -> None:
        """A table whose head comes again on each page; long texts wrap."""
        self._table(heads, rows, widths, size=size)

    def keep(self, height: float) -> None:
        """Begin a page unless so much room is left on this one."""
        if self.get_y() + height > self.h - FOOT:
            self.add_page()

    def signatures(self, titles: Sequence[str], height: float) -> None:
        """Empty boxes, four in a row, each under its title."""
        gap = 4.0
        width = (self.epw - 3 * gap) / 4
        for first in range(0, len(titles), 4):
            self.keep(height + 12)
            top = self.get_y() + 1
            for rank, title in enumerate(titles[first : first + 4]):
                left = MARGIN + rank * (width + gap)
                self.set_xy(left, top)
                self.set_font(FAMILY, "", SMALL)
                self.multi_cell(width, 3.6, title, align="L", max_line_height=3.6)
                self.rect(left, top + 9, width, height)
            self.set_xy(MARGIN, top + height + 11)

    def grid_or(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int],
        none: str = "Rien à signaler.",
    ) -> None:
        """A grid, or a sentence that says there is nothing to tell."""
        if rows:
            self.grid(heads, rows, widths)
        else:
            self.say(none)

    def _table(
        self,
        heads: Sequence[str],
        rows: Sequence[Sequence[str]],
        widths: Sequence[int],
        *,
        size: int,
    ) -> None:
        self.set_font(FAMILY, "", size)
        self.set_draw_color(170)
        with self.table(
            col_widths=tuple(widths),
            text_align="LEFT",
            line_height=ROW,
            padding=Padding(0.6, 1.2, 0.6, 1.2),
            first_row_as_headings=bool(heads),
            headings_style=FontFace(emphasis="BOLD", fill_color=PALE),
            borders_layout=TableBordersLayout.ALL if heads else TableBordersLayout.HORIZONTAL_LINES,
            v_align="TOP",
        ) as table:
            for cells in [*([heads] if heads else []), *rows]:
                table.row([str(cell).translate(UNKNOWN) for cell in cells])
        self.set_draw_color(0)
        self.ln(1.5)
