"""The gateway of one lab: labmgr's own container, planned from what the nodes offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from labmgr.domain.addressing import CANDIDATE_SSH, EXAMINER_SSH, FIRST_WEB, GATEWAY_OCTET
from labmgr.domain.plan import Forward, GatewayPlan, NetworkPlan, NodePlan, WebForward
from labmgr.domain.site import Site
from labmgr.domain.template import Template
from labmgr.domain.variables import fill


@dataclass(frozen=True)
class GatewaySecrets:
    """What a gateway made anew needs to be the same one to its clients."""

    candidate_password: str = field(repr=False)
    examiner_password: str = field(repr=False)
    host_key: str = field(repr=False)  # OpenSSH private key
    certificate: str = field(repr=False)  # PEM chain
    certificate_key: str = field(repr=False)


@dataclass(frozen=True)
class GatewayMaker:
    """All that is known of a lab by the time its gateway is planned."""

    template: Template
    networks: Sequence[NetworkPlan]
    nodes: Sequence[NodePlan]
    values: Mapping[str, str]
    ports: range  # the lab's block on the host
    site: Site

    def plan(self, image: str, secrets: GatewaySecrets) -> GatewayPlan:
        main = self._main_addresses()
        return GatewayPlan(
            image=image,
            addresses={net.name: _gateway_of(net) for net in self.networks if not net.uplink},
            names={name: main[n.name] for n in self.nodes for name in (n.hostname, n.name)},
            domain=self.site.domain,
            bind=self.site.lab_bind,
            candidate_ssh=self.ports[CANDIDATE_SSH],
            examiner_ssh=self.ports[EXAMINER_SSH],
            forwards=self._forwards(main),
            webs=self._webs(main),
            candidate_password=secrets.candidate_password,
            examiner_password=secrets.examiner_password,
            host_key=secrets.host_key,
            certificate=secrets.certificate,
            certificate_key=secrets.certificate_key,
        )

    def _main_addresses(self) -> dict[str, str]:
        return {node.name: next(iter(node.addresses.values())) for node in self.nodes}

    def _forwards(self, main: Mapping[str, str]) -> tuple[Forward, ...]:
        """Each port once, though two endpoints may share it (a page and a repository)."""
        wanted = (
            Forward(node.name, main[node.name], endpoint.port)
            for node in self.template.nodes
            for endpoint in node.endpoints
        )
        return tuple(dict.fromkeys(wanted))

    def _webs(self, main: Mapping[str, str]) -> tuple[WebForward, ...]:
        """A pair of ports for each page, in the template's order: the same for everybody."""
        pages = (
            (node.name, endpoint)
            for node in self.template.nodes
            for endpoint in node.endpoints
            if endpoint.is_web
        )
        return tuple(
            WebForward(
                node=node,
                endpoint=endpoint.name,
                address=main[node],
                port=endpoint.port,
                path=fill(endpoint.path, self.values),
                tls=endpoint.protocol == "https",
                candidate_port=self.ports[FIRST_WEB + 2 * rank],
                examiner_port=self.ports[FIRST_WEB + 2 * rank + 1],
            )
            for rank, (node, endpoint) in enumerate(pages)
        )


def _gateway_of(net: NetworkPlan) -> str:
    return f"{net.subnet.rpartition('.')[0]}.{GATEWAY_OCTET}"
