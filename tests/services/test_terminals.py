"""Who may have a shell where, how many, and what the journal says of it."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from labmgr.domain.lab import LabState
from labmgr.domain.terminals import MOST_EACH, MOST_LINES, Size
from labmgr.domain.words import Audience
from labmgr.errors import LoginRefused, NotFound, Refused, StoreError
from labmgr.services.desk import terminals
from labmgr.services.desk.live_terminal import Ending, Holder
from labmgr.services.desk.live_terminals import Terminals
from labmgr.services.lab import doors
from labmgr.store.kept.recordings import FileRecordings

CANDIDATE = Holder(Audience.CANDIDATE, "candidate:e6/1", "candidate 1")
COMMISSION = Holder(Audience.COMMISSION, "account:jury", "jury")


@pytest.fixture
def opened(world):
    """The first of two labs is open."""
    first, _ = world.ready()
    doors.order_open(world.tools, first, by="prof")
    world.work()
    return first


@pytest.fixture
def registers():
    """Makes registers; what still runs in one is ended."""
    made = []

    def make(tools):
        made.append(Terminals(tools))
        return made[-1]

    yield make
    for one in made:
        for terminal in one.of():
            terminal.end(Ending.LEFT)


@pytest.fixture
def register(world, registers):
    return registers(world.tools)


def shell(register, world, lab, holder=CANDIDATE, node="db", **more):
    return register.open(world.lab(lab), node, Size(), holder, **more)


def wait(done):
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def recette(world, lab):
    doors.order_close(world.tools, lab, by="prof", freeze=True)
    world.work()
    world.tools.store.move(world.lab(lab), LabState.RECETTE, by="jury", why="")


def test_the_way_goes_through_the_audiences_own_door_with_the_nodes_account(world, opened):
    way = terminals.target(world.tools, world.lab(opened), "db", Audience.CANDIDATE)
    plan_key = world.tools.store.secret(f"gateway:{opened}:host-key")
    assert way.jump.host_key == world.tools.vault.public_key(plan_key)
    assert (way.jump.login, way.login, way.port) == ("candidat", "etudiant", 22)
    assert way.password or way.key
    recette(world, opened)
    there = terminals.target(world.tools, world.lab(opened), "db", Audience.COMMISSION)
    assert there.jump.login == "examinateur"
    assert there.jump.port != way.jump.port
    assert there.jump.password != way.jump.password
    for secret in (way.password, way.key, way.jump.password):
        assert not secret or secret not in repr(way)


@pytest.mark.parametrize("state", list(LabState))
def test_candidates_enter_open_labs_and_the_commission_those_in_recette(world, state):
    lab = world.session()[0]
    moved = type(lab)(**{**vars(lab), "state": state})
    for audience, allowed in (
        (Audience.CANDIDATE, LabState.OPEN),
        (Audience.COMMISSION, LabState.RECETTE),
    ):
        if state is allowed:
            terminals.check_open(moved, audience)
        else:
            with pytest.raises(Refused):
                terminals.check_open(moved, audience)


def test_a_node_without_ssh_has_no_terminal(world, opened):
    with pytest.raises(NotFound):
        terminals.target(world.tools, world.lab(opened), "none", Audience.CANDIDATE)


def test_nobody_finds_the_terminal_of_another(world, opened, register):
    mine = shell(register, world, opened)
    assert register.find(mine.label.id, CANDIDATE.owner) is mine
    assert register.find(mine.label.id, "candidate:e6/2") is None
    assert register.find("none", CANDIDATE.owner) is None


def test_the_journal_says_who_opened_looked_and_why_it_ended(world, opened, register):
    mine = shell(register, world, opened)
    register.watch(mine.label.id, by="jury")
    world.shells.opened[0].write(b"echo secret-word\rexit\r")
    wait(lambda: "terminal on db ended: the shell was left" in world.events(opened))
    entries = world.tools.store.entries(f"lab:{opened}")
    told = {entry.what: entry.by for entry in entries}
    assert told["terminal opened on db as etudiant"] == "candidate 1"
    assert told["terminal on db watched"] == "jury"
    assert not [one for one in entries if "secret-word" in one.what + one.why]
    with pytest.raises(NotFound):
        register.watch(mine.label.id, by="jury")


def test_the_end_of_the_hour_ends_the_shells_of_that_lab(world, opened, register):
    mine = shell(register, world, opened)
    doors.order_close(world.tools, opened, by="prof")
    world.work()
    world.shells.opened[0].cut()
    wait(lambda: mine.ended)
    assert mine.ended is Ending.CLOSED
    with pytest.raises(Refused):
        shell(register, world, opened)


def test_one_person_has_so_many_and_those_left_behind_give_way(world, opened, register):
    all_of_them = [shell(register, world, opened) for _ in range(MOST_EACH)]
    with all_of_them[0].viewed(typing=True):
        shell(register, world, opened)
        assert all_of_them[1].ended is Ending.ABANDONED
        assert not all_of_them[0].ended
    shell(register, world, opened, holder=Holder(Audience.CANDIDATE, "candidate:e6/9", "c"))


def test_a_person_who_looks_at_all_of_theirs_is_told(world, opened, register):
    from contextlib import ExitStack  # noqa: PLC0415 - only here

    with ExitStack() as pages:
        for _ in range(MOST_EACH):
            pages.enter_context(shell(register, world, opened).viewed(typing=True))
        with pytest.raises(Refused, match=f"already have {MOST_EACH}"):
            shell(register, world, opened)


def test_a_shell_that_could_not_be_opened_takes_no_place(world, opened, register):
    world.shells.refused["etudiant"] = "chosen by its candidate"
    for _ in range(MOST_EACH + 1):
        with pytest.raises(LoginRefused):
            shell(register, world, opened)
    assert shell(register, world, opened, password="chosen by its candidate")


def test_browsers_never_take_all_threads(register):
    from contextlib import ExitStack  # noqa: PLC0415 - only here

    with ExitStack() as lines:
        for _ in range(MOST_LINES):
            lines.enter_context(register.line())
        with pytest.raises(Refused), register.line():
            pass
    with register.line():
        pass


def test_leaving_labmgr_ends_all_of_ones_terminals(world, opened, register):
    mine = [shell(register, world, opened) for _ in range(2)]
    register.end_all(CANDIDATE.owner)
    assert {one.ended for one in mine} == {Ending.LEFT}
    wait(lambda: not register.of(lab=opened))


def test_no_room_for_a_recording_is_written_down_and_the_shell_opens(world, opened, register):
    records = world.home / "records"
    records.write_text("a file where the folder should be")
    mine = shell(register, world, opened)
    assert not mine.recorded
    assert "the recording of the terminal on db has stopped" in world.events(opened)


def test_a_shell_outlives_the_room_of_all_recordings(world, opened, registers):
    tapes = FileRecordings(world.home, now=world.clock, most=9000)
    world.tools = replace(world.tools, recordings=tapes)
    register = registers(world.tools)
    mine = shell(register, world, opened)
    assert mine.recorded
    while tapes.space().used < 8000:
        mine.type(b"z" * 700)
        time.sleep(0.01)
    for _ in range(20):
        mine.type(b"z" * 700)
    wait(lambda: not mine.recorded)
    assert not mine.ended
    rows = world.tools.store.entries(f"lab:{opened}")
    (row,) = [one for one in rows if one.what.startswith("the recording of the terminal")]
    assert row.why == "all recordings have reached 0 MiB"
    assert not shell(register, world, opened).recorded


def test_a_recording_lies_with_its_lab(world, opened, register):
    shell(register, world, opened)
    wait(lambda: world.tools.recordings.tapes(opened))
    (tape,) = world.tools.recordings.tapes(opened)
    assert "candidate-1-db" in tape.name


def test_a_journal_that_cannot_be_written_ends_no_shell(world, opened, register, monkeypatch):
    def full(*_, **__):
        raise StoreError("disk full")

    monkeypatch.setattr(type(world.tools.store), "write", full)
    mine = shell(register, world, opened)
    assert not mine.ended
