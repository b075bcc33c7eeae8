"""What labmgr sends to a server that answers as Windows does. No real Windows was there."""

from __future__ import annotations

import pytest

from labmgr.domain.devices import Outcome
from labmgr.errors import ConsoleError, DeviceHung
from labmgr.services.equipment import asking
from tests.devices.test_switches import checked, trusted
from tests.devices.windows import NUMBER, WindowsLike


@pytest.fixture
def windows(room):
    made = WindowsLike()
    room.world.env["WINDOWS_PASSWORD"] = made.password
    told = {"driver": "ssh", "password": "env:WINDOWS_PASSWORD"}
    room.declare("win", made.port, more="    push_deadline: 120\n", **told)
    trusted(room)
    yield made
    made.close()


def run(room, script):
    [device] = room.devices("win")
    return room.tools.devices.run(device, asking.keys_of(room.tools, device), script)


def test_windows_is_told_by_ver_since_uname_is_unknown_there(room, windows):
    report = checked(room)["win"]
    assert (report.outcome, report.said) == (Outcome.ANSWERS, "")
    assert report.answer.os == "Microsoft Windows [Version 10.0.20348.2322]"
    assert (report.answer.version, report.answer.hostname) == ("10.0.20348.2322", "SRV-WIN")


def test_a_script_goes_to_powershell_over_standard_input_alone(room, windows):
    windows.status = 3
    ran = run(room, "Write-Output 'tresSecret é'\nexit 3\n")
    assert (ran.status, ran.output) == (3, "fait\r\n")
    assert windows.script == "Write-Output 'tresSecret é'\nexit 3\n"
    assert "tresSecret" not in "".join(windows.commands) + windows.bootstrap
    assert "$input" in windows.bootstrap
    assert all(len(command) < 8191 for command in windows.commands), "cmd.exe takes no more"


def test_a_script_that_takes_too_long_is_ended_with_all_it_started(room, windows):
    room.hurry("push_deadline")
    windows.endless = True
    with pytest.raises(DeviceHung, match="was ended there"):
        run(room, "Start-Sleep 300")
    assert windows.commands[-1] == f"taskkill /F /T /PID {NUMBER}"


def test_what_is_neither_unix_nor_windows_gets_no_script(room, windows, monkeypatch):
    monkeypatch.setattr("tests.devices.windows.VER", "Vendor OS 1.0\r\n")
    with pytest.raises(ConsoleError, match="neither a Unix shell nor Windows"):
        run(room, "echo tresSecret")
    assert windows.script == ""
