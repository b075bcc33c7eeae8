"""What a lab gives its candidate: addresses, accounts, links; shown to whom, and when."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from labmgr.domain.credential import Credential
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.plan import LabPlan, NodePlan
from labmgr.domain.ports import Tools
from labmgr.domain.template import Endpoint, NodeTemplate
from labmgr.domain.words import Audience, Text
from labmgr.errors import Refused
from labmgr.services.blueprint import credentials_of, plan_of

SHOWN_WHILE = frozenset({LabState.OPEN})


@dataclass(frozen=True)
class Door:
    """One endpoint as its user reaches it: a link for a page, a command for the rest."""

    name: str
    title: str
    address: str
    port: int
    protocol: str
    link: str = ""  # https://…, for web pages
    command: str = ""  # to type in a terminal, through the jump host


@dataclass(frozen=True)
class NodeAccess:
    """One node's doors and accounts."""

    node: str
    title: Text
    address: str
    doors: tuple[Door, ...]
    credentials: tuple[Credential, ...]


@dataclass(frozen=True)
class LabAccess:
    """Everything needed to work in one lab."""

    lab: Lab
    jump: str  # "candidat@host"
    jump_port: int
    host_key: str  # the gateway's public key, for known_hosts
    nodes: tuple[NodeAccess, ...]
    jump_password: str = field(repr=False, default="")


def for_candidate(tools: Tools, lab: Lab) -> LabAccess:
    """The candidate's own accesses, while the lab is open and not a moment longer."""
    if lab.state not in SHOWN_WHILE:
        raise Refused("The lab is not open", hint="The accesses appear here when the hour begins.")
    return _accesses(tools, lab)


def for_staff(tools: Tools, lab: Lab, *, by: str) -> LabAccess:
    """The same for staff, at any time; that they were looked at goes into the journal."""
    tools.store.write(f"lab:{lab.id}", "credentials shown", by=by)
    return _accesses(tools, lab)


def _accesses(tools: Tools, lab: Lab) -> LabAccess:
    template = tools.library.read(lab.template)
    plan = plan_of(tools, lab)
    mine = [
        one for one in credentials_of(tools, lab, template) if one.audience is Audience.CANDIDATE
    ]
    nodes = tuple(
        NodeAccess(
            node.name,
            node.title,
            _address(plan.node(node.name)),
            tuple(_door(tools, plan, node, endpoint) for endpoint in node.endpoints),
            tuple(one for one in mine if one.node == node.name),
        )
        for node in template.nodes
    )
    gateway = plan.gateway
    public = tools.vault.public_key(gateway.host_key)
    jump = f"candidat@{tools.site.lab_name}"
    return LabAccess(lab, jump, gateway.candidate_ssh, public, nodes, gateway.candidate_password)


def _door(tools: Tools, plan: LabPlan, node: NodeTemplate, endpoint: Endpoint) -> Door:
    address = _address(plan.node(node.name))
    title = str(endpoint.title) if endpoint.title else endpoint.name
    link = ""
    for web in plan.gateway.webs:
        if (web.node, web.endpoint) == (node.name, endpoint.name):
            link = f"https://{tools.site.lab_name}:{web.candidate_port}{web.path}"
    command = "" if link else _command(tools, plan, node, endpoint)
    if endpoint.protocol == "git":
        command = _clone(tools, plan, node, endpoint) or command
    return Door(endpoint.name, title, address, endpoint.port, endpoint.protocol, link, command)


def _clone(tools: Tools, plan: LabPlan, node: NodeTemplate, endpoint: Endpoint) -> str:
    """A repository behind a web page's port is reached by that page's way; else by a tunnel."""
    for web in plan.gateway.webs:
        if (web.node, web.port) == (node.name, endpoint.port):
            host = f"https://{tools.site.lab_name}:{web.candidate_port}"
            return f"git -c http.sslCAInfo=centre.crt clone {host}{endpoint.path}"
    return ""


def _command(tools: Tools, plan: LabPlan, node: NodeTemplate, endpoint: Endpoint) -> str:
    """What to type: ssh through the jump host, or a tunnel to which the client then connects."""
    jump = f"candidat@{tools.site.lab_name}:{plan.gateway.candidate_ssh}"
    if endpoint.protocol == "ssh":
        login = next((one.login for one in node.credentials if one.id == endpoint.account), "root")
        return f"ssh -J {jump} {login}@{node.hostname}"
    local = 10000 + endpoint.port % 50000
    host, port = jump.rsplit(":", 1)
    return f"ssh -N -L {local}:{node.hostname}:{endpoint.port} -p {port} {host}"


def _address(node: NodePlan) -> str:
    return next(iter(node.addresses.values()))


def in_clear(access: LabAccess) -> dict[str, object]:
    """The accesses with their secrets, for the one printout that is meant to show them."""
    return {
        "lab": access.lab.id,
        "jump": {
            "target": access.jump,
            "port": access.jump_port,
            "password": access.jump_password,
            "host_key": access.host_key,
        },
        "nodes": [
            {
                "node": node.node,
                "title": str(node.title),
                "address": node.address,
                "doors": [asdict(door) for door in node.doors],
                "accounts": [
                    {"id": one.id, "login": one.login, "kind": one.kind, "secret": one.secret}
                    for one in node.credentials
                ],
            }
            for node in access.nodes
        ],
    }
