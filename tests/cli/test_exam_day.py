"""The exam day said on the command line: form, commissions, réalisations, passages."""

from __future__ import annotations

import pytest

from labmgr.domain.passage import Passage
from labmgr.domain.rehearsal import Rehearsal, Trial
from labmgr.domain.repair import Seen
from labmgr.errors import EngineUnreachable
from labmgr.services.passage import attendance, outages
from tests.services.world import NOON


@pytest.fixture
def day(terminal):
    """Two candidates with two réalisations each, their labs built, passages planned."""
    terminal.world.session(count=2)
    for number in "12":
        for which in "12":
            terminal.json("realisation", "set", "e6", number, which, "--template", "mini")
    terminal.json("lab", "build", "e6", "--all", "--wait")
    kept = [Passage("e6", number, wave=1) for number in "12"]
    terminal.world.tools.store.keep_passages(kept, by="prof")
    return terminal


def to_the_hour(terminal, number="1", which="2"):
    terminal.json("passage", "present", "e6", number)
    terminal.json("passage", "choose", "e6", number, which)
    terminal.json("passage", "start", "e6", number, "phase-1")
    attendance.acknowledge(terminal.world.tools, "e6", number)
    terminal.json("passage", "start", "e6", number, "interview-1")
    return terminal.json("passage", "start", "e6", number, "hour", "--wait")


def test_a_passage_goes_from_registered_to_done(day):
    begun = to_the_hour(day)
    assert (begun["state"], begun["running"], begun["lab"]) == ("hour", True, "e6-1-2")
    assert begun["left"] == pytest.approx(3600, abs=10)
    longer = day.json("passage", "extend", "e6", "1", "--minutes", "5", "--why", "bruit", "--wait")
    assert longer["left"] == pytest.approx(3900, abs=10)
    ended = day.json("passage", "finish", "e6", "1", "--why", "terminé")
    assert (ended["state"], ended["running"]) == ("hour", False)
    day.json("passage", "start", "e6", "1", "interview-2", "--wait")
    assert day.json("passage", "close", "e6", "1")["state"] == "done"


def test_the_choice_is_shown_only_when_asked_for_and_that_is_journaled(day):
    day.json("passage", "present", "e6", "1")
    chosen = day.json("passage", "choose", "e6", "1", "2")
    assert chosen["choice"] == 0
    assert {one["choice"] for one in day.json("passage", "list", "e6")} == {0}
    said = [one.what for one in day.world.tools.store.entries("session:e6")]
    assert not any("choices shown" in one for one in said)
    shown = day.json("passage", "list", "e6", "--choices")
    assert [one["choice"] for one in shown] == [2, 0]
    said = [one.what for one in day.world.tools.store.entries("session:e6")]
    assert "choices shown on the command line" in said


def test_one_is_suspended_and_goes_on_with_the_same_time_left(day):
    before = to_the_hour(day)["left"]
    halted = day.json("passage", "suspend", "e6", "1", "--why", "réseau")
    assert [one["state"] for one in halted] == ["suspended"]
    on = day.json("passage", "resume", "e6", "1", "--wait")
    assert [one["state"] for one in on] == ["hour"]
    assert on[0]["left"] == pytest.approx(before, abs=15)


def test_everybody_is_suspended_at_once_and_resumed(day):
    to_the_hour(day, "1")
    to_the_hour(day, "2", "1")
    halted = day.json("passage", "suspend", "e6", "--all", "--why", "alarme")
    assert [one["state"] for one in halted] == ["suspended", "suspended"]
    on = day.json("passage", "resume", "e6", "--all", "--wait")
    assert [one["state"] for one in on] == ["hour", "hour"]


def test_a_lab_that_is_unfit_keeps_its_candidate_suspended_and_that_is_said(day):
    to_the_hour(day)
    day.json("passage", "suspend", "e6", "1", "--why", "panne")
    tools = day.world.tools
    day.say("lab", "close", "e6", "--all")
    lab = tools.store.lab("e6-1-2")
    tools.store.move(lab, "broken", by="test", why="trial")
    result = day.say("passage", "resume", "e6", "1")
    assert result.exit_code == 1
    assert "broken" in result.stderr
    assert day.say("passage", "resume", "e6", "--all").exit_code == 1


def test_wrong_usage_is_two_and_a_refusal_one(day):
    assert day.say("passage", "suspend", "e6", "--why", "x").exit_code == 2
    assert day.say("passage", "suspend", "e6", "1", "--all", "--why", "x").exit_code == 2
    assert day.say("passage", "start", "e6", "1", "dinner").exit_code == 2
    assert day.say("session", "form", "e6", "--minutes", "lunch=30").exit_code == 2
    assert day.say("passage", "start", "e6", "1", "hour").exit_code == 1
    assert day.say("passage", "close", "e6", "1").exit_code == 1


def test_absent_takes_two_people_and_a_block_says_why(day, monkeypatch):
    monkeypatch.setenv("SUDO_USER", "jeanne")
    assert day.json("passage", "absent", "e6", "2")["state"] == "registered"
    assert day.say("passage", "absent", "e6", "2").exit_code == 1
    monkeypatch.setenv("SUDO_USER", "paul")
    assert day.json("passage", "absent", "e6", "2")["state"] == "absent"
    back = day.json("passage", "absent", "e6", "2", "--back", "--why", "erreur de salle")
    assert back["state"] == "registered"
    blocked = day.json("passage", "block", "e6", "1", "--why", "fiche absente")
    assert (blocked["state"], blocked["message"]) == ("nonconforming", "fiche absente")
    assert day.say("passage", "start", "e6", "1", "phase-1").exit_code == 1
    assert day.json("passage", "unblock", "e6", "1", "--why", "retrouvée")["message"] == ""


def test_the_form_and_its_durations_are_set_and_shown(day):
    made = day.json(
        "session", "form", "e6", "--form", "ccf", "--seconds", "hour=90", "--minutes",
        "phase-1=1", "--label", "epreuve=E5",
    )  # fmt: skip
    assert (made["form"], made["durations"]["hour"], made["durations"]["phase-1"]) == (
        "ccf",
        90,
        60,
    )
    assert day.json("session", "form", "e6")["labels"]["epreuve"] == "E5"
    assert "1.5 min" in day.say("session", "form", "e6").stdout


def test_a_commission_is_kept_and_what_it_lacks_is_named(day):
    day.json("session", "form", "e6", "--form", "ponctuelle")
    for login in ("anne", "bruno"):
        day.json("account", "add", login, "--role", "commission")
    one = day.json("commission", "add", "e6", "A", "--member", "anne", "--room", "B12")
    assert "1 members" in one["faults"][0]
    both = ("--member", "anne", "--member", "bruno", "--speciality", "bruno=SLAM")
    assert day.json("commission", "add", "e6", "A", *both)["faults"] == []
    assert [one["commission"]["id"] for one in day.json("commission", "list", "e6")] == ["a"]
    assert day.json("commission", "remove", "e6", "a") == {"removed": "a"}
    assert day.json("commission", "list", "e6") == []


def test_a_list_of_realisations_goes_in_line_by_line(day, tmp_path):
    day.json("lab", "remove", "e6", "--all", "--wait", "--yes")
    file = tmp_path / "realisations.csv"
    rows = ["1;1;mini;Annuaire", "1;2;mini;Sauvegarde", "2;1;none;X", "9;1;mini;Y", "2;3;mini;Z"]
    file.write_text("\n".join(["numéro;réalisation;modèle;titre", *rows]), encoding="utf-8")
    found = day.json("realisation", "import", "e6", str(file), status=1)
    assert found["changed"] == 2
    assert [one["line"] for one in found["problems"]] == [4, 5, 6]
    kept = day.json("realisation", "list", "e6", "1")
    assert [one["title"] for one in kept] == ["Annuaire", "Sauvegarde"]
    file.write_text("numéro;réalisation;modèle\n1;1;mini\n1;1;mini\n2;2;mini\n", encoding="utf-8")
    doubled = day.json("realisation", "import", "e6", str(file), status=1)
    assert [one["line"] for one in doubled["problems"]] == [2, 3]


def test_a_document_is_kept_for_its_realisation(day, tmp_path):
    file = tmp_path / "besoins.pdf"
    file.write_bytes(b"%PDF-1.4 trial")
    assert day.json("document", "put", "e6", "1", "2", str(file))["size"] == 14
    assert day.world.tools.store.document("e6", "1", 2) == ("besoins.pdf", b"%PDF-1.4 trial")
    file.write_bytes(b"not a pdf")
    assert day.say("document", "put", "e6", "1", "2", str(file)).exit_code == 1


def test_between_two_waves_one_command_and_said_again_nothing_changes(day):
    store = day.world.tools.store
    store.keep_passages([Passage("e6", "2", wave=2)], by="prof")
    day.json("lab", "remove", "e6", "--all", "--wait", "--yes")
    first = day.json("wave", "turn", "e6", "--wait")
    assert (first["changes"], first["coming"], first["prepared"]) == (1, 1, ["e6-1-1"])
    assert day.json("wave", "turn", "e6", "--wait")["changes"] == 0
    assert "0 changes" in day.say("wave", "turn", "e6").stdout
    to_the_hour(day)
    running = day.say("wave", "turn", "e6", "--wait")
    assert running.exit_code == 1
    assert "under way: 1" in running.stderr
    day.json("passage", "finish", "e6", "1", "--why", "fini")
    day.json("passage", "start", "e6", "1", "interview-2", "--wait")
    day.json("passage", "close", "e6", "1")
    assert day.say("wave", "turn", "e6", "--force").exit_code == 2
    second = day.json("wave", "turn", "e6", "--wait")
    assert (second["put_away"], second["prepared"]) == (["e6-1-1"], ["e6-2-1"])
    shown = day.json("wave", "show", "e6")
    assert [one["labs"][f"e6-{one['wave']}-1"] for one in shown] == ["gone", "ready"]
    assert shown[1]["memory_free"] > shown[1]["memory_wanted"] == 0
    assert "choice" not in day.say("wave", "show", "e6", "--json").stdout


def test_waves_are_shown_while_the_engine_is_away(day):
    def away():
        raise EngineUnreachable("localhost")

    day.world.engine.facts = away
    said = day.say("wave", "show", "e6")
    assert said.exit_code == 0
    assert "unknown" in said.stdout
    assert "does not answer" in said.stderr
    assert day.json("wave", "show", "e6")[0]["memory_free"] is None


def test_the_labs_of_a_wave_are_named_by_its_number(day):
    day.world.tools.store.keep_passages([Passage("e6", "2", wave=2)], by="prof")
    reset = day.json("lab", "reset", "e6", "--wave", "2", "--yes", "--wait")
    assert {job["lab"] for job in reset} == {"e6-2-1", "e6-2-2"}
    removed = day.json("lab", "remove", "e6", "--wave", "2", "--yes", "--wait")
    assert len(removed) == 2
    built = day.json("lab", "build", "e6", "--wave", "2", "--wait")
    assert [job["lab"] for job in built] == ["e6-2-1"]
    assert day.say("lab", "build", "e6", "--wave", "9").exit_code == 1
    assert day.say("lab", "build", "e6", "--wave", "2", "--all").exit_code == 2


def test_a_spare_is_built_listed_and_given(day):
    built = day.json("spare", "build", "e6", "--template", "mini", "--wait")
    assert [(job["lab"], job["state"]) for job in built] == [("e6-reserve-1-1", "done")]
    to_the_hour(day)
    assert day.say("passage", "spare", "e6", "1").exit_code == 1
    day.json("passage", "suspend", "e6", "1", "--why", "panne")
    taken = day.json("passage", "spare", "e6", "1", "--why", "panne")
    assert (taken["lab"], taken["former"], taken["differing"]) == (
        "e6-reserve-1-1", "e6-1-2", [],
    )  # fmt: skip
    day.json("passage", "resume", "e6", "1", "--wait")
    (spare,) = day.json("spare", "list", "e6")
    assert (spare["taken_by"], spare["fit"]) == ("1", False)
    assert "taken" in day.say("spare", "list", "e6").stdout
    restarted = day.json("lab", "restart", "e6", "1", "--node", "web", "--wait")
    assert [(job["lab"], job["state"]) for job in restarted] == [("e6-reserve-1-1", "done")]
    assert day.say("lab", "restart", "e6", "1", "--node", "none").exit_code == 1


def test_accesses_are_rotated_with_a_reason_and_the_new_code_is_printed(day):
    store = day.world.tools.store
    code = store.code("e6", "1")
    assert day.say("candidate", "rotate", "e6", "1").exit_code == 2
    done = day.json("candidate", "rotate", "e6", "1", "--why", "fiche perdue", "--wait")
    assert done["code"] == store.code("e6", "1") != code
    assert {job["state"] for job in done["jobs"]} == {"done"}
    assert day.say("candidate", "rotate", "e6", "9", "--why", "x").exit_code == 1


def test_a_candidates_labs_are_all_meant_and_the_one_worked_in_is_shown(day):
    reset = day.json("lab", "reset", "e6", "--candidate", "1", "--yes", "--wait")
    assert {job["lab"] for job in reset} == {"e6-1-1", "e6-1-2"}
    assert day.json("lab", "show", "e6", "1")["lab"]["id"] == "e6-1-1"
    to_the_hour(day)
    assert day.json("lab", "show", "e6", "1")["lab"]["id"] == "e6-1-2"
    assert day.say("lab", "show", "e6", "9").exit_code == 1
    day.json("passage", "suspend", "e6", "1", "--why", "panne", "--wait")
    kept = day.json("snapshot", "list", "e6", "--candidate", "1")
    start = next(one["id"] for one in kept if one["lab"] == "e6-1-2")
    words = ("snapshot", "restore", start, "e6", "--why", "panne", "--yes", "--wait")
    assert day.say(*words, "--candidate", "2").exit_code == 1
    restored = day.json(*words, "--candidate", "1")
    assert [(job["lab"], job["state"]) for job in restored] == [("e6-1-2", "done")]
    assert day.json("passage", "resume", "e6", "1", "--wait")[0]["state"] == "hour"


def test_the_newest_rehearsal_is_shown_again(terminal):
    terminal.world.session(count=1)
    told = terminal.say("session", "rehearse", "e6", "--last")
    assert told.exit_code == 1
    assert "has not been rehearsed" in told.output
    trial = Trial("e6-essai-1-1", 1, trouble="No room for the snapshot")
    kept = Rehearsal("e6", NOON, 600.0, (trial,), (), 8 << 30, 4 << 30, 1 << 30, by="prof")
    terminal.world.tools.store.keep_rehearsal(kept)
    shown = terminal.json("session", "rehearse", "e6", "--last", status=1)
    assert shown["go"] is False
    assert shown["reasons"] == ["e6-essai-1-1: No room for the snapshot"]
    assert shown["report"]["trials"][0]["lab"] == "e6-essai-1-1"
    told = terminal.say("session", "rehearse", "e6", "--last")
    assert "Rehearsed by prof, ended 2026-05-27 14:10" in told.stdout


def test_extra_time_and_incidents_are_decided_on_the_command_line(day):
    to_the_hour(day)
    day.json("passage", "extra", "e6", "1", "hour=1/3", "--wait")
    allotted = lambda: day.world.tools.store.passage("e6", "1").clock.allotted  # noqa: E731
    assert allotted() == 4800
    assert day.say("passage", "extra", "e6", "1", "heure=1/3").exit_code == 2
    node = day.world.engine.labs["e6-1-2"].nodes["web"]
    node.seen = Seen.STOPPED
    outages.watch(day.world.tools)
    assert day.json("incident", "list", "e6")[0]["proposed"] is None
    day.world.clock.passes(240)
    node.seen = Seen.RUNNING
    outages.watch(day.world.tools)
    (told,) = day.json("incident", "list", "e6")
    assert told["proposed"] == "give"
    assert "node web does not run" in day.say("incident", "list", "e6").stdout
    which = str(told["id"])
    unknown = day.say("incident", "decide", "e6", "99", "nothing", "--why", "x")
    assert unknown.exit_code == 1
    done = day.json("incident", "decide", "e6", which, "give", "--minutes", "4", "--why", "panne")
    assert done["decision"] == "4 min given back: panne"
    assert allotted() == 4800 + 240
    again = day.say("incident", "decide", "e6", which, "nothing", "--why", "x")
    assert again.exit_code == 1
    assert "has just been decided" in again.stderr
    assert day.json("incident", "list", "e6") == []
    assert len(day.json("incident", "list", "e6", "--all")) == 1
