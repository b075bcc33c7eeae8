"""What a lab gives its candidate: addresses, accounts, links; shown to whom, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from labmgr.domain.credential import Credential
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.plan import LabPlan, NodePlan, WebForward
from labmgr.domain.ports import Tools
from labmgr.domain.template import Endpoint, NodeTemplate, Template
from labmgr.domain.words import Audience, Text
from labmgr.errors import Refused
from labmgr.services.lab import sitting
from labmgr.services.lab.blueprint import credentials_of, plan_of

SHOWN_WHILE = frozenset({LabState.OPEN})
LOGIN = {Audience.CANDIDATE: "candidat", Audience.COMMISSION: "examinateur"}  # at the jump host


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
    address: str  # empty for equipment of the place: it stands beside its candidate
    doors: tuple[Door, ...]
    credentials: tuple[Credential, ...]


@dataclass(frozen=True)
class LabAccess:
    """Everything needed to work in one lab."""

    lab: Lab
    jump: str  # "candidat@host", or "examinateur@host"
    jump_port: int
    host_key: str  # the gateway's public key, for known_hosts
    nodes: tuple[NodeAccess, ...]
    jump_password: str = field(repr=False, default="")


@dataclass(frozen=True)
class Way:
    """By which of the gateway's listeners somebody goes in: each audience has its own."""

    tools: Tools
    plan: LabPlan
    audience: Audience

    @property
    def host(self) -> str:
        return self.tools.site.lab_name

    @property
    def jump(self) -> str:
        return f"{LOGIN[self.audience]}@{self.host}"

    @property
    def jump_port(self) -> int:
        gateway = self.plan.gateway
        return gateway.examiner_ssh if self._examines else gateway.candidate_ssh

    @property
    def password(self) -> str:
        gateway = self.plan.gateway
        return gateway.examiner_password if self._examines else gateway.candidate_password

    def web_port(self, web: WebForward) -> int:
        return web.examiner_port if self._examines else web.candidate_port

    @property
    def _examines(self) -> bool:
        return self.audience is Audience.COMMISSION


def for_candidate(tools: Tools, lab: Lab) -> LabAccess:
    """The candidate's own accesses, while the lab is open and not a moment longer.

    In an exam that is to the second of the hour's end, whenever the worker shuts the door.
    """
    if lab.state not in SHOWN_WHILE or not sitting.may_be_open(tools, lab):
        raise Refused("The lab is not open", hint="The accesses appear here when the hour begins.")
    return _accesses(tools, lab, Audience.CANDIDATE)


def for_staff(tools: Tools, lab: Lab, *, by: str) -> LabAccess:
    """The same for staff, at any time; that they were looked at goes into the journal."""
    tools.store.write(f"lab:{lab.id}", "credentials shown", by=by)
    return _accesses(tools, lab, Audience.CANDIDATE)


def for_commission(tools: Tools, lab: Lab, *, by: str) -> LabAccess:
    """The candidate's accounts by the examiners' own listeners, during the recette alone.

    Accounts made for the commission itself are with them. Noted in the journal.
    """
    if lab.state is not LabState.RECETTE:
        raise Refused(
            f"Lab {lab.id} is not in its recette",
            hint="The commission's accesses are there once interview 2 has begun.",
        )
    tools.store.write(f"lab:{lab.id}", "credentials of the commission shown", by=by)
    return _accesses(tools, lab, Audience.COMMISSION)


def _accesses(tools: Tools, lab: Lab, audience: Audience) -> LabAccess:
    template = tools.library.read(lab.template)
    way = Way(tools, plan_of(tools, lab), audience)
    theirs = {Audience.CANDIDATE, audience}
    shown = [one for one in credentials_of(tools, lab, template) if one.audience in theirs]
    nodes = tuple(
        NodeAccess(
            node.name,
            node.title,
            _address(way.plan.node(node.name)),
            tuple(_door(way, node, endpoint) for endpoint in node.endpoints),
            tuple(one for one in shown if one.node == node.name),
        )
        for node in template.nodes
    )
    nodes += _equipment(template, shown)
    public = tools.vault.public_key(way.plan.gateway.host_key)
    return LabAccess(lab, way.jump, way.jump_port, public, nodes, way.password)


def _equipment(template: Template, shown: Sequence[Credential]) -> tuple[NodeAccess, ...]:
    """Externals with an account to show; no gateway leads there."""
    found = (
        NodeAccess(one.name, one.title, "", (), tuple(c for c in shown if c.node == one.name))
        for one in template.externals
    )
    return tuple(one for one in found if one.credentials)


def _door(way: Way, node: NodeTemplate, endpoint: Endpoint) -> Door:
    address = _address(way.plan.node(node.name))
    title = str(endpoint.title) if endpoint.title else endpoint.name
    link = ""
    for web in way.plan.gateway.webs:
        if (web.node, web.endpoint) == (node.name, endpoint.name):
            link = f"https://{way.host}:{way.web_port(web)}{web.path}"
    command = "" if link else _command(way, node, endpoint)
    if endpoint.protocol == "git":
        command = _clone(way, node, endpoint) or command
    return Door(endpoint.name, title, address, endpoint.port, endpoint.protocol, link, command)


def _clone(way: Way, node: NodeTemplate, endpoint: Endpoint) -> str:
    """By ssh where an account enters; by the way of the page whose port it shares; or a tunnel."""
    if endpoint.account:
        # These quotation marks are those of Windows too.
        through = f'git -c "core.sshCommand=ssh -J {way.jump}:{way.jump_port}" clone'
        return f"{through} {_login(node, endpoint)}@{node.hostname}:{endpoint.path}"
    for web in way.plan.gateway.webs:
        if (web.node, web.port) == (node.name, endpoint.port):
            host = f"https://{way.host}:{way.web_port(web)}"
            return f"git -c http.sslCAInfo=centre.crt clone {host}{endpoint.path}"
    return ""


def _command(way: Way, node: NodeTemplate, endpoint: Endpoint) -> str:
    """What to type: ssh through the jump host, or a tunnel to which the client then connects."""
    if endpoint.protocol == "ssh":
        return f"ssh -J {way.jump}:{way.jump_port} {_login(node, endpoint)}@{node.hostname}"
    local = 10000 + endpoint.port % 50000
    target = f"{local}:{node.hostname}:{endpoint.port}"
    return f"ssh -N -L {target} -p {way.jump_port} {way.jump}"


def _login(node: NodeTemplate, endpoint: Endpoint) -> str:
    return next((one.login for one in node.credentials if one.id == endpoint.account), "root")


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
