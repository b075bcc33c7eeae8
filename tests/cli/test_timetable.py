"""`labmgr timetable`: proposed, drawn, saved from options or an edited file, moved, printed."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from labmgr.domain.exam import Member
from labmgr.domain.words import Option, Role
from labmgr.services.session import forms

DAY = ("--day", "2026-05-27", "--places", "6")


@pytest.fixture
def day(terminal):
    """Six candidates, one of them with more time, and two commissions."""
    world = terminal.world
    world.session(count=6)
    for home in "ab":
        for login in (f"{home}1", f"{home}2"):
            world.tools.store.add_account(login, Role.COMMISSION, "no hash", by="prof")
        members = [Member(f"{home}1", Option.SISR), Member(f"{home}2", Option.SISR)]
        forms.keep_commission(world.tools, "e6", home, members, by="prof")
    return terminal


def test_what_is_proposed_is_drawn_and_not_saved(day):
    result = day.say("timetable", "propose", "e6", *DAY)
    assert result.exit_code == 0, result.output
    assert "27/05/2026" in result.stdout
    assert "E entretien" in result.stdout
    rows = [line for line in result.stdout.splitlines() if "█" in line and "pl." in line]
    assert len(rows) == 6
    assert rows[0].index("░") < rows[0].index("E") < rows[0].index("█")
    assert re.search(r"labos en route +1?2+4+6+4+2+", result.stdout)
    assert "6 lab(s) alive at once" in result.stdout
    assert day.world.tools.store.passages("e6") == []


def test_saved_from_options_then_shown_as_json_without_the_commissions_choice(day):
    saved = day.json("timetable", "save", "e6", *DAY, "--gap", "0")
    assert saved == {"changed": 6, "clashes": []}
    shown = day.json("timetable", "show", "e6", "--gap", "0")
    assert len(shown["passages"]) == 6
    assert shown["passages"][0]["planned"]["hour"] == "2026-05-27T06:50:00+00:00"
    assert shown["labs"]["most"] == 6
    assert shown["faults"] == shown["clashes"] == []
    assert "choice" not in json.dumps(shown)


def test_a_file_that_was_edited_is_saved_and_its_clashes_are_said(day, tmp_path):
    proposed = day.json("timetable", "propose", "e6", *DAY)
    one, other = (p for p in proposed["passages"][:3] if p["commission"] == "a")
    other["planned"] = one["planned"]
    file = tmp_path / "planning.json"
    file.write_text(json.dumps(proposed), encoding="utf-8")
    result = day.say("timetable", "save", "e6", str(file))
    assert result.exit_code == 0
    assert "6 passage(s) changed" in result.stdout
    assert "clash: a1, a2 interviews" in result.stderr
    shown = day.say("timetable", "show", "e6")
    assert "clash: a1, a2 interviews" in shown.stderr


@pytest.mark.parametrize(
    "text", ["not json", "[]", '{"passages": [{"candidate": "1"}]}', '{"passages": 3}']
)
def test_a_file_that_is_none_is_refused_in_two_lines(day, tmp_path, text):
    file = tmp_path / "planning.json"
    file.write_text(text, encoding="utf-8")
    result = day.say("timetable", "save", "e6", str(file))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0].startswith("error: ")
    assert "is not a timetable" in result.stderr


def test_one_passage_is_moved_and_its_clashes_are_said(day):
    day.json("timetable", "save", "e6", *DAY)
    moved = day.json("timetable", "move", "e6", "1", "--start", "14:00", "--place", "9")
    assert moved["passage"]["place"] == "9"
    assert moved["passage"]["planned"]["phase-1"] == "2026-05-27T12:00:00+00:00"
    assert moved["clashes"] == []
    again = day.json("timetable", "move", "e6", "1", "--start", "12:00", "--day", "2026-05-28")
    assert {clash["kind"] for clash in again["clashes"]} == {"pause"}
    assert day.say("timetable", "move", "e6", "1", "--day", "2026-05-28").exit_code == 2


def test_printed(day, tmp_path):
    refused = day.say("timetable", "print", "e6", "-o", str(tmp_path / "p.pdf"))
    assert refused.exit_code == 1
    assert "has no timetable" in refused.stderr
    day.json("timetable", "save", "e6", *DAY)
    day.json("timetable", "print", "e6", "-o", str(tmp_path / "p.pdf"))
    assert (tmp_path / "p.pdf").read_bytes().startswith(b"%PDF")
    said = [entry.what for entry in day.world.tools.store.entries("session:e6")]
    assert "timetable printed" in said


@pytest.mark.parametrize(
    "words",
    [
        ("--start", "8h", *DAY),
        ("--pause", "12:30", *DAY),
        ("--zone", "Mars/Olympus", *DAY),
        ("--places", "6"),
    ],
)
def test_wrong_usage(day, words):
    assert day.say("timetable", "propose", "e6", *words).exit_code == 2


def test_places_are_said_unless_everybody_has_one_in_the_list(day):
    refused = day.say("timetable", "propose", "e6", "--day", "2026-05-27")
    assert refused.exit_code == 1
    assert "no place to sit at" in refused.stderr
    store = day.world.tools.store
    own = [replace(one, place=f"P{one.number}") for one in store.candidates("e6")]
    store.keep_candidates(own, by="prof")
    found = day.json("timetable", "propose", "e6", "--day", "2026-05-27")
    assert {one["place"] for one in found["passages"]} == {f"P{n}" for n in range(1, 7)}


def test_hours_days_and_pauses_are_obeyed(day):
    found = day.json(
        "timetable", "propose", "e6", *DAY,
        "--start", "13:00", "--end", "19:00", "--no-pause", "--labs", "2", "--own-tools", "3",
    )  # fmt: skip
    first = found["passages"][0]["planned"]["phase-1"]
    assert first == "2026-05-27T11:00:00+00:00"
    assert found["labs"]["most"] == 2
    assert [one["candidate"] for one in found["passages"] if one["own_tools"]] == ["3"]
    refused = day.say(
        "timetable", "propose", "e6", *DAY, "--days", "1", "--end", "11:00", "--gap", "30"
    )
    assert refused.exit_code == 1
    assert "candidates fit into 1 day" in refused.stderr
