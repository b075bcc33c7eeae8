"""What is printed says what the facts say, all of it, and fits on its pages."""

from __future__ import annotations

import re
import shutil
import sqlite3
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from labmgr.domain.exam import Form
from labmgr.domain.journal import Tail
from labmgr.domain.record import Chain, Sheet, SheetAccount, SheetLab, SheetNode, Who
from labmgr.paper.printer import Printer
from labmgr.paper.words import hour, length, zone
from labmgr.services.passage import attendance, fallback, record
from labmgr.wiring import french
from tests.services.record_day import LONG, Day, a_world, lived

PRINTER = Printer(french)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    world = a_world(tmp_path_factory.mktemp("paper"))
    yield lived(world)
    world.close()


def text_of(pdf, tmp_path, *more):
    if not shutil.which("pdftotext"):
        pytest.fail("pdftotext is missing: apt-get install poppler-utils")
    file = tmp_path / "paper.pdf"
    file.write_bytes(pdf)
    command = ["pdftotext", *(more or ["-layout"]), file, "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def words_of(text):
    """Without the places where lines were broken."""
    return re.sub(r"\s+", "", text)


def boxes(pdf, tmp_path):
    """(page width, page height, right edge, bottom edge) of every word."""
    found, size = [], (0.0, 0.0)
    for line in text_of(pdf, tmp_path, "-bbox").splitlines():
        if page := re.search(r'<page width="([\d.]+)" height="([\d.]+)"', line):
            size = float(page[1]), float(page[2])
        if word := re.search(r'xMin="([\d.-]+)".*xMax="([\d.]+)" yMax="([\d.]+)"', line):
            found.append((*size, float(word[1]), float(word[2]), float(word[3])))
    return found


def assert_inside(pdf, tmp_path):
    found = boxes(pdf, tmp_path)
    assert found
    for width, height, left, right, bottom in found:
        assert left > 20
        assert right < width - 20
        assert bottom < height - 12


def passage(day, number):
    return record.of_passage(day.tools, "e6", number)


@pytest.mark.parametrize("number", ["1", "2", "3", "4"])
def test_a_passage_says_every_fact_on_one_to_three_pages(day, tmp_path, number):
    one = passage(day, number)
    pdf = PRINTER.passage_record(one)
    text = text_of(pdf, tmp_path)
    assert 1 <= text.count("\f") <= 3
    assert_inside(pdf, tmp_path)
    flat = words_of(text_of(pdf, tmp_path, "-raw"))
    said = french()
    wanted = [
        one.candidate.name,
        "BTS SIO option SISR – épreuve E6 (unité U6) – session 2026 – forme ponctuelle",
        "Europe/Paris, UTC+2",
        one.chain.hash,
        *(hour(each.begun) for each in one.phases),
        *(hour(each.ended) for each in one.phases if each.ended),
        *(length(each.used) for each in one.phases if each.begun),
        *(length(each.allotted) for each in one.phases),
        *(hour(each.at) for each in one.events),
        *(said(each.what).replace("→", ">") for each in one.events),
        *(each.why for each in one.extensions),
        *(said(each.decision) for each in one.incidents if each.decision),
        *(taken.digest for taken in (one.start, one.end) if taken),
        one.template,
        one.adjustment,
        *(each.text for each in one.remarks),
        *(each.text for row in one.recette for each in row.remarks),
        *(row.result.evidence for row in one.recette if row.result.green is False),
    ]
    missing = [each for each in wanted if words_of(each) not in flat]
    assert missing == []
    for page in range(1, text.count("\f") + 1):
        assert f"Page {page}/{text.count(chr(12))}" in text


def test_every_event_and_reason_of_labmgrs_own_has_its_french(day):
    known = french()
    for number in "1234":
        one = passage(day, number)
        assert [each.what for each in one.events if known(each.what) is None] == []
    (cut,) = passage(day, "2").suspensions
    assert known(cut.why)


def test_a_late_arrival_an_outage_and_an_absence_are_said_in_words(day, tmp_path):
    text = text_of(PRINTER.passage_record(passage(day, "1")), tmp_path)
    assert f"{length(passage(day, '1').late)} après l'heure prévue" in text
    flat = words_of(text_of(PRINTER.passage_record(passage(day, "2")), tmp_path, "-raw"))
    back = passage(day, "2").suspensions[0].back
    assert words_of(f"serveur de retour à {hour(back)}") in flat
    gone = text_of(PRINTER.passage_record(passage(day, "4")), tmp_path)
    assert "dit absent, à confirmer (surveillante)" in gone
    assert "absent, comme surveillante l'avait dit (chef)" in gone


def test_extra_time_has_no_name_no_reason_and_nothing_is_marked(day, tmp_path):
    papers = [PRINTER.passage_record(passage(day, number)) for number in "1234"]
    papers.append(PRINTER.day_record(record.of_day(day.tools, "e6")))
    for pdf in papers:
        text = text_of(pdf, tmp_path, "-raw").lower()
        for word in ("tiers", "handicap", "rectorat", "aménagement", "majoration", "note sur",
                     "/20\n", "/ 20"):  # fmt: skip
            assert word not in text, word
        assert "aucune appréciation" in text.replace("\n", " ")


def test_a_long_reason_is_printed_whole(day, tmp_path):
    pdf = PRINTER.passage_record(passage(day, "3"))
    assert words_of(LONG) in words_of(text_of(pdf, tmp_path, "-raw"))
    assert_inside(pdf, tmp_path)


def test_an_altered_row_is_said_on_the_first_page_and_at_every_foot(disk, tmp_path):
    world = a_world(disk)
    own = lived(world)
    rank = passage(own, "1").events[3].rank
    whole = text_of(PRINTER.passage_record(passage(own, "1")), tmp_path)
    assert "chaîne vérifiée" in whole
    assert "ATTENTION" not in whole
    with sqlite3.connect(world.home / "labmgr.db") as other:
        other.execute("UPDATE journal SET why = 'autre' WHERE rank = ?", (rank,))
    other.close()
    for pdf in (
        PRINTER.passage_record(passage(own, "1")),
        PRINTER.day_record(record.of_day(own.tools, "e6")),
    ):
        text = text_of(pdf, tmp_path)
        first = text.split("\f")[0]
        assert "ATTENTION : le journal de labmgr n'est pas intact" in first
        assert f"la ligne n° {rank} a été modifiée" in first
        assert text.count("CHAÎNE ROMPUE") == text.count("\f")
        assert "est intact :" not in text
    world.close()


@pytest.mark.parametrize("tail", [Tail.CUT, Tail.REPLACED, Tail.UNSEALED])
def test_a_broken_end_is_said_too(day, tmp_path, tail):
    one = replace(passage(day, "4"), chain=Chain(9, "ab" * 32, tail))
    text = text_of(PRINTER.passage_record(one), tmp_path)
    assert "n'est pas intact" in text
    assert "CHAÎNE ROMPUE" in text


def test_a_day_names_everybody_once_and_leaves_room_for_signatures(day, tmp_path):
    one = record.of_day(day.tools, "e6")
    pdf = PRINTER.day_record(one)
    text = text_of(pdf, tmp_path)
    assert_inside(pdf, tmp_path)
    table = text.split("Incidents")[0]
    for each in one.passages:
        assert table.count(each.candidate.name) == 1
    assert "Procès-verbal de la journée du 27/05/2026" in text
    assert "Signatures" in text
    assert "Le chef de centre" in text
    assert "A (jury, autre)" in text
    assert "Passages prévus : 4, terminés : 2, absents : 1" in text
    assert words_of(LONG) in words_of(text_of(pdf, tmp_path, "-raw"))


def test_forty_candidates_paginate_under_the_same_head(day, tmp_path):
    one = record.of_day(day.tools, "e6")
    many = []
    for rank in range(40):
        base = one.passages[rank % 4]
        name = f"De La Très-Longue-Particule{rank:02d} Jean-Christophe"
        many.append(replace(base, candidate=Who(f"2026-{rank:04d}", name, "A1")))
    pdf = PRINTER.day_record(replace(one, passages=tuple(many)))
    pages = text_of(pdf, tmp_path).split("\f")[:-1]
    assert_inside(pdf, tmp_path)
    table = [page for page in pages if re.search(r"Candidat\s+Commission\s+Prévu", page)]
    assert len(table) >= 3
    flat = words_of(text_of(pdf, tmp_path, "-raw"))
    for rank in range(40):
        assert f"Particule{rank:02d}" in flat
        assert f"2026-{rank:04d}" in flat
    assert "Page 1/" in pages[0]
    assert f"Page {len(pages)}/{len(pages)}" in pages[-1]


def test_a_training_says_that_it_is_no_exam_and_labels_are_the_sessions_own(day, tmp_path):
    one = passage(day, "4")
    labels = {"epreuve": "E5", "unit": "U5", "year": "2024"}
    session = replace(one.session, form=Form.TRAINING, labels=labels)
    text = text_of(PRINTER.passage_record(replace(one, session=session)), tmp_path)
    assert "épreuve E5 (unité U5) – session 2024 – entraînement (ce n'est pas un examen)" in text


def test_a_fallback_sheet_says_all_that_is_needed_without_labmgr(day, tmp_path):
    pdf = fallback.sheets_pdf(day.tools, "e6", 1, by="chef")
    (only,) = fallback.sheets(day.tools, "e6", 1, by="chef")
    text = text_of(pdf, tmp_path)
    assert_inside(pdf, tmp_path)
    assert "enveloppe scellée" in text
    (lab,) = only.labs
    flat = words_of(text_of(pdf, tmp_path, "-raw"))
    accounts = [each for node in lab.nodes for each in node.accounts]
    wanted = [
        only.candidate.name, lab.jump, lab.password, f"ssh -p {lab.port} {lab.jump}",
        *(each.secret for each in accounts), *(each.login for each in accounts),
        *(way for node in lab.nodes for way in node.ways),
        *(node.address for node in lab.nodes),
        "Qui décide : le chef de centre", "Les labos continuent sans labmgr",
    ]  # fmt: skip
    assert [each for each in wanted if words_of(each) not in flat] == []
    assert f"{hour(only.ends)} (heure en cours" in text
    assert "choisie" not in text, "phase 1 has begun: only one lab is on it"


def test_fallback_sheets_begin_a_page_each_and_many_accounts_stay_on_paper(day, tmp_path):
    accounts = tuple(SheetAccount(f"compte{n}", "Secret-" + "x" * 14) for n in range(3))
    node = SheetNode("Annuaire et résolution de noms", "10.101.10.10",
                     ("ssh -J candidat@labs.lycee.example:20000 etudiant@annuaire",) * 4,
                     (*accounts, SheetAccount("cle", "")))  # fmt: skip
    lab = SheetLab(
        "e6-1-1", (1,), "candidat@labs.lycee.example", 20000, "Passe-partout-1", (node,) * 8
    )
    both = (lab, replace(lab, id="e6-1-2", realisations=(2, 3)))
    one = Sheet(Who("1", "Lefèvre Zoé", "A1"), "A", {}, None, 3600.0, False, both)
    session = passage(day, "1").session
    at = datetime(2026, 5, 27, 6, tzinfo=UTC)
    pdf = PRINTER.fallback(session, 2, [one, one], at)
    assert_inside(pdf, tmp_path)
    pages = text_of(pdf, tmp_path).split("\f")[:-1]
    assert sum("Candidat n° 1 – Lefèvre Zoé – place A1" in page for page in pages) == 2
    assert "cette fiche ne dit pas" in " ".join(pages[0].split()) or len(pages) > 2
    assert all("candidat n° 1" in page for page in pages), "each page says whose it is"
    assert "clé SSH" in pages[0]


def test_lengths_and_the_offset_are_read_as_people_write_them():
    lengths = [length(each) for each in (0, 9, 60, 724, 3600, 3609, 4800, 4805.4)]
    assert lengths == [
        "0 s", "9 s", "1 min", "12 min 04 s", "1 h", "1 h 00 min 09 s", "1 h 20 min",
        "1 h 20 min 05 s",
    ]  # fmt: skip
    summer = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert "UTC+2" in zone([summer])
    assert "UTC+1 ou UTC+2" in zone([summer, summer + timedelta(days=1)])


def test_the_day_tells_a_file_that_was_not_conforming_and_that_it_was_set_right(disk, tmp_path):
    world = a_world(disk)
    own = Day(world).prepare()
    own.at(7, 50)
    attendance.block(own.tools, "e6", "1", by="chef", message="fiche 2 absente")
    attendance.unblock(own.tools, "e6", "1", by="chef", why="fiche apportée")
    text = text_of(PRINTER.day_record(record.of_day(own.tools, "e6")), tmp_path)
    assert re.search(r"dossier non conforme \(chef\) : fiche 2 absente", text)
    assert re.search(r"dossier conforme \(chef\) : fiche apportée", text)
    world.close()
