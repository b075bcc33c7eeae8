"""Who may have a shell where, and the way that leads there; every one leaves a journal row."""

from __future__ import annotations

from labmgr.domain.credential import Credential
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.plan import GatewayPlan
from labmgr.domain.ports import Tools
from labmgr.domain.template import CredentialKind, Endpoint, NodeTemplate
from labmgr.domain.terminals import Jump, Target
from labmgr.domain.words import Audience
from labmgr.errors import NotFound, Refused
from labmgr.services.lab import access
from labmgr.services.lab.blueprint import credentials_of, plan_of


def check_open(lab: Lab, audience: Audience) -> None:
    """The one rule: a candidate while the lab is open to them, the commission in its recette.

    Asked before a shell opens, and again every few seconds while it runs.
    """
    if audience is Audience.CANDIDATE and lab.state not in access.SHOWN_WHILE:
        raise Refused("The lab is not open", hint="The terminals work while the lab is open.")
    if audience is Audience.COMMISSION and lab.state is not LabState.RECETTE:
        raise Refused(
            "The lab is not in its recette",
            hint="The commission's terminals work while it carries out the recette.",
        )


def consoles(tools: Tools, lab: Lab) -> list[NodeTemplate]:
    """The nodes on which a shell can be had."""
    return [node for node in tools.library.read(lab.template).nodes if _ssh(node)]


def target(tools: Tools, lab: Lab, node: str, audience: Audience) -> Target:
    """The way to *node* for this audience; refused while the lab is not open to it."""
    check_open(lab, audience)
    found = next((one for one in consoles(tools, lab) if one.name == node), None)
    if found is None:
        raise NotFound(f"Lab {lab.id} has no terminal on {node}")
    endpoint = _ssh(found)
    assert endpoint is not None  # noqa: S101 - `consoles` lists no other
    plan = plan_of(tools, lab)
    mine = [
        one
        for one in credentials_of(tools, lab, tools.library.read(lab.template))
        if one.node == node and one.audience in {Audience.CANDIDATE, audience}
    ]
    login = _login(mine, endpoint)
    return Target(
        _jump(tools, plan.gateway, audience),
        node,
        next(iter(plan.node(node).addresses.values())),
        endpoint.port,
        login,
        _secret(mine, login, CredentialKind.PASSWORD),
        _secret(mine, login, CredentialKind.SSH_KEY),
    )


def note(tools: Tools, lab: str, what: str, *, by: str, why: str = "") -> None:
    """A row about a terminal of this lab; never what was typed or shown in it."""
    tools.store.write(f"lab:{lab}", what, by=by, why=why)


def _ssh(node: NodeTemplate) -> Endpoint | None:
    return next((one for one in node.endpoints if one.protocol == "ssh"), None)


def _login(mine: list[Credential], endpoint: Endpoint) -> str:
    return next((one.login for one in mine if one.id == endpoint.account), "root")


def _secret(mine: list[Credential], login: str, kind: CredentialKind) -> str:
    return next((one.secret for one in mine if (one.login, one.kind) == (login, kind)), "")


def _jump(tools: Tools, gateway: GatewayPlan, audience: Audience) -> Jump:
    candidate = audience is Audience.CANDIDATE
    return Jump(
        gateway.bind,
        gateway.candidate_ssh if candidate else gateway.examiner_ssh,
        access.LOGIN[audience],
        gateway.candidate_password if candidate else gateway.examiner_password,
        tools.vault.public_key(gateway.host_key),
    )
