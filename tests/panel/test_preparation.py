"""Before the day: form and commissions; what is refused says why and keeps what was typed."""

import re
from datetime import date
from html import unescape

import pytest

from labmgr.domain.exam import Form, Phase, Realisation
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.timetable import Wishes
from labmgr.domain.words import Role
from labmgr.services.lab import reserve
from labmgr.services.passage import choices
from labmgr.services.session import forms, timetable

FORM = "/sessions/e6/forme"
HOMES = "/sessions/e6/commissions"
USUAL = {
    "minutes-phase-1": "30",
    "minutes-interview-1": "20",
    "minutes-hour": "60",
    "minutes-interview-2": "20",
    "epreuve": "E6",
}
TWO = {
    "login-1": "commission",
    "option-1": "SISR",
    "bloc-1": "yes",
    "login-2": "teacher",
    "option-2": "SLAM",
    "bloc-2": "yes",
}


def said(answer):
    return " ".join(unescape(answer.get_data(as_text=True)).split())


def set_form(client, **more):
    return client.post(FORM, FORM, **{**USUAL, **more})


def add(client, title="A", **more):
    return client.post(HOMES, HOMES, title=title, **{**TWO, **more})


def test_a_form_its_labels_and_durations_are_kept(world, teacher):
    answer = set_form(teacher, form="ponctuelle", year="2027", unit="U6")
    assert "est enregistrée" in said(answer)
    kept = world.tools.store.session("e6")
    assert (kept.form, kept.labels["year"]) == (Form.PONCTUELLE, "2027")
    assert kept.durations[Phase.HOUR] == 3600
    assert 'value="2027"' in teacher.text(FORM)


def test_training_may_be_as_short_as_seconds_an_exam_not(world, teacher):
    short = {"minutes-hour": "1", "seconds-hour": "30"}
    assert set_form(teacher, form="training", **short).status_code == 200
    assert world.tools.store.session("e6").durations[Phase.HOUR] == 90
    answer = set_form(teacher, form="ccf", **short)
    assert answer.status_code == 400
    assert "Les secondes sont pour l'entraînement" in said(answer)
    assert world.tools.store.session("e6").form is Form.TRAINING


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"minutes-hour": "soixante"}, "« soixante » n'est pas un nombre"),
        ({"minutes-hour": "0"}, "n'est pas une durée"),
        ({"minutes-hour": "-5"}, "n'est pas un nombre"),
        ({"form": "oral"}, "Aucune forme n'est cochée"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(world, teacher, typed, words):
    before = world.tools.store.session("e6")
    answer = set_form(teacher, **{"form": "ccf", "year": "2031", **typed})
    assert answer.status_code == 400
    assert words in said(answer)
    assert 'value="2031"' in said(answer)
    assert f'value="{typed.get("minutes-hour", "60")}"' in said(answer)
    assert world.tools.store.session("e6") == before


def test_unusual_durations_of_an_exam_are_pointed_out(teacher):
    page = said(set_form(teacher, form="ccf", **{"minutes-hour": "50"}))
    assert "ne sont pas celles du texte" in page


def under_way(world, number="1"):
    store = world.tools.store
    store.keep_passages([Passage("e6", number)], by="t")
    before = store.passage("e6", number)
    after = before.moved_to(PassageState.PRESENT).moved_to(PassageState.PHASE_1)
    store.change_passage(before, after, what="test", by="t")


def test_durations_stay_once_a_passage_is_under_way_labels_may_change(world, teacher):
    set_form(teacher, form="training")
    under_way(world)
    answer = set_form(teacher, form="training", **{"minutes-hour": "45"})
    assert answer.status_code == 409
    assert "a des passages en cours" in said(answer)
    assert "les durées ne changent plus" in said(answer)
    assert set_form(teacher, form="training", year="2030").status_code == 200
    assert world.tools.store.session("e6").labels["year"] == "2030"


def test_a_session_is_made_with_its_form(world, teacher):
    page = "/sessions/nouvelle"
    teacher.post(page, page, title="Juin", template="sisr-core", form="ponctuelle")
    assert world.tools.store.session("juin").form is Form.PONCTUELLE


def test_a_commission_says_at_once_what_it_lacks(world, teacher):
    set_form(teacher, form="ponctuelle")
    page = said(add(teacher, **{"option-1": "SLAM", "login-2": ""}))
    assert "la commission A a 1 membre(s) : il en faut deux" in page
    assert "personne n'y enseigne l'option SISR" in page
    assert "Aucune première phase ne commence" in page
    page = said(teacher.post(f"{HOMES}/a", f"{HOMES}/a", room="B12", **TWO))
    assert "complète" in page
    assert "incomplète" not in page
    assert world.tools.store.commissions("e6")[0].room == "B12"


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"login-2": "commission"}, "est choisi deux fois"),
        ({"login-2": "nobody"}, "nobody"),
        ({"option-1": "X"}, "n'est pas dite"),
        ({"title": "…"}, "Une commission a un nom"),
    ],
)
def test_a_refused_commission_keeps_what_was_typed(world, teacher, typed, words):
    answer = add(teacher, **{"title": "Jury un", "room": "B77", **typed})
    assert answer.status_code in {400, 404}
    assert words in said(answer)
    assert 'value="B77"' in said(answer)
    assert f'value="{typed.get("title", "Jury un")}"' in said(answer)
    assert not world.tools.store.commissions("e6")


def test_one_name_is_one_commission_and_a_busy_one_stays(world, teacher):
    add(teacher)
    answer = add(teacher, title="a", room="Z")
    assert "Il y a déjà une commission" in said(answer)
    assert world.tools.store.commissions("e6")[0].room == ""
    world.tools.store.keep_passages([Passage("e6", "1", "a")], by="t")
    assert "interroge 1 candidat" in said(teacher.post(f"{HOMES}/a/suppression", HOMES))
    world.tools.store.keep_passages([Passage("e6", "1")], by="t")
    assert "Commission supprimée" in said(teacher.post(f"{HOMES}/a/suppression", HOMES))
    assert not world.tools.store.commissions("e6")


def test_commission_and_technician_read_what_teachers_write(world, teacher, staff):
    add(teacher)
    for role in (Role.COMMISSION, Role.TECHNICIAN):
        page = staff(role).text(HOMES)
        assert "commission (SISR)" in page
        assert "Ajouter une commission" not in page
        assert "Modifier" not in page


def ready(client):
    """The checklist of the session's page: a state and words for each title."""
    page = client.text("/sessions/e6")
    part = unescape(page.split('class="checklist"')[1].split("</ul>")[0])
    rows = (re.sub(r"<[^>]+>", "|", row).split("|") for row in part.split("<li>")[1:])
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    return {title: (state, words) for state, title, words in cells}


def test_the_checklist_names_what_lacks_and_never_which_was_chosen(world, teacher):
    before = ready(teacher)
    assert before["Forme"] == ("fait", "entraînement")
    assert before["Réalisations"] == ("manque", "manquent à 1, 2, 3")
    assert before["Planning"] == ("manque", "à proposer")
    assert before["Labos"] == ("à vérifier", "construits : 0 sur 3")
    assert before["Réserve de disque"][0] == "à vérifier"
    assert before["Fiches des candidats"] == ("manque", "à imprimer")
    set_form(teacher, form="ponctuelle", year="2027")
    add(teacher, **{"login-2": ""})
    tools = world.tools
    for number in "123":
        for which in (1, 2):
            wanted = Realisation("e6", number, which, "sisr-core")
            forms.keep_realisation(tools, wanted, by="t")
    forms.keep_document(tools, "e6", "1", 2, name="b.pdf", data=b"%PDF-1", by="t")
    tools.store.keep_passages([Passage("e6", "1", "a")], by="t")
    choices.choose(tools, "e6", "1", 2, by="commission")
    teacher.post("/sessions/e6/candidats/fiches", "/sessions/e6/candidats")
    after = ready(teacher)
    assert after["Forme"] == ("fait", "ponctuelle")
    assert "il en faut deux" in after["Commissions"][1]
    assert after["Réalisations"] == ("fait", "les deux de chacun")
    assert after["Documents"] == ("manque", "1 sur 3")
    assert after["Choix de la commission"] == ("manque", "1 sur 3")
    assert after["Fiches des candidats"][0] == "fait"
    choices.choose(tools, "e6", "1", 1, by="commission")
    assert ready(teacher) == after


def test_the_checklist_is_done_when_everything_is(world, teacher):
    set_form(teacher, form="ponctuelle", year="2027")
    add(teacher)
    wishes = Wishes(date(2027, 6, 1), ("A1", "A2", "A3"))
    timetable.save(world.tools, "e6", timetable.propose(world.tools, "e6", wishes), by="t")
    world.ready()
    reserve.keep(world.tools)
    found = ready(teacher)
    assert found["Planning"] == ("fait", "fait")
    assert found["Labos"] == ("fait", "construits : 3 sur 3")
    assert found["Commissions"] == ("fait", "A")
    assert found["Réserve de disque"] == ("fait", "en place")
