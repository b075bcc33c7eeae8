"""The journal's chain: whatever is changed, removed, added or moved is noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labmgr.domain.journal import BEGINNING, Entry, first_altered

NOON = datetime(2026, 5, 27, 12, tzinfo=UTC)
TEXT = st.text(max_size=20)


def chain(rows, before=BEGINNING, first=1):
    entries, previous = [], before
    for rank, (subject, what, by, why) in enumerate(rows, start=first):
        entry = Entry(NOON + timedelta(seconds=rank), subject, what, by, why, rank=rank)
        entry = replace(entry, hash=entry.sealed(rank, previous))
        entries.append(entry)
        previous = entry.hash
    return entries


ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), min_size=1, max_size=8)


@given(ROWS)
def test_what_was_written_holds(rows):
    assert first_altered(chain(rows)) is None


def test_an_empty_journal_holds():
    assert first_altered([]) is None


@given(ROWS, st.data())
def test_a_changed_word_is_found_where_it_stands(rows, data):
    entries = chain(rows)
    place = data.draw(st.integers(0, len(entries) - 1))
    field = data.draw(st.sampled_from(["subject", "what", "by", "why"]))
    entries[place] = replace(entries[place], **{field: getattr(entries[place], field) + "x"})
    assert first_altered(entries) is entries[place]


@pytest.mark.parametrize("change", [{"at": NOON}, {"rank": 7}, {"hash": "0" * 64}])
def test_a_changed_time_rank_or_hash_is_found(change):
    entries = chain([("a", "b", "c", "d")] * 4)
    entries[2] = replace(entries[2], **change)
    assert first_altered(entries) is entries[2]


def test_words_cannot_slip_from_one_field_into_the_next():
    one = Entry(NOON, "lab:a", "b", "c", "d")
    two = Entry(NOON, "lab:ab", "", "c", "d")
    assert one.sealed(1, BEGINNING) != two.sealed(1, BEGINNING)


@given(st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), min_size=3, max_size=8), st.data())
def test_a_removed_row_is_missed(rows, data):
    entries = chain(rows)
    place = data.draw(st.integers(0, len(entries) - 2))
    after = entries[place + 1]
    del entries[place]
    assert first_altered(entries) is after


@given(st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT), min_size=2, max_size=8))
def test_rows_that_changed_places_are_found(rows):
    entries = chain(rows)
    entries[0], entries[1] = entries[1], entries[0]
    assert first_altered(entries) is entries[0]


def test_after_a_purge_the_chain_goes_on_from_its_anchor():
    entries = chain([("a", "b", "c", "d")] * 6)
    assert first_altered(entries[3:], before=entries[2].hash) is None
    assert first_altered(entries[3:], before=entries[1].hash) is entries[3]
