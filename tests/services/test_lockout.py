"""Locked out after five wrong tries; whoever reissues the access lets its owner in again."""

from __future__ import annotations

import pytest

from labmgr.domain.words import Role
from labmgr.errors import NotAllowed, Refused
from labmgr.services.instance import accounts
from labmgr.services.session import rosters

BY = "prof"


def fail(enter, who, times=accounts.MOST_FAILURES):
    for _ in range(times):
        with pytest.raises(NotAllowed):
            enter(who, "wrong")


def test_a_new_code_lets_a_locked_out_candidate_in(world):
    world.ready(count=1)
    fail(lambda number, code: accounts.enter_portal(world.tools, number, code), "1")
    with pytest.raises(Refused, match="Too many"):
        accounts.enter_portal(world.tools, "1", world.tools.store.code("e6", "1"))
    code = rosters.new_code(world.tools, "e6", "1", by=BY)
    assert accounts.enter_portal(world.tools, "1", code).candidate.number == "1"


def test_a_neighbours_wrong_tries_lock_the_neighbour_alone(world):
    world.ready(count=1)
    code = world.tools.store.code("e6", "1")
    fail(lambda number, given: enter(world, number, given, "10.0.0.5"), "1")
    with pytest.raises(Refused, match="Too many"):
        enter(world, "1", code, "10.0.0.5")
    assert enter(world, "1", code, "10.0.0.51").candidate.number == "1"
    with pytest.raises(Refused, match="Too many"):  # the owner's success forgives them nothing
        enter(world, "1", code, "10.0.0.5")


def test_many_addresses_together_are_locked_out_too(world):
    world.ready(count=1)
    for rank in range(accounts.MOST_FROM_ALL):
        with pytest.raises(NotAllowed):
            enter(world, "1", "wrong", f"10.0.1.{rank}")
    with pytest.raises(Refused, match="Too many"):
        enter(world, "1", world.tools.store.code("e6", "1"), "10.0.0.9")
    code = rosters.new_code(world.tools, "e6", "1", by=BY)
    assert enter(world, "1", code, "10.0.0.9").candidate.number == "1"


def enter(world, number, code, origin):
    return accounts.enter_portal(world.tools, number, code, origin=origin)


def test_a_new_password_lets_a_locked_out_account_in(world):
    accounts.add_account(world.tools, "mdurand", Role.TEACHER, by=BY)
    fail(lambda login, password: accounts.log_in(world.tools, login, password), "mdurand")
    password = accounts.new_password(world.tools, "mdurand", by=BY)
    assert accounts.log_in(world.tools, "mdurand", password).login == "mdurand"


def test_five_wrong_tries_on_one_account_lock_no_other(world):
    accounts.add_account(world.tools, "mdurand", Role.TEACHER, by=BY)
    fail(lambda login, password: accounts.log_in(world.tools, login, password), "admin")
    password = accounts.new_password(world.tools, "mdurand", by=BY)
    fail(lambda login, given: accounts.log_in(world.tools, login, given), "mdurand", times=4)
    assert accounts.log_in(world.tools, "mdurand", password).role is Role.TEACHER
