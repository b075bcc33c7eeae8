"""A lab's steps are written by compare-and-set, each with its journal row."""

from dataclasses import replace
from datetime import timedelta

import pytest

from labmgr.domain.credential import Credential
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.probe import Finding
from labmgr.domain.template import CredentialKind
from labmgr.domain.words import Audience
from labmgr.domain.work import Progress
from labmgr.errors import LostRace, NotFound, WrongState

S = LabState


def test_of_twelve_who_move_one_lab_one_wins_and_eleven_are_told(store, lab, race):
    results = race(lambda n: store.move(lab, S.BUILDING, by=f"t{n}", why="race"), 12)
    winners = [one for one in results if isinstance(one, Lab)]
    losers = [one for one in results if isinstance(one, LostRace)]
    assert (len(winners), len(losers)) == (1, 11)
    assert store.lab(lab.id).state is S.BUILDING
    steps = [entry for entry in store.entries(f"lab:{lab.id}") if "building" in entry.what]
    assert len(steps) == 1  # the losers left nothing behind
    assert "look again" in losers[0].hint


def test_a_step_stands_in_the_journal(store, lab, clock):
    store.move(lab, S.BUILDING, by="prof", why="first build")
    last = store.entries(f"lab:{lab.id}")[-1]
    assert (last.what, last.by, last.why) == ("planned -> building", "prof", "first build")
    assert last.at == clock.at


def test_a_step_that_no_table_allows_is_refused_and_not_written(store, lab):
    before = store.entries()
    with pytest.raises(WrongState):
        store.move(lab, S.OPEN, by="prof", why="")
    assert store.lab(lab.id) == lab
    assert store.entries() == before


def test_a_lab_nobody_knows_is_not_found(store, session, make_lab):
    with pytest.raises(NotFound):
        store.lab("nope")
    with pytest.raises(NotFound):
        store.move(make_lab(session.name, 9), S.BUILDING, by="prof", why="")


def test_adding_a_lab_twice_returns_what_stands(store, lab):
    moved = store.move(lab, S.BUILDING, by="prof", why="")
    rows = len(store.entries())
    assert store.add_lab(replace(lab, number=77), by="prof") == moved
    assert len(store.entries()) == rows


def test_two_labs_never_get_one_number(store, lab, make_lab, race):
    with pytest.raises(LostRace, match=f"number 1 was just given to {lab.id}"):
        store.add_lab(replace(make_lab(lab.session, 2), number=1), by="prof")

    def plan(rank):
        return store.add_lab(replace(make_lab(lab.session, 50 + rank), number=9), by="prof")

    results = race(plan, 6)
    assert sum(isinstance(one, LostRace) for one in results) == 5


def test_labs_come_by_number_and_session(store, lab, make_lab):
    store.add_lab(make_lab(lab.session, 10), by="prof")
    store.add_lab(make_lab(lab.session, 9), by="prof")
    assert [one.number for one in store.labs()] == [1, 9, 10]
    assert store.labs("another") == []
    assert store.labs(lab.session, lab.candidate)[0] == lab
    assert all(one.candidate == lab.candidate for one in store.labs(lab.session, lab.candidate))
    assert store.labs(lab.session, "nobody") == []


def test_a_lab_of_no_session_is_refused(store, make_lab):
    with pytest.raises(NotFound):
        store.add_lab(make_lab("nowhere", 1), by="prof")


def test_a_new_template_is_remembered_unless_somebody_moved_the_lab(store, lab):
    changed = store.retemplate(lab, "def456")
    assert store.lab(lab.id) == changed
    store.move(changed, S.BUILDING, by="prof", why="")
    with pytest.raises(LostRace):
        store.retemplate(changed, "fff")


def credential(lab, secret="Secret-pass2.word", node="db", name="admin"):
    return Credential(
        lab.id, node, name, "root", Audience.CANDIDATE, CredentialKind.PASSWORD, secret
    )


def test_credentials_are_kept_once_and_never_replaced(store, lab):
    first = credential(lab)
    store.keep_credentials([first, credential(lab, name="app")])
    store.keep_credentials([credential(lab, secret="another"), credential(lab, node="auth")])
    kept = store.credentials(lab.id)
    assert [(one.node, one.id) for one in kept] == [
        ("auth", "admin"),
        ("db", "admin"),
        ("db", "app"),
    ]
    assert first in kept


def test_no_secret_is_readable_in_the_files(store, lab, candidate, home):
    store.keep_credentials([credential(lab, secret="Tell-nobody.1")])
    store.keep_secret("gateway:x:host-key", "Tell-nobody.2")
    store.keep_code(candidate.session, candidate.number, "Tell-nobody.3", by="prof")
    store.take_seat(candidate.session, candidate.number, "Tell-nobody.4")
    files = list(home.glob("labmgr.db*"))
    content = b"".join(file.read_bytes() for file in files)
    assert lab.id.encode() in content  # looked in the right place: WAL included
    assert b"Tell-nobody" not in content
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    assert store.credentials(lab.id)[0].secret == "Tell-nobody.1"
    assert store.secret("gateway:x:host-key") == "Tell-nobody.2"


def test_a_secret_of_labmgrs_own_is_kept_once(store, race):
    assert store.secret("key") is None
    kept = race(lambda n: store.keep_secret("key", f"value {n}"), 8)
    assert set(kept) == {store.secret("key")}


def finding(at, *, green=False, check="db/0"):
    return Finding(check, "db", "sql", green, "Access denied", "mariadb -e …", 3, 0.25, True, at)


def test_the_latest_finding_of_each_check_stands(store, lab, clock):
    store.keep_finding(lab.id, finding(clock.at))
    store.keep_finding(lab.id, finding(clock.at, check="auth/0"))
    green = finding(clock.at + timedelta(seconds=2), green=True)
    store.keep_finding(lab.id, green)
    assert store.findings(lab.id) == [finding(clock.at, check="auth/0"), green]
    store.clear_findings(lab.id)
    store.clear_findings(lab.id)
    assert store.findings(lab.id) == []


def test_the_latest_progress_of_each_node_stands(store, lab, clock):
    store.keep_progress(Progress(lab.id, "db", "creating", 0.1, clock.at))
    latest = Progress(lab.id, "db", "probing", 0.75, clock.at, "waits for port 3306")
    store.keep_progress(latest)
    assert store.progress(lab.id) == [latest]
    store.clear_progress(lab.id)
    assert store.progress(lab.id) == []
