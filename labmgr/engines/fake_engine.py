"""FakeEngine: the Engine port in memory, with files instead of processes, for fast tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from labmgr.domain.plan import LabPlan, NodePlan, Wired
from labmgr.domain.ports import Tell
from labmgr.domain.probe import Check, Finding
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.snapshot import Part, PartKind
from labmgr.domain.words import Audience
from labmgr.engines.containers import refuse_rights
from labmgr.engines.fake_host import FakeHost, utc_now
from labmgr.engines.fake_lab import Files, Lab, Node, made, shell, started
from labmgr.engines.fake_wires import FakeWires
from labmgr.engines.naming import Names, volume_word
from labmgr.errors import (
    AddressTaken,
    EngineError,
    ImageMissing,
    NotFound,
    SnapshotBroken,
)


def silent(node: str, doing: str, share: float) -> None:
    """Tell nobody."""


@dataclass
class FakeEngine(FakeHost):
    """Keeps the port's promises."""

    instance: str = "fake"
    images: Collection[str] | None = None  # None: every image is there
    now: Callable[[], datetime] = utc_now
    red: dict[str, str] = field(default_factory=dict)  # check id -> evidence
    answers: dict[tuple[str, ...], tuple[int, str]] = field(default_factory=dict)
    labs: dict[str, Lab] = field(default_factory=dict)
    kept: dict[str, tuple[str, str, Files]] = field(default_factory=dict)  # image -> what it holds
    wires: FakeWires = field(default_factory=FakeWires)

    def build(self, plan: LabPlan, *, parts: Sequence[Part] = (), tell: Tell = silent) -> None:
        self._said("build", plan.lab)
        refuse_rights(plan)
        with self._lock:
            self._refuse_strangers(plan, parts)
            unplugged = self.wires.plug(plan, standing=plan.lab in self.labs)
            lab = self.labs.setdefault(plan.lab, Lab(plan))
            lab.gateway = Seen.RUNNING
            tell(GATEWAY, "started", 1.0)
            for node in plan.nodes:
                standing = lab.nodes.get(node.name)
                if standing is None or standing.seen is Seen.CREATED:
                    lab.nodes[node.name] = made(lab, node, self._content(parts, node.name))
                lab.nodes[node.name] = started(lab.nodes[node.name])
                tell(node.name, "started", 1.0)
            if unplugged:
                raise unplugged

    def wired(self, *plans: LabPlan) -> tuple[Wired, ...]:
        self._said("wired")
        return tuple(seen for plan in plans for seen in self.wires.look(plan))

    def unwire(self, lab: str) -> None:
        self._said("unwire", lab)
        self.wires.unplug(lab)

    def look(self, lab: str) -> Mapping[str, Seen]:
        self._said("look", lab)
        with self._lock:
            return self.labs[lab].look() if lab in self.labs else {}

    def look_all(self) -> Mapping[str, Mapping[str, Seen]]:
        self._said("look_all")
        with self._lock:
            return {name: seen for name, lab in self.labs.items() if (seen := lab.look())}

    def open_access(self, lab: str, audience: Audience, until: datetime | None = None) -> None:
        self._said("open_access", lab)
        with self._lock:
            if self.look(lab).get(GATEWAY) is not Seen.RUNNING:
                raise NotFound(f"The gateway of lab {lab} is not running", hint="Wake the lab.")
            if until is not None and until <= self.now():
                raise EngineError(f"The gateway of lab {lab} did not open: that instant is past")
            self.labs[lab].doors[audience] = until

    def close_access(self, lab: str, audience: Audience) -> None:
        self._said("close_access", lab)
        with self._lock:
            if lab in self.labs:
                self.labs[lab].doors.pop(audience, None)

    def is_open(self, lab: str, audience: Audience) -> bool:
        self._said("is_open", lab)
        with self._lock:
            if lab not in self.labs or self.labs[lab].gateway is not Seen.RUNNING:
                return False
            doors = self.labs[lab].doors
            until = doors.get(audience)
            return audience in doors and (until is None or self.now() < until)

    def open_doors(self, labs: Collection[str], audience: Audience) -> Collection[str]:
        return [lab for lab in labs if self.is_open(lab, audience)]

    def remove(self, lab: str, nodes: Collection[str] | None = None) -> None:
        self._said("remove", lab)
        with self._lock:
            if nodes is None:
                self.labs.pop(lab, None)
                self.wires.unplug(lab)
            elif lab in self.labs:
                self.labs[lab].drop(nodes)
                if GATEWAY in nodes:
                    self.labs[lab].gateway = None
                    self.labs[lab].doors.clear()

    def save(self, plan: LabPlan, snapshot: str) -> tuple[Part, ...]:
        self._said("save", plan.lab)
        with self._lock:
            lab = self.labs.get(plan.lab, Lab(plan))
            if missing := [node.name for node in plan.nodes if node.name not in lab.nodes]:
                raise NotFound(f"Lab {plan.lab} has no node {', '.join(missing)}", hint="Reset it.")
            self._forget(plan.lab, snapshot)
            for node in plan.nodes:
                self._hooks(plan.lab, node)
                lab.nodes[node.name] = lab.nodes[node.name].resumed()
            found = list(lab.parts())
            self._refuse_without_room(files for _, _, files in found)
            return tuple(self._keep(plan.lab, snapshot, part) for part in found)

    def verify(self, parts: Sequence[Part]) -> None:
        self._said("verify")
        self._proven(parts)

    def _proven(self, parts: Sequence[Part]) -> None:
        for part in parts:
            held = self.kept.get(part.image)
            if held is None or held[2].digest != part.digest:
                what = "altered" if held else "not there"
                raise SnapshotBroken(f"{part.image} is {what}", hint="Take a new snapshot.")

    def discard(self, lab: str, snapshot: str) -> None:
        self._said("discard", lab)
        with self._lock:
            self._forget(lab, snapshot)

    def _forget(self, lab: str, snapshot: str) -> None:
        kept = self.kept.items()
        self.kept = {image: held for image, held in kept if held[:2] != (lab, snapshot)}

    def probe(self, lab: str, checks: Sequence[Check], *, deadline: float) -> Iterator[Finding]:
        self._said("probe", lab)
        for check in checks:
            seen = self.look(lab)
            eye = check.vantage or GATEWAY
            blind = seen.get(eye) is not Seen.RUNNING
            asleep = seen.get(check.node) is not Seen.RUNNING
            why = "not running" if asleep else self.red.get(check.id, "")
            if blind:
                why = f"{eye} is {seen.get(eye, 'missing')}: no way to look"
            took = deadline if why else 0.1
            command = f"fake {check.kind} {check.host}"
            evidence = why or "answered"
            yield Finding(
                check.id,
                check.node,
                check.kind,
                not why,
                evidence,
                command,
                0 if blind else 1,
                took,
                True,
                self.now(),
            )

    def last_words(self, lab: str, node: str, lines: int = 20) -> str:
        self._said("last_words", lab)
        return str(self._node(lab, node).seen) if lines else ""

    def run(
        self,
        lab: str,
        node: str,
        command: Sequence[str],
        timeout: float = 30,  # noqa: ARG002 - nothing takes time here
    ) -> tuple[int, str]:
        """Reads (`cat FILE`) and writes (`fake_lab.WRITE`) files; else what `answers` holds."""
        self._said("run", lab)
        with self._lock:
            there = self._node(lab, node)
            if there.seen is not Seen.RUNNING:
                raise EngineError(f"Node {node} of lab {lab} is {there.seen}: nothing runs in it")
            answer = shell(there, command)
            return answer or self.answers.get(tuple(command), (0, ""))

    def snapshots(self) -> Collection[tuple[str, str]]:
        self._said("snapshots")
        return {(lab, snapshot) for lab, snapshot, _ in self.kept.values()}

    def tidy(self) -> None:
        self._said("tidy")

    def pause(self, lab: str, node: str) -> None:
        self._said("pause", lab)
        with self._lock:
            there = self._node(lab, node)
            if there.seen is Seen.RUNNING:
                self.labs[lab].nodes[node] = replace(there, seen=Seen.PAUSED)

    def restart(self, lab: str, node: str) -> None:
        self._said("restart", lab)
        with self._lock:
            there = self._node(lab, node)
            if there.seen is Seen.CREATED:
                raise NotFound(f"Node {node} of lab {lab} was never started", hint="Reset it.")
            self.labs[lab].nodes[node] = started(there)

    def written(self, lab: str) -> Mapping[str, int]:
        self._said("written", lab)
        nodes = self.labs[lab].nodes if lab in self.labs else {}
        return {name: node.files.size for name, node in nodes.items()}

    def set_seen(self, lab: str, node: str, seen: Seen | None) -> None:
        """What the world does behind labmgr's back: a node stops, or vanishes (None)."""
        with self._lock:
            there = self.labs[lab]
            if node == GATEWAY:
                there.gateway = seen
            elif seen is None:
                del there.nodes[node]
            else:
                there.nodes[node] = replace(there.nodes[node], seen=seen)

    def _node(self, lab: str, node: str) -> Node:
        if lab not in self.labs or node not in self.labs[lab].nodes:
            raise NotFound(f"Lab {lab} has no node {node}", hint="`labmgr lab show` lists them.")
        return self.labs[lab].nodes[node]

    def _refuse_strangers(self, plan: LabPlan, parts: Sequence[Part]) -> None:
        self._proven(parts)
        restored = {part.node for part in parts if part.kind is PartKind.NODE}
        standing = self.labs[plan.lab].nodes if plan.lab in self.labs else {}
        fresh = [one for one in plan.nodes if one.name not in restored | standing.keys()]
        for image in (plan.gateway.image, *(node.image for node in fresh)):
            if self.images is not None and image not in self.images:
                raise ImageMissing(image, self.host)
        mine = {network.subnet for network in plan.networks}
        for name, lab in self.labs.items():
            if name != plan.lab and mine & {network.subnet for network in lab.plan.networks}:
                raise AddressTaken(f"Lab {plan.lab} and lab {name} want the same addresses")

    def _hooks(self, lab: str, node: NodePlan) -> None:
        for command in (*node.quiesce.before, *node.quiesce.after):
            self.calls.append(f"hook {lab} {node.name} {command}")
            status, _ = self.answers.get(("/bin/sh", "-c", command), (0, ""))
            if status != 0:
                raise EngineError(f"Node {node.name} refused `{command}` (status {status})")

    def _content(self, parts: Sequence[Part], node: str) -> dict[str, Files]:
        """Path -> files; the node's own file system under the empty path."""
        return {part.path: self.kept[part.image][2] for part in parts if part.node == node}

    def _keep(self, lab: str, snapshot: str, found: tuple[str, str, Files]) -> Part:
        node, path, files = found
        kind = PartKind.VOLUME if path else PartKind.NODE
        declared = self.labs[lab].plan.node(node).volumes.get(path, "")
        name = volume_word(node, path, declared) if path else node
        names = Names(self.instance)
        tag = names.tag(snapshot, f"volume.{name}" if path else name)
        image = f"{names.repository(lab)}:{tag}"
        self.kept[image] = (lab, snapshot, files)
        return Part(kind, node, name, path, image, files.digest, files.size)
