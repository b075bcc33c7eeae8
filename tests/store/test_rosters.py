"""Sessions and their lists; what is removed with them, and what stays."""

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from labmgr.domain.credential import Credential
from labmgr.domain.exam import Candidate, SessionState
from labmgr.domain.journal import first_altered
from labmgr.domain.lab import LabState
from labmgr.domain.probe import Finding
from labmgr.domain.snapshot import Snapshot, SnapshotKind
from labmgr.domain.template import CredentialKind
from labmgr.domain.words import Audience, Option
from labmgr.domain.work import JobKind, JobState, Lane, Progress
from labmgr.errors import LostRace, NotFound, Refused

NOON = datetime(2026, 5, 27, 12, tzinfo=UTC)


def test_a_taken_name_is_refused(store, session):
    with pytest.raises(Refused, match="already a session e6-2026"):
        store.add_session(session, by="prof")
    assert store.sessions() == [session]
    assert store.session(session.name) == session
    with pytest.raises(NotFound):
        store.session("nope")


def test_a_session_moves_by_compare_and_set(store, session):
    held = store.move_session(session, SessionState.OPEN, by="prof")
    assert store.session(session.name) == held
    assert store.move_session(held, SessionState.OPEN, by="prof") == held
    with pytest.raises(LostRace, match="no longer prepared but open"):
        store.move_session(session, SessionState.CLOSED, by="prof")
    steps = [entry.what for entry in store.entries(f"session:{session.name}")]
    assert steps == ["created", "prepared -> open"]


def test_only_rows_that_differ_are_counted(store, session):
    people = [Candidate(session.name, str(n), f"Name {n}") for n in range(1, 13)]
    assert store.keep_candidates(people, by="prof") == 12
    rows = len(store.entries())
    assert store.keep_candidates(people, by="prof") == 0
    assert len(store.entries()) == rows
    people[3] = replace(people[3], extra_time=Fraction(1, 3), variables={"VLAN": "12"})
    assert store.keep_candidates([*people, people[3]], by="prof") == 1
    assert store.candidates(session.name) == people
    assert store.entries()[-1].why == "4"


def test_the_list_is_all_or_nothing(store, session):
    people = [Candidate(session.name, "1", "A"), Candidate("nowhere", "2", "B")]
    with pytest.raises(NotFound):
        store.keep_candidates(people, by="prof")
    assert store.candidates(session.name) == []


def test_a_candidate_nobody_knows_is_not_found(store, candidate):
    assert store.candidate(candidate.session, candidate.number) == candidate
    with pytest.raises(NotFound):
        store.candidate(candidate.session, "99")


words = some.text(some.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


people = some.builds(
    Candidate,
    session=some.just("e6-2026"),
    number=words.filter(bool),
    last_name=words,
    first_name=words,
    option=some.sampled_from(Option),
    extra_time=some.fractions(min_value=0, max_value=3),
    place=words,
    variables=some.dictionaries(words, words, max_size=4),
)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(person=people)
def test_whoever_is_written_is_read_back(store, session, person):
    store.keep_candidates([person], by="prof")
    assert store.candidate(session.name, person.number) == person
    assert store.keep_candidates([person], by="prof") == 0


def test_a_session_with_a_standing_lab_or_ordered_work_stays(store, session, lab):
    building = store.move(lab, LabState.BUILDING, by="prof", why="")
    with pytest.raises(Refused, match="still has 1 lab"):
        store.remove_session(session.name, by="prof")
    store.move(store.move(building, LabState.BROKEN, by="p", why=""), LabState.GONE, by="p", why="")
    store.order(JobKind.REMOVE, lab.id, by="prof")
    with pytest.raises(Refused, match="work is still ordered"):
        store.remove_session(session.name, by="prof")
    store.finish(store.claim("w", Lane.WORK), JobState.DONE)
    store.remove_session(session.name, by="prof")
    assert store.sessions() == []


@pytest.fixture
def full_session(store, session, candidate, lab):
    """A session with a row in every table that has rows of sessions."""
    password = (Audience.LABMGR, CredentialKind.PASSWORD, "hidden")
    store.keep_secret(f"gateway:{lab.id}:host-key", "goes")
    store.keep_credentials([Credential(lab.id, "db", "a", "root", *password)])
    store.keep_finding(lab.id, Finding("db/0", "db", "tcp", True, "", "", 1, 0.1, True, NOON))
    store.keep_progress(Progress(lab.id, "db", "done", 1.0, NOON))
    store.keep_snapshot(Snapshot("s", lab.id, SnapshotKind.OWN, NOON, "t@h", "fp", ()), by="w")
    store.keep_code(session.name, candidate.number, "ABCD", by="prof")
    store.take_seat(session.name, candidate.number, "token")
    store.order(JobKind.BUILD, lab.id, by="prof")
    store.finish(store.claim("w", Lane.WORK), JobState.DONE)
    return session


def test_everything_of_a_removed_session_goes_but_the_journal(store, full_session, home, make_lab):
    theirs = {name for name, count in _rows(home).items() if count}
    store.add_session(replace(full_session, name="other"), by="prof")
    store.add_lab(make_lab("other", 2), by="prof")
    store.keep_secret("gateway:other-2-1:host-key", "stays")
    before = len(store.entries())
    store.remove_session(full_session.name, by="prof")
    store.remove_session(full_session.name, by="prof")
    assert len(store.entries()) == before + 1
    assert first_altered(store.entries()) is None
    assert store.secret("gateway:other-2-1:host-key") == "stays"
    assert [one.id for one in store.labs()] == ["other-2-1"]
    left = {name: count for name, count in _rows(home).items() if count}
    assert left.pop("journal") == before + 1
    # The other secret is the seal of the journal's end.
    assert left == {"alembic_version": 1, "labs": 1, "secrets": 2, "sessions": 1}
    gone = {"candidates", "codes", "seats", "credentials", "findings", "progress", "jobs"}
    assert theirs >= gone | {"snapshots"}


def test_all_of_a_removed_candidate_goes_and_the_others_stay(store, session, make_lab, home):
    both = [Candidate(session.name, number, "Nom", "Prénom") for number in ("1", "11")]
    store.keep_candidates(both, by="prof")
    for one in both:
        lab = store.add_lab(make_lab(session.name, int(one.number)), by="prof")
        store.keep_secret(f"gateway:{lab.id}:host-key", "hidden")
        store.keep_code(session.name, one.number, "ABCD", by="prof")
        store.take_seat(session.name, one.number, "token")
        store.order(JobKind.BUILD, lab.id, by="prof")
    with pytest.raises(Refused, match="work is still ordered"):
        store.remove_candidate(session.name, "1", by="prof")
    while job := store.claim("w", Lane.WORK):
        store.finish(job, JobState.DONE)
    store.remove_candidate(session.name, "1", by="prof")
    store.remove_candidate(session.name, "1", by="prof")
    assert store.candidates(session.name) == both[1:]
    assert [one.candidate for one in store.labs()] == ["11"]
    assert [store.code(session.name, number) for number in ("1", "11")] == [None, "ABCD"]
    assert store.secret(f"gateway:{session.name}-1-1:host-key") is None
    assert store.secret(f"gateway:{session.name}-11-1:host-key") == "hidden"
    assert {
        name: _rows(home)[name] for name in ("codes", "seats", "jobs", "labs")
    } == dict.fromkeys(("codes", "seats", "jobs", "labs"), 1)
    removed = [one for one in store.entries() if one.what == "candidate removed"]
    assert [(one.subject, one.why) for one in removed] == [(f"session:{session.name}", "1")]


def _rows(home):
    base = sqlite3.connect(home / "labmgr.db")
    names = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    mine = [name for name in names if not name.startswith("sqlite_")]
    counts = {name: base.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in mine}
    base.close()
    return counts
