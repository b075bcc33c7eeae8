"""FakeHost: what FakeEngine's machine says of itself, and the disk that it has."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from labmgr.domain.site import HostFacts
from labmgr.engines.fake_lab import Files
from labmgr.engines.translate import disk_full
from labmgr.errors import LabmgrError

GIB = 1 << 30
FACTS = HostFacts(
    engine="Fake 1.0",
    storage="memory",
    cgroup="v2",
    systemd_nodes="not needed",
    systemd_refusal="",
    cpus=4,
    memory_total=16 * GIB,
    memory_free=12 * GIB,
    disk_free=100 * GIB,
    inotify_instances=8192,
    guard="laid",
)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class FakeHost:
    """`fails_with` maps a verb to what it raises until taken out; `calls` remembers each verb."""

    host: str = "local"
    host_facts: HostFacts = FACTS
    fails_with: dict[str, LabmgrError] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    reserved: int = 0  # bytes, which `host_facts.disk_free` no longer counts
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def facts(self, *, guard: bool = False) -> HostFacts:
        self._said("facts")
        return self.host_facts if guard else replace(self.host_facts, guard="")

    def guard(self) -> None:
        self._said("guard")

    def disk_free(self) -> int:
        self._said("disk_free")
        return self.host_facts.disk_free

    def reserve(self) -> int:
        self._said("reserve")
        return self.reserved

    def hold_reserve(self, size: int) -> None:
        self._said("hold_reserve")
        with self._lock:
            self._set_reserve(0 if self.reserved != size else size)
            if size - self.reserved > self.host_facts.disk_free:
                raise disk_full(self.host)
            self._set_reserve(size)

    def give_up_reserve(self) -> bool:
        self._said("give_up_reserve")
        with self._lock:
            there = self.reserved > 0
            self._set_reserve(0)
            return there

    def _set_reserve(self, size: int) -> None:
        free = self.host_facts.disk_free + self.reserved - size
        self.host_facts = replace(self.host_facts, disk_free=free)
        self.reserved = size

    def _refuse_without_room(self, written: Iterable[Files]) -> None:
        """A disk without a byte takes nothing at all, not even an empty file's name."""
        if self.host_facts.disk_free <= sum(files.size for files in written):
            raise disk_full(self.host)

    def _said(self, verb: str, lab: str = "") -> None:
        with self._lock:
            self.calls.append(f"{verb} {lab}".strip())
        if verb in self.fails_with:
            raise self.fails_with[verb]
