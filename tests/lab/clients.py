"""A candidate's own programs on the host: ssh -J, tunnels, curl, git; passwords by askpass."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from pathlib import Path

from labmgr.domain.template import CredentialKind
from labmgr.services.lab import access
from tests import free

SECONDS = 120
CONFIG = """Host *
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking accept-new
  NumberOfPasswordPrompts 1
  PreferredAuthentications password
  ConnectTimeout 20
  LogLevel ERROR
"""
ASK = """#!/usr/bin/env python3
import json, pathlib, sys
words = json.loads(pathlib.Path(__file__).with_name("passwords.json").read_text())
print(next(word for who, word in words.items() if who + "'s password" in sys.argv[1]))
"""


@dataclass
class Visitor:
    """One candidate or examiner before one lab, with nothing but what the page shows."""

    access: access.LabAccess
    folder: Path
    running: list[subprocess.Popen] = field(default_factory=list)

    @classmethod
    def of(cls, house, lab, folder):
        return cls.by(
            house, access.for_staff(house.tools, house.lab(lab), by="tests"), folder / lab
        )

    @classmethod
    def by(cls, house, ways, folder):
        """With these accesses, whoever they are for."""
        made = cls(ways, folder)
        made.folder.mkdir(parents=True, exist_ok=True)
        made._prepare((house.home / "keys" / "ca.pem").read_text())
        return made

    def _prepare(self, ca: str) -> None:
        begin = ca.index("-----BEGIN CERTIFICATE-----")
        (self.folder / "ca.pem").write_text(ca[begin:])
        (self.folder / "config").write_text(CONFIG.format(folder=self.folder))
        where = f"[127.0.0.1]:{self.access.jump_port}"
        (self.folder / "known_hosts").write_text(f"{where} {self.access.host_key}\n")
        words = {self.access.jump: self.access.jump_password}
        for node in self.access.nodes:
            for one in node.credentials:
                if one.kind is CredentialKind.PASSWORD:
                    words[f"{one.login}@{node.node}"] = one.secret
        (self.folder / "passwords.json").write_text(json.dumps(words))
        (self.folder / "ask").write_text(ASK)
        (self.folder / "ask").chmod(0o700)

    @property
    def environment(self) -> dict[str, str]:
        ask = {"SSH_ASKPASS": str(self.folder / "ask"), "SSH_ASKPASS_REQUIRE": "force"}
        quiet = {"GIT_TERMINAL_PROMPT": "0", "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        me = {f"GIT_{who}_{what}": word for who in ("AUTHOR", "COMMITTER") for what, word in ME}
        mine = {"GIT_SSL_CAINFO": str(self.folder / "ca.pem")}
        return {**os.environ, **ask, **quiet, **me, **mine}

    def password(self, node: str, account: str) -> str:
        return self._account(node, account).secret

    def _account(self, node: str, account: str):
        (found,) = (one for one in self.access.nodes if one.node == node)
        return next(one for one in found.credentials if one.id == account)

    @property
    def jump(self) -> str:
        return f"{self.access.jump}:{self.access.jump_port}"

    def call(self, *command: str, say: str = "", **extra: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            command,
            input=say,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env=self.environment | extra,
            cwd=self.folder,
        )

    def good(self, *command: str, say: str = "", **extra: str) -> str:
        done = self.call(*command, say=say, **extra)
        assert done.returncode == 0, f"{command}: {done.returncode}: {done.stdout}{done.stderr}"
        return done.stdout

    def way(self, node: str, login: str = "etudiant") -> tuple[str, ...]:
        return ("ssh", "-F", str(self.folder / "config"), "-J", self.jump, f"{login}@{node}")

    def ssh(self, node: str, *command: str, login: str = "etudiant", say: str = "") -> str:
        return self.good(*self.way(node, login), *command, say=say)

    def comes_to_read(self, node: str, *command: str) -> str:
        """What the node answers as soon as its sshd is up again."""
        assert wait_for(lambda: self.call(*self.way(node), "true").returncode == 0)
        return self.ssh(node, *command)

    def gets_in(self) -> bool:
        """Whether the jump host lets this candidate through at all."""
        return self.call(*self.way("auth"), "true").returncode == 0

    @contextmanager
    def tunnel(self, node: str, port: int):
        """A local port behind which the node's service is."""
        local = free.port()
        host, at = self.jump.rsplit(":", 1)
        forward = f"{local}:{node}:{port}"
        config = ("-F", str(self.folder / "config"), "-o", "ExitOnForwardFailure=yes")
        line = self.starts("ssh", *config, "-N", "-L", forward, "-p", at, host)
        wait_for(lambda: answers(local) or line.poll() is not None)
        assert line.poll() is None, "the tunnel was not let through"
        try:
            yield str(local)
        finally:
            line.kill()
            line.wait()

    def starts(self, *command: str) -> subprocess.Popen:
        one = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self.environment,
            text=True,
        )
        self.running.append(one)
        return one

    def link(self, node: str, door: str) -> str:
        (found,) = (one for one in self.access.nodes if one.node == node)
        return next(one.link for one in found.doors if one.name == door)

    def page(self, url: str, *more: str) -> str:
        """By curl, the centre's certificate verified; one line of status at the end."""
        ca = str(self.folder / "ca.pem")
        status = "\n%{http_code}"
        return self.good("curl", "-sS", "--cacert", ca, "-L", "-w", status, "-m", "100", *more, url)

    def api(self, url: str, body: object, *more: str, method: str = "POST") -> object:
        header = ("-H", "Content-Type: application/json", "-X", method, "-d", json.dumps(body))
        said, _, status = self.page(url, *header, *more).rpartition("\n")
        assert status.startswith("2"), f"{url}: {status}: {said[:300]}"
        return json.loads(said) if said else None

    def git(self, *command: str, where: str = ".") -> str:
        shell = f"ssh -F {self.folder}/config -J {self.jump}"
        return self.good("git", "-C", str(self.folder / where), *command, GIT_SSH_COMMAND=shell)

    def https(self, url: str) -> HTTPSConnection:
        """A browser's kept-alive connection."""
        trusted = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        port = int(url.split(":")[2].split("/", maxsplit=1)[0])
        line = HTTPSConnection("127.0.0.1", port, context=trusted, timeout=90)
        try:
            line.request("GET", "/", headers={"Connection": "keep-alive"})
            line.getresponse().read()
        except BaseException:
            line.close()
            raise
        return line

    def leave(self) -> None:
        for one in self.running:
            with suppress(OSError):
                one.kill()
            one.communicate()


ME = (("NAME", "Zoé Essai"), ("EMAIL", "zoe@lab.lan"))


def answers(port: int) -> bool:
    with socket.socket() as line:
        line.settimeout(1)
        return line.connect_ex(("127.0.0.1", port)) == 0


def wait_for(good, seconds: float = SECONDS):
    """The first true answer of *good*, looked for often; the last false one when time is up."""
    deadline = time.monotonic() + seconds
    while not (found := good()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found
