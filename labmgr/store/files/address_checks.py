"""The networks of a template, and every node's place in them."""

from __future__ import annotations

from labmgr.domain.addressmap import Address, Net, faults
from labmgr.domain.variables import fill, names_in
from labmgr.errors import BadInput
from labmgr.store.files.compose_model import Service
from labmgr.store.files.remarks import Remarks
from labmgr.store.files.yaml_lines import Path

_NET = "10.101"  # any lab's: the rules are the same for all
_OTHER = "Begin it with ${LAB_NET}: each lab has its own first two octets."


def check_addresses(remarks: Remarks) -> None:
    _check_uplinks(remarks)
    _check_wires(remarks)
    nets = _nets(remarks)
    addresses = []
    for node, service in remarks.file.services.items():
        _check_networks(remarks, node, service)
        for net, attachment in service.networks.items():
            path = ("services", node, "networks", net, "ipv4_address")
            if text := _filled(remarks, attachment.ipv4_address, path):
                addresses.append(Address(node, net, text))
    for fault in faults(nets, addresses, f"{_NET}.0.0/16"):
        remarks.add(_path(fault.net, fault.node, fault.about), fault.what, fault.mend)


def _path(net: str, node: str, about: str) -> Path:
    if node:
        return ("services", node, "networks", net, "ipv4_address")
    return ("networks", net, "ipam", "config", 0, about)


def _nets(remarks: Remarks) -> list[Net]:
    nets = []
    for name, network in remarks.file.networks.items():
        subnet = _filled(remarks, network.pool.subnet, _path(name, "", "subnet"))
        gateway = network.pool.gateway
        if gateway:
            gateway = _filled(remarks, gateway, _path(name, "", "gateway"))
        if subnet:
            nets.append(Net(name, subnet, gateway))
    return nets


def _filled(remarks: Remarks, pattern: str, path: Path) -> str:
    """An address as some lab would have it; empty when it cannot be looked at any further."""
    values = {name: one.default for name, one in remarks.file.block.variables.items()}
    values |= {"LAB_NO": "1", "LAB_NET": _NET, "CANDIDATE_NO": "1", "LAB_DOMAIN": "lab.lan"}
    try:
        if "LAB_NET" not in names_in(pattern):
            remarks.add(path, f"{pattern} would be the same in every lab", _OTHER)
            return ""
        return fill(pattern, values)
    except BadInput:
        return ""  # said already, with the variable's name


def _check_uplinks(remarks: Remarks) -> None:
    networks = remarks.file.networks
    uplinks = [name for name, network in networks.items() if network.block.uplink]
    for name in uplinks[1:]:
        what = f"{uplinks[0]} is an uplink already"
        remarks.add(("networks", name, "x-labmgr", "uplink"), what, "A lab has one way out.")
    for name, network in networks.items():
        if network.block.uplink and network.internal:
            what, mend = "an uplink leads outside, and cannot be internal", "Leave internal out."
            remarks.add(("networks", name, "internal"), what, mend)
        elif not network.block.uplink and not network.internal:
            mend = "Add `internal: true`, or `x-labmgr: {uplink: true}` for the lab's way out."
            remarks.add(("networks", name), "a lab's network leads nowhere outside", mend)


def _check_wires(remarks: Remarks) -> None:
    taken: dict[str, str] = {}
    for name, network in remarks.file.networks.items():
        wire, path = network.block.wire, ("networks", name, "x-labmgr", "wire")
        if wire and network.block.uplink:
            mend = "Put the wire on a network inside the lab; its firewall node joins both."
            remarks.add(path, "an uplink has no wire", mend)
        elif wire and taken.setdefault(wire, name) != name:
            what = f"the wire {wire} already belongs to {taken[wire]}"
            remarks.add(path, what, "Name another wire of the place, or use one network.")


def _check_networks(remarks: Remarks, node: str, service: Service) -> None:
    known = remarks.declared("networks")
    for rank, net in enumerate(service.networks):
        path = ("services", node, "networks", net)
        network = remarks.file.networks.get(net)
        if net not in known:
            mend = f"The networks are: {', '.join(known)}."
            remarks.add(path, f"the network {net} is not declared", mend)
        elif rank == 0 and network and network.block.uplink:
            what = f"{net} is an uplink, and comes first"
            mend = "Put the node's network inside the lab first: labmgr reaches it there."
            remarks.add(path, what, mend)
