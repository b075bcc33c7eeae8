"""Keeps panel and worker alive. A process of its own that imports nothing: 12 MiB, not 110."""

from __future__ import annotations

import ctypes
import fcntl
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final

log = logging.getLogger(__name__)

LOCK: Final = "serve"
WORKER: Final = [sys.executable, "-m", "labmgr.at_work"]
PATIENCE: Final = 20.0  # seconds the children may take to stop before they are killed
PAUSES: Final = (1, 2, 5, 10)  # seconds before a child that died is started again
PR_SET_PDEATHSIG: Final = 1  # of <linux/prctl.h>
WELL: Final = 60.0  # seconds: a child that lived so long did not die of its start


class Keeper:
    """Two children; one that dies is started again, later each time it dies at once."""

    def __init__(self, commands: dict[str, list[str]]) -> None:
        self._commands = commands
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._born: dict[str, float] = {}
        self._deaths = dict.fromkeys(commands, 0)
        self._stopping = False
        self._me = os.getpid()
        self._libc = ctypes.CDLL(None)

    def run(self) -> None:
        """Until SIGTERM or SIGINT; then both are stopped."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self._stopping:
            for name in self._commands:
                self._keep(name)
            time.sleep(0.5)
        for child in self._children.values():
            child.terminate()
        until = time.monotonic() + PATIENCE
        for child in self._children.values():
            try:
                child.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()

    def _keep(self, name: str) -> None:
        child = self._children.get(name)
        if child is not None:
            if child.poll() is None:
                return
            self._mourn(name, child.returncode)
        if not self._stopping:
            self._born[name] = time.monotonic()
            self._children[name] = subprocess.Popen(  # noqa: S603 - ours
                self._commands[name],
                preexec_fn=self._end_with_me,  # noqa: PLW1509 - there is one thread
            )

    def _mourn(self, name: str, status: int) -> None:
        if time.monotonic() - self._born[name] > WELL:
            self._deaths[name] = 0
        pause = PAUSES[min(self._deaths[name], len(PAUSES) - 1)]
        self._deaths[name] += 1
        log.error("%s ended with %s; again in %s s", name, status, pause)
        time.sleep(pause)

    def _end_with_me(self) -> None:
        """In the child: a killed keeper leaves nobody behind who holds the panel's port."""
        self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != self._me:  # killed before that was asked for: no signal will come
            os._exit(1)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def main(home: str, host: str, port: str) -> None:
    """Hold the instance's lock as long as this process lives, and keep both."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    locks = Path(home) / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("labmgr already runs")
            return
        os.environ.setdefault("MALLOC_ARENA_MAX", "2")  # else each thread hoards memory of its own
        panel = [sys.executable, "-m", "labmgr", "serve", "--panel", "--host", host, "--port", port]
        Keeper({"panel": panel, "worker": WORKER}).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
