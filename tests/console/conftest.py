"""A real OpenSSH server behind labmgr's real gateway."""

from __future__ import annotations

import time

import docker
import pytest

from labmgr.domain.terminals import Jump, Target
from tests.engine.trial import LOGINS, PASSWORDS, SSH_PORT, TrialLab, run

PASSWORD = "pass-of-student"
# What a node of a template has: an account with a password and a key, and an ssh server.
START = f"""
useradd -m -s /bin/bash etudiant && echo 'etudiant:{PASSWORD}' | chpasswd
install -d -m 700 -o etudiant /home/etudiant/.ssh
echo "$KEY" > /home/etudiant/.ssh/authorized_keys
chown etudiant /home/etudiant/.ssh/authorized_keys
mkdir -p /run/sshd && ssh-keygen -A >/dev/null
exec /usr/sbin/sshd -D -e -o AcceptEnv=LANG -o PasswordAuthentication=yes
"""


class SshLab(TrialLab):
    """One node `srv` with an ssh server; the gateway lets through to it."""

    def __init__(self, engine, folder):
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "student")])
        self.key = (folder / "student").read_text()
        self._public = (folder / "student.pub").read_text().strip()
        super().__init__(engine, folder)
        self.host_key = (folder / "host_key.pub").read_text().strip()

    def add_node(self, name, address):
        environment = {"KEY": self._public}
        command = ["sh", "-c", START]
        node = self._create(name, command, address, environment=environment)
        node.start()
        return node

    def config(self):
        srv = {"name": "srv", "address": f"{self.lan}.30"}
        return {**super().config(), "forward": [{**srv, "port": 22}]}

    def node_ready(self):
        deadline = time.monotonic() + 60
        while b"Server listening" not in self.node.logs():
            assert time.monotonic() < deadline, self.node.logs().decode()
            time.sleep(0.1)

    def target(self, who="candidate", **more):
        """The way to the node for this audience; *more* replaces parts of it."""
        jump = Jump(
            "127.0.0.1",
            self.published(SSH_PORT[who]),
            LOGINS[who],
            PASSWORDS[who],
            more.pop("host_key", self.host_key),
        )
        given = {"login": "etudiant", "password": PASSWORD, **more}
        return Target(jump, "srv", f"{self.lan}.30", 22, **given)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    engine = docker.from_env()
    trial = SshLab(engine, tmp_path_factory.mktemp("lab"))
    try:
        trial.ready()
        trial.node_ready()
        yield trial
    finally:
        trial.remove()
        engine.close()
