"""Small labs made by hand, to try labmgr's own images without the rest of labmgr."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import time
import uuid
from pathlib import Path

import docker
from docker.models.containers import Container

from tests import free

CAPS = ["KILL", "SETUID", "SETGID", "SYS_CHROOT", "NET_BIND_SERVICE"]
PASSWORDS = {"candidate": "pass-of-candidate", "examiner": "pass-of-examiner"}
LOGINS = {"candidate": "candidat", "examiner": "examinateur"}
SSH_PORT = {"candidate": 2222, "examiner": 2223}
WEB_PORT = {"candidate": 8000, "examiner": 8001}
NODE_IMAGE = "labmgr/gateway:latest"  # has Python and a network, which is all a node needs here
ECHO = Path(__file__).with_name("echo_node.py").read_text()
LABEL = "labmgr.trial"


class TrialLab:
    """One node `srv` (web page on 80, echo on 7) behind a gateway with published ports."""

    def __init__(
        self,
        engine: docker.DockerClient,
        folder: Path,
        *,
        prefix: str = "lm",
        bind: str = "127.0.0.1",
    ) -> None:
        self.engine, self.id, self.folder = engine, uuid.uuid4().hex[:8], folder
        self.bind = bind
        self.lan, self.front_net = free.two_nets()  # Docker refuses one range twice
        self.bridges = {kind: f"{prefix}{kind}{self.id}" for kind in "if"}
        self._network("i", self.lan, internal=True)
        self._network("f", self.front_net, internal=False)
        self.gateway = self._gateway()
        self.node = self.add_node("srv", f"{self.lan}.30")

    def _network(self, kind: str, stem: str, *, internal: bool) -> None:
        options = {"com.docker.network.bridge.name": self.bridges[kind]}
        if internal:
            options["com.docker.network.bridge.inhibit_ipv4"] = "true"
        pool = docker.types.IPAMPool(subnet=f"{stem}.0/24")
        self.engine.networks.create(
            f"labmgr-trial-{self.id}-{kind}",
            driver="bridge",
            internal=internal,
            options=options,
            ipam=docker.types.IPAMConfig(pool_configs=[pool]),
            labels={LABEL: self.id},
        )

    def add_node(self, name: str, address: str) -> Container:
        node = self._create(name, ["python3", "-c", ECHO], address, dns=[f"{self.lan}.254"])
        node.start()
        return node

    def _gateway(self) -> Container:
        ports = {f"{port}/tcp": (self.bind, None) for port in (*SSH_PORT.values(), 8000, 8001)}
        gateway = self._create(
            "gateway",
            None,
            f"{self.lan}.254",
            ports=ports,
            cap_drop=["ALL"],
            cap_add=CAPS,
            security_opt=["no-new-privileges"],
            tmpfs={"/run": "", "/tmp": ""},
            mem_limit="64m",
        )
        self.engine.networks.get(f"labmgr-trial-{self.id}-f").connect(gateway)
        gateway.put_archive("/", archive("etc/labmgr/gateway.json", json.dumps(self.config())))
        gateway.start()
        return gateway

    def _create(self, name: str, command: list[str] | None, address: str, **extra) -> Container:
        network = f"labmgr-trial-{self.id}-i"
        endpoint = self.engine.api.create_endpoint_config(ipv4_address=address)
        return self.engine.containers.create(
            NODE_IMAGE,
            command,
            name=f"labmgr-trial-{self.id}-{name}",
            hostname=name,
            labels={LABEL: self.id},
            network=network,
            networking_config={network: endpoint},
            sysctls={"net.ipv4.ip_forward": "0"},
            **extra,
        )

    def config(self) -> dict[str, object]:
        srv = {"address": f"{self.lan}.30"}
        webs = {f"{who}_port": port for who, port in WEB_PORT.items()}
        certificate, key, host_key = key_material(self.folder)
        return {
            "front": f"{self.front_net}.0/24",
            "domain": "lab.lan",
            "names": [{"name": "srv", **srv}],
            "ssh": {
                who: {"port": SSH_PORT[who], "login": LOGINS[who], "password": PASSWORDS[who]}
                for who in LOGINS
            },
            "forward": [{"name": "srv", "port": 7, **srv}],
            "web": [{"node": "srv", "port": 80, "secure_cookies": True, **webs, **srv}],
            "tls": {"certificate": certificate, "key": key},
            "host_key": host_key,
        }

    def published(self, port: int) -> int:
        self.gateway.reload()
        return int(self.gateway.ports[f"{port}/tcp"][0]["HostPort"])

    def front_address(self) -> str:
        self.gateway.reload()
        networks = self.gateway.attrs["NetworkSettings"]["Networks"]
        return str(networks[f"labmgr-trial-{self.id}-f"]["IPAddress"])

    def ready(self) -> None:
        """Wait until the gateway takes orders."""
        give_up = time.monotonic() + 60
        while self.gate("status")[0]:
            assert time.monotonic() < give_up, self.gateway.logs().decode()
            time.sleep(0.1)

    def gate(self, *order: str) -> tuple[int, str]:
        done = self.gateway.exec_run(["labmgr-gate", *order])
        return done.exit_code, done.output.decode()

    def jump(self, who: str, *options: str, login: str = "") -> list[str]:
        """An ssh command to the gateway; the password comes by `ask_pass`."""
        return [
            *("ssh", "-F", "none", "-p", str(self.published(SSH_PORT[who]))),
            *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
            *("-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1"),
            *(*options, f"{login or LOGINS[who]}@127.0.0.1"),
        ]

    def remove(self) -> None:
        ours = {"label": f"{LABEL}={self.id}"}
        for container in self.engine.containers.list(all=True, filters=ours):
            container.remove(force=True, v=True)
        for network in self.engine.networks.list(filters=ours):
            network.remove()


def ask_pass(folder: Path, password: str) -> dict[str, str]:
    script = folder / "ask-pass"
    script.write_text(f"#!/bin/sh\necho '{password}'\n")
    script.chmod(0o700)
    return {**os.environ, "SSH_ASKPASS": str(script), "SSH_ASKPASS_REQUIRE": "force"}


def archive(path: str, text: str) -> bytes:
    """A tar with one file, root's own, as an engine driver places it before the first start."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo(path)
        entry.size, entry.mode = len(text.encode()), 0o600
        tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


def key_material(folder: Path) -> tuple[str, str, str]:
    """Certificate, its key and an ssh host key, made by the ordinary tools."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    pem = run(["openssl", "req", "-x509", *curve, "-subj", "/CN=127.0.0.1", "-keyout", "-"])
    key, begin, certificate = pem.partition("-----BEGIN CERTIFICATE-----")
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "host_key")])
    return begin + certificate, key, (folder / "host_key").read_text()


def run(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout
