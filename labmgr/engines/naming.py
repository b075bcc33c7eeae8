"""Names, labels and derived addresses of what labmgr makes on an engine. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network

from labmgr.domain.plan import LabPlan

INSTANCE = "labmgr.instance"
SESSION = "labmgr.session"
CANDIDATE = "labmgr.candidate"
LAB = "labmgr.lab"
NODE = "labmgr.node"
TEMPLATE = "labmgr.template"
ROLE = "labmgr.role"
NETWORK = "labmgr.network"
WIRE = "labmgr.wire"
VOLUME = "labmgr.volume"
SNAPSHOT = "labmgr.snapshot"
OWNER = "labmgr.owner"  # the process that a helper works for
SIZE = "labmgr.size"  # bytes that the disk's reserve holds

FRONT = "labmgr_front"  # no template can name a network so: its names are ASCII slugs
NAME_LIMIT = 63
TAG_LIMIT = 128


class Role(StrEnum):
    """What a container, network or volume is for."""

    NODE = "node"
    GATEWAY = "gateway"
    HELPER = "helper"  # a probe, a canary, the guard: gone once it has spoken
    RESERVE = "reserve"  # room on the disk, given up for end snapshots


class Bridge(StrEnum):
    """Kinds of bridges; the guard tells them apart by these prefixes."""

    LAB = "lmi"
    UPLINK = "lmu"
    FRONT = "lmf"


def fingerprint(*words: str, length: int = 12) -> str:
    return hashlib.sha256("/".join(words).encode()).hexdigest()[:length]


def fitted(name: str, limit: int = NAME_LIMIT) -> str:
    """The name itself, or its beginning and a hash where it is too long."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - 9]}-{fingerprint(name, length=8)}"


def mac(address: str) -> str:
    """A node keeps its MAC as long as it keeps its address, snapshots included."""
    return "02:42:" + ":".join(f"{byte:02x}" for byte in IPv4Address(address).packed)


def front_subnet(plan: LabPlan) -> str:
    """`${LAB_NET}.255.0/28`: the gateway's own network, beside those of the template."""
    first = IPv4Network(plan.networks[0].subnet, strict=False).network_address
    net = ".".join(str(first).split(".")[:2])
    return f"{net}.255.0/28"


def volume_word(node: str, path: str, declared: str = "") -> str:
    """A volume's name within the lab; one that an image declares gets a name of its own."""
    return declared or f"{node}-{fingerprint(path, length=8)}"


@dataclass(frozen=True)
class Names:
    """Two instances on one host never see each other: everything carries the instance."""

    instance: str

    def thing(self, lab: str, word: str) -> str:
        """Name of a container, network or volume."""
        return fitted(f"labmgr-{self.instance}-{lab}-{word}")

    def bridge(self, kind: Bridge, lab: str, network: str) -> str:
        """15 characters, the most an interface name may have."""
        return kind.value + fingerprint(self.instance, lab, network)

    def repository(self, lab: str) -> str:
        return f"labmgr-snap/{self.instance}/{lab}"

    def tag(self, snapshot: str, part: str) -> str:
        return fitted(f"{snapshot}-{part}", TAG_LIMIT)

    def labels(self, plan: LabPlan, role: Role, **more: str) -> dict[str, str]:
        return {
            INSTANCE: self.instance,
            LAB: plan.lab,
            SESSION: plan.session,
            CANDIDATE: plan.candidate,
            TEMPLATE: plan.template,
            ROLE: role.value,
        } | {f"labmgr.{key}": value for key, value in more.items()}

    def helper_labels(self, lab: str, owner: str) -> dict[str, str]:
        return {INSTANCE: self.instance, LAB: lab, ROLE: Role.HELPER.value, OWNER: owner}

    def reserve_labels(self, size: int) -> dict[str, str]:
        return {INSTANCE: self.instance, ROLE: Role.RESERVE.value, SIZE: str(size)}

    def filter(self, lab: str = "", **more: str) -> dict[str, list[str]]:
        """A label filter that never leaves this instance."""
        wanted: Iterable[tuple[str, str]] = [(INSTANCE, self.instance)]
        wanted = [*wanted, *([(LAB, lab)] if lab else [])]
        wanted = [*wanted, *((f"labmgr.{key}", value) for key, value in more.items())]
        return {"label": [f"{key}={value}" for key, value in wanted]}
