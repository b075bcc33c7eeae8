"""A lab in memory: nodes and volumes are dictionaries of files."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from labmgr.domain.plan import LabPlan, NodePlan
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.words import Audience

FIRST_BOOT = "/etc/labmgr/first-boot/"
WRITE = 'printf %s "$1" > "$0"'  # sh -c WRITE path text: the one writing that FakeEngine knows


@dataclass(frozen=True)
class Files:
    """What a file system or a volume holds. Never changed, only replaced."""

    held: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        text = "".join(f"{path}\0{content}\0" for path, content in sorted(self.held.items()))
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    @property
    def size(self) -> int:
        return sum(len(content) for content in self.held.values())

    def having(self, path: str, content: str) -> Files:
        return Files({**self.held, path: content})

    def without(self, prefix: str) -> Files:
        return Files(
            {path: text for path, text in self.held.items() if not path.startswith(prefix)}
        )


@dataclass
class Node:
    files: Files
    seen: Seen = Seen.CREATED
    volumes: Mapping[str, str] = field(default_factory=dict)  # path -> name in `shared`
    shared: dict[str, Files] = field(default_factory=dict)  # the lab's volumes
    first_boots: int = 0

    def resumed(self) -> Node:
        return replace(self, seen=Seen.RUNNING) if self.seen is Seen.PAUSED else self


@dataclass
class Lab:
    plan: LabPlan
    nodes: dict[str, Node] = field(default_factory=dict)
    gateway: Seen | None = None
    doors: dict[Audience, datetime | None] = field(default_factory=dict)
    volumes: dict[str, Files] = field(default_factory=dict)

    def look(self) -> dict[str, Seen]:
        gateway = {GATEWAY: self.gateway} if self.gateway else {}
        return {name: node.seen for name, node in self.nodes.items()} | gateway

    def drop(self, names: Collection[str]) -> None:
        """These nodes, and the volumes that no other uses."""
        gone = [self.nodes.pop(name) for name in names if name in self.nodes]
        used = {volume for node in self.nodes.values() for volume in node.volumes.values()}
        for volume in {volume for node in gone for volume in node.volumes.values()} - used:
            del self.volumes[volume]

    def parts(self) -> Iterator[tuple[str, str, Files]]:
        """(node, path, files): each node with an empty path, each volume once."""
        told = set()
        for name, node in self.nodes.items():
            yield name, "", node.files
            for path, volume in node.volumes.items():
                if volume not in told:
                    told.add(volume)
                    yield name, path, self.volumes[volume]


def made(lab: Lab, node: NodePlan, content: Mapping[str, Files]) -> Node:
    """From a snapshot's *content* by path, or from the template with its first-boot files."""
    for path, volume in node.volumes.items():
        lab.volumes[volume] = content.get(path, lab.volumes.get(volume, Files()))
    files = content.get("")
    if files is None:
        files = Files({file.path: file.content.decode() for file in node.first_boot})
    return Node(files, volumes=node.volumes, shared=lab.volumes)


def started(node: Node) -> Node:
    """Running; the first start reads and removes the first-boot files."""
    fresh = any(path.startswith(FIRST_BOOT) for path in node.files.held)
    return replace(
        node,
        seen=Seen.RUNNING,
        files=node.files.without(FIRST_BOOT),
        first_boots=node.first_boots + fresh,
    )


def shell(node: Node, command: Sequence[str]) -> tuple[int, str] | None:
    """Status and output of a command on files; None for any other."""
    match list(command):
        case ["cat", path]:
            content = _find(node, path)
            missing = f"cat: {path}: No such file or directory"
            return (1, missing) if content is None else (0, content)
        case ["sh", "-c", script, path, content] if script == WRITE:
            _write(node, path, content)
            return 0, ""
        case _:
            return None


def _find(node: Node, path: str) -> str | None:
    volume = _volume(node, path)
    return (node.shared[volume] if volume else node.files).held.get(path)


def _write(node: Node, path: str, content: str) -> None:
    if volume := _volume(node, path):
        node.shared[volume] = node.shared[volume].having(path, content)
    else:
        node.files = node.files.having(path, content)


def _volume(node: Node, path: str) -> str:
    return next(
        (name for place, name in node.volumes.items() if path.startswith(place.rstrip("/") + "/")),
        "",
    )
