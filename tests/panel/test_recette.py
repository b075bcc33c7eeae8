"""The recette's page: replayed by those who may, live, with remarks, and fit for paper."""

import html
import re
import shutil
from dataclasses import replace

import pytest

from labmgr.domain.words import Role
from labmgr.services.passage import recette
from labmgr.store.files.file_library import FileLibrary
from tests.panel.compiled import panel
from tests.panel.world import KEY, ROOT

PAGE = "/labs/e6-1-1/recette"


@pytest.fixture
def ready(world):
    world.ready()
    return world


def plain(page):
    """What a reader sees: one line of text."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def rows(page):
    return [plain(row) for row in re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", page, re.DOTALL)]


def test_before_the_first_replay_every_line_waits(ready, teacher):
    page = teacher.text(PAGE)
    assert len(rows(page)) == 15
    assert all("pas encore rejouée" in row for row in rows(page))
    assert "Rejouer tout" in page
    assert page.count("<h1") == 1
    assert 'href="/labs/e6-1-1/recette"' in teacher.text("/labs/e6-1-1")


def test_the_commission_replays_all_of_it_and_sees_words_not_only_colours(ready, staff):
    jury = staff(Role.COMMISSION)
    ready.engine.red["line/7"] = "port 80 : Connection refused"
    page = jury.post(f"{PAGE}/rejouer", PAGE).get_data(as_text=True)
    assert "recette : en attente" in plain(page)
    assert 'hx-trigger="every 1s"' in page
    ready.work()
    page = jury.text(f"{PAGE}/_live")
    assert 'hx-trigger="every 5s"' in page
    shown = rows(page)
    assert "pas comme attendu" in shown[6]
    assert "port 80 : Connection refused" in shown[6]
    assert [row for row in shown if "pas comme attendu" in row] == [shown[6]]
    assert "14 lignes comme attendu" in plain(page)
    assert "1 ligne pas comme attendu" in plain(page)
    assert "n° 1" in plain(page)
    assert "LAB_NET=10.101" in plain(page)


def test_one_line_alone(ready, staff):
    jury = staff(Role.COMMISSION)
    jury.post(f"{PAGE}/rejouer", PAGE, line="3")
    ready.work()
    shown = rows(jury.text(PAGE))
    assert "comme attendu" in shown[2]
    assert sum("pas encore rejouée" in row for row in shown) == 14


def test_two_candidates_see_their_own_addresses(ready, teacher):
    assert "10.101.10.30" in teacher.text(PAGE)
    other = teacher.text("/labs/e6-2-1/recette")
    assert "10.102.10.30" in other
    assert "10.101." not in other


def test_while_it_runs_the_rows_say_so(ready, teacher):
    seen = []
    keep = ready.engine.probe

    def probe(lab, checks, *, deadline):
        for rank, finding in enumerate(keep(lab, checks, deadline=deadline)):
            if rank == 4:
                seen.append(teacher.text(f"{PAGE}/_live"))
            yield finding

    ready.engine.probe = probe
    recette.order_recette(ready.tools, "e6-1-1", by="jury")
    ready.work()
    shown = rows(seen[0])
    assert sum("en cours" in row for row in shown) == 11
    assert 'value="27"' in seen[0]  # 4 of 15


def test_a_technician_sees_and_an_invigilator_does_not(ready, staff):
    technician = staff(Role.TECHNICIAN)
    page = technician.text(PAGE)
    assert len(rows(page)) == 15
    assert "Rejouer" not in page
    assert "remark-text" not in page
    assert staff(Role.INVIGILATOR).get(PAGE).status_code == 403
    assert "recette" not in staff(Role.INVIGILATOR).text("/labs/e6-1-1").lower().split("<main")[1]


def test_a_remark_stays_with_its_name_and_its_line_and_is_never_code(ready, staff):
    jury = staff(Role.COMMISSION)
    page = jury.post(f"{PAGE}/remarque", PAGE, line="2", text="Répond <b>vite</b>").get_data(
        as_text=True
    )
    assert "La remarque est gardée." in page
    assert "Répond &lt;b&gt;vite" in page
    assert "commission" in rows(page)[1]
    page = jury.post(f"{PAGE}/remarque", PAGE, line="0", text="Bel ensemble").get_data(as_text=True)
    assert "Remarques de la commission" in page
    journal = [one.what for one in ready.tools.store.entries("lab:e6-1-1")]
    assert journal.count("remark added") == 2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"line": "0", "text": " "}, "La remarque est vide"),
        ({"line": "99", "text": "x"}, "La recette n'a pas de ligne 99"),
        ({"line": "deux", "text": "x"}, "« deux » n'est pas un numéro de ligne."),
    ],
)
def test_a_remark_that_cannot_be_kept_is_refused_in_french(ready, teacher, fields, said):
    page = teacher.post(f"{PAGE}/remarque", PAGE, **fields).get_data(as_text=True)
    assert said in html.unescape(page)


def test_a_lab_that_does_not_stand_is_not_replayed(world, teacher):
    page = teacher.text(PAGE)
    assert "Rejouer tout" not in page
    assert "« prévu »" in page
    page = teacher.post(f"{PAGE}/rejouer", PAGE).get_data(as_text=True)
    assert "Le labo e6-1-1 est dans l'état « prévu »" in html.unescape(page)


def test_no_secret_of_the_lab_is_on_the_page(ready, teacher):
    teacher.post(f"{PAGE}/rejouer", PAGE)
    ready.work()
    page = teacher.text(PAGE)
    kept = ready.tools.store.credentials("e6-1-1")
    assert kept
    assert not [one.id for one in kept if one.secret in page]


def test_the_templates_page_says_how_many_lines_its_sheet_has(teacher):
    assert "Fiche de recette 15 lignes" in plain(teacher.text("/modeles/sisr-core"))


def test_a_sheet_with_faults_is_told_with_its_lines(world, tmp_path, visitor):
    templates = tmp_path / "templates"
    shutil.copytree(ROOT / "lab_templates", templates)
    (templates / "sisr-core" / "recette.yaml").write_text(
        "lines:\n  - {from: srv, to: dc, ping: yes}\n", encoding="utf-8"
    )
    library = FileLibrary(templates)
    app = panel(replace(world.tools, library=library), secret_key=KEY)
    teacher = type(visitor())(app).log_in(world, "teacher")
    for page in ("/modeles/sisr-core", PAGE):
        shown = plain(teacher.text(page))
        assert "sisr-core/recette.yaml:2, lines.1.to : dc n'est ni un nœud ni une adresse" in shown
    assert "Rejouer tout" not in teacher.text(PAGE)
