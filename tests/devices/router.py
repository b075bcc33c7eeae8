"""FRR routers as containers: real devices for tests, each beside labs on a network of its own."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import subprocess
import tarfile
import time
import uuid
from pathlib import Path
from typing import Self

import docker
import paramiko

from labmgr.engines.images import DockerImages
from labmgr.store.files.recipes import RecipeBook
from tests import free

TEMPLATES = Path(__file__).parents[2] / "lab_templates"

ACCOUNTS = ("labmgr", "etudiant")
CAPS = [
    "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "NET_ADMIN", "NET_BIND_SERVICE",
    "NET_RAW", "SETGID", "SETUID", "SYS_CHROOT",
]  # fmt: skip
# Set here, since the router itself cannot; without them it shows `no … forwarding`.
FORWARDING = {"net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1"}
SECONDS = 120.0


def frr_image() -> str:
    """The tag of the recipe frr, built where it is missing."""
    extra = os.environ.get("LABMGR_EXTRA_CA")
    recipe = RecipeBook(TEMPLATES).recipe("frr", {})
    with contextlib.closing(DockerImages(None, extra_ca=Path(extra) if extra else None)) as images:
        images.build(recipe)
    return recipe.tag


class FrrRouter:
    """One router; gone with its network when the block ends. *image*: a tag of the recipe frr.

    `address`, `port`, `passwords` (by account) and `host_key` are what an inventory wants to know.
    """

    port = 22

    def __init__(self, client: docker.DockerClient, image: str, *, name: str = "r1") -> None:
        self.name, self._client, self._image = name, client, image
        self._called = f"labmgr-test-frr-{uuid.uuid4().hex[:8]}"
        self.passwords = {one: secrets.token_urlsafe(12) for one in ACCOUNTS}
        self.address = self.host_key = ""

    def __enter__(self) -> Self:
        try:
            self._create()
            self._first = b"".join(self.container.get_archive("/etc/frr")[0])
            self.start()
            self._fresh = self._shown()
            shown = self.container.exec_run(["cat", "/etc/ssh/ssh_host_ed25519_key.pub"])
            self.host_key = " ".join(shown.output.decode().split()[:2])
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_told: object) -> None:
        self.close()

    def close(self) -> None:
        with contextlib.suppress(docker.errors.NotFound):
            self._client.containers.get(self._called).remove(force=True)
        with contextlib.suppress(docker.errors.NotFound):
            self._client.networks.get(self._called).remove()

    def start(self) -> None:
        """Also after a kill: what was saved is there again."""
        self.container.start()
        self.answers()

    def reset(self) -> None:
        """As it was when it was made, but for its keys and passwords."""
        self.container.reload()
        if self.container.status == "paused":
            self.container.unpause()
        elif self.container.status == "running" and self._shown() == self._fresh:
            return
        self.container.stop(timeout=2)
        self.container.put_archive("/etc", self._first)
        self.start()

    def restart(self) -> None:
        self.container.restart(timeout=2)
        self.answers()

    def kill(self) -> None:
        """As if its power went."""
        self.container.kill()

    def answers(self) -> str:
        """What `show version` says, as soon as it says it."""
        end = time.monotonic() + SECONDS
        while True:
            with contextlib.suppress(OSError, paramiko.SSHException, EOFError):
                if "FRRouting" in (told := self.types("show version", login="labmgr")):
                    return told
            assert time.monotonic() < end, self.container.logs(tail=30).decode()
            time.sleep(0.05)

    def types(self, *lines: str, login: str = "etudiant") -> str:
        """What vtysh says to *lines*, typed by the candidate unless another is named."""
        return said(self.address, login, self.passwords[login], *lines)

    def configures(self, *lines: str) -> str:
        """The candidate at work: nothing is saved unless *lines* end with `do write`."""
        return self.types("configure terminal", *lines)

    def plug(self, interface: str) -> None:
        """A cable from its eth1 to an *interface* made on this machine; gone when it stops."""
        self.container.reload()
        pid = self.container.attrs["State"]["Pid"]
        inside = ["nsenter", f"--net=/proc/{pid}/ns/net", "ip"]
        ends = [interface, "type", "veth", "peer", "name", "eth1", "netns", str(pid)]
        subprocess.run(["ip", "link", "add", *ends], check=True)
        subprocess.run(["ip", "link", "set", interface, "up"], check=True)
        subprocess.run([*inside, "link", "set", "eth1", "up"], check=True)

    def saved(self) -> str:
        return self.container.exec_run(["cat", "/etc/frr/frr.conf"]).output.decode()

    def _shown(self) -> tuple[str, str]:
        return self.types("show running-config", login="labmgr"), self.saved()

    def _create(self) -> None:
        net = f"{free.net_base(1)}.77"
        pool = docker.types.IPAMPool(subnet=f"{net}.0/24")
        self._client.networks.create(
            self._called, internal=True, ipam=docker.types.IPAMConfig(pool_configs=[pool])
        )
        self.address = f"{net}.10"
        endpoint = self._client.api.create_endpoint_config(ipv4_address=self.address)
        self.container = self._client.containers.create(
            self._image,
            name=self._called,
            hostname=self.name,
            network=self._called,
            networking_config={self._called: endpoint},
            cap_drop=["ALL"],
            cap_add=CAPS,
            security_opt=["no-new-privileges"],
            sysctls=FORWARDING,
            mem_limit="256m",
            pids_limit=256,
        )
        self.container.put_archive("/", self._credentials())

    def _credentials(self) -> bytes:
        """As labmgr's engine hands them to a node."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as tar:
            for account, password in self.passwords.items():
                for name, text in (("login", account), ("password", password)):
                    entry = tarfile.TarInfo(f"etc/labmgr/first-boot/credentials/{account}/{name}")
                    entry.size, entry.mode = len(text), 0o600
                    tar.addfile(entry, io.BytesIO(text.encode()))
        return out.getvalue()


def said(address: str, login: str, password: str, *lines: str) -> str:
    """One login for *lines*, which vtysh takes until the first that it does not know."""
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
    try:
        client.connect(
            address, 22, login, password, timeout=30, allow_agent=False, look_for_keys=False
        )
        _, out, trouble = client.exec_command("\n".join(lines), timeout=60)
        return (out.read() + trouble.read()).decode()
    finally:
        client.close()
