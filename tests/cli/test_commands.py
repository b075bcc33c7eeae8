"""What technicians script: exit statuses, JSON on standard output, two plain lines on refusal."""

from __future__ import annotations

import sqlite3
import stat

from labmgr.domain.journal import first_altered
from labmgr.errors import DiskFull, EngineUnreachable
from tests.cli.conftest import Terminal
from tests.services.world import World, write_templates


def test_a_day_from_the_command_line(terminal, tmp_path):
    listed = tmp_path / "liste.csv"
    listed.write_text("numéro;nom;prénom\n1;Nom;Prénom\n2;Autre;Nom\n", encoding="utf-8")
    assert terminal.json("session", "create", "E6 juin", "--template", "mini")["name"] == "e6-juin"
    assert terminal.json("candidate", "import", "e6-juin", str(listed))["changed"] == 2
    built = terminal.json("lab", "build", "e6-juin", "--all", "--wait")
    assert [job["state"] for job in built] == ["done", "done"]
    states = [lab["state"] for lab in terminal.json("lab", "list", "e6-juin")]
    assert states == ["ready", "ready"]
    terminal.json("lab", "open", "e6-juin", "--candidate", "1", "--wait")
    assert terminal.json("lab", "show", "e6-juin", "1")["lab"]["state"] == "open"
    terminal.json("lab", "close", "e6-juin", "--all", "--wait")
    reset = terminal.json("lab", "reset", "e6-juin", "--all", "--wait", "--yes")
    assert [job["state"] for job in reset] == ["done", "done"]
    terminal.json("lab", "remove", "e6-juin", "--all", "--wait", "--yes")
    terminal.json("session", "remove", "e6-juin", "--yes")
    assert terminal.json("session", "list") == []
    assert first_altered(terminal.world.tools.store.entries()) is None


def test_said_again_there_is_nothing_left_to_do(terminal):
    terminal.ready()
    assert terminal.json("lab", "build", "e6", "--all", "--wait") == []
    assert terminal.json("lab", "close", "e6", "--all", "--wait") == []
    assert terminal.json("candidate", "list", "e6")[0]["number"] == "1"


def test_a_refusal_is_two_plain_lines_and_status_one(terminal):
    result = terminal.say("session", "show", "rien")
    assert result.exit_code == 1
    first, second = result.stderr.splitlines()
    assert first.startswith("error: ")
    assert second.startswith("hint:  ")
    assert result.stdout == ""


def test_wrong_usage_is_status_two(terminal):
    terminal.ready(1)
    assert terminal.say("lab", "build", "e6").exit_code == 2
    assert terminal.say("lab", "build", "e6", "--all", "--candidate", "1").exit_code == 2
    assert terminal.say("lab", "reset", "e6", "--all", "--yes", "--force").exit_code == 2
    assert terminal.say("nonsense").exit_code == 2


def test_loss_is_asked_about_and_no_leaves_everything(terminal):
    terminal.ready(1)
    terminal.world.write("e6-1-1", "mine")
    for said in ("n\n", ""):
        refused = terminal.say("lab", "reset", "e6", "--all", "--wait", answer=said)
        assert refused.exit_code == 1
        assert "hint:  Say --yes" in refused.stderr
    assert terminal.world.read("e6-1-1") == "mine"
    assert terminal.say("lab", "reset", "e6", "--all", "--wait", answer="y\n").exit_code == 0
    assert terminal.world.read("e6-1-1") is None


def test_an_open_lab_is_reset_only_by_force_with_a_reason(terminal):
    terminal.ready(1)
    terminal.say("lab", "open", "e6", "--all", "--wait")
    assert terminal.say("lab", "reset", "e6", "--all", "--yes", "--wait").exit_code == 1
    forced = ["--force", "--why", "wrong subject"]
    assert terminal.say("lab", "reset", "e6", "--all", "--yes", "--wait", *forced).exit_code == 0
    whys = [entry.why for entry in terminal.world.tools.store.entries("lab:e6-1-1")]
    assert "wrong subject" in whys


def test_of_many_labs_a_refused_one_stops_none_of_the_others(terminal):
    terminal.world.session(count=3)
    for number in "13":
        terminal.json("lab", "build", "e6", "--candidate", number, "--wait")
    said = terminal.say("lab", "open", "e6", "--all", "--wait")
    assert said.exit_code == 1
    assert "error: Lab e6-2-1 is planned and cannot become open" in said.stderr
    states = [one["state"] for one in terminal.json("lab", "list", "e6")]
    assert states == ["open", "planned", "open"]
    jobs = terminal.json("lab", "remove", "e6", "--all", "--yes", "--wait", status=1)
    assert jobs == []


def test_frozen_labs_stay_frozen_unless_they_are_named(terminal):
    terminal.ready()
    for verb in ("open", "freeze"):
        terminal.json("lab", verb, "e6", "--candidate", "1", "--wait")
    said = terminal.say("lab", "open", "e6", "--all", "--wait")
    assert said.exit_code == 0
    assert "left frozen: e6-1-1" in said.stderr
    states = {one["id"]: one["state"] for one in terminal.json("lab", "list", "e6")}
    assert states == {"e6-1-1": "frozen", "e6-2-1": "open"}
    terminal.json("lab", "open", "e6", "--candidate", "1", "--wait")
    assert terminal.json("lab", "show", "e6", "1")["lab"]["state"] == "open"


def test_a_job_that_ends_badly_gives_status_one_with_its_words(terminal):
    terminal.world.session(count=1)
    full = DiskFull("No room left for node web", hint="Free some disk.")
    terminal.world.engine.fails_with["build"] = full
    result = terminal.say("lab", "build", "e6", "--all", "--wait")
    assert result.exit_code == 1
    assert "No room left for node web" in result.stderr
    assert "hint:  Free some disk." in result.stderr


def test_without_wait_the_jobs_number_is_printed_and_nothing_is_done_yet(terminal):
    terminal.world.session(count=1)
    (job,) = terminal.json("lab", "build", "e6", "--all")
    assert job["state"] == "waiting"
    assert terminal.world.states() == ["planned"]


def test_no_secret_is_printed_but_where_it_is_asked_for(terminal):
    terminal.ready(1)
    (one, *_rest) = terminal.world.tools.store.credentials("e6-1-1")
    for words in (["lab", "show", "e6", "1"], ["session", "show", "e6"], ["journal", "show"]):
        assert one.secret not in terminal.say(*words, "--json").stdout
    shown = terminal.say("lab", "access", "e6", "1").stdout
    assert one.secret in shown
    assert any("credentials shown" in what for what in terminal.world.events("e6-1-1"))


def test_a_session_is_created_once_however_often_it_is_said(terminal):
    made = terminal.json("session", "create", "E6 juin", "--template", "mini")
    assert terminal.json("session", "create", "E6 juin", "--template", "mini") == made
    again = terminal.say("session", "create", "E6 juin", "--template", "mini", "--option", "SISR")
    assert again.stdout == "e6-juin: there already\n"
    other = terminal.say("session", "create", "E6-juin", "--template", "mini")
    assert other.exit_code == 1, "another title, which would have the same name"
    assert "There is already a session e6-juin" in other.stderr


def test_bad_lines_of_a_list_are_named_and_the_good_ones_go_in(terminal, tmp_path):
    terminal.say("session", "create", "E6", "--template", "mini")
    listed = tmp_path / "liste.csv"
    listed.write_text("numéro;nom;majoration\n1;Nom;1/3\n2;Nom;oui\n", encoding="utf-8")
    result = terminal.say("candidate", "import", "e6", str(listed))
    assert result.exit_code == 1
    assert "liste.csv:3" in result.stderr
    assert "1/3" in result.stderr
    assert [one["number"] for one in terminal.json("candidate", "list", "e6")] == ["1"]


def test_a_dry_run_saves_nothing(terminal, tmp_path):
    terminal.say("session", "create", "E6", "--template", "mini")
    listed = tmp_path / "liste.csv"
    listed.write_text("numéro;nom\n1;Nom\n", encoding="utf-8")
    seen = terminal.json("candidate", "import", "e6", str(listed), "--dry-run")
    assert len(seen["changes"]["new"]) == 1
    words = terminal.say("candidate", "import", "e6", str(listed), "--dry-run").stdout
    assert words == "nothing saved: 1 candidate(s) would be new, 0 changed\n"
    assert terminal.json("candidate", "list", "e6") == []


def test_slips_are_readable_by_their_owner_alone(terminal, tmp_path):
    terminal.world.session(count=2)
    file = tmp_path / "fiches.pdf"
    file.touch(0o644)  # one that was there is closed too
    terminal.json("candidate", "slips", "e6", "-o", str(file))
    assert file.read_bytes().startswith(b"%PDF")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_candidate_is_removed_once_asked(terminal):
    terminal.world.session(count=2)
    assert terminal.say("candidate", "remove", "e6", "2").exit_code == 1
    assert terminal.json("candidate", "remove", "e6", "2", "--yes") == {"removed": "2"}
    assert [one["number"] for one in terminal.json("candidate", "list", "e6")] == ["1"]


def test_accounts_are_made_once_and_their_password_is_shown_once(terminal):
    made = terminal.json("account", "add", "marie", "--role", "teacher")
    assert len(made["password"]) >= 16
    assert terminal.say("account", "add", "marie", "--role", "teacher").exit_code == 1
    again = terminal.json("account", "passwd", "marie")
    assert again["password"] != made["password"]
    terminal.json("account", "disable", "marie")
    closed = terminal.say("account", "passwd", "marie")
    assert (closed.exit_code, "Add another account" in closed.stderr) == (1, True)
    terminal.json("account", "add", "chef", "--role", "admin")
    last = terminal.say("account", "disable", "chef")
    assert (last.exit_code, "last administrator" in last.stderr) == (1, True)
    states = {one["login"]: one["disabled"] for one in terminal.json("account", "list")}
    assert states == {"chef": False, "marie": True}


def test_snapshots_are_taken_listed_verified_restored_and_rehearsed(terminal):
    terminal.ready(1)
    terminal.world.write("e6-1-1", "first")
    terminal.json("snapshot", "take", "e6", "--all", "--wait")
    terminal.world.write("e6-1-1", "second")
    own = next(one for one in terminal.json("snapshot", "list", "e6") if one["kind"] == "own")
    restore = ["--candidate", "1", "--why", "undo", "--yes", "--wait"]
    terminal.json("snapshot", "restore", own["id"], "e6", *restore)
    assert terminal.world.read("e6-1-1") == "first"
    assert terminal.json("snapshot", "verify", "e6", "--candidate", "1")["kind"] == "start"
    assert terminal.json("snapshot", "rehearse", "e6", "--all", "--wait")[0]["state"] == "done"


def test_the_doctor_says_go_or_no_go(terminal):
    assert terminal.json("doctor")["go"] is True
    terminal.world.engine.fails_with["facts"] = EngineUnreachable("local")
    sick = terminal.json("doctor", status=1)
    assert sick["go"] is False
    assert any(sign["what"] == "engine" and sign["verdict"] == "bad" for sign in sick["signs"])


def test_a_missing_image_is_named_by_check_and_built(terminal):
    present = terminal.world.stock.present
    gone = next(tag for tag in present if "node" in tag)
    present.discard(gone)
    assert terminal.json("image", "check", status=1)["missing"] == [gone]
    terminal.world.session(count=1)
    refused = terminal.say("lab", "build", "e6", "--all", "--wait")
    assert refused.exit_code == 1
    assert gone in refused.stderr
    assert terminal.json("image", "build")[0]["tag"] == gone
    assert terminal.json("image", "check")["missing"] == []


def test_a_recipe_that_no_template_names_is_built_and_carried_only_when_named(tmp_path):
    recipes = write_templates(tmp_path / "templates") / "_images"
    (recipes / "router").mkdir()
    (recipes / "router" / "Dockerfile").write_text("FROM scratch\n", encoding="ascii")
    (tmp_path / "home").mkdir()
    world = World(tmp_path / "home", recipes.parent)
    terminal = Terminal(world)
    assert terminal.json("image", "build") == []
    assert terminal.say("image", "export", str(tmp_path / "a.tar"), "--recipe", "router").exit_code
    [built] = terminal.json("image", "build", "--recipe", "router")
    assert built["tag"].startswith("labmgr/router:")
    assert terminal.json("image", "build", "--recipe", "router") == []
    assert built in terminal.json("image", "list", "--recipe", "router")
    assert built not in terminal.json("image", "list")
    carried = terminal.json("image", "export", str(tmp_path / "a.tar"), "--recipe", "router")
    assert carried["images"] == 4  # with labmgr's own three
    unknown = terminal.say("image", "build", "--recipe", "routeur")
    assert unknown.exit_code == 1
    assert "The recipes are: gateway, guard, node, probe, router" in unknown.stderr
    world.close()


def test_templates_are_listed_checked_and_drawn(terminal, tmp_path):
    assert terminal.json("template", "list")[0]["name"] == "mini"
    assert terminal.json("template", "check", "mini")["problems"] == []
    picture = tmp_path / "mini.svg"
    terminal.json("template", "show", "mini", "--svg", str(picture))
    assert "<svg" in picture.read_text(encoding="utf-8")
    nowhere = str(tmp_path / "none" / "mini.svg")
    assert "Name another file" in terminal.say("template", "show", "mini", "--svg", nowhere).stderr
    assert terminal.json("template", "schema")["type"] == "object"


def test_an_altered_journal_is_noticed(terminal):
    terminal.ready(1)
    assert terminal.json("journal", "verify")["altered"] is None
    with sqlite3.connect(terminal.world.home / "labmgr.db") as database:
        database.execute("UPDATE journal SET by = 'nobody' WHERE rank = 3")
    assert terminal.json("journal", "verify", status=1)["altered"] == 3


def test_rows_missing_at_the_journals_end_are_noticed(terminal):
    terminal.ready(1)
    whole = terminal.json("journal", "verify")
    assert whole["end"] == "whole"
    assert whole["newest"]["rank"] == whole["rows"]
    with sqlite3.connect(terminal.world.home / "labmgr.db") as database:
        database.execute("DELETE FROM journal WHERE rank = (SELECT max(rank) FROM journal)")
    assert terminal.json("journal", "verify", status=1)["end"] == "cut"
    said = terminal.say("journal", "verify")
    assert f"labmgr's last one was row {whole['rows']}" in said.stdout
