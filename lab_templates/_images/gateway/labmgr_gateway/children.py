"""Processes of PID 1: those it wants run, all others are killed and reaped."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
REST = 1.0  # seconds between two starts of a program that does not stay


class Children:
    """Named long-running programs. Nobody else may live below this process.

    A session that outlives its listener is adopted by PID 1, and so recognised: killing the
    listener first, then whoever was adopted, leaves no session however it was forked.
    """

    def __init__(self) -> None:
        self._pids: dict[str, int] = {}
        self._started: dict[str, float] = {}

    def keep(self, wanted: Mapping[str, list[str]]) -> None:
        """Make what runs equal to *wanted* (name -> command), killing before starting."""
        self._reap()
        self._kill([name for name in self._pids if name not in wanted])
        self._sweep()
        for name, command in wanted.items():
            if name not in self._pids and self._rested(name):
                self._started[name] = time.monotonic()
                self._pids[name] = os.posix_spawn(command[0], command, ENVIRONMENT)

    def _rested(self, name: str) -> bool:
        return time.monotonic() - self._started.get(name, -REST) >= REST

    def _kill(self, names: Sequence[str]) -> None:
        for name in names:
            os.kill(self._pids[name], signal.SIGKILL)
        for name in names:
            os.waitpid(self._pids.pop(name), 0)
            del self._started[name]

    def _sweep(self) -> None:
        ours = set(self._pids.values())
        while strays := [pid for pid in children_of(os.getpid()) if pid not in ours]:
            for pid in strays:
                os.kill(pid, signal.SIGKILL)
            for pid in strays:
                os.waitpid(pid, 0)

    def _reap(self) -> None:
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                for name in [name for name, pid in self._pids.items() if pid == found[0]]:
                    del self._pids[name]
                    status = os.waitstatus_to_exitcode(found[1])
                    print(f"{name} ended ({status}); it starts again", flush=True)


def children_of(parent: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # the name in brackets may hold anything: count from the last bracket
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                yield int(stat.parent.name)
