"""What a lab is: a template read from a Compose file, its variables not yet filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from labmgr.domain.inventory import DeviceKind
from labmgr.domain.probe import ProbeSpec
from labmgr.domain.words import Audience, Option, Text


class Init(StrEnum):
    """What runs as a node's first process, so that the engine prepares what it needs."""

    NONE = "none"  # the image's own command
    SYSTEMD = "systemd"
    OPENRC = "openrc"


class CredentialKind(StrEnum):
    PASSWORD = "password"  # noqa: S105 - a kind, not a secret
    SSH_KEY = "ssh-key"


@dataclass(frozen=True)
class CredentialSpec:
    """An account that a node has; its secret is made for each candidate.

    `source` ("db.application") takes over another node's secret instead of making one.
    """

    id: str
    login: str
    audience: Audience
    kind: CredentialKind = CredentialKind.PASSWORD
    source: str = ""


@dataclass(frozen=True)
class Endpoint:
    """A port that the candidate may reach through the gateway."""

    name: str
    port: int
    protocol: str
    path: str = "/"
    title: Text | None = None
    account: str = ""  # id of the credential to enter with (`as`), for ssh commands shown

    @property
    def is_web(self) -> bool:
        return self.protocol in {"http", "https"}


@dataclass(frozen=True)
class ImageSpec:
    """Either a recipe folder with arguments, or a reference to an image that is simply there."""

    recipe: str = ""  # folder name under lab_templates/_images
    args: Mapping[str, str] = field(default_factory=dict)
    reference: str = ""
    line: int = field(default=0, compare=False)  # of the reference, in the Compose file


@dataclass(frozen=True)
class Quiesce:
    """Commands run in the node around the instant of a snapshot."""

    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class NodeTemplate:
    """One service of the Compose file. Addresses may still hold `${…}` variables."""

    name: str
    title: Text
    hostname: str
    image: ImageSpec
    addresses: Mapping[str, str]  # network name -> address pattern, first one is the main network
    memory: int  # bytes, the limit (`mem_limit`)
    reservation: int = 0  # bytes it is expected to use (`mem_reservation`); the limit when 0
    cpus: float = 1.0
    pids: int = 512
    init: Init = Init.NONE
    capabilities: tuple[str, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    volumes: Mapping[str, str] = field(default_factory=dict)  # path in the node -> volume name
    tmpfs: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()  # items of annexe II.E
    credentials: tuple[CredentialSpec, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    probes: tuple[ProbeSpec, ...] = ()
    quiesce: Quiesce = field(default_factory=Quiesce)


@dataclass(frozen=True)
class NetworkTemplate:
    """A network of the lab; `uplink` marks the only way out, closed unless the session opens it.

    `wire` is a place's wire that joins it to real equipment.
    """

    name: str
    subnet: str
    gateway: str = ""
    uplink: bool = False
    wire: str = ""


@dataclass(frozen=True)
class ExternalNode:
    """Real equipment that the lab counts on; no engine builds it.

    At each place a device of the inventory stands for it (`node:` there).
    """

    name: str
    title: Text
    kind: DeviceKind
    provides: tuple[str, ...] = ()  # items of annexe II.E
    credentials: tuple[CredentialSpec, ...] = ()


@dataclass(frozen=True)
class Template:
    """What a lab is. `hash` covers the Compose file and every recipe it builds from."""

    name: str
    hash: str
    title: Text
    summary: Text
    option: Option
    nodes: tuple[NodeTemplate, ...]
    networks: tuple[NetworkTemplate, ...]
    variables: Mapping[str, str] = field(default_factory=dict)  # per candidate -> its default
    externals: tuple[ExternalNode, ...] = ()

    @property
    def expected_memory(self) -> int:
        """Bytes that a lab is expected to use: what admission counts with."""
        return sum(node.reservation or node.memory for node in self.nodes)

    def node(self, name: str) -> NodeTemplate:
        return next(node for node in self.nodes if node.name == name)

    @property
    def accounts(self) -> tuple[tuple[str, CredentialSpec], ...]:
        """Every account with the node or external that has it, in the file's order."""
        holders: tuple[NodeTemplate | ExternalNode, ...] = (*self.nodes, *self.externals)
        return tuple((holder.name, spec) for holder in holders for spec in holder.credentials)
