"""Starting the panel's server, or both processes under their keeper."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from labmgr import keeper
from labmgr.domain.ports import Tools
from labmgr.domain.terminals import MOST_LINES
from labmgr.errors import Refused

log = logging.getLogger(__name__)

# One process: candidates' polls are short, and rates are counted in memory. A browser on a
# terminal holds a thread for itself; threads come into being when they are wanted.
THREADS: Final = 24 + MOST_LINES


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
    """Become the keeper of both; said again while it runs, it says so and returns."""
    with tools.store.lock(keeper.LOCK) as mine:
        if not mine:
            log.info("labmgr already runs (%s)", (home / "url").read_text(encoding="utf-8"))
            return
        _port_free(choice)
        (home / "url").write_text(choice.url, encoding="utf-8")
    log.info("labmgr on %s", choice.url)
    command = [sys.executable, "-m", keeper.__name__, str(home), choice.host, str(choice.port)]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter


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


def serve_worker() -> None:
    """Become the worker; does not return."""
    os.execv(sys.executable, keeper.WORKER)  # noqa: S606 - our own interpreter


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
