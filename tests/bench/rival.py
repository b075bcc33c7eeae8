"""The rival: docker-compose with the template's own file and an override written here."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docker import APIClient

from labmgr.domain.probe import Check
from labmgr.engines.naming import NETWORK
from tests.bench.looking import until_green
from tests.bench.recording import BoxScript, Json, LabScript

# docker-compose 1.29 has no word for a private cgroup namespace, which systemd nodes need.
SHIM = """import docker

make = docker.APIClient.create_container_from_config

def private(self, config, *args, **kwargs):
    if config["HostConfig"].get("CgroupParent"):
        config["HostConfig"]["CgroupnsMode"] = "private"
    return make(self, config, *args, **kwargs)

docker.APIClient.create_container_from_config = private
"""
API = "1.41"  # the first one with cgroup namespaces


class ComposeError(Exception):
    """docker-compose refused; its own words."""


@dataclass(frozen=True)
class Rival:
    """The same containers, gateway included: without it nobody would answer the nodes' names."""

    api: APIClient
    scripts: Mapping[str, LabScript]
    checks: Mapping[str, Sequence[Check]]
    variables: Mapping[str, Mapping[str, str]]  # of each lab's compose file
    compose: Path
    folder: Path
    at_once: int

    name = "docker-compose"

    def prepare(self) -> None:
        """Overrides and the shim are written beforehand, as a teacher would."""
        (self.folder / "shim").mkdir(parents=True, exist_ok=True)
        (self.folder / "shim" / "sitecustomize.py").write_text(SHIM, encoding="utf-8")
        for script in self.scripts.values():
            self._override(script).write_text(json.dumps(override(script)), encoding="utf-8")

    def build(self) -> None:
        with ThreadPoolExecutor(self.at_once) as pool:
            list(pool.map(self._up, self.scripts.values()))

    def down(self) -> None:
        for script in self.scripts.values():
            self._run(script, "down", "-v", "-t", "0")

    def _up(self, script: LabScript) -> None:
        self._run(script, "up", "--no-start", "--no-build")
        for box in script.boxes.values():
            for path, content in box.archives:
                self.api.put_archive(box.name, path, content)
        self._run(script, "start")
        until_green(self.api, script, self.checks[script.lab], script.gateway.name)

    def _override(self, script: LabScript) -> Path:
        return self.folder / f"{script.lab}.yaml"

    def _run(self, script: LabScript, *words: str) -> None:
        files = ["-f", str(self.compose), "-f", str(self._override(script))]
        done = subprocess.run(
            ["docker-compose", "-p", script.lab, *files, *words],
            env=self._environment(script),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ComposeError(f"{script.lab}: {' '.join(words)}: {done.stderr.strip()[-600:]}")

    def _environment(self, script: LabScript) -> dict[str, str]:
        shim = {"PYTHONPATH": str(self.folder / "shim"), "COMPOSE_API_VERSION": API}
        return {**os.environ, **shim, **self.variables[script.lab]}


def override(script: LabScript) -> Json:
    """What the template's own file leaves to labmgr: limits, names, cgroups, the gateway."""
    words = {name: _word(net) for name, net in script.networks.items()}
    nodes = {box.node: _service(box, words) for box in script.nodes}
    for service in nodes.values():
        service["depends_on"] = ["gateway"]  # it answers their names
    networks = {words[name]: _network(name, net) for name, net in script.networks.items()}
    return {"services": nodes | {"gateway": _service(script.gateway, words)}, "networks": networks}


def _word(network: Json) -> str:
    """The template's own word for it."""
    return str(network["labels"][NETWORK])


def _network(name: str, network: Json) -> Json:
    pools = [{"subnet": pool["Subnet"]} for pool in network["ipam"]["Config"]]
    return {
        "name": name,
        "driver_opts": network["options"],
        "labels": network["labels"],
        "internal": network["internal"],
        "ipam": {"config": pools},
    }


def _service(box: BoxScript, words: Mapping[str, str]) -> Json:
    config, host = box.config, box.config["HostConfig"]
    service = {
        "image": config["Image"],
        "container_name": box.name,
        "hostname": config["Hostname"],
        "labels": config["Labels"],
        "mac_address": config.get("MacAddress"),
        "networks": _endpoints(box, words),
        "mem_limit": host["Memory"],
        "memswap_limit": host["MemorySwap"],
        "cpu_shares": host.get("CpuShares"),
        "cpus": host["NanoCpus"] / 1e9 if host.get("NanoCpus") else None,
        "pids_limit": host["PidsLimit"],
        "cgroup_parent": host.get("CgroupParent"),
        "volumes": host.get("Binds"),
        "tmpfs": [_tmpfs(*one) for one in host["Tmpfs"].items()],
        "sysctls": host["Sysctls"],
        "logging": {"driver": host["LogConfig"]["Type"], "options": host["LogConfig"]["Config"]},
        "dns": host.get("Dns"),
        "dns_search": host.get("DnsSearch"),
        "dns_opt": host.get("DnsOptions"),
        "cap_add": host.get("CapAdd"),
        "cap_drop": host.get("CapDrop"),
        "security_opt": host.get("SecurityOpt"),
        "ports": [_port(*one) for one in (host.get("PortBindings") or {}).items()],
    }
    return {key: value for key, value in service.items() if value}


def _endpoints(box: BoxScript, words: Mapping[str, str]) -> Json:
    first = box.config["NetworkingConfig"]["EndpointsConfig"]
    found: Json = {words[name]: _endpoint(point) for name, point in first.items()}
    for name, point in box.connects:
        found[words[name]] = {"ipv4_address": point["ipv4_address"]}
    return found


def _endpoint(point: Json) -> Json:
    address = (point.get("IPAMConfig") or {}).get("IPv4Address")
    known = {"ipv4_address": address, "aliases": point.get("Aliases")}
    return {key: value for key, value in known.items() if value}


def _tmpfs(path: str, options: str) -> str:
    return f"{path}:{options}" if options else path


def _port(inside: str, bindings: Sequence[Mapping[str, Any]]) -> str:
    published = bindings[0]
    return f"{published['HostIp']}:{published['HostPort']}:{inside}"
