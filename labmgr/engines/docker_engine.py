"""DockerEngine: the Engine port on one Docker host. Thin: each verb's work has its own module."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from labmgr.domain.plan import LabPlan, Wired
from labmgr.domain.ports import Tell
from labmgr.domain.probe import Check, Finding
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.site import HostFacts
from labmgr.domain.snapshot import Part
from labmgr.domain.template import Init
from labmgr.domain.words import Audience
from labmgr.engines import (
    doors,
    execute,
    helper,
    holding,
    host,
    last_words,
    networks,
    snapshots,
    taking,
    volumes,
)
from labmgr.engines.builder import Building, Remover
from labmgr.engines.cgroups import Cgroups
from labmgr.engines.guard import Guard
from labmgr.engines.naming import Role
from labmgr.engines.parallel import each
from labmgr.engines.prober import Prober
from labmgr.engines.reach import Box, Connect, Reach
from labmgr.engines.reserve import Reserve
from labmgr.engines.systemd import SystemdWay, Way
from labmgr.engines.translate import in_our_words
from labmgr.engines.wires import Wires
from labmgr.errors import NotFound

WAY_HOLDS = 60.0  # seconds
STOP_WITHIN = 5  # seconds that a node has to stop by itself, then it is killed


def silent(node: str, doing: str, share: float) -> None:
    """Tell nobody."""


class DockerEngine:
    """One Docker host. Connects when first asked something; safe between threads."""

    def __init__(
        self,
        connect: Connect,
        *,
        instance: str,
        probe_image: str,
        guard_image: str,
        host: str = "local",
    ) -> None:
        self.host = host
        self._reach = Reach(connect, instance, host)
        self._guard = Guard(self._reach, guard_image)
        self._wires = Wires(self._reach, guard_image)
        self._cgroups = Cgroups(self._reach, guard_image)
        self._prober = Prober(self._reach, probe_image)
        self._reserve = Reserve(self._reach, guard_image)
        self._way_known: SystemdWay | None = None
        self._way_asked = 0.0
        self._root = ""

    def close(self) -> None:
        """Let go of the connections; the next order makes new ones."""
        self._reach.close()

    def facts(self, *, guard: bool = False) -> HostFacts:
        return host.facts(self._reach, self._info(), self._guard.state() if guard else "")

    def guard(self) -> None:
        self._guard.lay()

    def build(self, plan: LabPlan, *, parts: Sequence[Part] = (), tell: Tell = silent) -> None:
        way = self._way()
        if any(node.init is Init.SYSTEMD for node in plan.nodes):
            way = way.checked()
        self._guard.assure()
        Building(self._reach, self._cgroups, self._wires, plan, parts, way, tell).build()

    def wired(self, *plans: LabPlan) -> tuple[Wired, ...]:
        return self._wires.look(plans)

    def unwire(self, lab: str) -> None:
        self._wires.unplug(lab)

    def look(self, lab: str) -> Mapping[str, Seen]:
        return {box.node: box.seen for box in self._reach.parts_of(lab)}

    def look_all(self) -> Mapping[str, Mapping[str, Seen]]:
        labs: dict[str, dict[str, Seen]] = {}
        for box in self._reach.boxes():
            if box.role in {Role.NODE, Role.GATEWAY}:
                labs.setdefault(box.lab, {})[box.node] = box.seen
        return labs

    def open_access(self, lab: str, audience: Audience, until: datetime | None = None) -> None:
        self._guard.assure()  # no guard, no open
        doors.open_door(self._reach, lab, audience, until)

    def close_access(self, lab: str, audience: Audience) -> None:
        doors.close_door(self._reach, lab, audience)

    def is_open(self, lab: str, audience: Audience) -> bool:
        return doors.is_open(self._reach, lab, audience)

    def open_doors(self, labs: Collection[str], audience: Audience) -> Collection[str]:
        return doors.open_doors(self._reach, labs, audience)

    def remove(self, lab: str, nodes: Collection[str] | None = None) -> None:
        """The gateway goes last: as long as it is seen, a removal cut short is made good."""
        boxes = self._reach.boxes(lab)
        wanted = [box for box in boxes if nodes is None or box.node in nodes]
        remover = Remover(self._reach, lab)
        each(remover.stop_or_remove, wanted)
        if nodes is None:
            volumes.remove(self._reach, volumes.named(self._reach, lab))
            self._wires.unplug(lab)  # a port must not go down with its bridge
            each(remover.remove, [box for box in wanted if box.node == GATEWAY])
            networks.remove(self._reach, lab)
            snapshots.sweep(self._reach, lab)
        elif GATEWAY in nodes:  # it was only stopped until here
            each(remover.remove, [box for box in wanted if box.node == GATEWAY])
        for node in nodes or ():  # a removal cut short may have left them without their container
            volumes.remove(self._reach, volumes.named(self._reach, lab, node))
        self._sweep(lab, wanted)

    def save(self, plan: LabPlan, snapshot: str) -> tuple[Part, ...]:
        return taking.take(self._reach, self._cgroups, plan, snapshot, self._way())

    def verify(self, parts: Sequence[Part]) -> None:
        snapshots.verify(self._reach, parts)

    def discard(self, lab: str, snapshot: str) -> None:
        snapshots.discard(self._reach, lab, snapshot)

    def probe(self, lab: str, checks: Sequence[Check], *, deadline: float) -> Iterator[Finding]:
        return self._prober.probe(lab, checks, deadline=deadline)

    def last_words(self, lab: str, node: str, lines: int = 20) -> str:
        return last_words.of(self._reach, self._there(lab, node), lines)

    def run(
        self, lab: str, node: str, command: Sequence[str], timeout: float = 30
    ) -> tuple[int, str]:
        box = self._there(lab, node)
        return execute.execute(self._reach, box.id, command, timeout=timeout)

    def snapshots(self) -> Collection[tuple[str, str]]:
        return snapshots.listed(self._reach)

    def tidy(self) -> None:
        helper.tidy(self._reach)
        for lab in networks.orphans(self._reach):
            self._wires.unplug(lab)
            networks.remove(self._reach, lab)

    def pause(self, lab: str, node: str) -> None:
        box = self._there(lab, node)
        if box.seen is Seen.RUNNING:
            name = self._reach.names.thing(lab, node)
            holding.hold(self._reach, box)
            self._cgroups.freeze(self._way(), [name], frozen=True)

    def restart(self, lab: str, node: str) -> None:
        box = self._there(lab, node)
        if box.seen is Seen.CREATED:
            raise NotFound(
                f"Node {node} of lab {lab} was never started",
                hint="Reset the node: it is made again.",
            )
        with in_our_words(self.host):
            if box.seen is Seen.PAUSED:
                name = self._reach.names.thing(lab, node)
                self._cgroups.freeze(self._way(), [name], frozen=False)
                holding.release(self._reach, box.id)
            self._reach.api.restart(box.id, timeout=STOP_WITHIN)

    def disk_free(self) -> int:
        self._root = self._root or str(self._info()["DockerRootDir"])
        return host.disk_free(Path(self._root))

    def reserve(self) -> int:
        return self._reserve.size()

    def hold_reserve(self, size: int) -> None:
        self._reserve.hold(size)

    def give_up_reserve(self) -> bool:
        return self._reserve.give_up()

    def written(self, lab: str) -> Mapping[str, int]:
        boxes = self._reach.boxes(lab, size=True)
        return {box.node: box.written for box in boxes if box.role == Role.NODE}

    def _there(self, lab: str, node: str) -> Box:
        box = self._reach.box(lab, node)
        if box is None:
            raise NotFound(
                f"Lab {lab} has no node {node} on {self.host}",
                hint=f"`labmgr lab show` lists what is there; is it {GATEWAY!r} you mean?",
            )
        return box

    def _info(self) -> dict[str, Any]:
        with in_our_words(self.host):
            return self._reach.api.info()

    def _way(self) -> SystemdWay:
        """Asked again now and then: the engine may have been upgraded under us."""
        if self._way_known is None or time.monotonic() - self._way_asked > WAY_HOLDS:
            self._way_known = host.systemd_way(self._reach, self._info())
            self._way_asked = time.monotonic()
        return self._way_known

    def _sweep(self, lab: str, boxes: Sequence[Box]) -> None:
        way = self._way()
        if way.way is not Way.NONE:
            nodes = [box.node for box in boxes if box.role == Role.NODE]
            names = [self._reach.names.thing(lab, node) for node in nodes]
            self._cgroups.sweep(way, names)
