"""A candidate's sitting from registered to done, with time handed in."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest

from labmgr.domain.bells import Ring
from labmgr.domain.exam import Form, Member, Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Audience, Option, Role
from labmgr.errors import BadInput, LostRace, NotFound, Refused, WrongState
from labmgr.services.instance.accounts import add_account
from labmgr.services.lab import doors, labs, reconcile
from labmgr.services.passage import (
    attendance,
    choices,
    decisions,
    hours,
    interruptions,
    outages,
    passages,
    retold,
)
from labmgr.services.passage.decisions import Decision
from labmgr.services.session import forms, rosters, sessions
from tests.services.world import World

P = PassageState
BY = "jury"
DOCUMENT = b"%PDF-1.7 expression des besoins"


@pytest.fixture(scope="module")
def morning(tmp_path_factory, templates):
    """A session of the exam's form, two candidates with two réalisations, labs built."""
    world = World(tmp_path_factory.mktemp("morning"), templates)
    world.session(count=2)
    for login in ("jury", "autre"):
        add_account(world.tools, login, Role.COMMISSION, by="t")
    forms.set_form(world.tools, "e6", form=Form.PONCTUELLE, by=BY)
    members = [Member("jury", Option.SISR), Member("autre", Option.SLAM)]
    forms.keep_commission(world.tools, "e6", "A", members, by=BY)
    for number in ("1", "2"):
        for realisation in (1, 2):
            one = Realisation("e6", number, realisation, "mini", f"Projet {realisation}")
            forms.keep_realisation(world.tools, one, by=BY)
    labs.order_build(world.tools, [lab.id for lab in world.tools.store.labs("e6")], by=BY)
    world.work()
    world.tools.store.keep_passages([Passage("e6", n, commission="a") for n in "12"], by=BY)
    yield world
    world.close()


@pytest.fixture
def day(morning, disk):
    """That day, for one test alone."""
    made = morning.copied(disk / "home")
    yield made
    made.close()


def seen(day, number="1"):
    return day.tools.store.passage("e6", number)


def left(day, number="1"):
    one = seen(day, number)
    return one.clock.left(day.tools.clock())


def left_at_resumption(day, number="1"):
    """The test's clock moves at each look, so what is left is compared where it went on."""
    clock = seen(day, number).clock
    return clock.left(clock.stretches[-1].start)


def to_interview(day, number="1", choice=2):
    choices.choose(day.tools, "e6", number, choice, by=BY)
    attendance.arrive(day.tools, "e6", number, by="surveillant")
    passages.start(day.tools, "e6", number, Phase.PHASE_1, by=BY)
    passages.start(day.tools, "e6", number, Phase.INTERVIEW_1, by=BY)
    attendance.acknowledge(day.tools, "e6", number)


def to_hour(day, number="1", choice=2):
    to_interview(day, number, choice)
    passages.start(day.tools, "e6", number, Phase.HOUR, by=BY)
    day.work()
    assert seen(day, number).state is P.HOUR


def ring(day):
    hours.answer(day.tools)
    day.work()


def journal(day, number="1"):
    return [entry.what for entry in day.tools.store.entries(f"passage:e6/{number}")]


def test_a_whole_passage(day):
    to_hour(day)
    lab = seen(day).lab
    assert lab == "e6-1-2"
    assert day.tools.store.lab(lab).state is LabState.OPEN
    assert day.engine.is_open(lab, Audience.CANDIDATE)
    assert left(day) == pytest.approx(3600, abs=20)
    day.clock.passes(left(day) - 0.5)
    ring(day)
    assert day.tools.store.lab(lab).state is LabState.OPEN
    day.clock.passes(0.5)
    ring(day)
    assert day.tools.store.lab(lab).state is LabState.FROZEN
    assert not day.engine.is_open(lab, Audience.CANDIDATE)
    kinds = [one.kind for one in day.tools.store.snapshots(lab) if one.verified]
    assert kinds.count(SnapshotKind.END) == 1
    assert seen(day).clocks[Phase.HOUR].used(day.tools.clock()) == pytest.approx(3600)
    day.clock.passes(900)  # the commission is late: nobody gains time
    assert left(day) == 0
    passages.start(day.tools, "e6", "1", Phase.INTERVIEW_2, by=BY)
    day.work()
    assert day.tools.store.lab(lab).state is LabState.RECETTE
    assert day.engine.is_open(lab, Audience.COMMISSION)
    assert not day.engine.is_open(lab, Audience.CANDIDATE)
    passages.close(day.tools, "e6", "1", by=BY)
    day.work()
    assert not day.engine.is_open(lab, Audience.COMMISSION)
    assert seen(day).state is P.DONE


def test_each_bell_is_answered_once(day):
    to_hour(day)
    for _ in range(3):
        day.clock.passes(3000 - (3600 - left(day)))
        ring(day)
        ring(day)
    day.clock.passes(4000)
    ring(day)
    ring(day)
    said = journal(day)
    assert [said.count(f"hour: {one}") for one in (Ring.TEN, Ring.END)] == [1, 1]
    assert sum(one.kind is SnapshotKind.END for one in day.tools.store.snapshots("e6-1-2")) == 1


def test_the_hour_needs_the_acknowledgement_green_probes_and_a_start_snapshot(day):
    choices.choose(day.tools, "e6", "1", 1, by=BY)
    attendance.arrive(day.tools, "e6", "1", by=BY)
    passages.start(day.tools, "e6", "1", Phase.PHASE_1, by=BY)
    with pytest.raises(WrongState):
        passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)
    passages.start(day.tools, "e6", "1", Phase.INTERVIEW_1, by=BY)
    with pytest.raises(Refused, match="acknowledged"):
        passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)
    attendance.acknowledge(day.tools, "e6", "1")
    for finding in day.tools.store.findings("e6-1-1"):
        day.tools.store.keep_finding("e6-1-1", replace(finding, green=False))
    with pytest.raises(Refused, match="not green"):
        passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)
    (start,) = day.tools.store.snapshots("e6-1-1")
    day.tools.store.forget_snapshot(start.id, by=BY, why="test")
    with pytest.raises(NotFound, match="start"):
        passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)
    assert seen(day).state is P.INTERVIEW_1


def test_what_was_signed_on_paper_opens_the_hour_too(day):
    with pytest.raises(Refused, match="nothing is signed"):
        attendance.acknowledge_on_paper(day.tools, "e6", "1", by="surveillant")
    choices.choose(day.tools, "e6", "1", 1, by=BY)
    attendance.arrive(day.tools, "e6", "1", by=BY)
    for phase in (Phase.PHASE_1, Phase.INTERVIEW_1):
        passages.start(day.tools, "e6", "1", phase, by=BY)
    attendance.acknowledge_on_paper(day.tools, "e6", "1", by="surveillant")
    attendance.acknowledge_on_paper(day.tools, "e6", "1", by="jury")
    rows = [one for one in day.tools.store.entries("passage:e6/1") if "paper" in one.what]
    assert [one.by for one in rows] == ["surveillant"]
    passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)


def test_an_hour_does_not_begin_on_a_node_that_died_after_the_last_look(day):
    to_interview(day)
    day.engine.labs["e6-1-2"].nodes["db"].seen = Seen.STOPPED
    with pytest.raises(Refused, match="db does not run"):
        passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)
    reconcile.look_round(day.tools)
    day.work()
    passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)


def test_a_lab_that_somebody_was_in_does_not_begin_an_hour(day):
    to_interview(day)
    lab = day.tools.store.lab("e6-1-2")
    day.tools.store.move(
        day.tools.store.move(lab, LabState.OPEN, by="x", why="x"), LabState.READY, by="x", why="x"
    )
    with pytest.raises(Refused, match="opened before"):
        passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)


def test_only_the_chosen_lab_opens_and_none_by_hand(day):
    to_hour(day, choice=1)
    assert day.tools.store.lab("e6-1-2").state is LabState.READY
    for lab in ("e6-1-1", "e6-1-2", "e6-2-1"):
        for verb in (doors.order_open, doors.order_close):
            with pytest.raises(Refused, match="by hand"):
                verb(day.tools, lab, by=BY)
    with pytest.raises(Refused, match="may not be reset"):
        labs.order_reset(day.tools, "e6-1-1", by=BY, force=True, why="x")


def test_nobody_but_the_commission_reads_the_choice_before_phase_1(day):
    choices.choose(day.tools, "e6", "1", 2, by=BY)
    for role in Role:
        known = choices.seen_by(seen(day), role).choice
        assert known == (2 if role in {Role.ADMIN, Role.COMMISSION} else 0)
    assert not any("2" in what for what in journal(day))
    attendance.arrive(day.tools, "e6", "1", by=BY)
    passages.start(day.tools, "e6", "1", Phase.PHASE_1, by=BY)
    assert choices.seen_by(seen(day), Role.INVIGILATOR).choice == 2


def test_a_changed_choice_takes_a_second_person(day):
    to_interview(day, choice=1)
    with pytest.raises(BadInput, match="reason"):
        choices.choose(day.tools, "e6", "1", 2, by=BY)
    choices.choose(day.tools, "e6", "1", 2, by=BY, why="mauvaise fiche")
    assert seen(day).choice == 1
    with pytest.raises(Refused, match="has already"):
        choices.choose(day.tools, "e6", "1", 2, by=BY, why="encore")
    choices.choose(day.tools, "e6", "1", 2, by="autre")
    assert (seen(day).choice, seen(day).lab) == (2, "e6-1-2")


def test_a_wrong_realisation_begun_in_the_hour_is_left_with_its_evidence(day):
    to_hour(day, choice=1)
    day.clock.passes(300)
    with pytest.raises(Refused, match="can no longer change"):
        choices.choose(day.tools, "e6", "1", 2, by=BY, why="mauvaise fiche")
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="mauvaise réalisation")
    day.work()
    before = left(day)
    choices.choose(day.tools, "e6", "1", 2, by=BY, why="mauvaise fiche")
    assert (seen(day).choice, seen(day).lab) == (1, "e6-1-1")
    choices.choose(day.tools, "e6", "1", 2, by="autre")
    day.work()
    assert day.tools.store.lab("e6-1-1").state is LabState.FROZEN
    assert any(one.kind is SnapshotKind.END for one in day.tools.store.snapshots("e6-1-1"))
    assert left(day) == before, "a new clock is another decision"
    interruptions.resume(day.tools, "e6", "1", by=BY)
    day.work()
    assert day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    assert not day.engine.is_open("e6-1-1", Audience.CANDIDATE)
    pages = retold.read(day.tools)
    assert retold.labs(seen(day), pages) == ("e6-1-1", "e6-1-2")
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="encore")
    day.work()
    with pytest.raises(Refused, match="opened before"):
        choices.choose(day.tools, "e6", "1", 1, by=BY, why="retour dans un labo utilisé")


def test_a_suspended_hour_that_is_over_keeps_its_realisation(day):
    to_hour(day, choice=1)
    day.clock.passes(4000)
    ring(day)
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="alarme")
    with pytest.raises(Refused, match="is over"):
        choices.choose(day.tools, "e6", "1", 2, by=BY, why="trop tard")


def test_an_absence_takes_two_people_and_can_be_taken_back(day):
    attendance.say_absent(day.tools, "e6", "1", by="a")
    assert seen(day).state is P.REGISTERED
    with pytest.raises(Refused, match="has already"):
        attendance.say_absent(day.tools, "e6", "1", by="a")
    attendance.say_absent(day.tools, "e6", "1", by="b")
    assert seen(day).state is P.ABSENT
    attendance.take_back_absence(day.tools, "e6", "1", by="a", why="il attendait dehors")
    attendance.arrive(day.tools, "e6", "1", by="a")
    assert seen(day).state is P.PRESENT


def test_who_came_or_was_said_absent_stays_on_the_list(day):
    attendance.say_absent(day.tools, "e6", "1", by="a")
    with pytest.raises(Refused, match="said absent"):
        sessions.remove_candidate(day.tools, "e6", "1", by=BY)
    attendance.arrive(day.tools, "e6", "1", by="a")
    with pytest.raises(Refused, match="came to the exam"):
        sessions.remove_candidate(day.tools, "e6", "1", by=BY)
    assert seen(day).state is P.PRESENT


def test_a_late_candidate_has_the_whole_time(day):
    day.clock.passes(720)
    to_hour(day)
    assert seen(day).arrived
    assert left(day) > 3500


def test_a_file_that_is_not_conforming_blocks_the_start_with_its_message(day):
    choices.choose(day.tools, "e6", "1", 1, by=BY)
    attendance.arrive(day.tools, "e6", "1", by=BY)
    attendance.block(day.tools, "e6", "1", "fiche non signée", by=BY)
    with pytest.raises(Refused, match="fiche non signée"):
        passages.start(day.tools, "e6", "1", Phase.PHASE_1, by=BY)
    attendance.unblock(day.tools, "e6", "1", by=BY, why="signée")
    passages.start(day.tools, "e6", "1", Phase.PHASE_1, by=BY)


def test_phase_1_waits_for_a_choice_and_a_complete_commission(day):
    attendance.arrive(day.tools, "e6", "1", by=BY)
    day.tools.store.keep_commission(
        replace(day.tools.store.commissions("e6")[0], members=()), by=BY
    )
    with pytest.raises(Refused, match=r"two different ones.*has not chosen"):
        passages.start(day.tools, "e6", "1", Phase.PHASE_1, by=BY)


@pytest.mark.parametrize("pause", [1, 600, 86400])
def test_a_suspension_leaves_what_is_left(day, pause):
    to_hour(day)
    day.clock.passes(1000)
    before = left(day)
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="écran noir")
    day.work()
    assert not day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    day.clock.passes(pause)
    ring(day)
    assert left(day) == before
    interruptions.resume(day.tools, "e6", "1", by=BY, why="écran changé")
    day.work()
    assert seen(day).state is P.HOUR
    resumed = [one for one in day.tools.store.entries("passage:e6/1") if one.what == "resumed"]
    assert [(one.by, one.why) for one in resumed] == [(BY, "écran changé")]
    assert day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    assert left_at_resumption(day) == pytest.approx(before, abs=1)
    (incident,) = day.tools.store.incidents("e6", "1")
    assert incident.seconds == pytest.approx(pause, abs=30)


def test_all_are_suspended_and_resumed_together(day):
    to_hour(day, "1")
    to_interview(day, "2")
    assert len(interruptions.suspend_all(day.tools, "e6", by=BY, why="alarme incendie")) == 2
    assert {one.state for one in day.tools.store.passages("e6")} == {P.SUSPENDED}
    interruptions.resume_all(day.tools, "e6", by=BY)
    day.work()
    assert [seen(day, n).state for n in "12"] == [P.HOUR, P.INTERVIEW_1]


def test_an_extension_moves_the_end_and_the_gateways_instant(day):
    to_hour(day)
    with pytest.raises(BadInput, match="reason"):
        interruptions.extend(day.tools, "e6", "1", 300, by=BY, why=" ")
    before = left(day)
    interruptions.extend(day.tools, "e6", "1", 300, by=BY, why="panne d'écran")
    day.work()
    assert left(day) == pytest.approx(before + 300, abs=20)


def test_an_extension_after_the_bell_opens_again_and_rings_again(day):
    to_hour(day)
    day.clock.passes(4000)
    ring(day)
    interruptions.extend(day.tools, "e6", "1", 300, by=BY, why="décision")
    day.work()
    assert day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    assert left(day) == pytest.approx(300, abs=5)
    day.clock.passes(300)
    ring(day)
    assert day.tools.store.lab("e6-1-2").state is LabState.FROZEN
    assert journal(day).count("hour: time is up") == 2


def test_extra_time_given_in_the_hour_moves_its_end(day):
    to_hour(day)
    before = left(day)
    forms.set_extra_time(day.tools, "e6", "1", {Phase.HOUR: Fraction(1, 3)}, by=BY)
    assert left(day) == pytest.approx(before + 1200, abs=5)


def test_finishing_early_needs_a_reason_and_is_the_end(day):
    to_hour(day)
    with pytest.raises(BadInput):
        passages.finish_hour(day.tools, "e6", "1", by=BY, why="")
    passages.finish_hour(day.tools, "e6", "1", by=BY, why="a terminé")
    day.work()
    assert day.tools.store.lab("e6-1-2").state is LabState.FROZEN
    passages.start(day.tools, "e6", "1", Phase.INTERVIEW_2, by=BY)


def finished_early(day):
    """At 40 minutes, of 60."""
    to_hour(day)
    day.clock.passes(2400)
    ring(day)
    passages.finish_hour(day.tools, "e6", "1", by=BY, why="a terminé")
    day.work()


def test_an_hour_finished_early_waits_for_the_commission_and_rings_no_more(day):
    finished_early(day)
    assert seen(day).is_over(day.tools.clock())
    assert seen(day).clocks[Phase.HOUR].used(day.tools.clock()) == pytest.approx(2400, abs=20)
    passages.finish_hour(day.tools, "e6", "1", by=BY, why="deux fois")
    for _ in range(3):
        day.clock.passes(700)
        ring(day)
    assert not [what for what in journal(day) if what.startswith("hour: ")]
    assert sum(one.kind is SnapshotKind.END for one in day.tools.store.snapshots("e6-1-2")) == 1


def test_a_suspension_after_an_early_end_gives_nothing_back_and_blocks_nothing(day):
    finished_early(day)
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="alarme incendie")
    day.work()
    day.clock.passes(600)
    interruptions.resume(day.tools, "e6", "1", by=BY)
    day.work()
    assert seen(day).state is P.HOUR
    assert seen(day).is_over(day.tools.clock())
    assert not day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    assert day.tools.store.lab("e6-1-2").state is LabState.FROZEN
    assert all(one.ended for one in day.tools.store.incidents("e6", "1"))
    passages.start(day.tools, "e6", "1", Phase.INTERVIEW_2, by=BY)
    day.work()
    assert day.tools.store.lab("e6-1-2").state is LabState.RECETTE


def test_time_after_an_early_end_is_what_was_decided_and_no_more(day):
    finished_early(day)
    forms.set_extra_time(day.tools, "e6", "1", {Phase.HOUR: Fraction(1, 3)}, by=BY)
    day.work()
    assert seen(day).is_over(day.tools.clock())
    assert not day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    interruptions.extend(day.tools, "e6", "1", 300, by=BY, why="fin cliquée par erreur")
    day.work()
    assert day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    assert left(day) == pytest.approx(300, abs=10)
    day.clock.passes(310)
    ring(day)
    assert not day.engine.is_open("e6-1-2", Audience.CANDIDATE)


def test_interview_2_does_not_cut_the_hour_short(day):
    to_hour(day)
    with pytest.raises(Refused, match="still has"):
        passages.start(day.tools, "e6", "1", Phase.INTERVIEW_2, by=BY)


def test_two_at_once_do_not_both_act(day):
    old = seen(day)
    attendance.arrive(day.tools, "e6", "1", by=BY)
    with pytest.raises(LostRace):
        day.tools.store.change_passage(old, replace(old, place="9"), what="x", by=BY)


def test_an_own_environment_has_its_clock_and_no_lab(day):
    day.tools.store.keep_passages([Passage("e6", "2", commission="a", own_tools=True)], by=BY)
    attendance.arrive(day.tools, "e6", "2", by=BY)
    for phase in (Phase.PHASE_1, Phase.INTERVIEW_1):
        passages.start(day.tools, "e6", "2", phase, by=BY)
    choices.choose(day.tools, "e6", "2", 2, by=BY, why="fiche 2")
    choices.choose(day.tools, "e6", "2", 2, by="autre")
    assert seen(day, "2").lab == ""
    attendance.acknowledge(day.tools, "e6", "2")
    passages.start(day.tools, "e6", "2", Phase.HOUR, by=BY)
    day.clock.passes(3600)
    ring(day)
    assert seen(day, "2").is_over(day.tools.clock())
    assert seen(day, "2").lab == ""


def test_a_slow_engine_takes_nothing_from_the_candidate(day):
    to_interview(day)
    passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)
    day.clock.passes(120)  # the engine answers two minutes late
    assert seen(day).state is P.INTERVIEW_1
    day.work()
    assert left(day) > 3590


def test_a_bell_that_rings_during_a_restore_freezes_the_lab_afterwards(day):
    to_hour(day)
    lab = day.tools.store.lab("e6-1-2")
    ready = day.tools.store.move(lab, LabState.READY, by="x", why="restoring")
    day.tools.store.move(ready, LabState.BUILDING, by="x", why="restore")
    day.clock.passes(4000)
    ring(day)
    day.tools.store.move(day.tools.store.lab("e6-1-2"), LabState.READY, by="x", why="restored")
    hours.open_hour(day.tools, "e6-1-2", "e6", "1", by="x")
    day.work()
    assert day.tools.store.lab("e6-1-2").state is LabState.FROZEN
    assert not day.engine.is_open("e6-1-2", Audience.CANDIDATE)
    assert sum(one.kind is SnapshotKind.END for one in day.tools.store.snapshots("e6-1-2")) == 1


def beat(day):
    day.tools.store.beat("worker", day.tools.clock())


def test_a_power_cut_is_left_out_of_the_clock_until_staff_decide(day):
    to_hour(day)
    day.clock.passes(1200)
    beat(day)
    before = left(day)
    day.clock.passes(3)  # since the last heartbeat
    day.clock.reboots(420)
    for node in day.engine.labs["e6-1-2"].nodes.values():
        node.seen = Seen.STOPPED
    assert outages.recover_clocks(day.tools)
    assert outages.recover_clocks(day.tools) == []
    assert seen(day).state is P.SUSPENDED
    day.clock.passes(600)
    ring(day)
    assert left(day) == before
    reconcile.look_round(day.tools)
    day.work()
    assert not day.engine.is_open("e6-1-2", Audience.CANDIDATE), "nobody decided yet"
    interruptions.resume(day.tools, "e6", "1", by=BY)
    day.work()
    assert seen(day).state is P.HOUR
    assert left_at_resumption(day) == pytest.approx(before, abs=1)
    assert any("outage since" in what for what in journal(day))


def test_while_only_labmgr_was_away_the_clock_ran_on(day):
    to_hour(day)
    beat(day)
    day.clock.passes(600)
    assert outages.recover_clocks(day.tools) == []
    assert left(day) == pytest.approx(3000, abs=20)
    (told,) = day.tools.store.incidents("e6", "1")
    assert re.fullmatch(r"labmgr was away since [\d:]+ for 6\d\d s, the lab ran on", told.what)
    assert told.ended
    assert decisions.proposed(seen(day), told, day.clock.at) is Decision.NOTHING


def test_a_short_restart_of_labmgr_is_nobodys_incident(day):
    to_hour(day)
    beat(day)
    day.clock.passes(8)
    outages.recover_clocks(day.tools)
    assert day.tools.store.incidents("e6", "1") == []


def test_a_bell_missed_meanwhile_is_answered_once_and_at_its_time(day):
    to_hour(day)
    beat(day)
    day.clock.passes(5000)
    assert outages.recover_clocks(day.tools) == []
    ring(day)
    ring(day)
    assert journal(day).count("hour: time is up") == 1
    assert seen(day).clocks[Phase.HOUR].used(day.tools.clock()) == pytest.approx(3600)


def test_a_bell_due_before_the_cut_is_answered_not_suspended(day):
    to_hour(day)
    day.clock.passes(3700)
    beat(day)
    day.clock.reboots(100)
    assert outages.recover_clocks(day.tools) == []
    ring(day)
    assert seen(day).is_over(day.tools.clock())


@pytest.mark.parametrize("jump", [-3600, 3600, 86400 * 30])
def test_a_wall_clock_that_jumps_does_no_harm(day, jump):
    to_hour(day)
    before = left(day)
    day.clock.jumps(jump)
    ring(day)
    assert seen(day).state is P.HOUR
    assert left(day) == pytest.approx(before, abs=1)


def test_a_dead_node_is_an_incident_with_a_proposal_and_never_more(day):
    to_hour(day)
    node = day.engine.labs["e6-1-2"].nodes["web"]
    node.seen = Seen.STOPPED
    outages.watch(day.tools)
    outages.watch(day.tools)
    (incident,) = day.tools.store.incidents("e6", "1")
    assert incident.what == "node web does not run"
    day.clock.passes(300)
    node.seen = Seen.RUNNING
    outages.watch(day.tools)
    (over,) = day.tools.store.incidents("e6", "1")
    assert over.seconds == pytest.approx(300, abs=10)
    assert outages.proposal(seen(day), over) == "extend"
    assert outages.proposal(seen(day), replace(over, seconds=1000.0)) == "report"
    assert outages.proposal(seen(day), replace(over, decision="rien")) == ""
    assert seen(day).clocks[Phase.HOUR].allotted == 3600
    assert GATEWAY not in over.what


def test_a_node_that_is_dead_at_the_bell_leaves_no_incident_that_never_ends(day):
    to_hour(day)
    day.clock.passes(3000)
    day.engine.labs["e6-1-2"].nodes["web"].seen = Seen.STOPPED
    outages.watch(day.tools)
    day.clock.passes(700)
    ring(day)
    (over,) = day.tools.store.incidents("e6", "1")
    assert over.ended
    assert over.seconds == pytest.approx(700, abs=20)
    outages.watch(day.tools)
    assert len(day.tools.store.incidents("e6", "1")) == 1, "after the hour nobody works there"


def test_a_node_started_again_during_a_suspension_is_seen_then(day):
    to_hour(day)
    node = day.engine.labs["e6-1-2"].nodes["web"]
    node.seen = Seen.STOPPED
    outages.watch(day.tools)
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="web est tombé")
    day.work()
    day.clock.passes(60)
    node.seen = Seen.RUNNING
    outages.watch(day.tools)
    dead = next(one for one in day.tools.store.incidents("e6", "1") if "web does" in one.what)
    assert dead.ended
    day.engine.labs["e6-1-2"].nodes["db"].seen = Seen.STOPPED
    outages.watch(day.tools)
    assert len(day.tools.store.incidents("e6", "1")) == 2, "nobody is kept from working now"


def test_each_realisation_is_a_lab_with_its_own_parameters(day):
    ids = [lab.id for lab in day.tools.store.labs("e6", "1")]
    assert ids == ["e6-1-1", "e6-1-2"]
    with pytest.raises(BadInput, match="no parameter VLAN"):
        forms.keep_realisation(
            day.tools, Realisation("e6", "1", 1, "mini", variables={"VLAN": "4"}), by=BY
        )
    assert rosters.plan_labs(day.tools, "e6", by=BY)


def test_a_document_is_a_pdf_and_comes_back_as_it_was(day):
    with pytest.raises(BadInput, match="not a PDF"):
        forms.keep_document(day.tools, "e6", "1", 1, name="a.pdf", data=b"<html>", by=BY)
    forms.keep_document(day.tools, "e6", "1", 1, name="besoins.pdf", data=DOCUMENT, by=BY)
    assert day.tools.store.document("e6", "1", 1) == ("besoins.pdf", DOCUMENT)


def test_a_disk_that_is_full_at_the_bell_costs_no_end_snapshot(day):
    reconcile.look_round(day.tools)
    to_hour(day)
    day.write("e6-1-2", "the hour's work")
    day.facts(disk_free=0)
    day.clock.passes(left(day))
    ring(day)
    assert day.tools.store.lab("e6-1-2").state is LabState.FROZEN
    kinds = [one.kind for one in day.tools.store.snapshots("e6-1-2") if one.verified]
    assert kinds.count(SnapshotKind.END) == 1
    (incident,) = day.tools.store.incidents("e6", "1")
    assert incident.what.startswith("the disk reserve was given up")
    assert outages.proposal(seen(day), incident) == ""
