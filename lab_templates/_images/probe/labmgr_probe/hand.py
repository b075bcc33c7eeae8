"""One try's hand: runs clients as subprocesses, and gives them secrets without showing them."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from labmgr_probe.model import NoAnswer
from labmgr_probe.words import _

CONNECT = 3.0  # seconds for a port to take a connection
TIMED_OUT = -1
GRACE = 0.5  # seconds between asking a client to stop and making it


@dataclass(frozen=True)
class Ran:
    """How a client ended. `code` is TIMED_OUT when it had to be stopped."""

    code: int
    out: str
    err: str

    @property
    def timed_out(self) -> bool:
        return self.code == TIMED_OUT


class Hand:
    """Everything it made is gone when it is closed. `command` is what was run, for people."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._made = ExitStack()
        self._hidden: list[str] = []
        self.command = ""

    def close(self) -> None:
        self._made.close()

    def hidden(self, secret: str) -> str:
        """A path from which a client reads *secret*: memory of this process, on no disk."""
        fd = os.memfd_create("secret")
        self._made.callback(os.close, fd)
        os.fchmod(fd, 0o600)  # clients refuse secrets that others could read
        os.write(fd, secret.encode())
        self._hidden.append(f"/proc/{os.getpid()}/fd/{fd}")
        return self._hidden[-1]

    def folder(self) -> Path:
        return Path(self._made.enter_context(tempfile.TemporaryDirectory(prefix="labmgr-")))

    def reach(self, host: str, port: int) -> None:
        """Spare the client's start while nobody listens."""
        try:
            socket.create_connection((host, port), min(CONNECT, self._left())).close()
        except TimeoutError as e:
            raise NoAnswer(_("le port %d ne répond pas") % port) from e
        except OSError as e:
            raise NoAnswer(_("port %d : %s") % (port, os.strerror(e.errno or 0))) from e

    def run(
        self, *command: str, say: str = "", env: Mapping[str, str] | None = None, show: bool = True
    ) -> Ran:
        """Run a client to its end, or to the end of the try. Its words come in plain English."""
        if show:
            self.command = self._shown(command)
        environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", **(env or {})}
        pipe = subprocess.PIPE
        with subprocess.Popen(
            command,
            env=environment,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
            encoding="utf-8",
            errors="replace",
        ) as client:
            try:
                out, err = client.communicate(say, self._left())
            except subprocess.TimeoutExpired:
                out, err = _stop(client)
                return Ran(TIMED_OUT, out, err)
        return Ran(client.returncode, out, err)

    def _left(self) -> float:
        return max(0.1, self._end - time.monotonic())

    def _shown(self, command: tuple[str, ...]) -> str:
        text = shlex.join(command)
        for path in self._hidden:
            text = text.replace(path, "***")
        return text


def _stop(client: subprocess.Popen[str]) -> tuple[str, str]:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(client.pid, number)
        with suppress(subprocess.TimeoutExpired):
            return client.communicate(timeout=GRACE)
    return "", ""
