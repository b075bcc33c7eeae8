"""Are the addresses of a lab possible? One answer for a template and for a filled-in plan."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations

from labmgr.domain.addressing import GATEWAY_OCTET

PREFIX = 24  # every lab network: the same last octets for everybody, labmgr's own at .254


@dataclass(frozen=True)
class Net:
    name: str
    subnet: str
    gateway: str = ""


@dataclass(frozen=True)
class Address:
    node: str
    net: str
    text: str


@dataclass(frozen=True)
class Fault:
    """`node` is empty when the fault lies in the network itself: its subnet or its gateway."""

    net: str
    node: str
    what: str
    mend: str
    about: str = "subnet"


def faults(nets: Sequence[Net], addresses: Sequence[Address], room: str) -> list[Fault]:
    """All that is wrong with these addresses; *room* is the lab's own range."""
    found: list[Fault] = []
    good: dict[str, IPv4Network] = {}
    for net in nets:
        try:
            good[net.name] = _subnet(net, IPv4Network(room))
        except ValueError as wrong:
            found.append(Fault(net.name, "", str(wrong), "Write it like ${LAB_NET}.10.0/24."))
    found += _overlaps(good)
    found += [fault for net in nets if net.name in good for fault in _gateway(net, good[net.name])]
    taken: dict[tuple[str, str], str] = {}
    gateways = {net.name: net.gateway for net in nets}
    for address in addresses:
        if address.net in good:
            found += _address(address, good[address.net], gateways[address.net], taken)
    return found


def _subnet(net: Net, room: IPv4Network) -> IPv4Network:
    """Raises ValueError with the reason in words."""
    try:
        subnet = IPv4Network(net.subnet)
    except ValueError as e:
        raise ValueError(f"{net.subnet} is not a network: {e}") from e
    if not subnet.subnet_of(room):
        raise ValueError(f"{subnet} is outside the lab's own range {room}")
    if subnet.prefixlen != PREFIX:
        raise ValueError(
            f"{subnet} is not a /{PREFIX}: labmgr's gateway is .{GATEWAY_OCTET} of each"
        )
    return subnet


def _overlaps(nets: dict[str, IPv4Network]) -> Iterator[Fault]:
    for (one, first), (two, second) in combinations(nets.items(), 2):
        if first.overlaps(second):
            yield Fault(
                two,
                "",
                f"{second} overlaps the network {one} ({first})",
                "Give it another third octet.",
            )


def _gateway(net: Net, subnet: IPv4Network) -> Iterator[Fault]:
    if not net.gateway:
        return
    mend = f"Take the first address, {subnet[1]}: the lab's firewall node owns it."
    try:
        gateway = IPv4Address(net.gateway)
    except ValueError:
        yield Fault(
            net.name, "", f"the gateway {net.gateway} is not an IPv4 address", mend, "gateway"
        )
        return
    if gateway not in subnet or gateway in {subnet[0], subnet[GATEWAY_OCTET], subnet[-1]}:
        yield Fault(
            net.name, "", f"the gateway {gateway} cannot be one in {subnet}", mend, "gateway"
        )


def _address(
    address: Address, subnet: IPv4Network, gateway: str, taken: dict[tuple[str, str], str]
) -> Iterator[Fault]:
    def fault(what: str, mend: str) -> Fault:
        return Fault(address.net, address.node, what, mend)

    try:
        ip = IPv4Address(address.text)
    except ValueError:
        yield fault(
            f"{address.text} is not an IPv4 address",
            "Write it like ${LAB_NET}.10.30, with numbers from 0 to 255.",
        )
        return
    if ip not in subnet:
        yield fault(
            f"{ip} is outside the network {address.net} ({subnet})",
            f"Take an address from {subnet[2]} to {subnet[GATEWAY_OCTET - 1]}.",
        )
    elif reserved := _reserved(ip, subnet, gateway):
        yield fault(
            f"{ip} is {reserved}",
            f"Take another one from {subnet[2]} to {subnet[GATEWAY_OCTET - 1]}.",
        )
    first = taken.setdefault((address.net, str(ip)), address.node)
    if first != address.node:
        yield fault(f"{ip} is already the address of {first}", "Give each node its own address.")


def _reserved(ip: IPv4Address, subnet: IPv4Network, gateway: str) -> str:
    """Why nobody may have *ip*; empty when it is free."""
    # An engine keeps a network's gateway address for itself, declared or not: a firewall node
    # adds it as a second address when it boots.
    router = gateway or str(subnet[1])
    reasons = {
        str(subnet[0]): "the network's own address",
        str(subnet[-1]): "the broadcast address",
        str(subnet[GATEWAY_OCTET]): "the address of labmgr's gateway",
        router: "the network's gateway, which the firewall node adds to itself when it boots",
    }
    return reasons.get(str(ip), "")
