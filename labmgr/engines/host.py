"""What the engine's host says of itself: sizes, ranges and ports in use, and by whom."""

from __future__ import annotations

import ipaddress
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labmgr.domain.site import HostFacts
from labmgr.engines import networks
from labmgr.engines.naming import INSTANCE, LAB
from labmgr.engines.reach import Reach
from labmgr.engines.systemd import SystemdWay, how_systemd
from labmgr.engines.translate import in_our_words

PROC = Path("/proc")
NAMED_HIERARCHY = Path("/sys/fs/cgroup/systemd")
LISTENING = "0A"
ROUTE_COLUMNS = 8


def facts(reach: Reach, info: Mapping[str, Any], guard: str) -> HostFacts:
    way = systemd_way(reach, info)
    return HostFacts(
        engine=f"Docker {info['ServerVersion']}",
        storage=str(info["Driver"]),
        cgroup=f"v{info.get('CgroupVersion', '1')}",
        systemd_nodes=way.words,
        systemd_refusal=way.refusal,
        cpus=int(info["NCPU"]),
        memory_total=int(info["MemTotal"]),
        memory_free=memory_free((PROC / "meminfo").read_text()),
        disk_free=disk_free(Path(str(info["DockerRootDir"]))),
        inotify_instances=_inotify(),
        guard=guard,
        used_ranges=routes((PROC / "net/route").read_text()) | networks.owners(reach),
        used_ports=_listening() | _published(reach),
        interfaces=interfaces((PROC / "net/dev").read_text()),
    )


def systemd_way(reach: Reach, info: Mapping[str, Any]) -> SystemdWay:
    return how_systemd(info, named_hierarchy=not reach.is_local or NAMED_HIERARCHY.is_dir())


def memory_free(meminfo: str) -> int:
    rows = (line.split() for line in meminfo.splitlines())
    return next(int(row[1]) * 1024 for row in rows if row[0] == "MemAvailable:")


def routes(table: str) -> dict[str, str]:
    """Ranges that the host reaches by itself; the default route takes nothing away."""
    found = {}
    for row in (line.split() for line in table.splitlines()[1:]):
        if len(row) >= ROUTE_COLUMNS and row[7] != "00000000":
            address = ipaddress.ip_address(_bytes(row[1]))
            mask = ipaddress.ip_address(_bytes(row[7]))
            found[str(ipaddress.ip_network(f"{address}/{mask}", strict=False))] = (
                f"route via {row[0]}"
            )
    return found


def interfaces(table: str) -> frozenset[str]:
    return frozenset(line.partition(":")[0].strip() for line in table.splitlines()[2:])


def listening(table: str) -> dict[int, str]:
    """Ports of a /proc/net/tcp or tcp6 on which somebody listens."""
    rows = (line.split() for line in table.splitlines()[1:])
    found = {}
    for row in rows:
        if row[3] == LISTENING:
            at, _, port = row[1].partition(":")
            found[int(port, 16)] = f"a program of the host, listening on {_address(at)}"
    return found


def _bytes(word: str) -> bytes:
    """The kernel prints addresses as numbers of this machine's byte order, in words of four."""
    words = [int(word[start : start + 8], 16) for start in range(0, len(word), 8)]
    return b"".join(number.to_bytes(4, sys.byteorder) for number in words)


def _address(word: str) -> str:
    return str(ipaddress.ip_address(_bytes(word)))


def _listening() -> dict[int, str]:
    found: dict[int, str] = {}
    for name in ("tcp6", "tcp"):
        table = PROC / "net" / name
        if table.exists():
            found |= listening(table.read_text())
    return found


def _published(reach: Reach) -> dict[int, str]:
    with in_our_words(reach.host):
        rows = reach.api.containers()
    return {
        int(port["PublicPort"]): _owner(reach, row)
        for row in rows
        for port in row.get("Ports") or ()
        if port.get("PublicPort")
    }


def _owner(reach: Reach, row: Mapping[str, Any]) -> str:
    labels = row.get("Labels") or {}
    match labels.get(INSTANCE):
        case None:
            return f"container {row['Names'][0].lstrip('/')}"
        case reach.instance:
            return f"lab {labels.get(LAB)}"
        case other:
            return f"lab {labels.get(LAB)} of labmgr instance {other}"


def disk_free(root: Path) -> int:
    """Of the file system that holds the engine's data; seen from the nearest place that shows."""
    place = next(folder for folder in (root, *root.parents) if folder.exists())
    return shutil.disk_usage(place).free


def _inotify() -> int:
    setting = PROC / "sys/fs/inotify/max_user_instances"
    return int(setting.read_text()) if setting.exists() else 0
