"""The timetable on paper: what is on its pages, and that extra time is in the times alone."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import datetime

import pytest

from labmgr.domain.daysheet import lines
from labmgr.domain.exam import Phase
from labmgr.domain.proposal import propose
from labmgr.domain.timetable import Limits
from labmgr.paper.printer import Printer
from labmgr.paper.words import room
from tests.unit.exam_people import SESSION, THIRD, candidates, commissions, wishes

ZONE = Limits().zone
PRINTED = datetime(2026, 5, 26, 18, 5, tzinfo=ZONE)
HOMES = [replace(one, room=f"B20{rank}") for rank, one in enumerate(commissions("ab"))]


def shown(people, passages=None):
    planned = passages or propose(SESSION, HOMES, people, wishes(seats=6))
    return lines(SESSION, planned, people, HOMES, ZONE)


@pytest.fixture
def read():
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not here")

    def read(pdf: bytes) -> list[str]:
        done = subprocess.run(
            ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
        )
        return done.stdout.decode().split("\f")[:-1]

    return read


def test_each_day_has_a_page_for_the_room_and_one_for_each_commission(read):
    pages = read(Printer().timetable(SESSION, shown(candidates(24)), PRINTED))
    heads = [page.strip().splitlines()[0] for page in pages]
    assert heads == [
        "Planning du mercredi 27 mai 2026",
        "Commission A – mercredi 27 mai 2026",
        "Commission B – mercredi 27 mai 2026",
        "Planning du jeudi 28 mai 2026",
        "Commission A – jeudi 28 mai 2026",
        "Commission B – jeudi 28 mai 2026",
    ]
    assert "12 passages, de 08:00 à 16:30" in pages[0]
    assert "salle B200" in pages[1]
    assert "imprimé le mardi 26 mai 2026 à 18:05" in pages[0]
    for one in shown(candidates(24))[:12]:
        assert one.name in pages[0]


def test_extra_time_is_in_the_times_and_no_word_says_it(read):
    first, *rest = candidates(3)
    people = [replace(first, extra_time=THIRD), *rest]
    pages = read(Printer().timetable(SESSION, shown(people), PRINTED))
    (mine,) = [line.split() for line in pages[0].splitlines() if "Nom1" in line]
    times = [word for word in mine if ":" in word]
    start, end = (datetime.strptime(times[at], "%H:%M") for at in (4, 5))  # noqa: DTZ007
    assert (end - start).total_seconds() == 80 * 60
    for word in ("tiers", "major", "1/3", "4/3", "aménag", "33"):
        assert word not in "".join(pages).lower()


def test_a_long_name_wraps_and_many_rows_go_on_to_the_next_page(read):
    long = "Lœuillet de la Tour du Pin-Montauban Jean-Christophe-Alexandre"
    people = [replace(one, last_name=long) for one in candidates(30)]
    free = wishes(seats=30)
    planned = propose(SESSION, commissions("abcde"), people, free)
    pages = read(Printer().timetable(SESSION, shown(people, planned), PRINTED))
    assert sum("N°" in page for page in pages) == len(pages)  # the head comes again on each
    text = "".join(pages)
    assert all(re.search(rf"^ *{one.number} ", text, re.MULTILINE) for one in people)


def test_a_passage_without_times_has_no_line_and_nobody_is_an_empty_paper():
    people = candidates(2)
    planned = propose(SESSION, HOMES, people, wishes())
    half = replace(planned[0], planned={Phase.HOUR: planned[0].planned[Phase.HOUR]})
    assert len(shown(people, [half, planned[1]])) == 1
    assert Printer().timetable(SESSION, [], PRINTED).startswith(b"%PDF")


def test_ends_are_whole_minutes_never_too_early():
    one = replace(candidates(1)[0], extra_time=THIRD)
    (line,) = shown([one])
    start, end = line.spans[Phase.INTERVIEW_1]
    assert (end - start).total_seconds() == 27 * 60


def test_a_room_is_named_once():
    assert [room("12"), room("Salle B200")] == ["salle 12", "Salle B200"]
