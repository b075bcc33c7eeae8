"""A secret reaches its client, and nothing else: no argument, no environment, no output."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from labmgr_probe.hand import Hand
from labmgr_probe.model import Check
from labmgr_probe.rounds import look

PASSWORD = 'S3cret:of\\the"node'
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nabcdef\n-----END OPENSSH PRIVATE KEY-----\n"
# Writes down how it was called, then what it finds at each path of memory it was given.
SPY = """
{{ printf '%s\\n' "$@"; env; }} > {told}
paths=$(grep -o '/proc/[0-9]*/fd/[0-9]*' {told} | sort -u)
{{ cat; for path in $paths; do cat "$path"; done; }} > {read}
echo "$(cat {read})" >&2; {end}
"""


@pytest.mark.parametrize(
    ("kind", "args", "program", "end"),
    [
        ("ldap", {}, "ldapwhoami", "exit 1"),
        ("sql", {"dialect": "mariadb"}, "mariadb", "exit 1"),
        ("sql", {"dialect": "postgresql"}, "psql", "exit 1"),
        ("ssh", {"run": "sudo id", "sudo": True}, "ssh", "exit 1"),
        ("git", {"over": "http", "repository": "/r"}, "git", "exit 128"),
        ("git", {"over": "ssh", "repository": "/r"}, "git", "exit 128"),
        ("http", {}, "curl", "exit 1"),
        ("redmine", {"project": "p"}, "curl", "exit 1"),
        ("zabbix", {}, "curl", "exit 1"),
    ],
)
@pytest.mark.parametrize("word", [PASSWORD, "plainword"], ids=["odd", "plain"])
def test_a_password_is_read_and_never_told(  # noqa: PLR0917
    client, tmp_path, port, kind, args, program, end, word
):
    told, read = tmp_path / "told", tmp_path / "read"
    client(program, SPY.format(told=told, read=read, end=end))
    check = Check("n/1", "127.0.0.1", kind, {**args, "port": port}, login="admin", password=word)
    answer, command = look(check, 60)
    assert word not in told.read_text()
    assert word not in answer.evidence + command
    if word == "plainword":  # others are escaped in each client's own way
        assert word in read.read_text()


def test_a_key_is_read_and_never_told(client, tmp_path, port):
    told, read = tmp_path / "told", tmp_path / "read"
    client("ssh", SPY.format(told=told, read=read, end="exit 1"))
    check = Check("n/1", "127.0.0.1", "ssh", {"port": port}, login="etudiant", key=KEY)
    answer, command = look(check, 60)
    assert KEY in read.read_text()
    assert "abcdef" not in told.read_text() + answer.evidence + command


def test_a_secret_is_gone_with_the_hand_that_held_it():
    hand = Hand(5)
    path = Path(hand.hidden("word"))
    assert subprocess.check_output(["cat", path]) == b"word"
    assert "memfd:secret" in str(path.readlink())
    hand.close()
    assert not path.is_symlink() or "memfd:secret" not in str(path.readlink())
