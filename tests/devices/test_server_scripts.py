"""Scripts on a real sshd: their way there, their bounds, and their certain end."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import time

import paramiko
import pytest

from labmgr.consoles.server_talk import ended
from labmgr.consoles.talk import Talk
from labmgr.domain.devices import Keys
from labmgr.errors import DeviceHung, DeviceLost
from labmgr.services.equipment import asking
from tests.devices.test_switches import trusted

GROUP = "ps -o pgid= -p $$ > {folder}/group; "


@pytest.fixture
def run(room, server):
    """A script on the server; *limit* is the inventory's push_deadline."""
    trusted(room)

    def run(script, limit=60):
        declared = room.world.home / "inventory" / "devices.yaml"
        text = declared.read_text()
        declared.write_text(f"{text.rstrip()}\n    push_deadline: {limit}\n")
        try:
            [device] = room.devices("srv")
            return room.tools.devices.run(device, asking.keys_of(room.tools, device), script)
        finally:
            declared.write_text(text)

    return run


@pytest.fixture
def few(run):
    """Seconds that are soon over, but enough for what this machine does just then."""
    begun = time.monotonic()
    run("true")
    return 6 + math.ceil(4 * (time.monotonic() - begun))


def lives(group):
    """Whether any process of it runs; a zombie has ended, whoever was to look after it."""
    shown = subprocess.run(["ps", "-eo", "pgid=,stat="], stdout=-1, text=True, check=True).stdout
    rows = (line.split() for line in shown.splitlines())
    return any(int(pgid) == group and state[0] != "Z" for pgid, state in rows)


def awaited_end(group, seconds):
    until = time.monotonic() + seconds
    while lives(group) and time.monotonic() < until:
        time.sleep(0.05)
    return not lives(group)


def test_both_streams_come_in_their_order_with_the_status(run):
    ran = run("echo un\necho deux >&2\necho trois\nexit 3")
    assert (ran.status, ran.output) == (3, "un\ndeux\ntrois\n")
    assert run("true").status == 0
    assert run("").status == 0
    assert run("#!/bin/sh\n# a word on it\nset -eu\nfalse\necho never\n").output == ""


def test_a_command_that_reads_eats_no_line_of_the_script(run):
    assert run("cat\nread x || true\necho end\n").output == "end\n"


def test_line_ends_of_windows_do_not_hurt_and_lines_keep_their_numbers(run):
    assert run("echo un\r\necho deux\r\n").output == "un\ndeux\n"
    assert run("echo un\nno-such-command\n").output.splitlines()[1].startswith("sh: 2: ")


def test_a_script_is_on_no_command_line_and_in_no_environment(run):
    said = run("w=tresSecret\nps -ww -eo args\ncat /proc/$$/environ /proc/$PPID/cmdline").output
    assert "sh -s" in said
    assert "tresSecret" not in said


def test_nothing_is_run_of_a_script_that_is_not_whole(run, server):
    ran = run(f"touch {server}/begun\nif true; then\n")
    assert ran.status
    assert not (server / "begun").exists()


def test_what_says_too_much_is_cut_with_a_word(run):
    ran = run("echo first\nyes | head -c 20000000\necho last")
    assert ran.status == 0
    assert len(ran.output) < 9 << 20
    assert ran.output.startswith("first\n")
    assert ran.output.endswith("last\n")
    assert "bytes left out here]" in ran.output


def test_a_service_that_the_script_starts_holds_nobody_up(run, server):
    begun = time.monotonic()
    ran = run("sleep 900 & echo $!")
    assert ran.status == 0
    assert time.monotonic() - begun < 60
    os.kill(int(ran.output), signal.SIGTERM)  # it is not ended with the script


def test_nothing_of_labmgrs_is_left_after_a_script(run, server):
    run(GROUP.format(folder=server), limit=300)
    assert awaited_end(int((server / "group").read_text()), 120)


def test_the_time_limit_ends_the_script_and_all_that_it_started(run, server, few):
    begun = time.monotonic()
    with pytest.raises(DeviceHung, match=r"took longer than \d+ s and was ended there") as hung:
        run(GROUP.format(folder=server) + "(sleep 300; true) & sleep 301; touch after", limit=few)
    assert "push_deadline" in hung.value.hint
    assert time.monotonic() - begun < few + 60
    assert awaited_end(int((server / "group").read_text()), 60)


def test_a_script_that_does_not_listen_to_signals_is_ended_all_the_same(run, server, few):
    with pytest.raises(DeviceHung):
        run("trap '' HUP INT TERM; " + GROUP.format(folder=server) + "sleep 300; true", limit=few)
    assert awaited_end(int((server / "group").read_text()), 60)


def test_a_broken_line_is_said_and_the_script_ends_at_its_limit(run, server, few):
    broken = "sleep 1; kill -KILL $(ps -o ppid= -p $PPID); sleep 300"
    with pytest.raises(DeviceLost, match=r"ended there \d+ s after its start"):
        run(GROUP.format(folder=server) + broken, limit=few + 4)
    group = int((server / "group").read_text())
    assert lives(group), "told before the limit"
    assert awaited_end(group, 60)


def test_the_shells_in_use_here_take_the_line_that_is_sent(run):
    """As the login shell would: sshd hands it over as one argument."""
    from labmgr.consoles.server_script import _UNIX  # noqa: PLC0415 - the line itself

    for shell in ("dash", "bash"):
        command = [shell, "-c", _UNIX.format(limit=9)]
        done = subprocess.run(
            command, input=b"{ :; echo a; exit 5\n} </dev/null\n", capture_output=True, check=False
        )
        assert (done.returncode, done.stdout) == (5, b"a\n"), shell


class AtTheLastMoment(paramiko.Channel):
    """What was said, and how it ended, come between the vain read and the look at the status."""

    def recv(self, nbytes):
        try:
            return super().recv(nbytes)
        except TimeoutError:
            if not self.exit_status_ready():
                self.in_buffer.feed(b"Linux 6.1.0 x86_64\n")
                self.exit_status = 0
                self.status_event.set()
            raise


def test_an_answer_that_comes_with_its_end_is_read(room, server):
    """Under load it does, and the server was said to have no shell at all."""
    [srv] = room.devices("srv")
    said = bytearray()
    assert ended(Talk(srv, Keys("")), AtTheLastMoment(1), said.extend) == 0
    assert said == b"Linux 6.1.0 x86_64\n"
