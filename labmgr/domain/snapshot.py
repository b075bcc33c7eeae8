"""A snapshot: a set of images that together are a lab at one instant, and its manifest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum


class SnapshotKind(StrEnum):
    START = "start"  # before the hour
    OWN = "own"  # by the candidate
    END = "end"  # at the bell


class PartKind(StrEnum):
    NODE = "node"
    VOLUME = "volume"


@dataclass(frozen=True)
class Part:
    """One image of the set: a node's file system, or the content of one of its volumes."""

    kind: PartKind
    node: str
    name: str  # the node's name, or the volume's name within the lab
    path: str  # where the volume is mounted; empty for a node
    image: str  # reference, "labmgr-snap/<instance>/<lab>:<snapshot>-<part>"
    digest: str  # image id, sha256:…
    size: int  # bytes added over the base


@dataclass(frozen=True)
class Snapshot:
    """Digests, template and credentials of one instant; `digest` of it goes into the journal."""

    id: str
    lab: str
    kind: SnapshotKind
    taken: datetime
    template: str  # name@hash
    credentials: str  # fingerprint of the lab's credentials
    parts: tuple[Part, ...]
    verified: datetime | None = None

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)

    @property
    def digest(self) -> str:
        """sha256 over everything but the verification."""
        facts = asdict(self) | {"verified": None, "taken": self.taken.isoformat()}
        return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
