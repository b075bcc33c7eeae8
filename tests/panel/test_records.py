"""Papers in the panel: who gets which, and that nobody reads more than they may."""

from datetime import UTC, datetime, timedelta

import pytest

from labmgr.domain.exam import Phase
from labmgr.domain.passage import Passage
from labmgr.domain.words import Role

PAGE = "/sessions/e6/documents"
EIGHT = datetime(2026, 5, 27, 6, tzinfo=UTC)


@pytest.fixture
def timetable(world):
    """Three passages on two days, two waves."""
    made = []
    for rank, number in enumerate("123"):
        at = EIGHT + timedelta(days=rank // 2)
        planned = {phase: at + timedelta(minutes=30 * n) for n, phase in enumerate(Phase)}
        made.append(Passage("e6", number, wave=1 + rank // 2, planned=planned))
    world.tools.store.keep_passages(made, by="t")
    return world


def is_pdf(answer, name):
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.pdf"'
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_page_offers_every_paper_to_the_administration(timetable, admin):
    page = admin.text(PAGE)
    assert page.count("<h1") == 1
    assert "Lefèvre Zoé" in page
    for link in ("passage/1.pdf", "passage/3.pdf", "jour=2026-05-27", "jour=2026-05-28"):
        assert link in page
    assert "Vague 1 (PDF)" in page
    assert "Vague 2 (PDF)" in page
    assert PAGE in admin.text("/sessions/e6")


def test_passages_and_days_come_as_files(timetable, admin):
    is_pdf(admin.get(f"{PAGE}/passage/2.pdf"), "pv-e6-2")
    is_pdf(admin.get(f"{PAGE}/journee.pdf?jour=2026-05-28"), "pv-e6-2026-05-28")


def test_a_day_that_is_none_or_must_be_named_is_refused_in_french(timetable, admin):
    page = admin.get(f"{PAGE}/journee.pdf")
    assert page.status_code == 400
    assert "des passages sur 2 jours" in page.get_data(as_text=True)
    assert "pas un jour" in admin.text(f"{PAGE}/journee.pdf?jour=demain")
    assert admin.get(f"{PAGE}/journee.pdf?jour=2026-06-01").status_code == 404
    assert admin.get(f"{PAGE}/passage/9.pdf").status_code == 404


def test_fallback_sheets_are_journaled_with_who_asked(timetable, teacher):
    answer = teacher.post(f"{PAGE}/secours", PAGE, wave="1")
    is_pdf(answer, "secours-e6-1")
    for lab in ("e6-1-1", "e6-2-1"):
        row = timetable.tools.store.entries(f"lab:{lab}")[-1]
        assert (row.what, row.by) == ("credentials shown", "teacher")
    assert timetable.tools.store.entries("lab:e6-3-1")[-1].what != "credentials shown"
    refused = teacher.post(f"{PAGE}/secours", PAGE, wave="x")
    assert refused.status_code == 400
    assert "pas une vague" in refused.get_data(as_text=True)
    assert teacher.post(f"{PAGE}/secours", PAGE, wave="7").status_code == 404


@pytest.mark.parametrize("role", [Role.TEACHER, Role.COMMISSION])
def test_only_the_head_of_centre_gets_the_day(timetable, staff, role):
    visitor = staff(role)
    page = visitor.text(PAGE)
    assert "jour=" not in page
    assert ("Vague 1 (PDF)" in page) is (role is Role.TEACHER)
    assert visitor.get(f"{PAGE}/journee.pdf?jour=2026-05-27").status_code == 403
    is_pdf(visitor.get(f"{PAGE}/passage/1.pdf"), "pv-e6-1")


@pytest.mark.parametrize("role", [Role.INVIGILATOR, Role.TECHNICIAN])
def test_whoever_keeps_the_envelope_cannot_print_what_is_in_it(timetable, staff, role):
    visitor = staff(role)
    assert visitor.get(PAGE).status_code == 403
    assert visitor.post(f"{PAGE}/secours", "/", wave="1").status_code == 403
