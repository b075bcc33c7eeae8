"""Starting the panel's server, or both processes under their keeper."""

from __future__ import annotations

import http.client
import ipaddress
import logging
import os
import socket
import ssl
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from labmgr import keeper
from labmgr.domain.ports import Tools
from labmgr.domain.terminals import MOST_LINES
from labmgr.errors import Refused

log = logging.getLogger(__name__)

# One process: candidates' polls are short, and rates are counted in memory. A browser on a
# terminal holds a thread for itself; threads come into being when they are wanted.
THREADS: Final = 24 + MOST_LINES
PATIENCE: Final = 5.0  # seconds for a panel that is asked whether it is there


@dataclass(frozen=True)
class Choice:
    """Where the panel listens."""

    host: str
    port: int

    @property
    def secure(self) -> bool:
        """Beyond loopback only HTTPS is spoken."""
        return not _is_loopback(self.host)

    @property
    def place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{'https' if self.secure else 'http'}://{self.place}/"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve_all(tools: Tools, home: Path, choice: Choice) -> None:
    """Become the keeper of both; said again while it runs, it says so and returns."""
    with tools.store.lock(keeper.LOCK) as mine:
        if not mine:
            log.info("labmgr already runs (%s)", (home / "url").read_text(encoding="utf-8"))
            return
        _port_free(choice)
        (home / "url").write_text(choice.url, encoding="utf-8")
    log.info("labmgr on %s", choice.url)
    if choice.secure and _is_loopback(tools.site.lab_name):
        log.warning(
            "labs and slips name %s, which only this machine reaches: "
            "set LABMGR_LAB_BIND and LABMGR_LAB_NAME for the exam room",
            tools.site.lab_name,
        )
    command = [sys.executable, "-m", keeper.__name__, str(home), choice.host, str(choice.port)]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter


def check(tools: Tools, home: Path) -> str:
    """The address of this instance's panel, which answers there. Raises Refused."""
    with tools.store.lock(keeper.LOCK) as mine:
        runs = not mine
    url = (home / "url").read_text(encoding="utf-8") if runs else ""
    if not url or not _answers(urlsplit(url)):
        raise Refused(
            f"The panel does not answer on {url}" if url else "labmgr does not run",
            hint="`scripts/run` starts it; as a service: `systemctl status labmgr`.",
        )
    return url


def _answers(at: SplitResult) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(str(at.hostname), at.hostname) or ""  # noqa: S104 - compared, not bound
    line = http.client.HTTPConnection(host, at.port, timeout=PATIENCE)
    if at.scheme == "https":  # whose it is does not matter here, and it knows no such name
        trusting = ssl.create_default_context()
        trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
        line = http.client.HTTPSConnection(host, at.port, timeout=PATIENCE, context=trusting)
    with closing(line):
        try:
            line.request("GET", "/health")
            return line.getresponse().read() == b"ok"
        except (OSError, http.client.HTTPException):
            return False


def serve_panel(tools: Tools, home: Path, choice: Choice) -> None:
    """Become the WSGI server; does not return."""
    _port_free(choice)
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        f"labmgr.wsgi:application(secure={choice.secure})",
        "--bind",
        choice.place,
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
