"""A lab's life as a table: every state has a row, and the moves that matter are said aloud."""

from __future__ import annotations

import pytest

from labmgr.domain.lab import FIRST, MOVES, STANDING, Lab, LabState
from labmgr.domain.repair import GATEWAY, Seen, Step, next_step
from labmgr.errors import WrongState

L = LabState


def a_lab(state):
    return Lab("e6-1-1", "e6", "1", 1, 1, "sisr-core", "abc", state=state)


def test_every_state_has_a_row_and_every_move_leads_to_a_state():
    assert set(MOVES) == set(LabState)
    assert set().union(*MOVES.values()) <= set(LabState)
    assert all(state not in MOVES[state] for state in LabState)


def test_no_state_is_a_trap_and_each_can_be_come_to():
    for state in LabState:
        assert MOVES[state], f"nothing leads out of {state}"
    assert set().union(*MOVES.values()) == set(LabState)


def test_an_open_lab_is_never_removed_nor_rebuilt_in_one_step():
    assert MOVES[L.OPEN].isdisjoint({L.GONE, L.BUILDING, L.PLANNED})


def test_only_a_lab_that_was_proven_opens():
    assert {state for state in LabState if L.OPEN in MOVES[state]} == {L.READY, L.FROZEN}


def test_whatever_failed_can_be_built_or_removed():
    assert MOVES[L.BROKEN] == {L.BUILDING, L.GONE}
    assert all(L.BROKEN in MOVES[state] for state in STANDING | {L.BUILDING})


@pytest.mark.parametrize("state", LabState)
@pytest.mark.parametrize("new", LabState)
def test_a_step_is_taken_or_refused_with_the_ways_that_are_open(state, new):
    lab = a_lab(state)
    if new in MOVES[state]:
        assert lab.moved_to(new) == a_lab(new)
        return
    with pytest.raises(WrongState, match=f"Lab e6-1-1 is {state} and cannot become {new}") as no:
        lab.moved_to(new)
    first = FIRST.get((state, new))
    assert no.value.hint == first or all(way in no.value.hint for way in MOVES[state])


NODES = ("db", "web")
UP = {"web": Seen.RUNNING, "db": Seen.RUNNING, GATEWAY: Seen.RUNNING}
DOWN = dict.fromkeys(UP, Seen.STOPPED)
HELD = UP | {"db": Seen.PAUSED}
HALF = {"web": Seen.RUNNING, GATEWAY: Seen.RUNNING}
FRESH = UP | {"db": Seen.CREATED}
NO_GATEWAY = {"web": Seen.RUNNING, "db": Seen.RUNNING}
ONLY_GATEWAY = {GATEWAY: Seen.STOPPED}


@pytest.mark.parametrize(
    ("wanted", "seen", "step"),
    [
        (L.PLANNED, {}, Step.LEAVE),
        (L.PLANNED, UP, Step.REMOVE),  # nobody ordered these
        (L.BUILDING, {}, Step.LEAVE),  # the worker that holds it will finish
        (L.BUILDING, HALF, Step.LEAVE),
        (L.READY, UP, Step.LEAVE),
        (L.READY, DOWN, Step.WAKE),  # the host rebooted: wake what is there
        (L.READY, HELD, Step.WAKE),  # a snapshot whose worker died left it so
        (L.READY, FRESH, Step.WAKE),
        (L.READY, NO_GATEWAY, Step.WAKE),  # it holds nobody's work: made again
        (L.READY, HALF, Step.CALL_FOR_HELP),  # a node is gone, work with it: a person decides
        (L.READY, {}, Step.CALL_FOR_HELP),
        (L.OPEN, UP, Step.LEAVE),
        (L.OPEN, DOWN, Step.WAKE),
        (L.OPEN, HALF, Step.CALL_FOR_HELP),
        (L.FROZEN, UP, Step.LEAVE),
        (L.FROZEN, DOWN, Step.WAKE),
        (L.FROZEN, HALF, Step.CALL_FOR_HELP),
        (L.RECETTE, DOWN, Step.WAKE),
        (L.BROKEN, {}, Step.LEAVE),  # a person decides
        (L.BROKEN, DOWN, Step.LEAVE),
        (L.GONE, {}, Step.LEAVE),
        (L.GONE, DOWN, Step.REMOVE),
        (L.GONE, ONLY_GATEWAY, Step.REMOVE),  # a removal that was cut short
    ],
)
def test_what_look_round_orders(wanted, seen, step):
    assert next_step(wanted, NODES, seen) is step


@pytest.mark.parametrize("state", LabState)
def test_no_step_ever_builds_or_removes_what_a_candidate_may_have_worked_in(state):
    for seen in ({}, UP, DOWN, HELD, HALF, FRESH, NO_GATEWAY, ONLY_GATEWAY):
        step = next_step(state, NODES, seen)
        if state in STANDING | {L.BROKEN, L.BUILDING}:
            assert step in {Step.LEAVE, Step.WAKE, Step.CALL_FOR_HELP}
