"""Shells through the real gateway: what arrives, who is refused, what the bell does."""

from __future__ import annotations

import time

import pytest

from labmgr.consoles.ssh_shells import SshShells
from labmgr.domain.terminals import Size
from labmgr.errors import ConsoleError, HostKeyChanged, LoginRefused

pytestmark = pytest.mark.docker
SIZE = Size(100, 30)


@pytest.fixture(autouse=True)
def doors(lab):
    lab.gate("open", "candidate")
    lab.gate("close", "examiner")


@pytest.fixture
def enter(lab):
    """A shell on the node, closed afterwards."""
    made = []

    def opened(**more):
        made.append(SshShells().open(lab.target(**more), SIZE))
        return made[-1]

    yield opened
    for shell in made:
        shell.close()


def until(shell, wanted, seconds=60.0):
    """What the shell wrote until *wanted* was there."""
    seen, deadline = b"", time.monotonic() + seconds
    while wanted not in seen:
        assert time.monotonic() < deadline, seen
        data = shell.read(0.5)
        assert data is not None, seen
        seen += data
    return seen


def test_bytes_go_in_and_out_and_the_size_is_the_screens(enter):
    shell = enter()
    shell.write("stty size; echo 'é€ '$((40 + 2))\r".encode())
    seen = until(shell, "é€ 42".encode())
    assert b"30 100" in seen
    shell.resize(Size(81, 25))
    shell.write(b"stty size\r")
    until(shell, b"25 81")


def test_a_key_opens_without_the_password(enter, lab):
    shell = enter(password="", key=lab.key)
    shell.write(b"whoami\r")
    until(shell, b"etudiant\r\n")


def test_a_key_that_is_no_longer_taken_falls_back_to_the_password(enter, lab):
    lab.node.exec_run(["mv", "/home/etudiant/.ssh", "/home/etudiant/gone"])
    try:
        until(enter(key=lab.key), b"$ ")
        with pytest.raises(LoginRefused):
            enter(password="", key=lab.key)
    finally:
        lab.node.exec_run(["mv", "/home/etudiant/gone", "/home/etudiant/.ssh"])


def test_a_shell_that_is_left_tells_its_status(enter):
    shell = enter()
    until(shell, b"$ ")
    shell.write(b"exit 3\r")
    while shell.read(5) is not None:
        pass
    assert shell.exit_status() == 3


def test_a_gateway_with_another_key_gets_no_password(lab, enter, tmp_path):
    other = lab.host_key.replace(lab.host_key.split()[1], "AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43)
    with pytest.raises(HostKeyChanged) as refused:
        enter(host_key=other)
    assert "Nothing was sent" in refused.value.hint


def test_a_changed_password_is_told_apart_from_a_broken_line(enter):
    with pytest.raises(LoginRefused, match="etudiant is refused on srv"):
        enter(password="no longer this one")


def test_each_audience_comes_by_its_own_door_and_only_while_it_is_open(lab, enter):
    with pytest.raises(ConsoleError, match="No line to srv"):
        enter(who="examiner")
    lab.gate("open", "examiner")
    until(enter(who="examiner"), b"$ ")
    lab.gate("close", "candidate")
    with pytest.raises(ConsoleError, match="No line to srv"):
        enter()


def test_a_node_that_does_not_answer_is_named(lab, enter):
    lab.node.pause()
    try:
        with pytest.raises(ConsoleError, match="srv"):
            enter()
    finally:
        lab.node.unpause()


def test_the_bell_cuts_a_live_shell_at_once(lab, enter):
    shell = enter()
    until(shell, b"$ ")
    lab.gateway.kill("SIGUSR1")
    begun = time.monotonic()
    while shell.read(5) is not None:
        pass
    assert time.monotonic() - begun < 60  # its half second is measured in tests/engine
    assert shell.exit_status() is None
    shell.write(b"nobody hears this\r")
    shell.resize(SIZE)


def test_no_thread_is_left_by_a_closed_shell(enter):
    import threading  # noqa: PLC0415 - only counted here

    before = threading.active_count()
    shell = enter()
    until(shell, b"$ ")
    shell.close()
    deadline = time.monotonic() + 60
    while threading.active_count() > before:
        assert time.monotonic() < deadline, threading.enumerate()
        time.sleep(0.05)
