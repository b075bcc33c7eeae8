"""What FakeEngine's host says of itself."""

from __future__ import annotations

from datetime import UTC, datetime

from labmgr.domain.site import HostFacts

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
