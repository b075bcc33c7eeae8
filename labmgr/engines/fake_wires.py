"""Ports of a host in memory: each leads to one network at a time."""

from __future__ import annotations

from dataclasses import dataclass, field

from labmgr.domain.plan import LabPlan, NetworkPlan, Port, Wired
from labmgr.errors import WireTaken, WireUnfit

Plug = tuple[str, int]  # interface, VLAN


@dataclass
class FakeWires:
    """`absent` are interfaces that the host has not, or not any more."""

    absent: set[str] = field(default_factory=set)
    taken: dict[Plug, tuple[str, str]] = field(default_factory=dict)  # -> lab, network

    def plug(self, plan: LabPlan, *, standing: bool) -> WireUnfit | None:
        """As the port promises: raised before a lab is built, told when one is woken."""
        try:
            for network in plan.networks:
                if network.port:
                    self._plug(plan.lab, network, network.port)
        except WireUnfit as trouble:
            if not standing:
                raise
            return trouble
        return None

    def unplug(self, lab: str) -> None:
        self.taken = {plug: held for plug, held in self.taken.items() if held[0] != lab}

    def look(self, plan: LabPlan) -> tuple[Wired, ...]:
        return tuple(
            self._seen(plan.lab, network, network.port) for network in plan.networks if network.port
        )

    def _seen(self, lab: str, network: NetworkPlan, port: Port) -> Wired:
        held = self.taken.get((port.interface, port.vlan)) == (lab, network.name)
        right = held and port.interface not in self.absent
        seen = "the cable is alive" if right else f"{port} is not in the bridge"
        return Wired(lab, network.name, port, right, right, seen)

    def _plug(self, lab: str, network: NetworkPlan, port: Port) -> None:
        what = f"Wire {port.wire} of place {port.place} ({port}) does not fit lab {lab}"
        plug, wanted = (port.interface, port.vlan), (lab, network.name)
        if port.interface in self.absent:
            raise WireUnfit(f"{what}: the host has no interface {port.interface}", hint="Add it.")
        holder = self.taken.get(plug, wanted)
        if holder != wanted:
            what = f"{what}: it is a port of lab {holder[0]}"
            raise WireTaken(what, lab=holder[0], hint="Remove that lab.")
        self.taken = {other: held for other, held in self.taken.items() if held != wanted}
        self.taken[plug] = wanted
