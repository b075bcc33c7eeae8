"""A node's container: made from a plan, with exactly the rights that the plan names."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labmgr.domain.plan import LabPlan, NodePlan
from labmgr.domain.snapshot import Part, PartKind
from labmgr.domain.template import Init
from labmgr.engines import archive
from labmgr.engines.naming import VOLUME, Role, mac, volume_word
from labmgr.engines.reach import Reach
from labmgr.engines.systemd import TMPFS, SystemdWay
from labmgr.engines.translate import in_our_words
from labmgr.engines.volumes import restore
from labmgr.errors import EngineError

NEVER = frozenset({"ALL", "SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE"})
SHARES = 512  # half of what labmgr itself has
LOG = {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}}
NO_FORWARD = {"net.ipv4.ip_forward": "0"}  # else a node on two networks is a router
NO_IPV6 = {"net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1"}
# Without the gateway (its restart) an unknown name would else hold a program for 20 seconds.
DNS_OPTIONS = ["timeout:1", "attempts:1"]


@dataclass(frozen=True)
class Source:
    """Where a node comes from: its template's image, or the parts of a snapshot."""

    image: str
    node: Part | None = None
    volumes: Mapping[str, Part] = field(default_factory=dict)  # path -> part
    declared: tuple[str, ...] = ()  # paths that the image itself calls volumes

    @classmethod
    def of(cls, node: NodePlan, parts: Sequence[Part], declared: Collection[str]) -> Source:
        whole = None
        volumes = {}
        for part in parts:
            match part.kind:
                case PartKind.NODE if part.node == node.name:
                    whole = part
                case PartKind.VOLUME if part.node == node.name:
                    volumes[part.path] = part
                case _:
                    pass
        return cls(whole.image if whole else node.image, whole, volumes, tuple(declared))


def refuse_rights(plan: LabPlan) -> None:
    """No template, however it was read, gets a capability that opens the host."""
    for node in plan.nodes:
        named = {capability.upper().removeprefix("CAP_") for capability in node.capabilities}
        if bad := named & NEVER:
            raise EngineError(
                f"Node {node.name} of lab {plan.lab} asks for {', '.join(sorted(bad))}",
                hint="These capabilities reach the host and are never given; take them out of "
                "the template (`labmgr template check`).",
            )


def create(reach: Reach, plan: LabPlan, node: NodePlan, source: Source, way: SystemdWay) -> str:
    """The id of the created container, whole but not started."""
    name = reach.names.thing(plan.lab, node.name)
    config = {
        "Image": source.image,
        "Hostname": node.hostname,
        "Labels": reach.names.labels(plan, Role.NODE, node=node.name),
        "Env": [f"{key}={value}" for key, value in node.environment.items()],
        "HostConfig": _host_config(reach, plan, node, source, way),
        "NetworkingConfig": {"EndpointsConfig": _endpoints(reach, plan, node, first=True)},
        "MacAddress": mac(next(iter(node.addresses.values()))),
    }
    if node.command:
        config["Cmd"] = list(node.command)
    # `create`, not `run`: `run` would quietly pull a missing image.
    with in_our_words(reach.host, image=source.image):
        container = reach.create(config, name)
        for network, endpoint in _endpoints(reach, plan, node, first=False).items():
            _connect(reach, container, network, endpoint)
        if node.first_boot and source.node is None:
            reach.api.put_archive(container, "/", archive.of_secrets(node.first_boot))
    for path, part in source.volumes.items():
        restore(reach, container, path, part)
    return container


def _host_config(
    reach: Reach, plan: LabPlan, node: NodePlan, source: Source, way: SystemdWay
) -> dict[str, Any]:
    main = next(iter(node.addresses))
    config = {
        "NetworkMode": reach.names.thing(plan.lab, main),
        "Memory": node.memory,
        "MemorySwap": node.memory,
        "CpuShares": SHARES,
        "NanoCpus": int(node.cpus * 1e9),
        "PidsLimit": node.pids,
        "LogConfig": LOG,
        "CapAdd": list(node.capabilities),
        "Sysctls": _sysctls() | dict(node.sysctls),
        "Dns": [plan.gateway.addresses[main]] if main in plan.gateway.addresses else [],
        "DnsSearch": [plan.gateway.domain],
        "DnsOptions": DNS_OPTIONS,
        "Mounts": _mounts(reach, plan, node, source),
        "Tmpfs": _tmpfs(node),
    }
    if node.init is Init.SYSTEMD:
        config |= way.host_config(reach.names.thing(plan.lab, node.name))
    return config


def _sysctls() -> dict[str, str]:
    """A kernel booted without IPv6 has nothing to switch off, and says so by an error."""
    return NO_FORWARD | (NO_IPV6 if Path("/proc/sys/net/ipv6").exists() else {})


def _tmpfs(node: NodePlan) -> dict[str, str]:
    match node.init:
        case Init.SYSTEMD:
            needed: tuple[str, ...] = TMPFS
        case Init.OPENRC:
            needed = TMPFS[:1]
        case Init.NONE:
            needed = ()
    return dict.fromkeys(needed, "") | dict(_path_and_options(text) for text in node.tmpfs)


def _path_and_options(text: str) -> tuple[str, str]:
    path, _, options = text.partition(":")
    return path, options


def _mounts(reach: Reach, plan: LabPlan, node: NodePlan, source: Source) -> list[dict[str, Any]]:
    """Declared volumes, and those that a snapshot found: these without the image's seed files."""
    found = {path: volume_word(node.name, path) for path in source.declared}
    restored = {path: part.name for path, part in source.volumes.items()}
    wanted = found | dict(node.volumes) | restored
    return [
        {
            "Type": "volume",
            "Source": reach.names.thing(plan.lab, name),
            "Target": path,
            "VolumeOptions": {
                "NoCopy": path in source.volumes,
                "Labels": reach.names.labels(plan, Role.NODE, node=node.name) | {VOLUME: name},
            },
        }
        for path, name in wanted.items()
    ]


def _endpoints(
    reach: Reach, plan: LabPlan, node: NodePlan, *, first: bool
) -> dict[str, dict[str, Any]]:
    """The main network goes into the create call, API 1.41 takes but one; the others follow."""
    addresses = list(node.addresses.items())
    names = dict.fromkeys([node.name, node.hostname, f"{node.hostname}.{plan.gateway.domain}"])
    return {
        reach.names.thing(plan.lab, network): {
            "IPAMConfig": {"IPv4Address": address},
            "Aliases": list(names),
            "MacAddress": mac(address),
        }
        for network, address in (addresses[:1] if first else addresses[1:])
    }


def _connect(reach: Reach, container: str, network: str, endpoint: Mapping[str, Any]) -> None:
    reach.api.connect_container_to_network(
        container,
        network,
        ipv4_address=endpoint["IPAMConfig"]["IPv4Address"],
        aliases=endpoint["Aliases"],
        mac_address=endpoint["MacAddress"],
    )
