"""The record tells a day that went wrong in every way: each line of it, from the journal."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta

import pytest

from labmgr.domain.exam import Phase
from labmgr.domain.journal import Tail
from labmgr.domain.passage import PassageState
from labmgr.domain.record import LOCAL
from labmgr.errors import BadInput, NotFound
from labmgr.services.lab import access, labs
from labmgr.services.passage import fallback, interruptions, record
from tests.services.record_day import EIGHT, LONG, Day, a_world, lived

SLACK = timedelta(seconds=30)  # the test's clock moves at each look


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    world = a_world(tmp_path_factory.mktemp("record"))
    yield lived(world)
    world.close()


@pytest.fixture
def own(disk):
    """A day that may be changed; not begun."""
    world = a_world(disk)
    yield Day(world).prepare()
    world.close()


def told(day, number):
    return record.of_passage(day.tools, "e6", number)


def phase(one, which):
    return next(each for each in one.phases if each.phase is which)


def near(at, hours, minutes, seconds=0):
    wanted = EIGHT.replace(hour=hours - 2, minute=minutes, second=seconds)
    return abs(at - wanted) < SLACK


def whats(events):
    return [one.what for one in events]


def test_a_late_candidate_is_told_late_with_the_whole_time(day):
    one = told(day, "1")
    assert one.candidate.name == "Lefèvre Zoé"
    assert one.candidate.place == "A1"
    assert one.state is PassageState.DONE
    assert near(one.arrived, 8, 12)
    assert one.late == (one.arrived - EIGHT).total_seconds() == pytest.approx(720, abs=30)
    assert phase(one, Phase.PHASE_1).planned == EIGHT
    assert phase(one, Phase.PHASE_1).allotted == 1800
    assert phase(one, Phase.PHASE_1).used == 1800


def test_waiting_for_the_commission_stands_apart_from_exam_time(day):
    one = told(day, "1")
    first, talk, hour, last = one.phases
    assert first.waited == pytest.approx(3 * 60, abs=30), "from arrival to the beginning"
    assert near(first.ended, 8, 45), "at the bell, though it was answered 30 s later"
    assert talk.waited == pytest.approx(300)
    assert (talk.used, hour.waited) == (pytest.approx(900, abs=30), 0)
    assert (hour.used, hour.allotted, hour.extra) == (3600, 3600, 0)
    assert hour.ended - hour.begun == timedelta(hours=1)
    assert last.waited == pytest.approx((last.begun - hour.ended).total_seconds())
    assert last.used == pytest.approx(18 * 60, abs=30)


def test_extra_time_is_told_as_time_alone_and_the_outage_is_left_out_of_the_hour(day):
    one = told(day, "2")
    hour = phase(one, Phase.HOUR)
    assert (hour.normal, hour.extra, hour.allotted, hour.used) == (3600, 1200, 4800, 4800)
    (cut,) = one.suspensions
    assert cut.phase is Phase.HOUR
    assert near(cut.start, 11, 20), "at the last heartbeat"
    assert near(cut.back, 11, 27)
    assert near(cut.end, 11, 35)
    assert cut.seconds == pytest.approx((cut.end - cut.start).total_seconds())
    assert (cut.by, cut.resumed_by) == ("reconcile", "chef")
    assert "power cut" in cut.why
    assert hour.ended - hour.begun == pytest.approx(
        timedelta(seconds=4800 + cut.seconds), abs=timedelta(seconds=1)
    )
    (outage,) = one.incidents
    assert outage.ended
    assert outage.seconds == pytest.approx(cut.seconds, abs=5)


def test_no_reason_for_extra_time_is_told(day):
    assert "rectorat" not in str(asdict(told(day, "2")))
    assert "clavier en panne" in str(asdict(told(day, "3"))), "that of an extension is"


def test_an_incident_is_told_with_its_reason_length_and_decision(day):
    one = told(day, "3")
    (stop,) = one.suspensions
    assert (stop.why, stop.by, stop.resumed_by) == (LONG, "surveillante", "chef")
    assert near(stop.start, 13, 30)
    assert near(stop.end, 13, 35)
    assert stop.seconds == pytest.approx(300, abs=30)
    assert stop.back is None
    (incident,) = one.incidents
    assert incident.decision == "5 min 23 s given back: clavier en panne"
    (more,) = one.extensions
    assert (more.phase, more.seconds, more.why, more.by) == (
        Phase.HOUR,
        323,
        "clavier en panne",
        "chef",
    )
    hour = phase(one, Phase.HOUR)
    assert hour.allotted == 3600 + 323
    assert hour.ended is None, "it runs"
    assert hour.used == pytest.approx(50 * 60 - stop.seconds, abs=30)


def test_an_absence_is_told_with_both_confirmations(day):
    one = told(day, "4")
    assert one.state is PassageState.ABSENT
    assert whats(one.absence) == [
        "said to be absent, to be confirmed",
        "absent, as surveillante said",
    ]
    assert [each.by for each in one.absence] == ["surveillante", "chef"]
    assert (one.realisation, one.lab, one.arrived) == (0, "", None)
    assert not any(each.begun for each in one.phases)


def test_events_stand_in_the_order_of_the_journal(day):
    one = told(day, "1")
    ranks = [each.rank for each in one.events]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) == len(ranks)
    said = whats(one.events)
    wanted = (
        "réalisation chosen", "present", "responsibility acknowledged", "phase-1 begun",
        "phase-1: time is up", "interview-1 begun", "adjustment noted", "hour begun",
        "credentials shown", "hour: time is up", "open -> frozen", "interview-2 begun",
        "recette replayed: 4 of 5 lines as expected", "done",
    )  # fmt: skip
    places = [said.index(each) for each in wanted]
    assert places == sorted(places), said
    rows = {each.rank: each for each in day.tools.store.entries()}
    assert all(
        rows[each.rank].at == each.at and rows[each.rank].by == each.by for each in one.events
    )


def test_snapshots_are_told_with_the_digests_that_the_journal_has(day):
    one = told(day, "1")
    kept = {each.id: each.digest for each in day.tools.store.snapshots("e6-1-2")}
    for taken, kind in ((one.start, "start"), (one.end, "end")):
        assert taken.id.startswith(kind)
        assert kept[taken.id] == taken.digest
        assert taken.same is True
    assert one.start.at < phase(one, Phase.HOUR).begun
    assert one.template.startswith("mini@")
    assert told(day, "3").end is None


def test_save_points_accesses_shown_adjustment_and_recette_are_told(day):
    one = told(day, "1")
    (saved,) = one.own
    assert saved.by == "candidate 1"
    assert saved.what.startswith("own snapshot")
    assert [each.by for each in one.shown] == ["prof"]
    assert one.adjustment == "Ajouter une règle de filtrage"
    assert [each.result.green for each in one.recette] == [True, False, True, True, True]
    second = one.recette[1]
    assert second.result.evidence == "port 22 closed"
    assert [each.text for each in second.remarks] == ["Le port 22 a été fermé exprès"]
    assert [each.text for each in one.remarks] == ["Présentation claire du plan"]


def test_a_lab_whose_place_a_spare_took_is_still_told_of(own):
    own.at(8, 0)
    own.come("1")
    own.begin("1", Phase.PHASE_1)
    access.for_staff(own.tools, own.tools.store.lab("e6-1-2"), by="prof")
    before = own.tools.store.passage("e6", "1")
    moved = replace(before, lab="e6-2-2")
    what = "works in spare lab e6-2-2 instead of e6-1-2; parameters that differ: VLAN"
    own.tools.store.change_passage(before, moved, what=what, by="chef", why="disque plein")
    access.for_staff(own.tools, own.tools.store.lab("e6-2-2"), by="chef")
    one = told(own, "1")
    assert one.lab == "e6-2-2"
    assert [each.by for each in one.shown] == ["prof", "chef"]
    assert what in whats(one.events)


def test_the_day_holds_every_passage_once_and_its_sessions_events(day):
    one = record.of_day(day.tools, "e6", date(2026, 5, 27))
    assert [each.candidate.number for each in one.passages] == ["1", "2", "3", "4"]
    assert [each.id for each in one.commissions] == ["a"]
    assert "timetable written" in whats(one.events)
    assert record.of_day(day.tools, "e6").day == one.day
    with pytest.raises(NotFound, match="2026-05-28"):
        record.of_day(day.tools, "e6", date(2026, 5, 28))


def test_a_passage_is_of_the_day_on_which_it_began(own):
    own.at(8, 0)
    own.come("1")
    own.begin("1", Phase.PHASE_1)
    before = own.tools.store.passage("e6", "1")
    planned = {each: at + timedelta(days=1) for each, at in before.planned.items()}
    began = next(one.start.at for one in before.clocks[Phase.PHASE_1].stretches)
    own.tools.store.change_passage(before, replace(before, planned=planned), what="x", by="t")
    assert began.date() in record.days(own.tools, "e6")
    assert "1" in [one.candidate.number for one in record.of_day(own.tools, "e6").passages]


def test_two_days_are_asked_for_by_name(own):
    one = own.tools.store.passage("e6", "4")
    planned = {each: at + timedelta(days=1) for each, at in one.planned.items()}
    own.tools.store.keep_passages([replace(one, planned=planned)], by="chef")
    with pytest.raises(BadInput) as trouble:
        record.of_day(own.tools, "e6")
    assert "2026-05-27, 2026-05-28" in trouble.value.hint
    found = record.of_day(own.tools, "e6", date(2026, 5, 28))
    assert [each.candidate.number for each in found.passages] == ["4"]
    with pytest.raises(BadInput):
        record.read_day("27/05/2026")


def test_the_choice_is_not_told_before_phase_1(own):
    own.at(8, 0)
    own.come("1")
    one = told(own, "1")
    assert (one.realisation, one.lab, one.title, one.template) == (0, "", "", "")
    assert "e6-1-2" not in str(asdict(one))
    own.begin("1", Phase.PHASE_1)
    assert told(own, "1").lab == "e6-1-2"


def test_a_suspension_that_lasts_is_told_as_lasting(own):
    own.at(8, 0)
    own.come("1")
    own.begin("1", Phase.PHASE_1)
    own.at(8, 10)
    interruptions.suspend(own.tools, "e6", "1", by="chef", why="alerte incendie")
    own.at(8, 22)
    one = told(own, "1")
    (stop,) = one.suspensions
    assert stop.end is None
    assert stop.seconds == pytest.approx(12 * 60, abs=5)
    assert phase(one, Phase.PHASE_1).ended is None
    assert phase(one, Phase.PHASE_1).used == pytest.approx(600, abs=5)


def test_two_suspensions_each_have_their_own_gap(own):
    own.at(8, 0)
    own.come("1")
    own.begin("1", Phase.PHASE_1)
    for minutes in (5, 15):
        own.at(8, minutes)
        interruptions.suspend(own.tools, "e6", "1", by="chef", why=f"bruit {minutes}")
        own.at(8, minutes + 2)
        interruptions.resume(own.tools, "e6", "1", by="chef")
    first, second = told(own, "1").suspensions
    assert (first.why, second.why) == ("bruit 5", "bruit 15")
    assert near(first.start, 8, 5)
    assert near(second.start, 8, 15)
    assert [each.seconds for each in (first, second)] == pytest.approx([120, 120], abs=5)


def test_a_suspension_after_the_bell_is_measured_by_its_rows(own):
    own.at(8, 0)
    own.come("1")
    own.begin("1", Phase.PHASE_1)
    own.at(8, 31)
    own.work()
    own.at(8, 40)
    interruptions.suspend(own.tools, "e6", "1", by="chef", why="commission absente")
    own.at(8, 45)
    interruptions.resume(own.tools, "e6", "1", by="chef")
    (stop,) = told(own, "1").suspensions
    assert near(stop.start, 8, 40)
    assert stop.seconds == pytest.approx(300, abs=10)


def test_a_wall_clock_set_back_during_a_suspension_changes_no_length(own):
    own.at(8, 0)
    own.come("1")
    own.begin("1", Phase.PHASE_1)
    own.at(8, 10)
    interruptions.suspend(own.tools, "e6", "1", by="chef", why="panne")
    own.clock.passes(60)
    own.clock.jumps(-3600)
    own.clock.passes(60)
    interruptions.resume(own.tools, "e6", "1", by="chef")
    (stop,) = told(own, "1").suspensions
    assert stop.seconds == pytest.approx(120, abs=10)


def test_the_chain_is_told_whole_with_its_newest_row(day):
    newest = day.tools.store.entries()[-1]
    chain = told(day, "1").chain
    assert chain.holds
    assert (chain.rank, chain.hash, chain.tail) == (newest.rank, newest.hash, Tail.WHOLE)


def test_an_altered_row_is_told_by_its_rank(own):
    own.at(8, 0)
    own.come("1")
    rank = told(own, "1").events[-1].rank
    with sqlite3.connect(own.world.home / "labmgr.db") as other:
        other.execute("UPDATE journal SET why = 'autre' WHERE rank = ?", (rank,))
    other.close()
    chain = told(own, "1").chain
    assert not chain.holds
    assert chain.altered == rank


def test_rows_cut_from_the_end_are_told(own):
    own.at(8, 0)
    own.come("1")
    with sqlite3.connect(own.world.home / "labmgr.db") as other:
        other.execute("DELETE FROM journal WHERE rank = (SELECT max(rank) FROM journal)")
    other.close()
    chain = told(own, "1").chain
    assert (chain.holds, chain.altered, chain.tail) == (False, None, Tail.CUT)


def test_names_never_come_from_the_journal(day):
    rows = str([(each.what, each.why) for each in day.tools.store.entries()])
    assert "Lefèvre" not in rows
    assert told(day, "1").candidate.name == "Lefèvre Zoé"


def test_fallback_sheets_hold_the_accesses_of_both_labs_and_say_so_in_the_journal(own):
    before = len(own.tools.store.entries("lab:e6-1-1"))
    own.at(8, 0)
    own.come("1")
    sheets = fallback.sheets(own.tools, "e6", 1, by="chef")
    assert [each.candidate.number for each in sheets] == ["1", "2", "3", "4"]
    first = sheets[0]
    assert [each.realisations for each in first.labs] == [(1,), (2,)], (
        "the choice is not to be read"
    )
    assert first.ends is None
    assert first.planned[Phase.HOUR] == EIGHT + timedelta(minutes=50)
    secrets = {each.secret for each in own.tools.store.credentials("e6-1-2")}
    assert {each.secret for node in first.labs[1].nodes for each in node.accounts} == secrets
    assert first.labs[1].password == own.tools.store.secret("gateway:e6-1-2:candidate")
    rows = own.tools.store.entries("lab:e6-1-1")
    assert len(rows) == before + 1
    assert (rows[-1].what, rows[-1].by) == ("credentials shown", "chef")
    with pytest.raises(NotFound, match="no wave 7"):
        fallback.sheets(own.tools, "e6", 7, by="chef")


def test_of_two_realisations_that_are_alike_the_sheet_holds_the_lab_that_is_built(own):
    labs.order_remove(own.tools, "e6-1-2", by="prof")
    own.work()
    (only,) = fallback.sheets(own.tools, "e6", 1, by="chef")[0].labs
    assert (only.id, only.realisations) == ("e6-1-1", (1, 2))


def test_fallback_sheets_tell_the_end_of_an_hour_that_runs_and_leave_out_who_is_done(day):
    (only,) = fallback.sheets(day.tools, "e6", 1, by="chef")
    assert only.candidate.number == "3"
    assert [each.id for each in only.labs] == ["e6-3-2"]
    assert only.allotted == 3600 + 323
    clock = day.tools.store.passage("e6", "3").clocks[Phase.HOUR]
    assert only.ends == clock.due(day.tools.clock())
    assert only.ends.astimezone(LOCAL).date() == datetime(2026, 5, 27, tzinfo=UTC).date()
