"""What a place decides for its labs, and what an engine's host has to offer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from labmgr.domain.addressing import Ranges


@dataclass(frozen=True)
class Site:
    """The centre's choices that services need; built from the settings in wiring.py."""

    instance: str
    ranges: Ranges
    lab_bind: str = "127.0.0.1"  # host address on which lab ports are published
    lab_name: str = "127.0.0.1"  # what candidates type to reach them
    portal_url: str = "https://127.0.0.1:8000/portail"
    parallel: int = 2  # labs worked on at once
    memory_reserve: int = 1 << 30  # bytes kept for labmgr and the system
    disk_reserve: int = 2 << 30
    end_reserve: int = 1 << 30  # bytes of a file that is given up for end snapshots; 0: none
    node_disk: int = 2 << 30  # bytes a node may write over its image; 0: no limit
    build_deadline: float = 180.0  # seconds until every probe must be green
    domain: str = "lab.lan"


@dataclass(frozen=True)
class HostFacts:
    """What the engine's host says of itself. Sizes in bytes."""

    engine: str  # "Docker 20.10.24"
    storage: str  # "overlay2"
    cgroup: str  # "v1" or "v2"
    systemd_nodes: str  # how nodes with systemd will be run; empty when they cannot be, safely
    systemd_refusal: str  # the reason and the mend, when they cannot
    cpus: int
    memory_total: int
    memory_free: int
    disk_free: int
    inotify_instances: int  # fs.inotify.max_user_instances; 0 when unknown
    guard: str  # "laid", or the reason why not; empty when nobody asked
    used_ranges: Mapping[str, str] = field(default_factory=dict)  # range -> owner in words
    used_ports: Mapping[int, str] = field(default_factory=dict)  # published port -> owner
    interfaces: frozenset[str] = frozenset()  # of the host, for wires to places
