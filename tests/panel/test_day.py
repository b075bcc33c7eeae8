"""The day from the staff's pages, with time handed in: who sees and may what, what is told."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from labmgr.domain.exam import Form, Member, Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.repair import Seen
from labmgr.domain.words import Audience, Option, Role
from labmgr.panel.passage.passage_verbs import OFFERED, VERBS
from labmgr.services.instance import accounts
from labmgr.services.lab import labs
from labmgr.services.passage import attendance, choices, hours, interruptions, outages, passages
from labmgr.services.session import forms
from labmgr.store.kept.recordings import FileRecordings
from tests.panel.conftest import logged_in, said
from tests.services.world import World, write_templates

P = PassageState
DAY = "/sessions/e6/journee"
MINE = "/sessions/e6/passages/1"


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    """Two candidates with two réalisations each, one jury, labs built; nothing has begun."""
    home = tmp_path_factory.mktemp("home")
    made = World(home, write_templates(tmp_path_factory.mktemp("templates")))
    tools = made.tools
    made.session(count=2)
    for role in (*Role, "second"):
        accounts.add_account(tools, str(role), Role(role) if role in set(Role) else C, by="t")
    forms.set_form(tools, "e6", form=Form.PONCTUELLE, by="t")
    members = [Member("commission", Option.SISR), Member("second", Option.SLAM)]
    forms.keep_commission(tools, "e6", "Jury A", members, by="t", room="salle 12")
    for number in "12":
        for realisation in (1, 2):
            title = f"Projet {'ABCD'[realisation + 2 * (number == '2') - 1]}"
            one = Realisation("e6", number, realisation, "mini", title)
            forms.keep_realisation(tools, one, by="t")
    labs.order_build(tools, [lab.id for lab in tools.store.labs()], by="t")
    made.work()
    tools.store.keep_passages(
        [Passage("e6", number, commission="jury-a", place=f"P{number}") for number in "12"], by="t"
    )
    yield made
    made.close()


@pytest.fixture
def world(seed, disk):
    made = seed.copied(disk / "home")
    yield made
    made.close()


A, T, C, G, E = Role.ADMIN, Role.TEACHER, Role.COMMISSION, Role.INVIGILATOR, Role.TECHNICIAN


@pytest.fixture
def come_in(world):
    return logged_in(world)


def seen(world, number="1"):
    return world.tools.store.passage("e6", number)


def ask(client, path, number="1", **fields):
    return client.post(f"/sessions/e6/passages/{number}/{path}", "/mot-de-passe", **fields)


def to_interview(world, number="1", choice=1):
    choices.choose(world.tools, "e6", number, choice, by="commission")
    attendance.arrive(world.tools, "e6", number, by="invigilator")
    for phase in (Phase.PHASE_1, Phase.INTERVIEW_1):
        passages.start(world.tools, "e6", number, phase, by="commission")
    attendance.acknowledge(world.tools, "e6", number)


def to_hour(world, number="1"):
    to_interview(world, number)
    passages.start(world.tools, "e6", number, Phase.HOUR, by="commission")
    world.work()
    assert seen(world, number).state is P.HOUR


def test_a_whole_passage_through_the_forms(world, come_in):
    jury, room = come_in(C), come_in(G)
    assert "présent, heure d'arrivée notée" in said(ask(room, "presence"))
    ask(jury, "choix", realisation="2")
    for phase in ("phase-1", "interview-1"):
        assert ask(jury, "debut", phase=phase).status_code == 200
    answer = ask(jury, "ajustement", text="Ajouter une sauvegarde")
    assert "Ajouter une sauvegarde" in said(answer)
    attendance.acknowledge(world.tools, "e6", "1")
    answer = ask(jury, "debut", phase="hour")
    assert "ouverture du labo ordonnée" in said(answer)
    assert "ouverture du labo…" in said(jury.text(DAY))
    world.work()
    assert "deuxième phase (heure)" in said(jury.text(DAY))
    assert world.engine.is_open("e6-1-2", Audience.CANDIDATE)
    world.clock.passes(3600)
    hours.answer(world.tools)
    world.work()
    assert "heure finie, accès coupé, attend la commission" in said(jury.text(DAY))
    world.clock.passes(300)
    assert ask(jury, "debut", phase="interview-2").status_code == 200
    world.work()
    assert "passage terminé" in said(ask(jury, "cloture"))
    page = said(jury.text(MINE))
    hour, talk = page.split("Deuxième phase (heure)")[-1].split("Entretien 2 et recette")[:2]
    assert "60 min sur 60 min" in hour
    assert re.search(r"sur 20 min – 5 min( \d\d s)?", talk)  # waited, apart from exam time


def test_a_start_that_may_not_be_is_a_conflict_with_its_reason(world, come_in):
    jury = come_in(C)
    answer = ask(jury, "debut", phase="phase-1")
    assert answer.status_code == 409
    ask(come_in(G), "presence")
    answer = ask(jury, "debut", phase="phase-1")
    assert answer.status_code == 409
    assert "la commission n'a pas choisi de réalisation" in said(answer)
    to_interview_by_hand = (("choix", {"realisation": "1"}), ("debut", {"phase": "phase-1"}))
    for path, fields in to_interview_by_hand:
        assert ask(jury, path, **fields).status_code == 200
    ask(jury, "debut", phase="interview-1")
    answer = ask(jury, "debut", phase="hour")
    assert answer.status_code == 409
    assert "n'a pas reconnu le texte sur sa responsabilité" in said(answer)
    attendance.acknowledge(world.tools, "e6", "1")
    for snapshot in world.tools.store.snapshots("e6-1-1"):
        world.tools.store.forget_snapshot(snapshot.id, by="t", why="perdu")
    answer = ask(jury, "debut", phase="hour")
    assert answer.status_code == 409
    assert "Non fait." in said(answer)
    assert seen(world).state is P.INTERVIEW_1
    assert ask(jury, "debut", phase="nonsense").status_code == 409


def test_an_absence_takes_two_people_and_may_be_taken_back(world, come_in):
    room, teacher = come_in(G), come_in(T)
    assert "une deuxième personne doit le confirmer" in said(ask(room, "absence"))
    again = ask(room, "absence")
    assert again.status_code == 409
    assert "invigilator a déjà dit que le candidat 1 est absent" in said(again)
    assert seen(world).state is P.REGISTERED
    assert "dit absent, à confirmer" in said(room.text(DAY))
    assert "Confirmer l'absence" not in said(room.text(f"{MINE}/absence"))
    assert "Confirmer l'absence" in said(teacher.text(f"{MINE}/absence"))
    assert "absence confirmée" in said(ask(teacher, "absence"))
    assert seen(world).state is P.ABSENT
    assert ask(teacher, "absence/retrait", why="").status_code == 400
    ask(teacher, "absence/retrait", why="arrivé à 8 h 12, admis par le chef de centre")
    assert seen(world).state is P.REGISTERED


def test_a_file_that_is_not_conforming_keeps_phase_1_from_beginning(world, come_in):
    teacher = come_in(T)
    ask(teacher, "dossier/blocage", message="La fiche 2 manque.")
    answer = ask(teacher, "debut", phase="phase-1")
    assert answer.status_code == 409
    assert "La fiche 2 manque." in said(answer)
    ask(teacher, "dossier/deblocage", why="fiche apportée")
    assert seen(world).state is P.REGISTERED


@pytest.mark.parametrize("role", list(Role))
def test_the_choice_is_the_commissions_secret_until_phase_1(world, come_in, role):
    choices.choose(world.tools, "e6", "1", 1, by="commission")
    one = {page: come_in(role).text(page) for page in pages()}
    choices.choose(world.tools, "e6", "1", 2, by="commission")
    two = {page: come_in(role).text(page) for page in pages()}
    differ = {page for page in pages() if bare(one[page]) != bare(two[page])}
    if role in {A, C}:
        assert "n° 2 – secret" in said(two[MINE])
        assert "n° 1 – secret" in said(one[MINE])
    else:
        assert not differ
        assert "secrète jusqu'à la première phase" in said(two[MINE])
        assert come_in(role).get(f"{MINE}/choix").status_code == 403
    attendance.arrive(world.tools, "e6", "1", by="invigilator")
    passages.start(world.tools, "e6", "1", Phase.PHASE_1, by="commission")
    assert "n° 2" in said(come_in(role).text(MINE))


def pages():
    return (DAY, f"{DAY}/_live", MINE, f"{MINE}/_live", f"{MINE}/debut", "/", "/sessions/e6")


def bare(page):
    """Without what changes at each look: times, marks, tokens, and the second choice's own row."""
    page = re.sub(r'csrf_token" value="[^"]*"|vu=\w+|data-left="[^"]*"', "", page)
    page = re.sub(r"\d\d:\d\d(:\d\d)?", "", page)
    rows = re.sub(r"<tr>.{0,200}?réalisation choisie.*?</tr>", "", page, flags=re.DOTALL)
    return re.sub(r'[xw][12]?="[^"]*%"|width="[^"]*"', "", rows)


def test_a_choice_that_is_changed_after_phase_1_takes_two_people_and_a_reason(world, come_in):
    to_interview(world)
    jury, other = come_in(C), come_in("second")
    assert ask(jury, "choix", realisation="2").status_code == 400
    answer = ask(jury, "choix", realisation="2", why="mauvaise fiche")
    assert "une deuxième personne doit le confirmer" in said(answer)
    assert seen(world).choice == 1
    assert ask(jury, "choix", realisation="2", why="encore").status_code == 409
    assert "Changement de réalisation à confirmer" in said(other.text(MINE))
    page = other.text(f"{MINE}/choix")
    assert "commission demande la réalisation n° 2" in said(page)
    assert re.search(r'value="2" required checked', page)
    assert "choix enregistré" in said(ask(other, "choix", realisation="2"))
    assert (seen(world).choice, seen(world).lab) == (2, "e6-1-2")


def test_a_preparation_is_cut_short_only_after_a_question(world, come_in):
    choices.choose(world.tools, "e6", "1", 1, by="commission")
    attendance.arrive(world.tools, "e6", "1", by="invigilator")
    passages.start(world.tools, "e6", "1", Phase.PHASE_1, by="commission")
    jury = come_in(C)
    for page in (DAY, MINE):
        assert "Commencer l'entretien 1…" in said(jury.text(page))
    asked = said(jury.text(f"{MINE}/debut"))
    assert "La préparation n'est pas finie : le candidat perd les " in asked
    world.clock.passes(1800)
    hours.answer(world.tools)
    for page in (DAY, MINE):
        assert "Commencer l'entretien 1…" not in said(jury.text(page))
        assert "Commencer l'entretien 1" in said(jury.text(page))
    assert "n'est pas finie" not in said(jury.text(f"{MINE}/debut"))


def test_one_is_suspended_and_goes_on_with_what_was_left(world, come_in):
    to_hour(world)
    room = come_in(G)
    before = seen(world).clock.left(world.tools.clock())
    assert ask(room, "suspension", why="").status_code == 400
    ask(room, "suspension", why="alarme incendie")
    world.work()
    assert not world.engine.is_open("e6-1-1", Audience.CANDIDATE)
    assert "suspendu : alarme incendie" in said(room.text(DAY))
    world.clock.passes(600)
    assert "le temps repart dès qu'il est ouvert" in said(ask(room, "reprise"))
    world.work()
    clock = seen(world).clock
    assert clock.left(clock.stretches[-1].start) == pytest.approx(before, abs=15)


def test_all_are_suspended_and_go_on_together(world, come_in):
    to_hour(world)
    to_interview(world, "2")
    room = come_in(E)
    assert "2 passages concernés : 1, 2" in said(room.text(f"{DAY}/suspension"))
    answer = room.post(f"{DAY}/suspension", DAY, why=" ")
    assert answer.status_code == 400
    assert seen(world).state is P.HOUR
    answer = room.post(f"{DAY}/suspension", DAY, why="évacuation")
    assert "2 passages concernés" in said(answer)
    assert {seen(world, number).state for number in "12"} == {P.SUSPENDED}
    world.work()
    assert room.post(f"{DAY}/reprise", DAY).status_code == 200
    world.work()
    assert (seen(world).state, seen(world, "2").state) == (P.HOUR, P.INTERVIEW_1)


def test_more_time_by_decision_and_by_extra_time(world, come_in):
    to_hour(world)
    jury, teacher = come_in(C), come_in(T)
    for typed in ("", "beaucoup", "-5", "nan", "inf", "100000"):
        assert ask(jury, "prolongation", minutes=typed, why="x").status_code == 400
    assert ask(jury, "prolongation", minutes="5", why="").status_code == 400
    assert "temps ajouté" in said(ask(jury, "prolongation", minutes="2,5", why="bruit"))
    assert seen(world).clock.allotted == 3750
    thirds = dict.fromkeys((str(one) for one in Phase), "1/3")
    ask(teacher, "majoration", **thirds)
    assert seen(world).clock.allotted == 4950
    assert ask(teacher, "majoration", **thirds | {"hour": "beaucoup"}).status_code == 400
    rows = [one for one in world.tools.store.entries("passage:e6/1") if "extra time" in one.what]
    assert rows
    assert not any(one.why for one in rows)


def test_an_hour_finished_early_is_asked_for_first(world, come_in):
    to_hour(world)
    jury = come_in(C)
    page = said(jury.text(f"{MINE}/fin-anticipee"))
    assert "Le temps qui restait est perdu" in page
    assert "Il reste 5" in page or "Il reste 60 min" in page
    assert ask(jury, "fin-anticipee").status_code == 400
    ask(jury, "fin-anticipee", why="la candidate a terminé")
    world.work()
    assert world.lab("e6-1-1").state is LabState.FROZEN


def test_an_incident_is_shown_at_once_and_its_proposal_only_offered(world, come_in):
    to_hour(world)
    world.engine.labs["e6-1-1"].nodes["db"].seen = Seen.STOPPED
    outages.watch(world.tools)
    jury, room = come_in(C), come_in(G)
    page = said(jury.text(DAY))
    assert "1 incident attend une décision" in page
    assert "Candidat 1 : le nœud db ne tourne pas" in page
    assert "Toujours en cours" in page
    assert "Proposé" not in page
    world.clock.passes(240)
    world.engine.labs["e6-1-1"].nodes["db"].seen = Seen.RUNNING
    outages.watch(world.tools)
    assert re.search(r"Proposé : rendre 4 min( 0\d s)?", said(jury.text(DAY)))
    assert "Proposé" not in said(room.text(DAY))
    before = seen(world).clock.allotted
    link = re.search(r'href="([^"]+/incidents/1)\?proposition=give"', jury.text(DAY))[1]
    assert jury.get(link).status_code == 200
    assert seen(world).clock.allotted == before
    assert jury.post(link, DAY, decision="give", minutes="4", why="").status_code == 400
    assert jury.post(link, DAY, minutes="4", why="x").status_code == 400
    answer = jury.post(link, DAY, decision="give", minutes="4", why="panne du nœud")
    assert "temps rendu" in said(answer)
    assert "4 min rendues : panne du nœud" in said(answer)
    assert seen(world).clock.allotted == before + 240
    assert jury.post(link, DAY, decision="give", minutes="4", why="deux fois").status_code == 409
    assert "attend une décision" not in said(jury.text(DAY))
    assert room.get(link).status_code == 403


def test_the_live_part_says_nothing_while_nothing_changed(world, come_in):
    to_interview(world)
    client = come_in(T)
    for page, part in ((DAY, f"{DAY}/_live"), (MINE, f"{MINE}/_live")):
        token = re.search(r"vu=(\w+)", client.text(page))[1]
        minute = world.clock.at.replace(second=0)
        world.clock.at = minute
        token = re.search(r"vu=(\w+)", client.text(page))[1]
        assert client.get(f"{part}?vu={token}").status_code == 204
        passages.note_adjustment(world.tools, "e6", "1", page, by="commission")
        answer = client.get(f"{part}?vu={token}")
        assert answer.status_code == 200
        assert answer.get_data(as_text=True).count("<h1") == 0
        token = re.search(r"vu=(\w+)", answer.get_data(as_text=True))[1]
        world.clock.passes(61)
        assert client.get(f"{part}?vu={token}").status_code == 200


@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_offered_what_it_may_and_nothing_else(world, come_in, role):
    may = {
        A: set(VERBS),
        T: set(VERBS) - {"choose"},
        C: {"choose", "start", "adjust", "sign", "finish", "extend", "close"},
        G: {"present", "absent", "sign", "suspend", "resume"},
        E: {"suspend", "resume"},
    }[role]
    client = come_in(role)
    shown = offered_on(client.text(MINE))
    to_hour(world)
    shown |= offered_on(client.text(MINE))
    wanted = {*OFFERED[P.REGISTERED], *OFFERED[P.HOUR]} - {"start"}
    assert shown == wanted & may


def offered_on(page):
    return set(re.findall(r'id="([a-z_]+)-1" class', page)) & set(VERBS)


def test_a_lab_of_a_passage_has_no_buttons_for_its_door(world, come_in):
    teacher = come_in(T)
    page = teacher.text("/sessions/e6")
    assert 'value="open"' not in page.split("<h2>Labos</h2>")[1]
    assert 'value="build"' in page
    assert DAY in page
    assert 'id="o-open"' not in teacher.text("/labs/e6-1-1")
    assert 'id="o-probe"' in teacher.text("/labs/e6-1-1")


def test_the_dashboard_counts_passages_under_way(world, come_in):
    room = come_in(G)
    assert "La journée" in said(room.text("/"))
    assert "passage en cours" not in said(room.text("/"))
    to_hour(world)
    assert "1 passage en cours (1 deuxième phase (heure))" in said(room.text("/_sessions"))


def test_a_session_without_passages_says_what_to_do(world, come_in):
    world.session(title="Autre", count=1)
    assert "faites d'abord son planning" in said(come_in(T).text("/sessions/autre/journee"))
    assert come_in(T).get("/sessions/autre/passages/1").status_code == 404


def test_one_cause_for_several_candidates_is_said_once(world, come_in):
    for number in ("1", "2"):
        to_hour(world, number)
    interruptions.suspend_all(world.tools, "e6", by="teacher", why="alarme incendie")
    page = come_in(C).text(DAY)
    assert "2 incidents attendent une décision" in said(page)
    assert said(page).count("suspendu : alarme incendie") == 1
    assert "2 candidats : suspendu : alarme incendie" in said(page)
    for number in ("1", "2"):
        assert re.search(rf'little" href="/sessions/e6/passages/{number}"', page)


def test_the_day_warns_before_recordings_reach_their_limit(world, come_in):
    assert "Enregistrements des terminaux" not in come_in(T).text(DAY)
    folder = world.home / "records" / "e6-1-1"
    folder.mkdir(parents=True)
    (folder / "x.cast").write_bytes(b"x" * 9000)
    tapes = FileRecordings(world.home, now=world.clock, most=10_000)
    near = logged_in(SimpleNamespace(tools=replace(world.tools, recordings=tapes)))
    assert "Enregistrements des terminaux" in near(T).text(DAY)
    assert "LABMGR_RECORDINGS_MIB" in near(T).text(DAY)


def test_an_hour_finished_early_waits_for_the_commission_on_every_page(world, come_in):
    to_hour(world)
    jury = come_in(C)
    ask(jury, "fin-anticipee", why="a terminé")
    world.work()
    for page in (DAY, MINE):
        assert "heure finie, accès coupé, attend la commission" in said(jury.text(page))
    assert "start" in offered_on(jury.text(MINE))
    assert "finish" not in offered_on(jury.text(MINE))


def test_a_wrong_realisation_is_changed_in_a_suspended_hour_by_two_people(world, come_in):
    to_hour(world)
    jury, second = come_in(C), come_in("second")
    assert "choose" not in offered_on(jury.text(MINE))
    interruptions.suspend(world.tools, "e6", "1", by="teacher", why="mauvaise réalisation")
    world.work()
    assert "choose" in offered_on(jury.text(MINE))
    assert "choose" not in offered_on(come_in(T).text(MINE))
    other = str(3 - seen(world).choice)
    assert ask(jury, "choix", realisation=other).status_code == 400
    ask(jury, "choix", realisation=other, why="mauvaise fiche")
    ask(second, "choix", realisation=other)
    assert seen(world).choice == int(other)
    assert "le travail reste dans le labo" in said(jury.text(MINE))
