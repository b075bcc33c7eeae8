"""The slips that are cut and handed out, laid out by fpdf2."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import fontpkg_pt_sans
import segno
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from labmgr.domain.exam import ExamSession
from labmgr.domain.people import Slip

FONTS = Path(fontpkg_pt_sans.ROOT) / "files"
FAMILY = "PT"
WIDTH, HEIGHT = 105.0, 99.0  # mm: two columns, three rows on a sheet of A4
PER_PAGE, COLUMNS = 6, 2
INSET = 8.0


def slips(session: ExamSession, slips_: Sequence[Slip]) -> bytes:
    """Six slips a page with cutting lines, one for each candidate, in the order given."""
    paper = _paper(f"Fiches d'accès – {session.title}")
    for rank, slip in enumerate(slips_):
        if rank % PER_PAGE == 0:
            paper.add_page()
        place = rank % PER_PAGE
        _slip(paper, session, slip, (place % COLUMNS) * WIDTH, (place // COLUMNS) * HEIGHT)
    return bytes(paper.output())


def _paper(title: str) -> FPDF:
    paper = FPDF(format="A4")
    paper.set_auto_page_break(auto=False)
    paper.set_margin(0)
    paper.add_font(FAMILY, "", FONTS / "PT_Sans-Web-Regular.ttf")
    paper.add_font(FAMILY, "B", FONTS / "PT_Sans-Web-Bold.ttf")
    paper.set_title(title)
    paper.set_lang("fr")
    paper.set_author("labmgr")
    return paper


def _slip(paper: FPDF, session: ExamSession, slip: Slip, left: float, top: float) -> None:
    paper.set_dash_pattern(1, 1)
    paper.set_draw_color(150)
    paper.rect(left, top, WIDTH, HEIGHT)
    paper.set_dash_pattern()
    paper.set_left_margin(left + INSET)
    paper.set_xy(left + INSET, top + INSET)
    name = f"{slip.candidate.last_name} {slip.candidate.first_name}".strip()
    _line(paper, session.title, 10, width=WIDTH - 2 * INSET)
    _line(paper, name, 13, bold=True)
    place = f" – place {slip.candidate.place}" if slip.candidate.place else ""
    _line(paper, f"Candidat n° {slip.candidate.number}{place}", 11)
    paper.ln(2)
    _line(paper, "Portail à ouvrir dans le navigateur :", 9)
    _line(paper, slip.portal_url, 11, bold=True, width=WIDTH - 2 * INSET)
    _line(paper, "Numéro", 9)
    _line(paper, slip.candidate.number, 14, bold=True)
    _line(paper, "Code personnel", 9)
    _line(paper, slip.code, 16, bold=True)
    paper.image(_qr(slip.portal_url), left + WIDTH - INSET - 26, top + 40, 26, 26)
    paper.set_xy(left + INSET, top + HEIGHT - 27)
    _line(paper, "Empreinte SHA-256 du certificat du centre :", 7)
    paper.set_font(FAMILY, "", 7)
    paper.multi_cell(WIDTH - 2 * INSET, 3, slip.fingerprint, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    _line(paper, "Ce code est personnel ; il ouvre un seul navigateur à la fois.", 8)
    _line(paper, "En cas de difficulté, prévenez la personne qui surveille.", 8)


def _line(
    paper: FPDF, text: str, size: int, *, bold: bool = False, width: float | None = None
) -> None:
    """One line; made smaller until it fits, since a name or an address must not be cut."""
    paper.set_font(FAMILY, "B" if bold else "", size)
    room = width or WIDTH - 2 * INSET
    while size > 6 and paper.get_string_width(text) > room:  # noqa: PLR2004 - still readable
        size -= 1
        paper.set_font(FAMILY, "B" if bold else "", size)
    paper.cell(room, size * 0.5, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _qr(text: str) -> BytesIO:
    """The portal's address alone: the code is typed, so a photographed slip's QR opens nothing."""
    picture = BytesIO()
    segno.make(text, error="m").save(picture, kind="png", scale=6, border=1)
    picture.seek(0)
    return picture
