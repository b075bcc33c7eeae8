"""Servers: Debian's own sshd as an ordinary process, the real paramiko."""

from __future__ import annotations

import platform

from labmgr.domain.devices import Outcome
from labmgr.services.equipment import configs
from tests.devices.conftest import DEADLINE
from tests.devices.test_switches import checked, trusted


def test_a_server_says_its_system_and_name(room, server):
    trusted(room)
    report = checked(room)["srv"]
    assert report.said == ""
    assert report.answer.hostname == platform.node()
    assert report.answer.version.startswith(f"Linux {platform.release()}")
    assert report.answer.os == platform.freedesktop_os_release()["PRETTY_NAME"]


def test_files_and_outputs_are_kept_and_compared(room, server):
    trusted(room)
    [made] = configs.back_up(room.tools, room.devices(), by="technicien")
    assert made.said == ""
    text = room.tools.configs.text("srv", made.backup.name)
    assert text == (
        f"### conf: {server}/kept.conf\none = 1\n\n### name: uname -n\n{platform.node()}\n\n"
    )
    (server / "kept.conf").write_text("one = 2\npassword = tresSecret\n")
    list(configs.back_up(room.tools, room.devices(), by="technicien"))
    lines = configs.difference(room.tools, *room.devices())
    assert [line for line in lines if line[0] in "+-"][2:] == [
        "-one = 1",
        "+one = 2",
        "+password = ***",
    ]


def test_a_file_that_is_gone_is_named_and_nothing_is_kept(room, server):
    trusted(room)
    (server / "kept.conf").unlink()
    [made] = configs.back_up(room.tools, room.devices(), by="technicien")
    assert made.outcome is Outcome.FAILED
    assert "kept.conf is not there" in made.said
    assert room.tools.configs.backups("srv") == []


def test_a_key_that_is_not_taken_is_a_refusal(room, server):
    trusted(room)
    (server / "login.pub").write_text("")
    assert checked(room)["srv"].outcome is Outcome.REFUSED


def test_another_host_key_gets_no_login(room, server):
    trusted(room)
    room.tools.store.change_secret("device-key:srv", "ssh-ed25519 " + "A" * 68)
    assert checked(room)["srv"].outcome is Outcome.WRONG_KEY
    room.tools.store.change_secret("device-key:srv", "ecdsa-sha2-nistp256 " + "A" * 68)
    assert checked(room)["srv"].outcome is Outcome.WRONG_KEY


def test_a_command_that_never_ends_is_given_up(room, server):
    trusted(room)
    declared = room.world.home / "inventory" / "devices.yaml"
    text = declared.read_text().replace("uname -n", "sleep 300")
    declared.write_text(text.replace(f"deadline: {DEADLINE}", "deadline: 4"))
    [made] = configs.back_up(room.tools, room.devices(), by="technicien")
    assert made.outcome is Outcome.HUNG


def test_a_line_that_breaks_while_it_is_asked_is_lost_and_no_other_system(room, server):
    trusted(room)
    declared = room.world.home / "inventory" / "devices.yaml"
    text = declared.read_text().replace("uname -n", "kill -KILL $PPID; sleep 1")
    declared.write_text(text)
    [made] = configs.back_up(room.tools, room.devices(), by="technicien")
    assert (made.outcome, made.mend) == (Outcome.LOST, made.mend)
    assert "nothing was changed" in made.said
    assert room.tools.configs.backups("srv") == []
