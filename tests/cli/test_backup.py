"""`labmgr backup` as technicians script it, and as they type its passphrase."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = "correct horse battery"


@pytest.fixture
def words(tmp_path):
    file = tmp_path / "passphrase"
    file.touch(mode=0o600)
    file.write_text(f"{WORDS}\nnot this line\n", encoding="utf-8")
    return ["--passphrase-file", str(file)]


@pytest.fixture
def lived(terminal):
    terminal.ready(1)
    (terminal.world.home / "instance").write_text("tests", encoding="ascii")
    return terminal


def test_create_check_and_restore_speak_json(lived, words, tmp_path):
    file = str(tmp_path / "a.backup")
    made = lived.json("backup", "create", "-o", file, *words)
    assert made["instance"] == "tests"
    assert made["files"] == 4  # database, instance, key, authority
    proof = lived.json("backup", "check", file, *words)
    assert (proof["journal"], proof["aside"]) == ("whole", None)
    lived.world.close()
    forced = ["--force", "--why", "a trial"]
    restored = lived.json("backup", "restore", file, *words, *forced)
    assert Path(restored["aside"]).is_dir()
    assert lived.json("journal", "verify")["end"] == "whole"
    assert lived.world.tools.store.entries()[-1].why == "a trial"


def test_refusals_are_two_plain_lines_and_say_no_secret(lived, words, tmp_path):
    file = str(tmp_path / "a.backup")
    said = lived.say("backup", "create", "-o", file, *words)
    assert said.exit_code == 0
    wrong = tmp_path / "wrong"
    wrong.touch(mode=0o600)
    wrong.write_text("another passphrase", encoding="utf-8")
    for refused, start in (
        (lived.say("backup", "create", "-o", file, *words), "there already"),
        (lived.say("backup", "check", file, "--passphrase-file", str(wrong)), "does not open"),
        (lived.say("backup", "restore", file, *words), "There is a state"),
        (lived.say("backup", "check", file), "no terminal"),
    ):
        assert refused.exit_code == 1
        assert refused.stdout == ""
        error, hint = [one for one in refused.stderr.splitlines() if ": " in one][-2:]
        assert error.startswith("error: ")
        assert start in error
        assert hint.startswith("hint:  ")
        assert WORDS not in refused.output
        assert "another passphrase" not in refused.output


def test_wrong_usage_is_status_two(lived, words, tmp_path):
    file = tmp_path / "a.backup"
    file.touch()
    assert lived.say("backup", "restore", str(file), *words, "--force").exit_code == 2
    assert lived.say("backup", "create").exit_code == 2
    assert lived.say("backup", "check", str(tmp_path / "none"), *words).exit_code == 2


def test_a_passphrase_that_others_can_read_is_refused(lived, words, tmp_path):
    Path(words[1]).chmod(0o644)
    refused = lived.say("backup", "create", "-o", str(tmp_path / "b"), *words)
    assert refused.exit_code == 1
    assert "can be read by others" in refused.stderr
    assert not (tmp_path / "b").exists()


def run(home, *command, keys=None, **env):
    """The real program; with *keys* on a terminal, where they are typed."""
    env = {**os.environ, "LABMGR_HOME": str(home), **env}
    command = [sys.executable, "-m", "labmgr", *command]
    if keys is None:
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr
    terminal, theirs = pty.openpty()
    # Not pty.fork: a child of a process with threads may hang before it becomes another.
    child = subprocess.Popen(
        ["setsid", "--ctty", "--wait", *command],
        cwd=ROOT,
        env=env,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    said = ""
    for key in keys:
        while not said.rstrip().endswith(":"):
            said += os.read(terminal, 4096).decode()
        os.write(terminal, key.encode() + b"\n")
        said += "\n|"
    try:
        while more := os.read(terminal, 4096):
            said += more.decode()
    except OSError:
        pass  # its end on a terminal
    os.close(terminal)
    return child.wait(300), said


def test_the_passphrase_is_asked_twice_on_a_terminal_and_never_shown(tmp_path):
    home, file = tmp_path / "home", tmp_path / "a.backup"
    assert run(home, "setup", "--no-images")[0] == 0
    status, said = run(home, "backup", "create", "-o", str(file), keys=[WORDS, WORDS])
    assert status == 0, said
    assert WORDS not in said
    status, said = run(tmp_path / "h2", "backup", "restore", str(file), keys=[WORDS])
    assert status == 0, said
    assert WORDS not in said
    status, said = run(tmp_path / "h2", "journal", "verify")
    assert (status, "whole" in said) == (0, True)


def test_another_database_is_refused_with_the_way_out(tmp_path):
    for url in ("postgresql://centre/labmgr", "sqlite:////elsewhere/labmgr.db"):
        file = tmp_path / "a"
        file.touch()
        status, said = run(tmp_path, "backup", "restore", str(file), LABMGR_DATABASE=url)
        assert status == 1
        assert "pg_dump" in said
