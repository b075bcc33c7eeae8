"""The record from the command line: PDF in a closed file, facts as JSON, refusals in two lines."""

from __future__ import annotations

import json
import stat

import pytest

from labmgr.domain.exam import Phase
from labmgr.domain.passage import Passage
from tests.services.record_day import EIGHT, Day


@pytest.fixture
def day(terminal):
    return Day(terminal.world).prepare()


def test_the_record_of_a_passage_is_written_and_told(day, terminal, tmp_path):
    day.at(8, 12)
    day.come("1")
    file = tmp_path / "pv.pdf"
    told = terminal.json("record", "passage", "e6", "1", "-o", str(file))
    assert told["candidate"]["name"] == "Lefèvre Zoé"
    assert told["late"] == pytest.approx(720, abs=10)
    assert told["state"] == "present"
    assert told["chain"]["hash"] == terminal.world.tools.store.entries()[-1].hash
    assert file.read_bytes().startswith(b"%PDF-")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_record_of_a_day_is_written_and_told(day, terminal, tmp_path):
    file = tmp_path / "jour.pdf"
    said = terminal.say("record", "day", "e6", "--day", "2026-05-27", "-o", str(file))
    assert (said.exit_code, said.stdout) == (0, f"{file} written\n")
    assert file.read_bytes().startswith(b"%PDF-")
    told = terminal.json("record", "day", "e6")
    assert [one["candidate"]["number"] for one in told["passages"]] == ["1", "2", "3", "4"]
    assert terminal.say("record", "day", "e6", "--day", "demain", "--json").exit_code == 1
    refused = terminal.say("record", "day", "e6", "--day", "2026-05-28", "--json")
    assert "It has passages on: 2026-05-27." in refused.stderr


def test_fallback_sheets_go_into_a_closed_file_and_into_the_journal(day, terminal, tmp_path):
    file = tmp_path / "secours.pdf"
    file.write_text("old", encoding="ascii")
    file.chmod(0o644)
    said = terminal.say("record", "fallback", "e6", "--wave", "1", "-o", str(file), "--json")
    assert json.loads(said.stdout) == {"file": str(file)}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    rows = terminal.world.tools.store.entries("lab:e6-4-2")
    assert rows[-1].what == "credentials shown"
    secret = terminal.world.tools.store.credentials("e6-1-1")[0].secret
    assert secret not in said.stdout + said.stderr


def test_what_cannot_be_printed_is_refused(day, terminal, tmp_path):
    assert terminal.say("record", "passage", "e6", "1").exit_code == 2, "neither -o nor --json"
    assert terminal.say("record", "passage", "e6", "9", "--json").exit_code == 1
    nowhere = str(tmp_path / "none" / "pv.pdf")
    refused = terminal.say("record", "passage", "e6", "1", "-o", nowhere)
    assert refused.exit_code == 1
    assert "cannot be written" in refused.stderr
    no_wave = terminal.say("record", "fallback", "e6", "--wave", "3", "-o", nowhere)
    assert "has no wave 3" in no_wave.stderr


def test_a_number_that_is_on_no_timetable_is_named(terminal):
    terminal.world.session(count=2)
    assert terminal.say("record", "day", "e6", "--json").exit_code == 1
    terminal.world.tools.store.keep_passages(
        [Passage("e6", "1", planned={Phase.PHASE_1: EIGHT})], by="t"
    )
    told = terminal.json("record", "day", "e6")
    assert [one["candidate"]["number"] for one in told["passages"]] == ["1"]
