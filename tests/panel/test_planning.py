"""The timetable's pages: wished for, proposed, saved, moved by hand, refused with numbers."""

import re
from datetime import date, time
from html import unescape

import pytest

from labmgr.domain.exam import Form, Member, Phase
from labmgr.domain.passage import PassageState
from labmgr.domain.timetable import Limits, at
from labmgr.domain.words import Option, Role
from labmgr.errors import EngineUnreachable
from labmgr.services.session import forms, own_tools

PAGE = "/sessions/e6/planning"
ONE = PAGE + "/passage/2"
DAY = date(2027, 6, 1)
WISHES = {
    "day": "2027-06-01",
    "days": "",
    "start": "08:30",
    "end": "17:45",
    "pauses": "12:30-13:30",
    "gap": "5",
    "ahead": "10",
    "places": "A1, A2, A3",
    "labs": "",
    "wait": "20",
}


def said(answer):
    return " ".join(unescape(answer.get_data(as_text=True)).split())


@pytest.fixture
def teacher(world, staff):
    members = [Member("teacher", Option.SISR), Member("commission", Option.SISR)]
    forms.keep_commission(world.tools, "e6", "A", members, by="t", room="B12")
    forms.set_form(world.tools, "e6", form=Form.CCF, by="t")
    return staff(Role.TEACHER)


def propose(client, **more):
    return client.post(PAGE + "/proposition", PAGE, **{**WISHES, **more})


def save(client, page, **more):
    packed = re.search(r'name="packed" value="([^"]+)"', page)[1]
    return client.post(PAGE + "/enregistrement", PAGE, **{**WISHES, "packed": packed, **more})


def planned(client):
    return said(save(client, said(propose(client))))


def times(world, number, start):
    """Fields of a passage from *start* on, with the lengths of a candidate."""
    candidate = world.tools.store.candidate("e6", number)
    durations = world.tools.store.session("e6").durations
    found, minute = {}, start.hour * 60 + start.minute
    for phase in Phase:
        found[f"at-{phase}"] = f"{minute // 60:02}:{minute % 60:02}"
        minute += round(candidate.allotted(phase, durations) / 60)
    return found


def move(client, verb="save", **more):
    fields = {"commission": "a", "place": "A2", "wave": "1", "day": "2027-06-01"}
    return client.post(ONE, ONE, **{**fields, "verb": verb, **more})


def test_a_proposal_is_seen_before_it_is_saved(world, teacher):
    page = said(propose(teacher))
    assert "Proposition, pas encore enregistrée" in page
    assert "tient sur cette machine" in page
    assert "aucun conflit" in page
    assert '<svg viewBox="0 0 1000' in page
    assert 'class="alive"' in page
    assert "08:30–09:00" in page
    assert not world.tools.store.passages("e6")
    done = said(save(teacher, page))
    assert "3 passages écrits" in done
    first = world.tools.store.passages("e6")[0]
    assert first.planned[Phase.PHASE_1] == at(DAY, time(8, 30), Limits().zone)
    assert first.place == world.tools.store.candidate("e6", first.candidate).place


def test_wishes_are_remembered_for_whoever_looks_next(world, teacher, staff):
    planned(teacher)
    page = staff(Role.ADMIN).text(PAGE)
    assert 'value="08:30"' in page
    assert 'value="A1, A2, A3"' in page
    assert "conflit" not in page.replace("aucun conflit", "").replace("tirets : conflit", "")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"day": "mardi"}, "« mardi » n'est pas une date"),
        ({"start": "8 heures"}, "n'est pas une heure"),
        ({"pauses": "12:30"}, "Pauses"),
        ({"gap": "cinq"}, "n'est pas un nombre"),
        ({"gap": "-5"}, "n'est pas un nombre"),
        ({"places": " , "}, "il n'y en a aucune"),
        ({"start": "18:00", "end": "08:00"}, "ces heures ne se suivent pas"),
        ({"labs": "0"}, "ne convient pas"),
    ],
)
def test_refused_wishes_keep_what_was_typed(world, teacher, typed, words):
    answer = propose(teacher, wait="17", **typed)
    assert answer.status_code == 400
    assert words in said(answer)
    assert 'value="17"' in said(answer)
    assert not world.tools.store.passages("e6")


def test_an_exam_without_commissions_is_not_planned(world, staff):
    forms.set_form(world.tools, "e6", form=Form.CCF, by="t")
    answer = propose(staff(Role.TEACHER))
    assert answer.status_code in {400, 409}
    assert "commission" in said(answer)


def test_what_the_machine_cannot_carry_is_refused_with_numbers(world, teacher):
    facts = world.engine.facts()
    page = said(propose(teacher))
    each = world.tools.library.read("sisr-core").expected_memory
    from dataclasses import replace  # noqa: PLC0415 - only here the machine shrinks

    small = replace(facts, memory_free=world.tools.site.memory_reserve + each)
    world.engine.facts = lambda: small
    answer = save(teacher, page)
    assert answer.status_code == 409
    assert re.search(r"\d labos en route à la fois, 1 tiennent \(\d+ Mio voulus", said(answer))
    assert not world.tools.store.passages("e6")
    again = said(propose(teacher))  # made anew for what is there
    assert "Au plus 1 labo en route" in again
    assert 'class="most"' in again


def test_an_engine_that_is_away_hides_no_timetable(world, teacher):
    planned(teacher)

    def away():
        raise EngineUnreachable("localhost")

    world.engine.facts = away
    page = teacher.text(PAGE)
    assert "on ne sait pas combien de labos tiennent" in page
    assert "08:30–09:00" in page
    assert propose(teacher).status_code == 502


def test_an_own_environment_alone_is_no_timetable_yet(world, teacher):
    own_tools.set_own_tools(world.tools, "e6", "1", own=True, by="t")
    page = unescape(teacher.text(PAGE))
    assert "Il n'y a pas encore de planning" in page
    assert "conflit" not in page


def test_seconds_of_short_phases_are_shown(world, teacher):
    forms.set_form(world.tools, "e6", form=Form.TRAINING, durations={Phase.PHASE_1: 40}, by="t")
    assert re.search(r"08:\d\d(:\d\d)?–08:\d\d:\d\d", said(propose(teacher)))


def test_a_tampered_proposal_is_refused(world, teacher):
    page = said(propose(teacher))
    assert "perdue en route" in said(save(teacher, page, packed="nonsense"))
    from labmgr.panel.session.given_list import packed  # noqa: PLC0415

    for rows in (b"[]x", b'[{"candidate": "1"}]', b"[1]", b"{}x"):
        assert save(teacher, page, packed=packed(rows)).status_code == 400
    assert not world.tools.store.passages("e6")


def test_clashes_are_named_before_and_after_saving(world, teacher):
    planned(teacher)
    first = world.tools.store.passage("e6", "1")
    start = first.planned[Phase.PHASE_1].astimezone(Limits().zone)
    same = times(world, "2", start)
    looked = said(move(teacher, "look", place=first.place, **same))
    assert "Rien n'est encore enregistré" in looked
    assert "1 et 2 sont tous deux à la place A1" in looked
    assert world.tools.store.passage("e6", "2").place != "A1"
    saved = said(move(teacher, place=first.place, **same))
    assert "Passage de 2 enregistré" in saved
    assert "1 et 2 sont tous deux à la place A1" in saved
    assert "1 et 2 sont tous deux à la place A1" in teacher.text(PAGE).replace("&#39;", "'")
    assert 'class="clashing"' in teacher.text(PAGE)


def test_a_whole_passage_moves_by_its_start(world, teacher):
    planned(teacher)
    kept = times(world, "2", time(9, 0))
    move(teacher, shift="14:00", wave="3", **kept)
    passage = world.tools.store.passage("e6", "2")
    assert passage.planned[Phase.PHASE_1] == at(DAY, time(14), Limits().zone)
    assert passage.planned[Phase.HOUR] == at(DAY, time(15, 7), Limits().zone)
    assert passage.wave == 3


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"at-hour": "07:00"}, "Les phases ne se suivent pas"),
        ({"at-hour": "x"}, "n'est pas une heure"),
        ({"wave": "0"}, "ne convient pas"),
        ({"commission": "none"}, "n'a pas de commission none"),
    ],
)
def test_a_refused_move_keeps_what_was_typed(world, teacher, typed, words):
    planned(teacher)
    before = world.tools.store.passage("e6", "2")
    answer = move(teacher, **{**times(world, "2", time(9, 0)), "place": "Z9", **typed})
    assert answer.status_code in {400, 404}
    assert words in said(answer)
    assert 'value="Z9"' in said(answer)
    assert world.tools.store.passage("e6", "2") == before


def test_somebody_may_be_placed_without_a_proposal(world, teacher):
    assert "Il manque à 2 : horaire" in said(teacher.get(ONE))
    assert "Passage de 2 enregistré" in said(move(teacher, **times(world, "2", time(9, 0))))
    assert "Sans horaire : 1, 3" in said(teacher.get(PAGE))


def under_way(world, number="2"):
    store = world.tools.store
    before = store.passage("e6", number)
    begun = before.moved_to(PassageState.PRESENT).moved_to(PassageState.PHASE_1)
    store.change_passage(before, begun, what="test", by="t")


def test_what_is_under_way_stays_and_says_so(world, teacher):
    planned(teacher)
    page = said(propose(teacher))
    under_way(world)
    assert "commencé : ne bouge plus" in teacher.text(PAGE)
    assert "Ce passage a commencé" in teacher.text(ONE)
    assert 'name="shift"' not in teacher.text(ONE)
    answer = move(teacher, **times(world, "2", time(15, 0)))
    assert answer.status_code == 409
    assert "ne peut plus changer" in said(answer)
    answer = teacher.post(PAGE + "/majoration/2", ONE, **{"extra-hour": "1/2"})
    assert answer.status_code == 409
    assert save(teacher, page).status_code == 200  # the same plan for the one under way
    assert "1 passage commencé reste comme il est" in said(propose(teacher))


def test_extra_time_is_a_fraction_by_phase_without_a_reason(world, teacher):
    planned(teacher)
    page = said(teacher.post(PAGE + "/majoration/2", ONE, **{"extra-hour": "1/2"}))
    assert "Majoration enregistrée" in page
    assert "dure 90 min" in page
    candidate = world.tools.store.candidate("e6", "2")
    assert str(candidate.extra_by_phase[Phase.HOUR]) == "1/2"
    assert candidate.extra_by_phase[Phase.PHASE_1] == 0
    assert 'name="why"' not in page
    assert "conflit" in page  # the plan is too short now, and it is said
    answer = teacher.post(PAGE + "/majoration/2", ONE, **{"extra-hour": "oui"})
    assert answer.status_code == 400
    assert "« oui » ne dit pas combien" in said(answer)
    assert 'value="oui"' in said(answer)


def test_the_timetable_is_printed_and_read_by_every_role(world, teacher, staff):
    assert "n'a pas de planning" in said(teacher.post(PAGE + "/impression", PAGE))
    planned(teacher)
    for role in Role:
        client = staff(role)
        assert "08:30–09:00" in client.text(PAGE)
        answer = client.post(PAGE + "/impression", PAGE)
        assert answer.data.startswith(b"%PDF-")
    assert "Proposer un planning" not in staff(Role.INVIGILATOR).text(PAGE)
