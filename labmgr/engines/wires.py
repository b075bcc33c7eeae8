"""Wires: a lab's network joined to a port of the host, by a helper as the guard's image says."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labmgr.domain.plan import LabPlan, NetworkPlan, Port, Wired
from labmgr.engines import helper, networks
from labmgr.engines.naming import INSTANCE, LAB, NETWORK, WIRE, Bridge
from labmgr.engines.reach import Reach
from labmgr.engines.translate import in_our_words
from labmgr.errors import EngineError, WireTaken, WireUnfit

COMMAND = "/usr/local/sbin/labmgr-wire"
REFUSED = 3  # exit status: "refused WORD DETAIL" says why
NODE_END = re.compile(r"veth[0-9a-f]{7}")
VLAN_PREFIX = "lmv"  # and the hash of its bridge

# Why the helper refuses, and what to do; the detail is an interface, an address or its words.
REFUSALS: Mapping[str, tuple[str, str]] = {
    "absent": (
        "the host has no interface {detail}",
        "Is its cable or adapter in? `ip link` lists them; correct `wires` in devices.yaml.",
    ),
    "bridge": (
        "{detail} is itself a bridge",
        "Name the interface that leads to the place, not a bridge of the host.",
    ),
    "address": (
        "the host uses the interface itself, with {detail}",
        "Take an interface without an address, a VLAN of a trunk, or take its address away.",
    ),
    "route": (
        "{detail} is the host's way out",
        "A wire needs an interface of its own: take another one, or a VLAN of a trunk.",
    ),
    "trunk": (
        "the interface is a trunk already: {detail} is a VLAN on it",
        "Give this wire a VLAN too (`vlan:` in devices.yaml), or an interface of its own.",
    ),
    "no-vlans": (
        "the host's kernel has no VLANs",
        "Load the module 8021q (`modprobe 8021q`), or give the wire a whole interface.",
    ),
    "no-bridge": (
        "the network's bridge {detail} is not on the host",
        "Does labmgr speak to the engine of another machine? Wake or reset the lab.",
    ),
    "kernel": (
        "the kernel refused: {detail}",
        "Is the interface still there? `ip link` says so; then wake or reset the lab.",
    ),
}


class Wires:
    """Every verb may be said twice. One at a time, so that no two labs take one port."""

    def __init__(self, reach: Reach, image: str) -> None:
        self._reach = reach
        self._image = image
        self._lock = threading.Lock()

    def plug(self, plan: LabPlan) -> None:
        """Join the networks that have a port to it. Raises WireUnfit or WireTaken."""
        with self._lock:
            for network in plan.networks:
                if network.port:
                    self._plug(plan.lab, network, network.port)

    def unplug(self, lab: str) -> None:
        """Take the lab's ports out of its bridges, and VLAN interfaces off the host."""
        rows = networks.listed(self._reach, lab)
        bridges = [networks.bridge_of(row) for row in rows if WIRE in row["Labels"]]
        if bridges:
            with self._lock:
                status, said = self._helper("unplug", *bridges)
            if status != 0:
                raise _unfit(f"The wires of lab {lab} could not be taken out", "kernel", said)

    def look(self, plans: Sequence[LabPlan]) -> tuple[Wired, ...]:
        """What is in the bridge of each network that has a port."""
        wanted = [
            Asked(plan.lab, one.name, one.port, self._bridge(plan.lab, one))
            for plan in plans
            for one in plan.networks
            if one.port
        ]
        if not wanted:
            return ()
        status, said = self._helper("look", *(one.bridge for one in wanted))
        if status != 0:
            raise EngineError(f"The wires of these labs could not be looked at: {said}")
        seen = [line.split() for line in said.splitlines()]
        ends = {lab: self._endpoints(lab) for lab in {one.lab for one in wanted}}
        return tuple(judged(one, seen, ends[one.lab].get(one.network, 0)) for one in wanted)

    def _plug(self, lab: str, network: NetworkPlan, port: Port) -> None:
        bridge = self._bridge(lab, network)
        status, said = self._helper("plug", bridge, port.interface, str(port.vlan))
        if status == 0:
            return
        last = said.splitlines()[-1] if said else ""
        what = f"Wire {port.wire} of place {port.place} ({port}) does not fit lab {lab}"
        if status != REFUSED or not last.startswith("refused "):
            raise _unfit(what, "kernel", said)
        word, _, detail = last.removeprefix("refused ").partition(" ")
        if word in {"member", "vlan-taken"}:
            raise self._taken(what, detail)
        raise _unfit(what, word, detail)

    def _taken(self, what: str, name: str) -> WireTaken:
        """By whom: *name* is a bridge, or a VLAN interface named after its bridge."""
        bridge = re.sub(f"^{VLAN_PREFIX}", Bridge.LAB, name)
        with in_our_words(self._reach.host):
            rows = self._reach.api.networks()
        row = next((one for one in rows if networks.bridge_of(one) == bridge), None)
        if row is None:
            mend = f"`ip link show {name}` says more; free it, or name another interface."
            return WireTaken(f"{what}: it belongs to {name} of the host", hint=mend)
        labels = row.get("Labels") or {}
        ours = labels.get(INSTANCE) == self._reach.instance
        mend = "Remove that lab or put it away first, or name another wire in devices.yaml."
        owner = networks.owner(self._reach, row)
        return WireTaken(
            f"{what}: it is a port of {owner}", lab=labels.get(LAB, "") if ours else "", hint=mend
        )

    def _bridge(self, lab: str, network: NetworkPlan) -> str:
        return self._reach.names.bridge(Bridge.LAB, lab, network.name)

    def _endpoints(self, lab: str) -> dict[str, int]:
        """How many running containers each of the lab's networks has."""
        found = {}
        for row in networks.listed(self._reach, lab):
            with in_our_words(self._reach.host):
                whole = self._reach.api.inspect_network(row["Id"])
            found[row["Labels"][NETWORK]] = len(whole.get("Containers") or {})
        return found

    def _helper(self, verb: str, *words: str) -> tuple[int, str]:
        rights: dict[str, Any] = {
            "NetworkMode": "host",
            "CapAdd": ["NET_ADMIN"],
            "ReadonlyRootfs": True,
        }
        task = helper.Task(self._image, [verb, *words], entrypoint=[COMMAND], host_config=rights)
        return helper.run(self._reach, task)


@dataclass(frozen=True)
class Asked:
    """A network that has a port, and its bridge on the host."""

    lab: str
    network: str
    port: Port
    bridge: str

    @property
    def name(self) -> str:
        """Of the interface that is to be in the bridge."""
        if self.port.vlan:
            return VLAN_PREFIX + self.bridge.removeprefix(Bridge.LAB)
        return self.port.interface


def judged(asked: Asked, seen: Iterable[Sequence[str]], nodes: int) -> Wired:
    """Lines are: bridge, port, carrier, and for a VLAN interface its parent and number."""
    mine = {line[1]: line[2:] for line in seen if line[0] == asked.bridge}
    link = asked.name in mine and mine[asked.name][0] == "1"
    fault = _fault(asked, mine, nodes)
    alive = "the cable is alive" if link else "nothing answers on the cable"
    said = fault or f"{asked.port}: {alive}"
    return Wired(asked.lab, asked.network, asked.port, not fault, link, said)


def _fault(asked: Asked, found: Mapping[str, Sequence[str]], nodes: int) -> str:
    """What is in a bridge and should not be, or the other way round; empty for neither."""
    port = asked.port
    made_of = [port.interface, str(port.vlan)] if port.vlan else []
    others = found.keys() - {asked.name, "-"}
    strangers = sorted(one for one in others if not NODE_END.fullmatch(one))
    if not found:
        return f"the bridge {asked.bridge} is not on the host"
    if asked.name not in found or list(found[asked.name][1:]) != made_of:
        return f"{port} is not in the bridge"
    if strangers:
        return f"{', '.join(strangers)} is in the bridge too"
    if len(others) != nodes:
        return f"{len(others)} nodes' ends are in the bridge, of {nodes}"
    return ""


def _unfit(what: str, word: str, detail: str) -> WireUnfit:
    why, mend = REFUSALS.get(word, REFUSALS["kernel"])
    return WireUnfit(f"{what}: {why.format(detail=detail)}", hint=mend)
