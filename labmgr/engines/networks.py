"""The lab's bridges: explicit ranges, names by kind, nothing of the host in them."""

from __future__ import annotations

from typing import Any

from docker.types import IPAMConfig, IPAMPool

from labmgr.domain.addressing import collisions
from labmgr.domain.plan import LabPlan, NetworkPlan
from labmgr.engines.naming import FRONT, INSTANCE, LAB, NETWORK, Bridge, Role, front_subnet
from labmgr.engines.parallel import each
from labmgr.engines.reach import Reach
from labmgr.engines.translate import in_our_words
from labmgr.errors import AddressTaken

BRIDGE = "com.docker.network.bridge."


def ensure(reach: Reach, plan: LabPlan) -> None:
    """Make the networks that are missing, the gateway's front among them."""
    there = {row["Labels"][NETWORK] for row in listed(reach, plan.lab)}
    front = NetworkPlan(FRONT, front_subnet(plan))
    each(
        lambda network: _create(reach, plan, network),
        [network for network in (*plan.networks, front) if network.name not in there],
    )


def listed(reach: Reach, lab: str = "") -> list[dict[str, Any]]:
    """Networks of this instance (of one lab), as the engine lists them."""
    with in_our_words(reach.host):
        found: list[dict[str, Any]] = reach.api.networks(filters=reach.names.filter(lab))
    return found


def remove(reach: Reach, lab: str) -> None:
    """All of the lab's networks; its containers must be gone."""
    with in_our_words(reach.host):
        each(reach.api.remove_network, [row["Id"] for row in listed(reach, lab)])


def orphans(reach: Reach) -> set[str]:
    """Labs that have networks and no container at all: nobody's work is in them."""
    standing = {box.lab for box in reach.boxes()}
    return {row["Labels"][LAB] for row in listed(reach)} - standing


def bridge_of(row: dict[str, Any]) -> str:
    return str((row.get("Options") or {}).get(f"{BRIDGE}name", ""))


def owners(reach: Reach) -> dict[str, str]:
    """Every range that any network of this engine uses, and whose it is."""
    with in_our_words(reach.host):
        rows = reach.api.networks()
    return {
        pool["Subnet"]: owner(reach, row)
        for row in rows
        for pool in (row.get("IPAM") or {}).get("Config") or ()
        if pool.get("Subnet")
    }


def owner(reach: Reach, row: dict[str, Any]) -> str:
    """Whose a network is, in words."""
    labels = row.get("Labels") or {}
    match labels.get(INSTANCE):
        case None:
            project = labels.get("com.docker.compose.project")
            return f"network {row['Name']}" + (f" of project {project}" if project else "")
        case reach.instance:
            return f"lab {labels.get(LAB)}"
        case other:
            return f"lab {labels.get(LAB)} of labmgr instance {other}"


def _create(reach: Reach, plan: LabPlan, network: NetworkPlan) -> None:
    kind = _kind(network)
    role = Role.GATEWAY if kind is Bridge.FRONT else Role.NODE
    wire = {"wire": network.wire} if network.wire else {}
    pool = IPAMPool(subnet=network.subnet, gateway=network.gateway or None)
    try:
        with in_our_words(reach.host):
            reach.api.create_network(
                reach.names.thing(plan.lab, network.name),
                driver="bridge",
                internal=kind is Bridge.LAB,
                ipam=IPAMConfig(pool_configs=[pool]),
                options=_options(reach, plan.lab, network.name, kind),
                labels=reach.names.labels(plan, role, network=network.name, **wire),
                check_duplicate=True,
            )
    except AddressTaken as e:
        clashes = collisions([network.subnet], owners(reach))
        named = "; ".join(clashes) or str(e)
        raise AddressTaken(
            f"Network {network.name} of lab {plan.lab}: {named}",
            hint="Remove the other network, or choose another LABMGR_NET_BASE.",
        ) from e


def _kind(network: NetworkPlan) -> Bridge:
    if network.name == FRONT:
        return Bridge.FRONT
    return Bridge.UPLINK if network.uplink else Bridge.LAB


def _options(reach: Reach, lab: str, network: str, kind: Bridge) -> dict[str, str]:
    options = {f"{BRIDGE}name": reach.names.bridge(kind, lab, network)}
    match kind:
        case Bridge.LAB:  # the host gets no address in a lab
            return options | {f"{BRIDGE}inhibit_ipv4": "true"}
        case Bridge.FRONT:  # published ports need the host's address; the way out does not exist
            return options | {f"{BRIDGE}enable_ip_masquerade": "false"}
        case Bridge.UPLINK:
            return options
