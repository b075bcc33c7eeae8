"""The desk in the portal: nothing before its time, nothing of another's, no script needed."""

import re
from dataclasses import replace
from html import unescape

import pytest

from labmgr.domain.bells import Bell, Ring
from labmgr.domain.exam import Form, Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.services.desk import savepoints
from labmgr.services.passage import attendance, choices, hours, interruptions, passages
from labmgr.services.session import forms

BY = "commission"
PAPER = b"%PDF-1.7 expression des besoins, confidentielle"
PAGES = ("/portail", "/portail/_live")


@pytest.fixture
def exam(world):
    """Candidates 1 and 2 with two réalisations; the second was chosen for the first of them."""
    tools = world.tools
    for number in "12":
        for realisation in (1, 2):
            one = Realisation("e6", number, realisation, "sisr-core")
            forms.keep_realisation(tools, one, by=BY)
            name = f"sujet-{number}-{realisation}.pdf"
            paper = PAPER + f" {number}/{realisation}".encode()
            forms.keep_document(tools, "e6", number, realisation, name=name, data=paper, by=BY)
    forms.set_form(tools, "e6", form=Form.TRAINING, by=BY)
    world.ready()
    tools.store.keep_passages([Passage("e6", number) for number in "12"], by=BY)
    for number in "12":
        choices.choose(tools, "e6", number, 2, by=BY)
        attendance.arrive(tools, "e6", number, by=BY)
    return world


@pytest.fixture
def candidate(exam, visitor):
    return visitor().sit_down(exam, "1")


def begin(world, phase, number="1"):
    passages.start(world.tools, "e6", number, phase, by=BY)
    world.work()


def to_hour(world, number="1"):
    begin(world, Phase.PHASE_1, number)
    begin(world, Phase.INTERVIEW_1, number)
    attendance.acknowledge(world.tools, "e6", number)
    begin(world, Phase.HOUR, number)
    assert world.tools.store.passage("e6", number).state is PassageState.HOUR


def shorten(world, left, number="1"):
    """Have the present phase begun so early that it has so many seconds left."""
    before = world.tools.store.passage("e6", number)
    clock, now = before.clock, world.tools.clock()
    gone = clock.left(now) - left
    first, *rest = clock.stretches
    start = replace(first.start, ticks=first.start.ticks - gone)
    earlier = replace(clock, stretches=(replace(first, start=start), *rest))
    after = before.with_clock(before.phase, earlier)
    world.tools.store.change_passage(before, after, what="shortened", by="t")


def page(client, path="/portail"):
    return unescape(client.text(path))


def secrets_of(world, lab):
    store = world.tools.store
    known = [one.secret for one in store.credentials(lab)]
    gates = [store.secret(f"gateway:{lab}:{who}") for who in ("candidate", "examiner")]
    return [one for one in [*known, *gates] if one]


def no_secret(world, text):
    for lab in world.labs():
        assert not [one for one in secrets_of(world, lab.id) if one in text]
        assert lab.id not in text


def test_before_phase_1_no_answer_tells_the_choice_or_a_secret(exam, candidate):
    for path in (*PAGES, "/portail/document", "/portail/retour?vers=start"):
        text = page(candidate, path)
        no_secret(exam, text)
        assert "sujet-" not in text
        assert "réalisation" not in text.lower()
        assert "10.10" not in text
    assert candidate.get("/portail/document").status_code == 404
    assert "Votre passage n'a pas encore commencé" in page(candidate)


def test_the_document_is_there_from_phase_1_and_only_one_s_own(exam, candidate, visitor):
    begin(exam, Phase.PHASE_1)
    answer = candidate.get("/portail/document")
    assert answer.data == PAPER + b" 1/2"
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "sujet-1-2.pdf" in page(candidate)
    no_secret(exam, page(candidate))
    other = visitor().sit_down(exam, "2")
    assert other.get("/portail/document").status_code == 404
    begin(exam, Phase.PHASE_1, "2")
    assert other.get("/portail/document").data == PAPER + b" 2/2"


def test_the_responsibility_is_acknowledged_by_a_button_before_the_hour(exam, candidate):
    assert "J'ai lu et j'en prends la responsabilité" in page(candidate)
    candidate.post("/portail/responsabilite", "/portail")
    assert exam.tools.store.passage("e6", "1").acknowledged
    after = page(candidate)
    assert "J'ai lu et j'en prends" not in after
    assert "Vous avez lu ce dont vous répondez" in after


def test_in_the_hour_one_s_own_accesses_and_what_is_left(exam, candidate, visitor):
    to_hour(exam)
    text = page(candidate)
    assert "10.10" in text
    assert re.search(r"(60 min 00|59 min 5\d) s|1 h 00 min 00 s", text)
    assert "Fin à" in text
    assert '<meta http-equiv="refresh"' in text
    assert "<noscript>" in text
    for lab in exam.labs():
        if lab.id != "e6-1-2":
            assert not [one for one in secrets_of(exam, lab.id) if one in text]
    mine = candidate.get("/portail/labo/e6-1-2/cle/srv/cle")
    assert mine.status_code == 200
    assert candidate.get("/portail/labo/e6-1-1/cle/srv/cle").status_code == 404
    assert candidate.get("/portail/labo/e6-2-2/cle/srv/cle").status_code == 404
    other = visitor().sit_down(exam, "2")
    assert other.get("/portail/labo/e6-1-2/cle/srv/cle").status_code == 404
    no_secret(exam, page(other))


def test_the_live_part_costs_nothing_while_nothing_changes_and_tells_what_is_left(exam, candidate):
    to_hour(exam)
    mark = re.search(r"/portail/_live\?vu=([^\"]+)", page(candidate))[1]
    answer = candidate.get(f"/portail/_live?vu={mark}")
    assert (answer.status_code, answer.data) == (204, b"")
    left = float(answer.headers["Labmgr-Left"])
    clock = exam.tools.store.passage("e6", "1").clock
    assert left == pytest.approx(clock.left(exam.tools.clock()), abs=2)
    shorten(exam, 599)
    changed = candidate.get(f"/portail/_live?vu={mark}")
    assert changed.status_code == 200
    assert "Moins de 10 minutes" in unescape(changed.get_data(as_text=True))
    shorten(exam, 299)
    assert "Moins de 5 minutes" in page(candidate)


def test_at_the_end_the_accesses_are_gone_before_any_worker_comes(exam, candidate):
    to_hour(exam)
    shorten(exam, 0)
    assert exam.tools.store.lab("e6-1-2").state is LabState.OPEN
    text = page(candidate)
    no_secret(exam, text)
    assert "L'heure est terminée" in text
    assert "La commission vous appelle" in text
    assert candidate.get("/portail/labo/e6-1-2/cle/srv/cle").status_code == 404
    assert candidate.get("/portail/labo/e6-1-2/terminal/srv").status_code in {404, 409}


def test_suspended_the_page_says_that_the_time_stands_and_what_is_left(exam, candidate):
    to_hour(exam)
    shorten(exam, 1234.5)
    interruptions.suspend(exam.tools, "e6", "1", by=BY, why="réseau du centre coupé")
    text = page(candidate)
    assert "Votre temps est arrêté" in text
    assert re.search(r"20 min 3\d s", text)
    assert "Le temps ne court pas" in text
    assert "réseau du centre" not in text
    no_secret(exam, text)


def test_a_file_not_conforming_is_told_with_its_message(exam, visitor):
    attendance.block(exam.tools, "e6", "1", "Il manque la fiche n° 2", by=BY)
    text = page(visitor().sit_down(exam, "1"))
    assert "Votre dossier ne permet pas de commencer" in text
    assert "Il manque la fiche n° 2" in text


def test_a_save_point_is_taken_listed_and_gone_back_to_after_a_question(exam, candidate):
    to_hour(exam)
    assert "mots de passe compris" in page(candidate)
    candidate.post("/portail/sauvegarde", "/portail")
    assert "Sauvegarde en cours" in page(candidate)
    exam.work()
    text = page(candidate)
    point = re.search(r"vers=(own-[^\"]+)", text)[1]
    assert "Mio" in text
    question = page(candidate, f"/portail/retour?vers={point}")
    assert "Ce qui sera perdu" in question
    assert "Le temps continue" in question
    candidate.post("/portail/retour", f"/portail/retour?vers={point}", vers=point)
    text = page(candidate)
    assert "Votre labo revient en arrière" in text
    no_secret(exam, text)
    exam.work()
    assert "Vous êtes revenu en arrière 1 fois" in page(candidate)
    assert candidate.get("/portail/labo/e6-1-2/cle/srv/cle").status_code == 200


def test_nobody_goes_back_to_what_is_not_theirs(exam, candidate):
    to_hour(exam)
    to_hour(exam, "2")
    savepoints.order_save(exam.tools, "e6", "2")
    exam.work()
    theirs = exam.tools.store.snapshots("e6-2-2")[0].id
    assert candidate.get(f"/portail/retour?vers={theirs}").status_code == 404
    before = len(exam.tools.store.jobs())
    candidate.post("/portail/retour", "/portail", vers=theirs)
    assert len(exam.tools.store.jobs()) == before


def test_outside_the_hour_nothing_is_saved_or_taken_back(exam, candidate):
    begin(exam, Phase.PHASE_1)
    before = len(exam.tools.store.jobs())
    for path in ("/portail/sauvegarde", "/portail/retour"):
        answer = candidate.post(path, "/portail", vers="start")
        assert "pendant l'heure" in unescape(answer.get_data(as_text=True))
    assert candidate.get("/portail/retour?vers=start").status_code == 302
    assert len(exam.tools.store.jobs()) == before


def test_own_tools_have_a_clock_and_no_lab(exam, visitor):
    store = exam.tools.store
    store.keep_passages([Passage("e6", "3", own_tools=True)], by=BY)
    attendance.arrive(exam.tools, "e6", "3", by=BY)
    candidate = visitor().sit_down(exam, "3")
    to_hour(exam, "3")
    text = page(candidate)
    assert "l'environnement que vous avez apporté" in text
    assert 'id="clock"' in text
    assert "Prendre un point de sauvegarde" not in text
    shorten(exam, 0, "3")
    assert "L'heure est terminée" in page(candidate)


def test_the_commission_sees_its_accesses_in_the_recette_alone(exam, staff):
    to_hour(exam)
    jury = staff("commission")
    path = "/labs/e6-1-2/acces-commission"
    assert jury.post(path, "/mot-de-passe").status_code == 409
    assert "acces-commission" not in page(jury, "/labs/e6-1-2")
    shorten(exam, 0)
    hours.answer(exam.tools)
    exam.work()
    assert Bell("e6", "1", Phase.HOUR, Ring.END) in exam.tools.store.bells("e6")
    begin(exam, Phase.INTERVIEW_2)
    assert "acces-commission" in page(jury, "/labs/e6-1-2")
    text = unescape(jury.post(path, "/labs/e6-1-2").get_data(as_text=True))
    store = exam.tools.store
    assert store.secret("gateway:e6-1-2:examiner") in text
    assert store.secret("gateway:e6-1-2:candidate") not in text
    assert "examinateur@" in text
    assert "Accès de la commission" in text
    rows = [entry for entry in store.entries("lab:e6-1-2") if "credentials" in entry.what]
    assert (rows[-1].what, rows[-1].by) == ("credentials of the commission shown", "commission")


def test_no_page_of_the_desk_needs_a_script(exam, candidate):
    to_hour(exam)
    text = page(candidate)
    assert not re.search(r"<script(?![^>]* src=)", text)
    assert not re.search(r" (style|on\w+)=\"", text)
    assert text.count("<h1") == 1


def test_a_planned_start_is_shown_and_the_place(exam, visitor):
    store = exam.tools.store
    at = exam.tools.now()
    mine = replace(store.passage("e6", "2"), planned={Phase.PHASE_1: at})
    store.keep_passages([mine], by=BY)
    assert "Début prévu" in page(visitor().sit_down(exam, "2"))
