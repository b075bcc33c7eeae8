"""Building a lab: gateway and nodes made at once, started in that order, twice as good as once."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from labmgr.domain.plan import LabPlan, NodePlan
from labmgr.domain.ports import Tell
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.snapshot import Part, PartKind
from labmgr.domain.template import Init
from labmgr.engines import containers, gateway, networks, volumes
from labmgr.engines.cgroups import Cgroups
from labmgr.engines.containers import Source
from labmgr.engines.holding import release
from labmgr.engines.naming import SNAPSHOT
from labmgr.engines.parallel import AT_ONCE, each
from labmgr.engines.reach import Box, Reach
from labmgr.engines.systemd import SystemdWay
from labmgr.engines.translate import in_our_words
from labmgr.engines.wires import Wires
from labmgr.errors import EngineError, SnapshotBroken, WireUnfit


@dataclass
class Building:
    """One lab being built. What stands after a failure stays, for a person to look at."""

    reach: Reach
    cgroups: Cgroups
    wires: Wires
    plan: LabPlan
    parts: Sequence[Part]
    way: SystemdWay
    tell: Tell
    boxes: Mapping[str, Box] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    _telling: threading.Lock = field(default_factory=threading.Lock)

    def build(self) -> None:
        containers.refuse_rights(self.plan)
        self.boxes = {box.node: box for box in self.reach.parts_of(self.plan.lab)}
        self._refuse_half_restored()
        self.sources = self._sources()
        networks.ensure(self.reach, self.plan)
        unplugged = self._plug()
        self._limit()  # before anything runs
        with ThreadPoolExecutor(min(AT_ONCE, len(self.plan.nodes) + 1)) as pool:
            first = pool.submit(self._gateway)
            rest = [pool.submit(self._node, node, first) for node in self.plan.nodes]
        for work in (first, *rest):
            work.result()
        if unplugged:
            raise unplugged

    def _plug(self) -> WireUnfit | None:
        """Before anything is made. A lab that stands is woken all the same: work is in it."""
        try:
            self.wires.plug(self.plan)
        except WireUnfit as trouble:
            if not self.boxes:
                raise
            return trouble
        return None

    def _gateway(self) -> None:
        self._say(GATEWAY, "starting", 0.2)
        gateway.ensure(self.reach, self.plan, self.boxes.get(GATEWAY))
        self._say(GATEWAY, "started", 1.0)

    def _node(self, node: NodePlan, gateway_up: Future[None]) -> None:
        container = self._standing(node) or self._made(node)
        gateway_up.result()  # it answers names: nodes ask as soon as they start
        box = self.boxes.get(node.name)
        with in_our_words(self.reach.host):
            if box and box.seen is Seen.PAUSED:
                name = self.reach.names.thing(self.plan.lab, node.name)
                self.cgroups.freeze(self.way, [name], frozen=False)
                release(self.reach, container)
            elif not (box and box.seen is Seen.RUNNING):
                self._say(node.name, "starting", 0.6)
                self.reach.api.start(container)
        self._say(node.name, "started", 1.0)

    def _standing(self, node: NodePlan) -> str:
        """The node's container, unless it was never started: that one is made again."""
        box = self.boxes.get(node.name)
        if box is None or box.seen is not Seen.CREATED:
            return box.id if box else ""
        with in_our_words(self.reach.host):
            self.reach.api.remove_container(box.id, v=True, force=True)
        volumes.remove(self.reach, volumes.named(self.reach, self.plan.lab, node.name))
        return ""

    def _made(self, node: NodePlan) -> str:
        self._say(node.name, "restoring" if self.parts else "creating", 0.1)
        source = self.sources[node.name]
        return containers.create(self.reach, self.plan, node, source, self.way)

    def _sources(self) -> dict[str, Source]:
        """Every image is looked for before anything is made."""
        standing = {name for name, box in self.boxes.items() if box.seen is not Seen.CREATED}
        needed = [node for node in self.plan.nodes if node.name not in standing]
        if GATEWAY not in standing:
            self.reach.image(self.plan.gateway.image)
        each(self._refuse_altered, [part for part in self.parts if part.node not in standing])
        sources = each(self._source, needed)
        return {node.name: source for node, source in zip(needed, sources, strict=True)}

    def _refuse_altered(self, part: Part) -> None:
        if self.reach.image(part.image)["Id"] != part.digest:
            raise SnapshotBroken(
                f"Image {part.image} is not what the snapshot recorded",
                hint="Restore another snapshot (`labmgr snapshot list`), or reset the lab.",
            )

    def _source(self, node: NodePlan) -> Source:
        source = Source.of(node, self.parts, ())
        declared = (self.reach.image(source.image).get("Config") or {}).get("Volumes") or {}
        return Source.of(node, self.parts, declared)

    def _refuse_half_restored(self) -> None:
        """A restore that died half way cannot be finished without its parts."""
        restored = {part.node for part in self.parts if part.kind is PartKind.NODE}
        for name, box in self.boxes.items():
            half = box.seen is Seen.CREATED and SNAPSHOT in box.labels
            if half and name not in restored and name != GATEWAY:
                raise EngineError(
                    f"Node {name} of lab {self.plan.lab} was being restored when work stopped",
                    hint="Restore or reset the lab again: its snapshot is whole.",
                )

    def _limit(self) -> None:
        systemd = [node for node in self.plan.nodes if node.init is Init.SYSTEMD]
        named = [(self.reach.names.thing(self.plan.lab, node.name), node) for node in systemd]
        self.cgroups.limit(self.way, named)

    def _say(self, node: str, doing: str, share: float) -> None:
        with self._telling:
            self.tell(node, doing, share)


@dataclass(frozen=True)
class Remover:
    """Takes one lab down, container by container."""

    reach: Reach
    lab: str

    def stop_or_remove(self, box: Box) -> None:
        """The gateway is only stopped: its removal is the last step of all."""
        if box.node != GATEWAY:
            self.remove(box)
        elif box.seen is Seen.RUNNING:
            with in_our_words(self.reach.host):
                self.reach.api.kill(box.id)

    def remove(self, box: Box) -> None:
        """With its own volumes."""
        with in_our_words(self.reach.host):
            self.reach.api.remove_container(box.id, v=True, force=True)
        if box.node and box.node != GATEWAY:
            volumes.remove(self.reach, volumes.named(self.reach, self.lab, box.node))
