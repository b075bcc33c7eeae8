"""Snapshots: freeze together, commit and read out in parallel, go on; prove they can be read."""

from __future__ import annotations

import tarfile
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from labmgr.domain.plan import LabPlan, NodePlan
from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import Part, PartKind
from labmgr.engines import archive, helper
from labmgr.engines.cgroups import Cgroups
from labmgr.engines.execute import execute
from labmgr.engines.naming import LAB, SNAPSHOT, VOLUME, Role, volume_word
from labmgr.engines.parallel import each
from labmgr.engines.reach import Box, Reach
from labmgr.engines.systemd import SystemdWay
from labmgr.engines.translate import in_our_words
from labmgr.errors import EngineError, EngineUnreachable, ImageMissing, NotFound, SnapshotBroken

HOOK_SECONDS = 60
PAUSE_TRIES, SLIPPED = 6, "unable to freeze"


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
                parts = each(lambda work: work(), [*self._commits(), *self._archives()])
        except BaseException:
            discard(self.reach, self.plan.lab, self.snapshot)
            raise
        return tuple(parts)

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """The templates' hooks around it; those after run even when it failed."""
        awake = [node for node in self.plan.nodes if self.boxes[node.name].awake]
        if any(box.seen is Seen.PAUSED for box in self.boxes.values()):
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
        try:
            self.freeze(True)
            each(self._pause, [box for box in self.boxes.values() if box.awake])
            yield
        finally:
            self.freeze(False)
            self._resume()

    def _pause(self, box: Box) -> None:
        """On cgroup v1 a busy node sometimes slips out of the freezer; the next try holds it."""
        for tries_left in reversed(range(PAUSE_TRIES)):
            try:
                with in_our_words(self.reach.host):
                    self.reach.api.pause(box.id)
            except EngineError as e:
                if not tries_left or SLIPPED not in str(e):
                    raise
                time.sleep(0.1)
            else:
                return

    def _resume(self) -> None:
        now = self.reach.parts_of(self.plan.lab)
        with in_our_words(self.reach.host):
            each(self.reach.api.unpause, [box.id for box in now if box.seen is Seen.PAUSED])

    def _commits(self) -> list[Callable[[], Part]]:
        def commit(box: Box) -> Part:
            tag = self.reach.names.tag(self.snapshot, box.node)
            with in_our_words(self.reach.host):
                self.reach.api.commit(
                    box.id,
                    repository=self._repository,
                    tag=tag,
                    pause=False,  # it is paused already, with all the others
                    changes=self._labels(Role.NODE, box.node),
                )
            return self._part(PartKind.NODE, box.node, box.node, "", tag)

        return [_bound(commit, box) for box in self.boxes.values()]

    def _archives(self) -> list[Callable[[], Part]]:
        def read_out(box: Box, path: str, name: str) -> Part:
            tag = self.reach.names.tag(self.snapshot, f"volume.{name}")
            labels = self._labels(Role.NODE, box.node, f"{VOLUME}={name}")
            with self.reach.archive(box.id, path) as pieces:
                answer = self.reach.api.import_image_from_data(
                    pieces, repository=self._repository, tag=tag, changes=labels
                )
            if "errorDetail" in str(answer):
                raise EngineError(f"Volume {name} could not be kept: {answer}")
            return self._part(PartKind.VOLUME, box.node, name, path, tag)

        return [_bound(read_out, *volume) for volume in self._volumes()]

    def _volumes(self) -> list[tuple[Box, str, str]]:
        """Each volume once, though several nodes may share it."""
        found: dict[str, tuple[Box, str, str]] = {}
        for node in self.plan.nodes:
            box = self.boxes[node.name]
            for path, engine_name in box.volumes.items():
                word = volume_word(node.name, path, node.volumes.get(path, ""))
                found.setdefault(engine_name, (box, path, word))
        return list(found.values())

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


def take(
    reach: Reach, cgroups: Cgroups, plan: LabPlan, snapshot: str, way: SystemdWay | None
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
        if way is not None:
            systemd = [node.name for node in plan.nodes if node.init == "systemd"]
            names = [reach.names.thing(plan.lab, name) for name in systemd]
            cgroups.freeze(way, names, frozen=frozen)

    return Taking(reach, plan, snapshot, {name: boxes[name] for name in nodes}, freeze).take()


def discard(reach: Reach, lab: str, snapshot: str) -> None:
    # Named by their repository too: an engine that looks at labels alone measures every image.
    named = {"reference": [f"{reach.names.repository(lab)}:*"]}
    _remove(reach, _images(reach, reach.names.filter(lab, snapshot=snapshot) | named))


def sweep(reach: Reach, lab: str) -> None:
    """Images that were discarded while a container still stood on them."""
    _remove(reach, _images(reach, reach.names.filter(lab) | {"dangling": ["true"]}))


def listed(reach: Reach) -> Collection[tuple[str, str]]:
    """(lab, snapshot) of every snapshot image of this instance."""
    images = [image for image in _images(reach, reach.names.filter()) if _tags(image)]
    return {(image["Labels"][LAB], image["Labels"][SNAPSHOT]) for image in images}


def verify(reach: Reach, parts: Sequence[Part]) -> None:
    each(lambda part: _verify(reach, part), parts)


def _verify(reach: Reach, part: Part) -> None:
    what = f"{part.kind} {part.name} of {part.image}"
    mend = "Take a new snapshot; until then the previous one stands."
    try:
        found = reach.image(part.image)["Id"]
        if found != part.digest:
            raise SnapshotBroken(f"{what} was altered: it is {found}, not {part.digest}", hint=mend)
        canary = _canary(reach, part)
    except EngineUnreachable:
        raise
    except ImageMissing as e:
        raise SnapshotBroken(f"{what} is not there any more", hint=mend) from e
    except (EngineError, tarfile.TarError) as e:
        raise SnapshotBroken(f"{what} cannot be read: {e}", hint=mend) from e
    if not canary:
        raise SnapshotBroken(f"{what} is empty", hint=mend)


def _canary(reach: Reach, part: Part) -> str:
    """Read from a created container, which is never started: the layers must really be there."""
    whole = part.kind is PartKind.NODE
    path = "/etc" if whole else f"/{PurePosixPath(part.path).name}"
    with (
        helper.never_started(reach, part.image) as container,
        reach.archive(container, path) as pieces,
    ):
        return archive.proof(pieces)


def _images(reach: Reach, wanted: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    with in_our_words(reach.host):
        found: list[dict[str, Any]] = reach.api.images(filters=wanted)
    return [image for image in found if SNAPSHOT in (image.get("Labels") or {})]


def _tags(image: Mapping[str, Any]) -> list[str]:
    return [tag for tag in image.get("RepoTags") or () if tag != "<none>:<none>"]


def _remove(reach: Reach, images: Sequence[Mapping[str, Any]]) -> None:
    """Forced: a container that stands on an image keeps its layers, not its name."""
    for image in images:
        for name in _tags(image) or [image["Id"]]:
            try:
                with in_our_words(reach.host):
                    reach.api.remove_image(name, force=bool(_tags(image)))
            except EngineUnreachable:
                raise
            except EngineError:
                if _tags(image):
                    raise  # an untagged one that is still stood upon waits for the next sweep


def _bound(work: Callable[..., Part], *words: object) -> Callable[[], Part]:
    return lambda: work(*words)
