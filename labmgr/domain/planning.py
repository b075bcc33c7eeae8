"""From a template to one candidate's lab: every name, address and secret filled in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from labmgr.domain.accounts import credentials_for
from labmgr.domain.addressmap import Address, Net, faults
from labmgr.domain.checks import checks_for
from labmgr.domain.credential import Credential
from labmgr.domain.exam import Candidate
from labmgr.domain.firstboot import first_boot_files
from labmgr.domain.gatewayplan import GatewayMaker, GatewaySecrets
from labmgr.domain.lab import Lab
from labmgr.domain.plan import LabPlan, NetworkPlan, NodePlan
from labmgr.domain.site import Site
from labmgr.domain.template import ImageSpec, NodeTemplate, Quiesce, Template
from labmgr.domain.values import values_of
from labmgr.domain.variables import fill
from labmgr.errors import BadInput

__all__ = ["GatewaySecrets", "checks_for", "credentials_for", "plan_lab", "values_of"]


def plan_lab(
    template: Template,
    lab: Lab,
    candidate: Candidate,
    credentials: Sequence[Credential],
    *,
    site: Site,
    image_tag: Callable[[ImageSpec], str],
    gateway_image: str,
    gateway: GatewaySecrets,
) -> LabPlan:
    """Raises BadInput when a candidate's own variable makes an address that cannot be."""
    values = values_of(template, lab, candidate, site)
    networks = tuple(
        NetworkPlan(
            net.name, fill(net.subnet, values), fill(net.gateway, values), net.uplink, net.wire
        )
        for net in template.networks
    )
    nodes = tuple(
        _node(node, credentials, values, image_tag(node.image)) for node in template.nodes
    )
    _refuse_bad_addresses(networks, nodes, values)
    ports = site.ranges.ports_of(lab.number)
    maker = GatewayMaker(template, networks, nodes, values, ports, site)
    return LabPlan(
        lab=lab.id,
        session=lab.session,
        candidate=candidate.number,
        realisation=lab.realisation,
        number=lab.number,
        template=f"{template.name}@{template.hash}",
        networks=networks,
        nodes=nodes,
        gateway=maker.plan(gateway_image, gateway),
    )


def _node(
    node: NodeTemplate, credentials: Sequence[Credential], values: Mapping[str, str], image: str
) -> NodePlan:
    def filled(texts: Mapping[str, str]) -> dict[str, str]:
        return {key: fill(text, values) for key, text in texts.items()}

    def each(texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(fill(text, values) for text in texts)

    own = [credential for credential in credentials if credential.node == node.name]
    # Nothing in a foreign image without accounts would read these files, and remove them.
    boots_our_way = node.image.recipe or own
    return NodePlan(
        name=node.name,
        image=image,
        hostname=node.hostname,
        addresses=filled(node.addresses),
        memory=node.memory,
        reservation=node.reservation,
        cpus=node.cpus,
        pids=node.pids,
        init=node.init,
        capabilities=node.capabilities,
        sysctls=filled(node.sysctls),
        environment=filled(node.environment),
        command=each(node.command),
        volumes=node.volumes,
        tmpfs=node.tmpfs,
        first_boot=first_boot_files(node, own, values) if boots_our_way else (),
        quiesce=Quiesce(each(node.quiesce.before), each(node.quiesce.after)),
    )


def _refuse_bad_addresses(
    networks: Sequence[NetworkPlan], nodes: Sequence[NodePlan], values: Mapping[str, str]
) -> None:
    nets = [Net(net.name, net.subnet, net.gateway) for net in networks]
    addresses = [
        Address(node.name, net, text) for node in nodes for net, text in node.addresses.items()
    ]
    if found := faults(nets, addresses, f"{values['LAB_NET']}.0.0/16"):
        raise BadInput(
            f"Candidate {values['CANDIDATE_NO']}: {found[0].what}",
            hint=f"{found[0].mend} Look at the candidate's own columns in the list.",
        )
