"""A session's timetable: proposed for the machine that is there, saved, moved, refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from labmgr.domain.clash import ClashKind
from labmgr.domain.exam import Member, Phase
from labmgr.domain.passage import PassageState
from labmgr.domain.timetable import Limits, Wishes
from labmgr.domain.words import Option, Role
from labmgr.errors import NotFound, Refused
from labmgr.services.session import forms, rosters, timetable
from labmgr.services.session.timetable import Change

WISHES = Wishes(date(2026, 5, 27), tuple("123456"))
MIB = 1 << 20


@pytest.fixture
def exam(world):
    """Eight candidates of a session with two commissions."""
    prepared(world, "E6", "ab", count=8)
    return world


def prepared(world, title, homes, *, count=0):
    rosters.create_session(world.tools, title, "mini", by="prof")
    if count:
        world.imported(title.lower(), count)
    known = {one.login for one in world.tools.store.accounts()}
    for home in homes:
        logins = [f"{home}1", f"{home}2"]
        for login in set(logins) - known:
            world.tools.store.add_account(login, Role.COMMISSION, "no hash", by="prof")
        members = [Member(login, Option.SISR) for login in logins]
        forms.keep_commission(world.tools, title.lower(), home, members, by="prof")


def saved(world, session="e6", wishes=WISHES):
    passages = timetable.propose(world.tools, session, wishes)
    timetable.save(world.tools, session, passages, by="prof")
    return passages


def test_a_proposal_saves_nothing_and_a_saved_one_is_the_timetable(exam):
    store = exam.tools.store
    passages = timetable.propose(exam.tools, "e6", WISHES)
    assert store.passages("e6") == []
    assert timetable.save(exam.tools, "e6", passages, by="prof") == 8
    assert {one.candidate for one in store.passages("e6")} == set("12345678")
    assert timetable.clashes_of(exam.tools, "e6") == []
    assert timetable.save(exam.tools, "e6", passages, by="prof") == 0
    assert timetable.propose(exam.tools, "e6", WISHES) == passages


def test_no_more_labs_at_once_than_the_machine_carries(exam):
    each = timetable.fit(exam.tools, "e6", []).room.each
    exam.facts(memory_free=exam.tools.site.memory_reserve + 2 * each + each // 2)
    passages = timetable.propose(exam.tools, "e6", WISHES)
    found = timetable.fit(exam.tools, "e6", passages)
    assert found.room.labs == found.most == 2
    assert found.faults == []
    exam.facts(memory_free=exam.tools.site.memory_reserve)
    with pytest.raises(Refused, match="no room for a single lab"):
        timetable.propose(exam.tools, "e6", WISHES)


def test_what_does_not_fit_is_refused_with_the_number_that_does(exam):
    passages = timetable.propose(exam.tools, "e6", WISHES)
    room = timetable.fit(exam.tools, "e6", passages).room
    exam.facts(memory_free=exam.tools.site.memory_reserve + 3 * room.each)
    wanted = f"6 labs alive at once, 3 fit .{6 * room.each // MIB} MiB wanted"
    with pytest.raises(Refused, match=wanted) as trouble:
        timetable.save(exam.tools, "e6", passages, by="prof")
    assert "fewer labs at once" in trouble.value.hint
    assert exam.tools.store.passages("e6") == []
    own = [replace(one, own_tools=True) for one in passages]
    assert timetable.save(exam.tools, "e6", own, by="prof") == 8


def test_a_full_disk_is_said_before_the_day(exam):
    passages = timetable.propose(exam.tools, "e6", WISHES)
    exam.facts(disk_free=exam.tools.site.disk_reserve + 1000 * MIB)
    with pytest.raises(Refused, match="8 labs will write to the disk, there is room for 2"):
        timetable.save(exam.tools, "e6", passages, by="prof")


def test_labs_that_stand_have_their_memory_already(world):
    world.ready(2)
    each = timetable.fit(world.tools, "e6", []).room.each
    world.facts(memory_free=world.tools.site.memory_reserve)
    assert timetable.fit(world.tools, "e6", []).room.labs == 2
    assert timetable.fit(world.tools, "e6", []).room.memory == 2 * each


def test_another_sessions_examiners_places_and_labs_are_not_to_be_had(exam):
    saved(exam)
    prepared(exam, "E7", "a", count=3)
    there = exam.tools.store.passages("e6")
    passages = timetable.propose(exam.tools, "e7", WISHES)
    assert timetable.clashes_of(exam.tools, "e7", passages=passages) == []
    first = next(one for one in there if one.commission == "a")
    moved = replace(passages[0], planned=first.planned, place=first.place, commission="a")
    found = timetable.clashes_of(exam.tools, "e7", Limits(labs=3), [moved, *passages[1:]])
    assert {one.kind for one in found} >= {ClashKind.EXAMINER, ClashKind.PLACE, ClashKind.LABS}
    assert timetable.fit(exam.tools, "e7", [moved, *passages[1:]]).most == 7


def test_a_passage_that_has_begun_stays_and_the_others_go_round_it(exam):
    store = exam.tools.store
    first = saved(exam)[0]
    begun = store.passage("e6", first.candidate)
    store.change_passage(
        begun, replace(begun, state=PassageState.PHASE_1), what="phase 1 begins", by="prof"
    )
    again = timetable.propose(exam.tools, "e6", WISHES)
    assert len(again) == 7
    assert first.candidate not in {one.candidate for one in again}
    assert min(one.wave for one in again) == first.wave + 1
    timetable.save(exam.tools, "e6", again, by="prof")
    assert timetable.clashes_of(exam.tools, "e6") == []
    with pytest.raises(Refused, match="its plan can no longer change"):
        timetable.move(exam.tools, "e6", first.candidate, Change(place="6"), by="prof")


def test_a_move_is_kept_and_its_clashes_are_shown(exam):
    first, *_ = saved(exam)
    later = first.planned[Phase.PHASE_1] + timedelta(minutes=25)
    moved = timetable.move(exam.tools, "e6", first.candidate, Change(start=later), by="prof")
    assert moved.planned[Phase.INTERVIEW_2] - first.planned[Phase.INTERVIEW_2] == timedelta(
        minutes=25
    )
    kinds = {one.kind for one in timetable.clashes_of(exam.tools, "e6")}
    assert kinds == {ClashKind.EXAMINER}
    other = next(one.id for one in exam.tools.store.commissions("e6") if one.id != first.commission)
    back = Change(start=first.planned[Phase.PHASE_1], commission=other, place="fenêtre", wave=9)
    timetable.move(exam.tools, "e6", first.candidate, back, by="prof")
    kept = exam.tools.store.passage("e6", first.candidate)
    assert (kept.commission, kept.place, kept.wave) == (other, "fenêtre", 9)
    assert kept.planned == first.planned
    alone = Change(planned={Phase.HOUR: first.planned[Phase.HOUR] - timedelta(minutes=5)})
    timetable.move(exam.tools, "e6", first.candidate, alone, by="prof")
    assert ClashKind.SHORT in {one.kind for one in timetable.clashes_of(exam.tools, "e6")}


def test_a_move_that_the_machine_cannot_carry_is_refused(exam):
    each = timetable.fit(exam.tools, "e6", []).room.each
    exam.facts(memory_free=exam.tools.site.memory_reserve + 6 * each)
    passages = saved(exam)
    seventh = passages[6]
    start = passages[2].planned[Phase.PHASE_1]
    with pytest.raises(Refused, match="7 labs alive at once, 6 fit"):
        timetable.move(exam.tools, "e6", seventh.candidate, Change(start=start), by="prof")
    timetable.move(
        exam.tools, "e6", seventh.candidate, Change(start=start, own_tools=True), by="prof"
    )
    again = timetable.propose(exam.tools, "e6", WISHES)
    assert [one.candidate for one in again if one.own_tools] == [seventh.candidate]


def test_who_or_what_the_session_does_not_know_is_refused(exam):
    one = saved(exam)[0]
    for wrong in (
        replace(one, candidate="99"),
        replace(one, session="e9"),
        replace(one, commission="z"),
    ):
        with pytest.raises(NotFound):
            timetable.save(exam.tools, "e6", [wrong], by="prof")
    with pytest.raises(NotFound):
        timetable.move(exam.tools, "e6", "99", Change(place="1"), by="prof")


def test_nobody_to_plan(exam):
    prepared(exam, "Vide", "a")
    with pytest.raises(Refused, match="nobody to plan"):
        timetable.propose(exam.tools, "vide", WISHES)


def test_limits_carry_no_more_than_the_machine(exam):
    assert timetable.carried(exam.tools, "e6", Limits(labs=2)).labs == 2
    most = timetable.fit(exam.tools, "e6", []).room.labs
    assert timetable.carried(exam.tools, "e6", Limits()).labs == most
    early = replace(WISHES, limits=Limits(opens=time(7, 30)))
    first, *_ = timetable.propose(exam.tools, "e6", early)
    assert first.planned[Phase.PHASE_1] == datetime.fromisoformat("2026-05-27T05:30:00+00:00")
