"""Taking a snapshot: freeze all nodes together, commit and read out in parallel, go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from labmgr.domain.plan import LabPlan, NodePlan
from labmgr.domain.snapshot import Part, PartKind
from labmgr.domain.template import Init
from labmgr.engines.cgroups import Cgroups
from labmgr.engines.execute import execute
from labmgr.engines.holding import hold, is_held, release
from labmgr.engines.naming import SNAPSHOT, VOLUME, Role, volume_word
from labmgr.engines.parallel import each
from labmgr.engines.reach import Box, Reach
from labmgr.engines.snapshots import discard
from labmgr.engines.systemd import SystemdWay
from labmgr.engines.translate import in_our_words, refusal
from labmgr.errors import EngineError, NotFound

HOOK_SECONDS = 60

Look = Callable[[], Part]  # at what was kept, once it is
Work = Callable[[], Look]


def take(
    reach: Reach, cgroups: Cgroups, plan: LabPlan, snapshot: str, way: SystemdWay
) -> tuple[Part, ...]:
    """All nodes of the plan must be there; stopped ones are kept as they lie."""
    boxes = {box.node: box for box in reach.parts_of(plan.lab)}
    nodes = [node.name for node in plan.nodes]
    if missing := [name for name in nodes if name not in boxes]:
        raise NotFound(
            f"Lab {plan.lab} has no node {', '.join(missing)}: nothing whole can be kept",
            hint="A person decides: restore the lab from a snapshot, or reset it.",
        )

    def freeze(frozen: bool) -> None:
        systemd = [node.name for node in plan.nodes if node.init is Init.SYSTEMD]
        names = [reach.names.thing(plan.lab, name) for name in systemd]
        cgroups.freeze(way, names, frozen=frozen)

    return Taking(reach, plan, snapshot, {name: boxes[name] for name in nodes}, freeze).take()


@dataclass(frozen=True)
class Taking:
    """One snapshot being taken."""

    reach: Reach
    plan: LabPlan
    snapshot: str
    boxes: Mapping[str, Box]
    freeze: Callable[[bool], None]  # the parent groups, where pausing a container is not enough

    def take(self) -> tuple[Part, ...]:
        try:
            with self._quiet(), self._paused():
                kept = each(lambda work: work(), [*self._commits(), *self._archives()])
            parts = each(lambda look: look(), kept)  # nobody is held up for it
        except BaseException:
            discard(self.reach, self.plan.lab, self.snapshot)
            raise
        return tuple(parts)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """The templates' hooks around it; those after run even when it failed."""
        awake = [node for node in self.plan.nodes if self.boxes[node.name].awake]
        hooks = any(node.quiesce.before for node in awake)
        if hooks and any(each(lambda box: is_held(self.reach, box.id), self._awake)):
            self._resume()  # a dead worker left them so; hooks need them running
        try:
            each(lambda node: self._hook(node, node.quiesce.before), awake)
            yield
        finally:
            each(lambda node: self._hook(node, node.quiesce.after), awake)

    def _hook(self, node: NodePlan, commands: Sequence[str]) -> None:
        for command in commands:
            shell = ["/bin/sh", "-c", command]
            status, said = execute(
                self.reach, self.boxes[node.name].id, shell, timeout=HOOK_SECONDS
            )
            if status != 0:
                raise EngineError(
                    f"Node {node.name} refused `{command}` (status {status}): {said[-300:]}",
                    hint="The template's quiesce hook failed; the previous snapshot stands.",
                )

    @contextmanager
    def _paused(self) -> Iterator[None]:
        """Pause first, freeze the parents after: what a dead worker leaves frozen looks paused."""
        try:
            each(lambda box: hold(self.reach, box), self._awake)
            self.freeze(True)
            yield
        finally:
            self._resume()

    def _resume(self) -> None:
        self.freeze(False)
        each(lambda box: release(self.reach, box.id), self._awake)

    def _commits(self) -> list[Work]:
        def commit(box: Box) -> Look:
            tag = self.reach.names.tag(self.snapshot, box.node)
            with in_our_words(self.reach.host):
                self.reach.api.commit(
                    box.id,
                    repository=self._repository,
                    tag=tag,
                    pause=False,  # it is paused already, with all the others
                    changes=self._labels(Role.NODE, box.node),
                )
            return lambda: self._part(PartKind.NODE, box.node, box.node, "", tag)

        return [_bound(commit, box) for box in self.boxes.values()]

    def _archives(self) -> list[Work]:
        def read_out(box: Box, path: str, name: str) -> Look:
            tag = self.reach.names.tag(self.snapshot, f"volume.{name}")
            labels = self._labels(Role.NODE, box.node, f"{VOLUME}={name}")
            with self.reach.archive(box.id, path) as pieces:
                answer = self.reach.api.import_image_from_data(
                    pieces, repository=self._repository, tag=tag, changes=labels
                )
            if "errorDetail" in str(answer):
                raise refusal(f"volume {name} could not be kept: {answer}", self.reach.host)
            return lambda: self._part(PartKind.VOLUME, box.node, name, path, tag)

        return [_bound(read_out, *volume) for volume in self._volumes()]

    def _volumes(self) -> list[tuple[Box, str, str]]:
        """Each volume once, though several nodes may share it."""
        found: dict[str, tuple[Box, str, str]] = {}
        for node in self.plan.nodes:
            box = self.boxes[node.name]
            for path, engine_name in sorted(box.volumes.items()):
                word = volume_word(node.name, path, node.volumes.get(path, ""))
                found.setdefault(engine_name, (box, path, word))
        return list(found.values())

    @property
    def _awake(self) -> list[Box]:
        return [box for box in self.boxes.values() if box.awake]

    @property
    def _repository(self) -> str:
        return self.reach.names.repository(self.plan.lab)

    def _labels(self, role: Role, node: str, *more: str) -> list[str]:
        labels = self.reach.names.labels(self.plan, role, node=node)
        pairs = [f"{key}={value}" for key, value in labels.items()]
        return [f"LABEL {pair}" for pair in (*pairs, f"{SNAPSHOT}={self.snapshot}", *more)]

    def _part(self, kind: PartKind, node: str, name: str, path: str, tag: str) -> Part:
        image = f"{self._repository}:{tag}"
        facts = self.reach.image(image)
        below = self._size_below(facts) if kind is PartKind.NODE else 0
        return Part(kind, node, name, path, image, facts["Id"], max(0, facts["Size"] - below))

    def _size_below(self, facts: Mapping[str, Any]) -> int:
        parent = facts.get("Parent")
        return int(self.reach.image(parent)["Size"]) if parent else 0


def _bound(work: Callable[..., Look], *words: object) -> Work:
    return lambda: work(*words)
