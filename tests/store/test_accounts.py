"""Accounts, codes, seats and failed logins."""

from datetime import timedelta

import pytest

from labmgr.domain.people import Account
from labmgr.domain.words import Role
from labmgr.errors import NotFound, Refused


def test_an_account_lives(store):
    store.add_account("prof", Role.TEACHER, "hash 1", by="setup")
    with pytest.raises(Refused, match="already an account prof"):
        store.add_account("prof", Role.ADMIN, "hash 2", by="setup")
    store.set_password("prof", "hash 3", by="chef")
    store.disable_account("prof", by="chef")
    store.disable_account("prof", by="chef")
    assert store.accounts() == [Account("prof", Role.TEACHER, "hash 3", disabled=True)]
    assert store.account("prof").disabled
    steps = [entry.what for entry in store.entries("account:prof")]
    assert steps == ["added as teacher", "password set", "disabled"]


def test_an_unknown_account_is_not_found(store):
    for verb in (
        lambda: store.account("x"),
        lambda: store.set_password("x", "h", by="chef"),
        lambda: store.disable_account("x", by="chef"),
    ):
        with pytest.raises(NotFound, match="no account x"):
            verb()


def test_a_new_code_sends_the_old_browser_away(store, candidate):
    who = (candidate.session, candidate.number)
    assert store.code(*who) is None
    store.keep_code(*who, "ABCD", by="prof")
    store.take_seat(*who, "browser 1")
    store.keep_code(*who, "ABCD", by="prof")
    assert store.seat(*who) == "browser 1"
    store.keep_code(*who, "EFGH", by="prof")
    assert (store.code(*who), store.seat(*who)) == ("EFGH", None)
    issued = store.entries(f"candidate:{candidate.session}/{candidate.number}")
    assert [entry.what for entry in issued] == ["code issued", "code issued"]


def test_one_browser_holds_a_seat(store, candidate):
    who = (candidate.session, candidate.number)
    store.take_seat(*who, "browser 1")
    store.take_seat(*who, "browser 2")
    assert store.seat(*who) == "browser 2"
    store.take_seat(*who, None)
    store.take_seat(*who, None)
    assert store.seat(*who) is None


def test_a_code_for_nobody_is_refused(store, session):
    with pytest.raises(NotFound):
        store.keep_code(session.name, "99", "ABCD", by="prof")


def test_failed_logins_are_counted_from_an_instant_and_forgiven(store, clock):
    start = clock.at
    for minute in range(5):
        clock.at = start + timedelta(minutes=minute)
        store.note_failed_login("prof")
    store.note_failed_login("other")
    assert store.failed_logins("prof", start) == 5
    assert store.failed_logins("prof", start + timedelta(minutes=3)) == 2
    store.forgive_failed_logins("prof")
    assert store.failed_logins("prof", start) == 0
    assert store.failed_logins("other", start) == 1
    clock.at = start + timedelta(days=8)
    store.note_failed_login("prof")
    assert store.failed_logins("other", start) == 0  # old ones do not pile up


def test_failed_logins_of_a_door_are_those_from_everywhere(store, clock):
    start = clock()
    for who in ("seat:1 here", "seat:1 there", "seat:10 here", "seat:1%"):
        store.note_failed_login(who)
    assert store.failed_logins("seat:1", start) == 2
    assert store.failed_logins("seat:1 here", start) == 1
    store.forgive_failed_logins("seat:1 here")
    assert store.failed_logins("seat:1", start) == 1
    store.forgive_failed_logins("seat:1")
    assert [store.failed_logins(one, start) for one in ("seat:1", "seat:10", "seat:1%")] == [
        0,
        1,
        1,
    ]
