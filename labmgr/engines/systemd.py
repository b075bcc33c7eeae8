"""How a node with systemd gets its cgroups without a dangerous capability. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from labmgr.engines.naming import fingerprint
from labmgr.errors import NoSafeInit

WRITABLE_SINCE = 28  # first engine with --security-opt writable-cgroups
TMPFS = ("/run", "/run/lock")


class Way(StrEnum):
    """The ways that were found to be safe (docs/decisions)."""

    NAMED = "named hierarchy"  # cgroup v1: only the node's part of the named systemd hierarchy
    WRITABLE = "writable cgroups"  # cgroup v2, Engine 28 and later
    PARENT = "parent group"  # cgroup v2, older engines: the node writes in a group of its own
    NONE = "none"


@dataclass(frozen=True)
class SystemdWay:
    """What an engine needs to be told for each node; `refusal` where nothing is safe."""

    way: Way
    driver: str = "cgroupfs"
    refusal: str = ""

    @property
    def words(self) -> str:
        return "" if self.way is Way.NONE else f"{self.way.value} ({self.driver})"

    def checked(self) -> SystemdWay:
        """Itself, or NoSafeInit with the reason and the mend."""
        if self.way is Way.NONE:
            what, _, mend = self.refusal.partition(": ")
            raise NoSafeInit(f"Nodes with systemd cannot be run safely here: {what}", hint=mend)
        return self

    @property
    def holds_above(self) -> bool:
        """Whether limits and freeze must also stand where root in the node cannot write."""
        return self.way in {Way.WRITABLE, Way.PARENT}

    def group(self, container: str) -> str:
        """The node's own group, below the root of the cgroup tree; out of the node's reach."""
        if self.driver == "systemd":
            return f"labmgr.slice/labmgr-{fingerprint(container)}.slice"
        return f"labmgr/{container}"

    def host_config(self, container: str) -> dict[str, Any]:
        """What goes into the container's host configuration, in the engine's own keys."""
        group = self.group(container)
        match self.way:
            case Way.NAMED:
                bind = f"/sys/fs/cgroup/systemd/{group}:/sys/fs/cgroup/systemd:rw"
                return self._below(group, "private") | {"Binds": [bind]}
            case Way.WRITABLE:
                return self._below(group, "private") | {"SecurityOpt": ["writable-cgroups=true"]}
            case Way.PARENT:
                inner = self._inner(container)
                bind = f"/sys/fs/cgroup/{inner}:/sys/fs/cgroup/{inner}:rw"
                return self._below(inner, "host") | {"Binds": [bind]}
            case Way.NONE:
                raise AssertionError(self.refusal)  # checked() comes first

    def _inner(self, container: str) -> str:
        """What the node gets to write. Not `group` itself: it would lift its own limits."""
        if self.driver == "systemd":
            return f"{self.group(container)}/labmgr-{fingerprint(container)}-node.slice"
        return f"{self.group(container)}/node"

    def _below(self, group: str, namespace: str) -> dict[str, Any]:
        """The systemd driver wants a slice's name, cgroupfs the path."""
        parent = group.rsplit("/", 1)[1] if self.driver == "systemd" else f"/{group}"
        return {"CgroupParent": parent, "CgroupnsMode": namespace}


def how_systemd(info: Mapping[str, Any], *, named_hierarchy: bool = True) -> SystemdWay:
    """Decide from `docker info`. *named_hierarchy*: whether v1's systemd tree is mounted."""
    driver = str(info.get("CgroupDriver", "cgroupfs"))
    if any("name=rootless" in str(option) for option in info.get("SecurityOptions") or ()):
        return _refused("the engine is rootless: run the system's own Docker engine")
    if str(info.get("CgroupVersion", "1")) == "1":
        return _on_v1(driver, named_hierarchy=named_hierarchy)
    major = re.match(r"\d+", str(info.get("ServerVersion", "")))
    if major and int(major.group()) >= WRITABLE_SINCE:
        return SystemdWay(Way.WRITABLE, driver)
    if not (info.get("MemoryLimit") and info.get("PidsLimit")):
        return _refused(
            "the kernel offers no memory or pids limits: boot with "
            "`cgroup_enable=memory`, or install Docker Engine 28 or later"
        )
    if driver not in {"cgroupfs", "systemd"}:
        return _refused(f"unknown cgroup driver {driver}: use cgroupfs or systemd in daemon.json")
    return SystemdWay(Way.PARENT, driver)


def _on_v1(driver: str, *, named_hierarchy: bool) -> SystemdWay:
    if driver != "cgroupfs":
        return _refused(
            "cgroup v1 with the systemd driver: set native.cgroupdriver=cgroupfs in "
            "daemon.json, or boot the host with cgroup v2"
        )
    if not named_hierarchy:
        return _refused(
            "the host has no /sys/fs/cgroup/systemd: mount it (`mount -t cgroup -o "
            "none,name=systemd cgroup /sys/fs/cgroup/systemd`), or boot with cgroup v2"
        )
    return SystemdWay(Way.NAMED, driver)


def _refused(why: str) -> SystemdWay:
    return SystemdWay(Way.NONE, refusal=why)
