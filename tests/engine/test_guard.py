"""The guard's image on a real engine: what a lab reaches without it, and nothing with it."""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import threading
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import docker
import pytest

from tests.engine.trial import TrialLab
from tests.engine.visitor import get, page
from tests.lab.clients import wait_for

pytestmark = pytest.mark.docker
PREFIX = "gt"  # not the product's own, whose guard may be in use
ATTACK = Path(__file__).with_name("attack_node.py").read_text()
SIOCGIFADDR = 0x8915


@dataclass
class Host:
    """Listens on every address of the host, and notes who got through by UDP."""

    tcp: int = 0
    udp: int = 0
    heard: set[str] = field(default_factory=set)

    def listen(self, stack: ExitStack) -> None:
        tcp = stack.enter_context(closing(socket.socket(socket.AF_INET6)))
        tcp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        tcp.bind(("::", 0))
        tcp.listen(100)
        udp = stack.enter_context(closing(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)))
        udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        udp.bind(("::", 0))
        self.tcp, self.udp = tcp.getsockname()[1], udp.getsockname()[1]
        threading.Thread(target=self._hear, args=(udp,), daemon=True).start()

    def _hear(self, udp: socket.socket) -> None:
        with suppress(OSError):  # closed, perhaps between two words
            while word := udp.recv(100).decode(errors="replace"):
                self.heard.add(word)

    def heard_so_far(self) -> set[str]:
        """All that came until now: on a busy machine some of it is not read yet."""
        mark = uuid.uuid4().hex
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.sendto(mark.encode(), ("127.0.0.1", self.udp))
        assert wait_for(lambda: mark in self.heard)
        return self.heard - {mark}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[tuple[Host, TrialLab, TrialLab]]:
    host = Host()
    with ExitStack() as stack:
        engine = stack.enter_context(closing(docker.from_env()))
        stack.callback(guard, engine, "remove")
        host.listen(stack)
        labs = []
        for _ in range(2):
            folder = tmp_path_factory.mktemp("lab")
            labs.append(TrialLab(engine, folder, prefix=PREFIX, bind="0.0.0.0"))
            stack.callback(labs[-1].remove)
            labs[-1].ready()
            for who in ("candidate", "examiner"):
                assert labs[-1].gate("open", who)[0] == 0
        yield host, *labs
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", host.udp))


def guard(engine: docker.DockerClient, verb: str) -> str:
    return engine.containers.run(
        "labmgr/guard:latest",
        [verb, PREFIX],
        network_mode="host",
        cap_drop=["ALL"],
        cap_add=["NET_ADMIN", "NET_RAW"],
        read_only=True,
        remove=True,
        stderr=True,
    ).decode()


def address_of(interface: str) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        name = struct.pack("256s", interface.encode())
        return socket.inet_ntoa(fcntl.ioctl(line.fileno(), SIOCGIFADDR, name)[20:24])


def host_addresses(lab: TrialLab) -> list[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect(("192.0.2.1", 9))  # sends nothing: asks for the way out
        outward = line.getsockname()[0]
    return [outward, address_of("docker0"), address_of(lab.bridges["f"])]


def link_local(interface: str) -> str:
    for line in Path("/proc/net/if_inet6").read_text().splitlines():
        digits, *_, name = line.split()
        if name == interface and digits.startswith("fe80"):
            return socket.inet_ntop(socket.AF_INET6, bytes.fromhex(digits))
    return "fe80::1"


def attack(world, *, from_gateway: bool) -> set[str]:
    """All that a container of the first lab gets through to."""
    host, lab, other = world
    kind = "f" if from_gateway else "i"
    container = lab.gateway if from_gateway else lab.node
    published = [other.published(port) for port in (2222, 2223, 8000)]
    addresses = host_addresses(lab)
    order = {
        "own": f"{lab.lan}.{254 if from_gateway else 30}",
        "bridge": Path(f"/sys/class/net/{lab.bridges[kind]}/address").read_text().strip(),
        "tcp": [
            *((address, port) for address in addresses for port in (host.tcp, *published)),
            *((f"{other.lan}.30", port) for port in (7, 80)),
            *((other.front_address(), port) for port in (2222, 8000)),
        ],
        "tcp6": [(link_local(bridge), host.tcp) for bridge in lab.bridges.values()],
        "udp": [(address, host.udp) for address in addresses],
        "udp6": [(link_local(lab.bridges["i"]), host.udp)],
    }
    host.heard_so_far()
    host.heard.clear()
    done = container.exec_run(["python3", "-c", ATTACK, json.dumps(order)], demux=True)
    assert done.exit_code == 0, done.output
    return {*json.loads(done.output[0]), *host.heard_so_far()}


def test_without_the_guard_a_lab_reaches_its_host(world):
    """If this fails the test below proves nothing: its attacks no longer work."""
    guard(world[1].engine, "remove")
    for from_gateway, ways in ((False, {"arp", "raw", "raw6"}), (True, {"tcp", "plain"})):
        through = set()
        for _ in range(5):  # an answer may come late on a busy machine
            through |= {word.split()[0] for word in attack(world, from_gateway=from_gateway)}
            if through >= ways:
                break
        assert through >= ways, (from_gateway, through)


@pytest.mark.parametrize("from_gateway", [False, True], ids=["node", "gateway"])
def test_with_the_guard_a_lab_reaches_nothing(world, from_gateway):
    guard(world[1].engine, "lay")
    assert attack(world, from_gateway=from_gateway) == set()


def test_with_the_guard_visitors_and_nodes_still_meet(world):
    lab = world[1]
    guard(lab.engine, "lay")
    with closing(page(lab, 8000)) as connection:
        assert get(connection)[0].status == 200
    neighbour = lab.add_node("web", f"{lab.lan}.60")
    ask = "import urllib.request as u; print(u.urlopen('http://srv/', timeout=60).status)"
    assert neighbour.exec_run(["python3", "-c", ask]).output == b"200\n"


def test_laying_twice_is_laying_once_and_a_change_is_noticed(world):
    engine = world[1].engine
    for verb in ("lay", "lay", "check"):
        assert "in place" in guard(engine, verb)
    guard(engine, "remove")
    guard(engine, "remove")
    with pytest.raises(docker.errors.ContainerError, match="not laid"):
        guard(engine, "check")
