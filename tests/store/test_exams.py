"""The exam day's rows, in the real store and in the memory that thousands of days live on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from labmgr.domain.bells import Bell, Ring
from labmgr.domain.clock import Clock, Moment, Stretch
from labmgr.domain.exam import Candidate, Commission, Form, Member, Phase, Realisation
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.words import Option
from labmgr.domain.work import JobKind, Order
from labmgr.errors import LostRace, NotFound, Refused
from tests.services.memory_book import MemoryBook

P = PassageState
BELL = Bell("e6-2026", "12", Phase.HOUR, Ring.END)


@pytest.fixture(params=["memory", "sql"])
def book(request, session, candidate, store, clock):
    if request.param == "sql":
        return store
    return MemoryBook(session, {candidate.number: candidate}, clock)


@pytest.fixture
def passage(book, session, candidate):
    made = Passage(session.name, candidate.number)
    if isinstance(book, MemoryBook):
        book.rows[made.session, made.candidate] = made
    else:
        book.keep_passages([made], by="prof")
    return book.passage(made.session, made.candidate)


def test_a_step_on_an_old_look_is_refused_and_changes_nothing(book, passage):
    first = book.change_passage(passage, replace(passage, place="3"), what="x", by="a")
    assert first == replace(passage, place="3", revision=passage.revision + 1)
    with pytest.raises(LostRace):
        book.change_passage(passage, replace(passage, place="4"), what="y", by="b", bell=BELL)
    assert book.passage(passage.session, passage.candidate) == first
    assert [one.place for one in book.passages(passage.session)] == ["3"]


def test_a_bell_is_answered_once_until_it_is_forgotten(book, passage):
    done = book.change_passage(passage, passage, what="rings", by="bell", bell=BELL)
    assert book.bells(passage.session) == {BELL}
    late = replace(done, place="9")
    assert book.change_passage(done, late, what="rings", by="bell", bell=BELL) is None
    assert book.passage(passage.session, passage.candidate) == done
    longer = book.change_passage(done, late, what="longer", by="a", forget=[BELL])
    assert book.bells() == set()
    again = replace(longer, place="7")
    assert book.change_passage(longer, again, what="rings", by="bell", bell=BELL).place == "7"


def test_passages_are_found_by_their_states(book, passage):
    assert book.passages(states={P.REGISTERED}) == [passage]
    assert book.passages(states={P.HOUR}) == []


def test_an_incident_is_opened_ended_and_measured(book, passage):
    one = book.open_incident(passage.session, "12", "node web does not run", by="watch")
    book.end_incident(one.id, seconds=12.5, by="watch")
    (ended,) = book.incidents(passage.session, "12")
    assert (ended.seconds, bool(ended.ended), ended.what) == (12.5, True, one.what)
    assert book.incidents(passage.session, "13") == []


def test_the_last_heartbeat_is_known(book, clock):
    assert book.last_beat() is None
    book.beat("worker", Moment(clock.at, "boot", 7.25))
    assert book.last_beat() == Moment(clock.at, "boot", 7.25)


def test_a_passage_comes_back_as_it_was(store, session, candidate, clock):
    start = Moment(clock.at, "boot", 12.125)
    end = Moment(clock.at + timedelta(minutes=3), "boot", 192.5)
    clocks = {
        Phase.PHASE_1: Clock(2400.0, (Stretch(start, end), Stretch(end))),
        Phase.HOUR: Clock(4800.0),
    }
    planned = {phase: clock.at + timedelta(minutes=rank) for rank, phase in enumerate(Phase)}
    made = Passage(session.name, candidate.number, "a", "3", 2, planned)
    store.keep_passages([made], by="prof")
    before = store.passage(session.name, candidate.number)
    assert before == made
    after = replace(
        before,
        state=P.SUSPENDED,
        paused=P.HOUR,
        choice=2,
        lab="e6-2026-12-2",
        arrived=clock.at,
        acknowledged=clock.at,
        clocks=clocks,
        message="é",
        adjustment="VLAN 20",
        revision=1,
    )
    store.change_passage(before, after, what="x", by="a")
    assert store.passage(session.name, candidate.number) == after


def test_a_step_its_journal_row_and_its_orders_are_one(store, session, candidate, lab):
    store.keep_passages([Passage(session.name, "12", lab=lab.id)], by="prof")
    before = store.passage(session.name, "12")
    orders = [Order(JobKind.FREEZE, lab.id, {"snapshot": "end"})]
    store.change_passage(before, before, what="over", by="bell", orders=orders, bell=BELL)
    assert [job.kind for job in store.jobs(unended=True)] == [JobKind.FREEZE]
    assert store.entries("passage:e6-2026/12")[-1].what == "over"
    wrong = [Order(JobKind.BUILD, lab.id)]
    with pytest.raises(LostRace):
        store.change_passage(before, before, what="again", by="x", orders=wrong)
    assert [job.kind for job in store.jobs(unended=True)] == [JobKind.FREEZE]
    assert store.bells() == {BELL}


def test_a_plan_changes_until_its_passage_has_begun(store, session, candidate):
    one = Passage(session.name, "12", place="1")
    assert store.keep_passages([one], by="prof") == 1
    assert store.keep_passages([one], by="prof") == 0
    assert store.keep_passages([replace(one, place="2", choice=2)], by="prof") == 1
    known = store.passage(session.name, "12")
    assert (known.place, known.choice) == ("2", 0), "a timetable chooses no réalisation"
    began = replace(known, state=P.PHASE_1)
    store.change_passage(known, began, what="x", by="a")
    with pytest.raises(Refused, match="can no longer change"):
        store.keep_passages([replace(one, place="3")], by="prof")
    with pytest.raises(NotFound):
        store.passage(session.name, "13")


def test_a_plan_that_is_refused_is_not_half_written(store, session, candidate):
    store.keep_candidates([Candidate(session.name, "13", "Y")], by="prof")
    store.keep_passages([Passage(session.name, "12")], by="prof")
    known = store.passage(session.name, "12")
    store.change_passage(known, replace(known, state=P.HOUR), what="x", by="a")
    wishes = [Passage(session.name, "13", place="1"), Passage(session.name, "12", place="1")]
    with pytest.raises(Refused):
        store.keep_passages(wishes, by="prof")
    with pytest.raises(NotFound):
        store.passage(session.name, "13")


def test_a_session_has_its_form_and_a_candidate_time_by_phase(store, session, candidate):
    wanted = replace(session, form=Form.CCF, durations={**session.durations, Phase.HOUR: 90})
    store.reform(wanted, by="prof")
    assert store.session(session.name) == wanted
    longer = replace(candidate, extra_by_phase={Phase.HOUR: Fraction(1, 3)})
    store.keep_candidates([longer], by="prof")
    assert store.candidate(session.name, "12") == longer


def test_commissions_are_kept_and_removed(store, session):
    one = Commission(session.name, "a", "A", (Member("prof", Option.SLAM, teaches_bloc=False),))
    store.keep_commission(one, by="prof")
    store.keep_commission(replace(one, room="B12"), by="prof")
    assert store.commissions(session.name) == [replace(one, room="B12")]
    store.remove_commission(session.name, "a", by="prof")
    store.remove_commission(session.name, "a", by="prof")
    assert store.commissions(session.name) == []


def test_a_document_is_sealed_and_outlives_a_change_of_its_realisation(store, engine, candidate):
    one = Realisation(candidate.session, "12", 1, "mini", "Secret de projet", {"VLAN": "4"})
    with pytest.raises(NotFound):
        store.keep_document(candidate.session, "12", 1, "a.pdf", b"x", by="prof")
    assert store.keep_realisations([one], by="prof") == 1
    assert store.keep_realisations([one], by="prof") == 0
    with pytest.raises(NotFound):
        store.document(candidate.session, "12", 1)
    store.keep_document(candidate.session, "12", 1, "a.pdf", b"besoins", by="prof")
    store.keep_realisations([replace(one, title="autre")], by="prof")
    assert store.document(candidate.session, "12", 1) == ("a.pdf", b"besoins")
    assert store.realisations(candidate.session, "12")[0].document == "a.pdf"
    with engine.connect() as tx:
        rows = str(tx.exec_driver_sql("SELECT * FROM realisations").all())
        journal = str(tx.exec_driver_sql("SELECT what, why FROM journal").all())
    assert "besoins" not in rows
    assert "projet" not in journal


def test_all_of_it_goes_with_its_session(store, session, candidate, clock):
    store.keep_passages([Passage(session.name, "12")], by="prof")
    known = store.passage(session.name, "12")
    store.change_passage(known, known, what="x", by="a", bell=BELL)
    store.open_incident(session.name, "12", "x", by="a")
    store.remove_session(session.name, by="prof")
    assert (store.passages(), store.bells(), store.incidents(session.name)) == ([], set(), [])
