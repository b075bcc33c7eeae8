"""What an engine must build for one candidate: every name, address and secret filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from labmgr.domain.template import Init, Quiesce


@dataclass(frozen=True)
class Port:
    """A place's wire as its host has it: a whole interface, or one VLAN of a trunk (0: none)."""

    place: str
    wire: str
    interface: str
    vlan: int = 0

    def __str__(self) -> str:
        return f"{self.interface}, VLAN {self.vlan}" if self.vlan else self.interface


@dataclass(frozen=True)
class NetworkPlan:
    """A bridge of the lab's own. `gateway` is what the network declares, never given to a host.

    `wire` is the template's word for a way out of the lab to real equipment; `port` is where that
    leads now, None without a place or while the place is somebody else's.
    """

    name: str
    subnet: str
    gateway: str = ""
    uplink: bool = False
    wire: str = ""
    port: Port | None = None


@dataclass(frozen=True)
class Wired:
    """What was seen of a network that has a port. `link`: something answers on the cable."""

    lab: str
    network: str
    port: Port
    right: bool  # the bridge holds its nodes' ends and this port, and nothing else
    link: bool
    seen: str


@dataclass(frozen=True)
class SecretFile:
    """A file laid into the created container before its first start, owner root."""

    path: str
    content: bytes = field(repr=False)
    mode: int = 0o600


@dataclass(frozen=True)
class NodePlan:
    """One container. `image` is a tag that must be on the host; nothing is ever pulled."""

    name: str
    image: str
    hostname: str
    addresses: Mapping[str, str]  # network -> IPv4, the first one is the main network
    memory: int  # bytes, the limit
    reservation: int = 0  # bytes it is expected to use; the limit when 0
    cpus: float = 1.0
    pids: int = 512
    init: Init = Init.NONE
    capabilities: tuple[str, ...] = ()
    sysctls: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    volumes: Mapping[str, str] = field(default_factory=dict)  # path -> volume name
    tmpfs: tuple[str, ...] = ()
    first_boot: tuple[SecretFile, ...] = ()
    quiesce: Quiesce = field(default_factory=Quiesce)


@dataclass(frozen=True)
class WebForward:
    """A web page of a node, given out by the gateway on one port for each audience."""

    node: str
    endpoint: str
    address: str
    port: int
    path: str
    tls: bool
    candidate_port: int  # published on the host
    examiner_port: int


@dataclass(frozen=True)
class Forward:
    """A listed endpoint that the jump host may connect to."""

    node: str
    address: str
    port: int


@dataclass(frozen=True)
class GatewayPlan:
    """labmgr's own container: the lab's only published ports, its jump host, web front and names.

    `addresses` maps each lab network to the gateway's address in it.
    """

    image: str
    addresses: Mapping[str, str]
    names: Mapping[str, str]  # node host name -> address
    domain: str
    bind: str  # host address on which ports are published
    candidate_ssh: int
    examiner_ssh: int
    forwards: tuple[Forward, ...]
    webs: tuple[WebForward, ...]
    candidate_password: str = field(repr=False)
    examiner_password: str = field(repr=False)
    host_key: str = field(repr=False)  # OpenSSH private key
    certificate: str = field(repr=False)  # PEM chain
    certificate_key: str = field(repr=False)

    @property
    def ports(self) -> tuple[int, ...]:
        webs = (port for web in self.webs for port in (web.candidate_port, web.examiner_port))
        return (self.candidate_ssh, self.examiner_ssh, *webs)


@dataclass(frozen=True)
class LabPlan:
    """One lab, whole. `session`, `candidate` and `template` go into labels, never secrets."""

    lab: str
    session: str
    candidate: str
    realisation: int
    number: int
    template: str  # name@hash
    networks: tuple[NetworkPlan, ...]
    nodes: tuple[NodePlan, ...]
    gateway: GatewayPlan

    def node(self, name: str) -> NodePlan:
        return next(node for node in self.nodes if node.name == name)

    @property
    def memory(self) -> int:
        return sum(node.memory for node in self.nodes)

    @property
    def ports(self) -> tuple[Port, ...]:
        return tuple(network.port for network in self.networks if network.port)

    def plugged(self, ports: Mapping[str, Port]) -> LabPlan:
        """The same lab with its networks in these ports, by wire; in none where none is named."""
        networks = tuple(replace(one, port=ports.get(one.wire)) for one in self.networks)
        return replace(self, networks=networks)
