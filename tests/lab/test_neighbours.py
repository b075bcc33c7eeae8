"""From every node, with root in it: nobody else is reached, and nothing of theirs is stopped."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from fcntl import ioctl
from pathlib import Path

import pytest

from labmgr.domain.repair import GATEWAY, Seen
from labmgr.services.lab import labs, probes
from tests.lab.clients import wait_for
from tests.lab.house import BY
from tests.lab.outside import PORTS
from tests.lab.outside import outside as outside_world

ATTACK = (Path(__file__).parents[1] / "engine" / "attack_node.py").read_text()
SCAN = Path(__file__).with_name("scan_node.py").read_text()
PANEL = 8000
SIOCGIFADDR = 0x8915
# What Docker gives a container that asks for nothing: chown, dac_override, fowner, fsetid, kill,
# setgid, setuid, setpcap, net_bind_service, net_raw, sys_chroot, mknod, audit_write, setfcap.
DOCKERS_OWN = 0xA80425FB
CAPABILITIES = r"""
for at in /proc/[0-9]*; do
  while read -r what word; do
    case $what in Cap*) echo "$what $word" ;; esac
  done < $at/status
done 2>/dev/null | sort -u
"""


class Host:
    """Listens on every address, IPv6 too, on the panel's port and by UDP; notes who got in."""

    def __init__(self, stack: ExitStack) -> None:
        self.heard: set[str] = set()
        self.tcp = self._listen(stack, PANEL)
        self.udp = stack.enter_context(closing(self._socket(socket.SOCK_DGRAM, 0)))
        self.udp_port = self.udp.getsockname()[1]
        threading.Thread(target=self._hear, daemon=True).start()

    def _listen(self, stack: ExitStack, wanted: int) -> int:
        """On the panel's port, unless a panel has it already: then that one is the target."""
        try:
            line = self._socket(socket.SOCK_STREAM, wanted)
        except OSError:
            line = self._socket(socket.SOCK_STREAM, 0)
        stack.enter_context(closing(line))
        line.listen(100)
        return line.getsockname()[1]

    def _socket(self, kind: int, port: int) -> socket.socket:
        line = socket.socket(socket.AF_INET6, kind)
        line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        line.bind(("::", port))
        return line

    def _hear(self) -> None:
        with suppress(OSError):  # closed, perhaps between two words
            while word := self.udp.recv(100).decode(errors="replace"):
                self.heard.add(word)


@pytest.fixture(scope="module")
def host():
    with ExitStack() as stack:
        made = Host(stack)
        yield made
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", made.udp_port))


def host_addresses() -> list[str]:
    """Every IPv4 address of this host but loopback's, bridges of all labs included."""
    found = []
    for _, name in socket.if_nameindex():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            try:
                answer = ioctl(line.fileno(), SIOCGIFADDR, struct.pack("256s", name.encode()))
            except OSError:
                continue
            found.append(socket.inet_ntoa(answer[20:24]))
    return [address for address in found if not address.startswith("127.")]


def link_locals() -> list[str]:
    rows = [line.split() for line in Path("/proc/net/if_inet6").read_text().splitlines()]
    digits = {row[0] for row in rows if row[0].startswith("fe80")}
    return [socket.inet_ntop(socket.AF_INET6, bytes.fromhex(one)) for one in digits]


def bridge_of(house, lab) -> str:
    """The MAC of the lab's own bridge on the host, for frames straight to it."""
    ours = {"label": [f"labmgr.lab={lab}", "labmgr.network=lan"]}
    (network,) = house.docker.networks.list(filters=ours)
    name = network.attrs["Options"]["com.docker.network.bridge.name"]
    return Path(f"/sys/class/net/{name}/address").read_text().strip()


@pytest.fixture(scope="module")
def outside():
    if os.geteuid() != 0:
        pytest.skip("an outside of our own needs root")
    with outside_world() as address:
        yield address


def targets(house, other, host) -> list[tuple[str, int]]:
    """Whatever a candidate might try inside: the other lab whole, the host everywhere."""
    plan = house.plan(other)
    ports = sorted({forward.port for forward in plan.gateway.forwards} | {53, 443, 8080, 10050})
    inside = [next(iter(node.addresses.values())) for node in plan.nodes]
    inside += [*plan.gateway.addresses.values(), front_of(house, other)]
    own = [22, PANEL, host.tcp, 2375, 2376, *plan.gateway.ports]
    return [
        *((address, port) for address in inside for port in (*ports, *plan.gateway.ports[:2])),
        *((address, port) for address in host_addresses() for port in dict.fromkeys(own)),
    ]


def front_of(house, lab) -> str:
    nets = house.container(lab, GATEWAY).attrs["NetworkSettings"]["Networks"]
    return next(net["IPAddress"] for name, net in nets.items() if "front" in name)


def attack(house, lab, node, order) -> set[str]:
    """All that root in this node reaches: the node's network, Docker's default rights."""
    network = f"container:{house.container(lab, node).id}"
    return run_in(
        house, network, f"{ATTACK}\n{SCAN}", {"tcp": [], "scan": order.pop("tcp"), **order}
    )


def run_in(house, network, program, order) -> set[str]:
    """What the program reaches from there, one JSON list a line."""
    box = house.docker.containers.create(
        house.tools.library.own_images()["probe"].tag,
        [program, json.dumps(order)],
        entrypoint=["python3", "-c"],
        network_mode=network,
        labels={"labmgr.instance": house.instance, "labmgr.role": "helper"},
        user="root",
    )
    try:
        box.start()
        status, said = box.wait()["StatusCode"], box.logs()
        assert status == 0, said
        return {name for line in said.splitlines() if line for name in json.loads(line)}
    finally:
        box.remove(force=True)


@pytest.fixture
def doors_open(house, sisr, slam):
    """Both labs open: what is published is really there to be reached."""
    for lab in (sisr, slam):
        house.open(lab)
    yield
    for lab in (sisr, slam):
        house.close(lab)


@pytest.fixture
def from_where(request, house, each_lab, sisr, slam):
    return each_lab, slam if each_lab == sisr else sisr


def test_the_attacks_work_where_they_may(house, sisr, host, doors_open):
    """If this fails the next test proves nothing: the same program reaches what is its own."""
    plan = house.plan(sisr)
    near = plan.node("srv").addresses["lan"]
    order = {"own": plan.node("alp").addresses["lan"], "bridge": bridge_of(house, sisr)}
    order |= {"tcp": [(near, 22), (near, 80)], "tcp6": [], "udp": [], "udp6": []}
    assert attack(house, sisr, "alp", order) == {f"tcp {near}:22", f"tcp {near}:80"}
    with socket.create_connection((host_addresses()[0], host.tcp), timeout=5):
        pass


def test_no_node_reaches_the_other_lab_or_the_host(house, from_where, host, doors_open):
    lab, other = from_where
    aims, nodes = targets(house, other, host), house.plan(lab).nodes

    def tried(node):
        order = {
            "own": next(iter(node.addresses.values())),
            "bridge": bridge_of(house, lab),
            "tcp": aims,
            "tcp6": [(address, host.tcp) for address in link_locals()],
            "udp": [(address, host.udp_port) for address in host_addresses()],
            "udp6": [(address, host.udp_port) for address in link_locals()],
        }
        return node.name, attack(house, lab, node.name, order)

    host.heard.clear()
    with ThreadPoolExecutor(len(nodes)) as pool:
        reached = dict(pool.map(tried, nodes))
    assert not any(reached.values()), reached
    assert host.heard == set()  # each frame says whose it was


def test_no_node_reaches_the_outside(house, each_lab, outside, doors_open):
    aims = [(outside, port) for port in PORTS]
    world = {f"tcp {outside}:{port}" for port in PORTS}
    assert run_in(house, "bridge", SCAN, {"scan": aims}) == world, (
        "a container like any other gets there"
    )
    for node in house.plan(each_lab).nodes:
        own = next(iter(node.addresses.values()))
        order = {"own": own, "bridge": bridge_of(house, each_lab), "tcp": aims, "tcp6": []}
        order |= {"udp": [], "udp6": []}
        assert attack(house, each_lab, node.name, order) == set()


def test_from_inside_a_node_its_own_shell_gets_no_further(house, sisr, slam, host, doors_open):
    """The same with nothing but the node's own programs, as root in it."""
    for address in (house.plan(slam).node("db").addresses["lan"], host_addresses()[0]):
        for port in (22, 5432, host.tcp):
            script = f"timeout 1 bash -c 'exec 3<>/dev/tcp/{address}/{port}'"
            status, _ = house.tools.engine.run(sisr, "srv", ["sh", "-c", script])
            assert status != 0, (address, port)


def rights(house, lab, node) -> dict[str, int]:
    said = house.run(lab, node, "sh", "-c", CAPABILITIES)
    found: dict[str, int] = {}
    for line in said.splitlines():
        what, word = line.split()
        found[what] = found.get(what, 0) | int(word, 16)
    return found


def beyond(house, lab, node) -> dict[str, str]:
    """Capabilities in any process of the node that Docker's own set has not."""
    found = rights(house, lab, node)
    assert found.keys() >= {"CapBnd:", "CapEff:", "CapPrm:"}
    return {what: hex(have & ~DOCKERS_OWN) for what, have in found.items() if have & ~DOCKERS_OWN}


def test_no_process_of_any_node_has_more_than_dockers_own_rights(house, each_lab):
    nodes = [node.name for node in house.plan(each_lab).nodes]
    too_many = {node: beyond(house, each_lab, node) for node in (*nodes, GATEWAY)}
    assert not any(too_many.values()), too_many


REPLACED = r"""#!/bin/sh-old
cat /proc/self/status > /stolen 2>/dev/null
exec /bin/sh-old "$@"
"""
REPLACE = r"""
set -e
real=$(readlink -f /bin/sh)
cp "$real" /bin/sh-old
printf '%s' "$0" > /bin/sh-new
chmod 755 /bin/sh-new
for tool in setpriv mount; do
  [ ! -e /usr/bin/$tool ] || cp /bin/sh-new /usr/bin/$tool
done
rm -f /bin/sh && cp /bin/sh-new /bin/sh
"""


def test_replaced_tools_gain_nothing_at_a_restart(house, sisr):
    """Whatever labmgr or the engine runs in the node runs with the candidate's shell now."""
    house.run(sisr, "srv", "/bin/sh", "-c", REPLACE, REPLACED)
    box = house.container(sisr, "srv")
    box.restart(timeout=10)
    assert wait_for(lambda: "active" in said(house, sisr, "systemctl is-active ssh"), 60)
    stolen = said(house, sisr, "cat /stolen")
    assert "CapEff" in stolen, "the replaced shell never ran"
    for line in stolen.splitlines():
        if line.startswith("Cap"):
            assert int(line.split()[1], 16) & ~DOCKERS_OWN == 0, line
    assert beyond(house, sisr, "srv") == {}
    status, _ = house.tools.engine.run(sisr, "srv", ["mount", "-t", "tmpfs", "x", "/mnt"])
    assert status != 0
    house.wait(labs.order_reset(house.tools, sisr, by=BY, nodes=["srv"]))


def said(house, lab, script, node="srv"):
    return house.tools.engine.run(lab, node, ["sh", "-c", script])[1]


def neighbours_are_well(house, lab):
    job = probes.order_probe(house.tools, lab, by=BY)
    house.wait(job)
    findings = house.tools.store.findings(lab)
    return findings and all(finding.green for finding in findings)


BOMB = "(bomb() { bomb | bomb & }; bomb) >/dev/null 2>&1 &"


def test_a_fork_bomb_stays_in_its_node(house, sisr, slam):
    pids = house.plan(sisr).node("srv").pids
    limit = house.container(sisr, "srv").attrs["HostConfig"]["PidsLimit"]
    assert limit == pids
    box = house.container(sisr, "srv")
    box.exec_run(["bash", "-c", BOMB], detach=True)
    try:
        group = Path(f"/sys/fs/cgroup/pids/labmgr/{box.name}")
        assert wait_for(lambda: crowd(box, group) > pids * 0.9), crowd(box, group)
        assert neighbours_are_well(house, slam)
        assert crowd(box, group) <= pids
    finally:
        box.kill()
    house.wait(labs.order_reset(house.tools, sisr, by=BY, nodes=["srv"]))
    assert house.run(sisr, "srv", "systemctl", "is-system-running") == "running"


def crowd(box, group: Path) -> int:
    """Processes and threads of the node, by the kernel's own count."""
    counts = [int(file.read_text()) for file in group.rglob("pids.current")]
    if counts:
        return max(counts)
    box.reload()
    return sum(len(row) > 0 for row in (box.top()["Processes"] or []))


def test_a_node_that_fills_the_disk_is_held_and_its_neighbours_go_on(house, sisr, slam):
    """The worker sees the room go; dd's 360 MiB are more than a node of these labs may write."""
    engine, more = house.tools.engine, ["of=/root/ballast", "bs=1M", "count=360"]
    house.run(sisr, "srv", "dd", "if=/dev/zero", *more, timeout=120)
    assert wait_for(lambda: engine.look(sisr)["srv"] is Seen.PAUSED)
    held = "node srv is paused: it has written more than it may"
    assert wait_for(lambda: held in (what := events(house, sisr)) and what)[-1] == held
    assert neighbours_are_well(house, slam)
    assert engine.look(sisr)["srv"] is Seen.PAUSED, "nobody woke it"
    assert events(house, sisr).count(held) == 1
    house.wait(labs.order_reset(house.tools, sisr, by=BY, nodes=["srv"]))
    assert engine.look(sisr)["srv"] is Seen.RUNNING
    assert engine.written(sisr)["srv"] < house.tools.site.node_disk / 2


def events(house, lab):
    return [entry.what for entry in house.tools.store.entries(f"lab:{lab}")]
