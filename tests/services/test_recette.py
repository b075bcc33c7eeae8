"""The recette of a lab: replayed whole or by line, kept for ever, remarked on by people."""

import pytest

from labmgr.domain.journal import first_altered
from labmgr.domain.repair import Seen
from labmgr.domain.work import JobKind
from labmgr.errors import BadFile, BadInput, EngineUnreachable, NotFound, Refused, WrongState
from labmgr.services.lab import doors, labs
from labmgr.services.passage import recette
from tests import recette as sheets
from tests.services.mortal import Killed
from tests.services.world import World, write_templates

# The last line of the sheet is to be blocked: the world must let nothing through there.
SHUT = "line/5"


@pytest.fixture
def world(disk, tmp_path):
    folder = write_templates(tmp_path / "own")
    sheets.write(folder)
    (disk / "home").mkdir()
    made = World(disk / "home", folder)
    made.engine.red[SHUT] = "port 80 does not answer"
    yield made
    made.close()


@pytest.fixture
def lab(world):
    return world.ready()[0]


def replay(world, lab, **more):
    job = recette.order_recette(world.tools, lab, by="jury", **more)
    world.work()
    ended = world.tools.store.job(job.id)
    assert ended.ended_well, ended
    return recette.results(world.tools, lab)


def greens(sheet):
    return [line.result.green for line in sheet.lines]


def test_all_lines_are_replayed_with_evidence(world, lab):
    before = recette.results(world.tools, lab)
    assert greens(before) == [None] * 5
    sheet = replay(world, lab)
    assert greens(sheet) == [True] * 5
    first = sheet.lines[0]
    assert first.result.evidence == "answered"
    assert first.result.command == "fake ping 10.101.10.20"
    assert first.run.by == "jury"
    assert first.run.recette == sheet.recette.hash
    assert first.run.values["LAB_NET"] == "10.101"
    assert first.run.ended
    assert "recette replayed: 5 of 5 lines as expected" in world.events(lab)
    assert world.tools.store.progress(lab) == []
    world.assert_whole()


def test_two_candidates_are_asked_with_their_own_values(world, lab):
    other = world.tools.store.labs()[1].id
    asked = [replay(world, one).lines[3].result.address for one in (lab, other)]
    assert asked == ["10.101.10.10", "10.102.10.10"]


def test_one_line_alone_is_replayed_and_the_others_keep_their_answers(world, lab):
    replay(world, lab)
    world.engine.red["line/2"] = "port 22 closed"
    sheet = replay(world, lab, line=2)
    assert greens(sheet) == [True, False, True, True, True]
    assert sheet.lines[1].result.evidence == "port 22 closed"
    assert [len(run.results) for run in sheet.runs] == [1, 5]
    assert sheet.runs[1].green == 5  # what was seen before stands as it was


def test_a_dead_destination_and_a_dead_source_are_red_lines(world, lab):
    world.engine.set_seen(lab, "db", Seen.STOPPED)
    sheet = replay(world, lab)
    assert greens(sheet) == [False, False, True, False, False]
    assert "db is stopped" in sheet.lines[3].result.evidence


def test_an_engine_that_goes_away_makes_red_lines_not_a_crash(world, lab):
    world.engine.fails_with["probe"] = EngineUnreachable("local")
    sheet = replay(world, lab)
    assert greens(sheet) == [False] * 5
    assert "does not answer" in sheet.lines[0].result.evidence


def test_what_is_blocked_must_not_pass(world, lab):
    del world.engine.red[SHUT]
    assert greens(replay(world, lab))[4] is False


def test_it_runs_in_an_open_and_in_a_frozen_lab_but_not_before_it_stands(world):
    lab = world.session()[0].id
    with pytest.raises(WrongState, match="planned"):
        recette.order_recette(world.tools, lab, by="jury")
    labs.order_build(world.tools, [lab], by="prof")
    world.work()
    for order in (doors.order_open, lambda *a, **k: doors.order_close(*a, freeze=True, **k)):
        order(world.tools, lab, by="prof")
        world.work()
        assert greens(replay(world, lab)) == [True] * 5
    assert world.lab(lab).state == "frozen"


def test_an_unknown_line_and_a_template_without_a_recette_are_named(world, lab):
    with pytest.raises(NotFound, match="no line 9") as trouble:
        recette.order_recette(world.tools, lab, by="jury", line=9)
    assert "1 to 5" in trouble.value.hint
    (world.templates / "mini" / "recette.yaml").unlink()
    with pytest.raises(NotFound, match="has no recette") as trouble:
        recette.order_recette(world.tools, lab, by="jury")
    assert "recette.yaml" in trouble.value.hint


def test_reading_a_sheet_makes_no_secret_and_asks_no_engine(world):
    lab = world.session()[0].id
    before = list(world.engine.calls)
    recette.results(world.tools, lab)
    assert world.tools.store.credentials(lab) == []
    assert world.engine.calls == before


def test_remarks_are_added_and_never_replaced(world, lab):
    replay(world, lab)
    recette.remark(world.tools, lab, "  Très bien.  ", by="jury")
    recette.remark(world.tools, lab, "Lent", by="jury", line=1)
    recette.remark(world.tools, lab, "Lent, puis bon", by="jury2", line=1)
    sheet = recette.results(world.tools, lab)
    assert [one.text for one in sheet.remarks] == ["Très bien."]
    assert [one.text for one in sheet.lines[0].remarks] == ["Lent", "Lent, puis bon"]
    entries = [one for one in world.tools.store.entries(f"lab:{lab}") if one.what == "remark added"]
    assert [(one.by, one.why) for one in entries][1:] == [
        ("jury", "Le site joint la base"),
        ("jury2", "Le site joint la base"),
    ]
    assert first_altered(world.tools.store.entries()) is None


@pytest.mark.parametrize(("text", "line"), [("", 0), ("   ", 1), ("x" * 2001, 0)])
def test_a_remark_that_says_nothing_or_a_book_is_refused(world, lab, text, line):
    with pytest.raises(BadInput):
        recette.remark(world.tools, lab, text, by="jury", line=line)
    with pytest.raises(NotFound):
        recette.remark(world.tools, lab, "words", by="jury", line=77)


def test_a_changed_recette_starts_afresh_and_loses_nothing(world, lab):
    replay(world, lab)
    recette.remark(world.tools, lab, "Lent", by="jury", line=1)
    sheets.write(world.templates, sheets.SHEET.replace("TCP/22", "TCP/2222"))
    sheet = recette.results(world.tools, lab)
    assert greens(sheet) == [None] * 5
    assert [(one.about, one.text) for one in sheet.remarks] == [("Le site joint la base", "Lent")]
    assert sheet.runs[0].green == 5
    labs.order_reset(world.tools, lab, by="prof")  # the snapshot is as fit as it was
    world.work()
    assert world.last_job(lab).ended_well


def test_a_recette_that_was_spoilt_is_said_and_what_was_seen_stays(world, lab):
    replay(world, lab)
    sheets.write(world.templates, "lines: 3\n")
    sheet = recette.results(world.tools, lab)
    assert isinstance(sheet.trouble, BadFile)
    assert greens(sheet) == [True] * 5
    with pytest.raises(BadFile):
        recette.order_recette(world.tools, lab, by="jury")


def test_an_answer_is_written_once(world, lab):
    run = replay(world, lab).runs[0]
    with pytest.raises(Refused, match="answered already"):
        world.tools.store.keep_result(run.id, run.results[0])


def test_an_order_that_waits_is_not_given_twice(world, lab):
    jobs = [recette.order_recette(world.tools, lab, by="jury", line=n) for n in (None, None, 2)]
    assert jobs[0].id == jobs[1].id != jobs[2].id
    assert {job.kind for job in jobs} == {JobKind.RECETTE}


def test_it_all_goes_with_its_session(world, lab):
    replay(world, lab)
    recette.remark(world.tools, lab, "Lent", by="jury", line=1)
    for one in world.tools.store.labs():
        labs.order_remove(world.tools, one.id, by="prof")
    world.work()
    world.tools.store.remove_session("e6", by="prof")
    assert world.tools.store.recettes(lab) == []
    assert world.tools.store.remarks(lab) == []


def test_a_worker_that_dies_in_the_middle_leaves_its_replay_and_another_follows(world, lab):
    keep = world.engine.probe

    def die(lab, checks, *, deadline):
        for rank, finding in enumerate(keep(lab, checks, deadline=deadline)):
            if rank == 2:
                raise Killed
            yield finding

    world.engine.probe = die
    recette.order_recette(world.tools, lab, by="jury")
    with pytest.raises(Killed):
        world.work()
    world.engine.probe = keep
    after = world.again()
    after.settle()
    second, first = after.tools.store.recettes(lab)
    assert first.ended is None
    assert [one.green for one in first.results] == [True, True, None, None, None]
    assert second.ended
    assert second.green == 5
    assert greens(recette.results(after.tools, lab)) == [True] * 5
    after.assert_whole()
    after.close()
