"""Slugs that fit into every identifier, and manifests whose digest tells any change."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labmgr.domain.snapshot import Part, PartKind, Snapshot, SnapshotKind
from labmgr.domain.words import Said, Text, slug

NOON = datetime(2026, 5, 27, 12, tzinfo=UTC)
PART = Part(PartKind.NODE, "db", "db", "", "labmgr-snap/t/l:s-db", "sha256:a", 10)
SNAPSHOT = Snapshot("start-1", "l", SnapshotKind.START, NOON, "sisr@1", "cf", (PART,))


@given(st.text(max_size=80), st.integers(1, 63))
def test_a_slug_fits_into_every_identifier_and_stays_itself(text, limit):
    made = slug(text, limit)
    assert len(made) <= limit
    assert made == "" or re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert slug(made, limit) == made


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("Épreuve E6 — juin 2026", "epreuve-e6-juin-2026"),
        ("  Ça  va ? ", "ca-va"),
        ("ŒUVRE", "uvre"),  # no decomposition: the rest still tells it apart
        ("../../etc", "etc"),
        ("日本", ""),
        ("a" * 19 + "-b", "a" * 19),
    ],
)
def test_slugs_of_what_people_type(text, made):
    assert slug(text) == made


def test_a_text_shows_itself_in_french_and_a_sentence_brings_its_twin():
    assert str(Text("bonjour", "hello")) == "bonjour"
    said = Said("No room", "Plus de place")
    assert (said, said.fr, Said("alone").fr) == ("No room", "Plus de place", "alone")


@pytest.mark.parametrize(
    "change",
    [
        {"id": "start-2"},
        {"lab": "m"},
        {"kind": SnapshotKind.END},
        {"taken": NOON.replace(microsecond=1)},
        {"template": "sisr@2"},
        {"credentials": "cg"},
        {"parts": ()},
        {"parts": (replace(PART, digest="sha256:b"),)},
        {"parts": (replace(PART, size=11),)},
        {"parts": (PART, replace(PART, node="web"))},
    ],
)
def test_any_change_of_a_manifest_changes_its_digest(change):
    assert replace(SNAPSHOT, **change).digest != SNAPSHOT.digest


def test_only_its_verification_does_not():
    assert replace(SNAPSHOT, verified=NOON).digest == SNAPSHOT.digest
    assert re.fullmatch(r"[0-9a-f]{64}", SNAPSHOT.digest)


def test_its_size_is_that_of_its_parts():
    assert replace(SNAPSHOT, parts=(PART, replace(PART, size=5))).size == 15
