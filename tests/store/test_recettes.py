"""Replays and remarks as the database keeps them: added, answered once, never changed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from labmgr.domain.recette import Expected, Remark, Result, Run
from labmgr.errors import NotFound, Refused

NOON = datetime(2026, 5, 27, 12, tzinfo=UTC)
ROW = Result(1, "Réseau", "Ping", "web", "db", "10.101.10.20", "PING", Expected.BLOCKED)


@pytest.fixture
def run(lab):
    rows = (ROW, replace(ROW, line=2))
    return Run(0, lab.id, "abc", "mini@0", {"LAB_NET": "10.101"}, "jury", NOON, results=rows)


def test_a_replay_is_kept_with_its_questions_then_its_answers(store, lab, run):
    begun = store.begin_recette(run)
    assert store.recettes(lab.id) == [replace(run, id=begun.id)]
    answer = replace(ROW, green=False, evidence="é", command="ping", took=0.5, at=NOON)
    store.keep_result(begun.id, answer)
    store.end_recette(begun.id, NOON)
    store.end_recette(begun.id, NOON.replace(hour=13))  # the first end stands
    (kept,) = store.recettes(lab.id)
    assert kept.results == (answer, replace(ROW, line=2))
    assert kept.ended == NOON


def test_an_answer_is_never_replaced(store, lab, run):
    begun = store.begin_recette(run)
    store.keep_result(begun.id, replace(ROW, green=False, at=NOON))
    for line in (1, 3):
        with pytest.raises(Refused, match=f"Line {line}"):
            store.keep_result(begun.id, replace(ROW, line=line, green=True, at=NOON))
    assert store.recettes(lab.id)[0].results[0].green is False


def test_the_newest_replay_comes_first_and_each_lab_has_its_own(store, session, lab, run, make_lab):
    other = store.add_lab(make_lab(session.name, 2), by="prof")
    first, second = store.begin_recette(run), store.begin_recette(run)
    assert [one.id for one in store.recettes(lab.id)] == [second.id, first.id]
    assert store.recettes(other.id) == []
    with pytest.raises(NotFound):
        store.begin_recette(replace(run, lab="no-such-lab"))


def test_a_remark_goes_into_the_journal_by_name_and_line_but_not_its_words(store, lab):
    remark = Remark(lab.id, "abc", 1, "Ping", "Zoé a hésité", "jury", NOON)
    store.add_remark(remark)
    store.add_remark(replace(remark, line=0, about=""))
    assert store.remarks(lab.id) == [remark, replace(remark, line=0, about="")]
    newest = store.entries(f"lab:{lab.id}")[-2:]
    assert [(one.what, one.by, one.why) for one in newest] == [
        ("remark added", "jury", "Ping"),
        ("remark added", "jury", ""),
    ]
