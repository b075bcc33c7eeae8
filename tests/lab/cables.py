"""Cables: interfaces of an engine's host whose other end is in a candidate's switch."""

from __future__ import annotations

import json
import secrets
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.own_engine import OwnEngine, ip

ATTACK = (Path(__file__).parents[1] / "engine" / "attack_node.py").read_text()
NOTHING = {"own": "", "bridge": "", "tcp": [], "tcp6": [], "udp": [], "udp6": []}
FEW = 4  # doors that one process knocks at: nobody answers, and each wait is half a second
LISTEN = """
import socket, sys, threading
def serve():
    while True:
        line.accept()[0].close()
line = socket.socket(socket.AF_INET6)
line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
line.bind(("::", 0)); line.listen(100)
heard = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
heard.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
heard.bind(("::", line.getsockname()[1]))
threading.Thread(target=serve, daemon=True).start()
print(line.getsockname()[1], flush=True)
while True:
    print(heard.recv(100).decode(), flush=True)
"""


@dataclass
class HostPrograms:
    """What listens on every address of the engine's host, and whom it heard by UDP."""

    process: subprocess.Popen
    port: int
    heard: set[str] = field(default_factory=set)

    def hear(self) -> None:
        for line in self.process.stdout:
            self.heard.add(line.decode().strip())


@contextmanager
def listening(engine: OwnEngine) -> Iterator[HostPrograms]:
    command = engine.inside(sys.executable, "-c", LISTEN)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        made = HostPrograms(process, int(process.stdout.readline()))
        hearing = threading.Thread(target=made.hear, daemon=True)
        hearing.start()
        try:
            yield made
        finally:
            process.kill()
            hearing.join()  # to its last line, before the pipe is closed


@dataclass
class Switch:
    """A network namespace that stands for a candidate's switch, and its cable to the host."""

    engine: OwnEngine
    name: str = field(default_factory=lambda: f"lmw{secrets.token_hex(3)}")

    @property
    def interface(self) -> str:
        """Of the host."""
        return f"p{self.name}"

    def plug_in(self) -> None:
        ip("netns", "add", self.name)
        self.new_cable()

    def new_cable(self) -> None:
        """As after a reboot: both ends there, the host's end down and nobody's."""
        where = ("netns", self.engine.name, "type", "veth", "peer", "name", "eth0")
        ip("link", "add", self.interface, *where, "netns", self.name)
        ip("-n", self.name, "link", "set", "eth0", "up")

    def pull_out(self) -> None:
        ip("-n", self.engine.name, "link", "del", self.interface)

    def takes(self, address: str, bridge: str) -> None:
        """An address of the segment, and everything else by way of the bridge's own MAC."""
        router = f"{address.rpartition('.')[0]}.1"
        here = ("-n", self.name)
        ip(*here, "addr", "flush", "dev", "eth0")
        ip(*here, "addr", "add", f"{address}/24", "dev", "eth0")
        ip(*here, "neigh", "replace", router, "lladdr", bridge, "dev", "eth0")
        ip(*here, "route", "replace", "default", "via", router)

    def reaches(self, order: dict[str, list]) -> set[str]:
        """What of an order of tests/engine/attack_node.py gets through from here."""
        doors = order.get("tcp", [])
        few = [doors[start : start + FEW] for start in range(0, len(doors), FEW)]
        orders = [order | {"tcp": []}, *(NOTHING | {"tcp": some} for some in few)]
        with ThreadPoolExecutor(len(orders)) as pool:
            return set().union(*pool.map(self._one, orders))

    def _one(self, order: dict[str, list]) -> set[str]:
        script = [sys.executable, "-c", ATTACK, json.dumps(order)]
        command = ["ip", "netns", "exec", self.name, *script]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return set(json.loads(done.stdout))

    def opens(self, address: str, port: int = 80) -> bool:
        return bool(self._one(NOTHING | {"tcp": [(address, port)]}))

    def unplug(self) -> None:
        ip("netns", "del", self.name)


def link_of(engine: OwnEngine, interface: str) -> dict[str, object]:
    asked = ["ip", "-n", engine.name, "-d", "-j", "addr", "show", "dev", interface]
    done = subprocess.run(asked, check=True, capture_output=True)
    return json.loads(done.stdout)[0]


def link_local(engine: OwnEngine, interface: str) -> str:
    found = link_of(engine, interface)["addr_info"]
    return next(one["local"] for one in found if one["scope"] == "link")


def addresses(engine: OwnEngine) -> list[str]:
    """Of the host, all that others could know it by."""
    asked = ["ip", "-n", engine.name, "-4", "-j", "addr", "show"]
    rows = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
    found = [one["local"] for row in rows for one in row["addr_info"] if row["ifname"] != "lo"]
    return sorted(found, key=socket.inet_aton)
