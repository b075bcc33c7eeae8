"""A script on a server: over standard input, within its time, its output kept within bounds."""

from __future__ import annotations

import base64
import logging
import re
import threading
import time
from typing import Final

import paramiko

from labmgr.consoles.server_talk import asked, ended, is_lost, kernel, logged_in, lost, started
from labmgr.consoles.talk import Talk
from labmgr.domain.devices import Ran
from labmgr.errors import ConsoleError, DeviceHung

_log = logging.getLogger(__name__)

_HEAD: Final = 6 << 20  # bytes kept of what it says first
_TAIL: Final = 2 << 20  # and last
_SPARE: Final = 1.0  # seconds of the deadline left to tell how it ended
# One line, without a quote: a login shell may be csh or fish. sshd makes the shell the leader of
# a process group of its own; whatever the script starts is in it, and ends with it at the limit,
# also when labmgr or the line is gone by then.
_UNIX: Final = (
    "exec sh -c 'exec 3<&0 2>&1;"
    ' (trap "kill \\$p; exit" TERM; sleep {limit} & p=$!; wait $p; kill -KILL -$$)'
    " >/dev/null 2>&1 3<&- & w=$!;"
    " sh -s <&3 3<&-; s=$?; kill -TERM $w; exit $s'"
)
# PowerShell feeds its standard input to $input, in the console's code page: so base64 it is. The
# command itself is encoded since nobody knows which shell reads it, cmd.exe or another one.
_WINDOWS: Final = """\
$ProgressPreference = 'SilentlyContinue'
try { [Console]::OutputEncoding = New-Object Text.UTF8Encoding $false } catch { }
[Console]::Out.WriteLine("labmgr $PID")
$given = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String(-join @($input)))
& ([ScriptBlock]::Create($given)) 2>&1 | Out-String -Stream
exit $LASTEXITCODE
"""
_POWERSHELL: Final = "powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand"
_NUMBER: Final = re.compile(rb"labmgr (\d+)\r?\n")


def run(talk: Talk, script: str) -> Ran:
    """Raises DeviceHung when it was ended for its time, DeviceLost when the line broke."""
    transport = logged_in(talk)
    if kernel(talk, transport):
        return _Run(talk, transport).unix(script)
    status, said = asked(talk, transport, "cmd /c ver")
    if status or "Windows" not in said:
        raise ConsoleError(
            f"{talk.device.name} has neither a Unix shell nor Windows",
            hint="Scripts run on servers alone: is `driver: ssh` right in the inventory?",
        )
    return _Run(talk, transport).windows(script)


class _Run:
    def __init__(self, talk: Talk, transport: paramiko.Transport) -> None:
        self._talk, self._transport = talk, transport
        self._limit = max(1, int(talk.left - _SPARE))
        self._kept = Kept()
        self._ended = False  # by labmgr, at the limit

    def unix(self, script: str) -> Ran:
        """Nothing of it is run before all of it has come, and its commands read no line of it."""
        text = script.replace("\r\n", "\n")
        whole = f"{{ :; {text}\n}} </dev/null\n"
        status = self._run(_UNIX.format(limit=self._limit), whole.encode())
        return Ran(status, self._kept.text())

    def windows(self, script: str) -> Ran:
        command = base64.b64encode(_WINDOWS.encode("utf-16-le")).decode()
        timer = threading.Timer(self._limit, self._end_on_windows)
        timer.daemon = True
        timer.start()
        try:
            given = base64.b64encode(script.encode()) + b"\n"
            status = self._run(f"{_POWERSHELL} {command}", given)
        finally:
            timer.cancel()
        if number := _NUMBER.match(self._kept.head):
            del self._kept.head[: number.end()]
        return Ran(status, self._kept.text())

    def _end_on_windows(self) -> None:
        """With all that it started. It runs at this moment, so that the number is its own."""
        number = _NUMBER.match(self._kept.head)
        if number is None:
            return
        self._ended = True  # before it is, since the channel tells at once
        try:
            asked(self._talk, self._transport, f"taskkill /F /T /PID {int(number[1])}")
        except (ConsoleError, paramiko.SSHException, OSError, EOFError) as trouble:
            self._ended = False  # the talk's own deadline says what becomes of it
            _log.warning("%s: the script was not ended: %s", self._talk.device.name, trouble)

    def _run(self, command: str, given: bytes) -> int:
        begun = time.monotonic()
        channel = started(self._talk, self._transport, command)
        channel.set_combine_stderr(True)
        channel.settimeout(self._talk.left)
        channel.sendall(given)
        channel.shutdown_write()
        status = ended(self._talk, channel, self._kept.take)
        over = time.monotonic() - begun >= self._limit - _SPARE / 2
        if self._ended or (status == -1 and over and not is_lost(self._transport)):
            raise self._too_long()
        if status == -1:
            raise self._cut_short()
        return status

    def _too_long(self) -> DeviceHung:
        return DeviceHung(
            f"The script on {self._talk.device.name} took longer than {self._limit} s and was "
            "ended there",
            hint="What it did until then stands. A slow one wants a longer `push_deadline` in the "
            "inventory.",
        )

    def _cut_short(self) -> ConsoleError:
        if is_lost(self._transport):
            return lost(self._talk, f"its script is ended there {self._limit} s after its start")
        return ConsoleError(
            f"The script on {self._talk.device.name} was ended by a signal",
            hint="Look at its log: short of memory, or somebody ended it.",
        )


class Kept:
    """The beginning and the end of an output, with a word on what lay between."""

    def __init__(self) -> None:
        self.head, self._tail, self._left_out = bytearray(), bytearray(), 0

    def take(self, data: bytes) -> None:
        room = _HEAD - len(self.head)
        self.head += data[:room]
        self._tail += data[room:]
        if (over := len(self._tail) - _TAIL) > 0:
            self._left_out += over
            del self._tail[:over]

    def text(self) -> str:
        cut = f"\n[labmgr: {self._left_out} bytes left out here]\n" if self._left_out else ""
        return self.head.decode(errors="replace") + cut + self._tail.decode(errors="replace")
