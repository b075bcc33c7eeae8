"""Starting panel and worker as two processes and keeping both alive."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from labmgr.domain.ports import Tools
from labmgr.errors import Refused

log = logging.getLogger(__name__)

THREADS: Final = 24  # one process: candidates' polls are short, and rates are counted in memory
PATIENCE: Final = 20.0  # seconds a child may take to stop before it is killed
PAUSES: Final = (1, 2, 5, 10)  # seconds before a child that died is started again


@dataclass(frozen=True)
class Choice:
    """Where the panel listens."""

    host: str
    port: int

    @property
    def secure(self) -> bool:
        """Beyond loopback only HTTPS is spoken."""
        try:
            return not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host != "localhost"

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.host}:{self.port}/"


def serve_all(tools: Tools, home: Path, choice: Choice) -> None:
    """Run both until told to stop; said again while it runs, it says so and returns."""
    with tools.store.lock("serve") as mine:
        if not mine:
            log.info("labmgr already runs (%s)", (home / "url").read_text(encoding="utf-8"))
            return
        _port_free(choice)
        (home / "url").write_text(choice.url, encoding="utf-8")
        log.info("labmgr on %s", choice.url)
        _Pair(choice).run()


def serve_panel(tools: Tools, home: Path, choice: Choice) -> None:
    """Become the WSGI server; does not return."""
    _port_free(choice)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        f"labmgr.wsgi:application(secure={choice.secure})",
        "--bind",
        f"{choice.host}:{choice.port}",
        "--worker-class",
        "gthread",
        "--threads",
        str(THREADS),
        "--workers",
        "1",
        "--timeout",
        "60",
        "--graceful-timeout",
        "5",
        "--log-level",
        "warning",
        "--no-control-socket",
    ]
    if choice.secure:
        chain, key = _certificate_files(tools, home, choice)
        command += ["--certfile", str(chain), "--keyfile", str(key)]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter


class _Pair:
    """The two children; one that dies is started again, later each time."""

    def __init__(self, choice: Choice) -> None:
        base = [sys.executable, "-m", "labmgr", "serve"]
        self._commands = {
            "panel": [*base, "--panel", "--host", choice.host, "--port", str(choice.port)],
            "worker": [*base, "--worker"],
        }
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._deaths = dict.fromkeys(self._commands, 0)
        self._stopping = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        while not self._stopping:
            for name in self._commands:
                self._keep(name)
            time.sleep(0.5)
        for child in self._children.values():
            child.terminate()
        for child in self._children.values():
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()

    def _keep(self, name: str) -> None:
        child = self._children.get(name)
        if child is not None and child.poll() is None:
            return
        if child is not None:
            pause = PAUSES[min(self._deaths[name], len(PAUSES) - 1)]
            self._deaths[name] += 1
            log.error("%s ended with %s; again in %s s", name, child.returncode, pause)
            time.sleep(pause)
        if not self._stopping:
            self._children[name] = subprocess.Popen(self._commands[name])  # noqa: S603 - ours

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True


def _port_free(choice: Choice) -> None:
    family = socket.AF_INET6 if ":" in choice.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((choice.host, choice.port))
        except OSError as taken:
            raise Refused(
                f"Port {choice.port} of {choice.host} cannot be used: {taken.strerror}",
                hint="Something else listens there: name another one with --port.",
            ) from taken


def _certificate_files(tools: Tools, home: Path, choice: Choice) -> tuple[Path, Path]:
    """The panel's certificate, made anew at each start: leaves are short-lived."""
    folder = home / "tls"
    folder.mkdir(mode=0o700, exist_ok=True)
    names = [choice.host, tools.site.lab_name, socket.gethostname()]
    made = tools.vault.certificate([name for name in dict.fromkeys(names) if name != "0.0.0.0"])  # noqa: S104 - compared, not bound
    chain, key = folder / "panel.crt", folder / "panel.key"
    chain.write_text(made.chain, encoding="ascii")
    key.touch(mode=0o600)
    key.write_text(made.key, encoding="ascii")
    return chain, key
