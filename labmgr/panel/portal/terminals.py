"""A candidate's terminals: on the nodes of their own lab, while it is open."""

from __future__ import annotations

from flask import abort, session, url_for
from flask.typing import ResponseReturnValue

from labmgr.domain.lab import Lab
from labmgr.domain.words import Audience
from labmgr.errors import LabmgrError, Refused
from labmgr.panel.desk import terminal as wire
from labmgr.panel.gate import tools
from labmgr.panel.portal.views import SEAT, bp, me, own_lab, owner_of
from labmgr.services.desk import terminals
from labmgr.services.desk.live_terminal import Holder
from labmgr.services.instance import accounts
from labmgr.services.lab import access


@bp.get("/labo/<lab_id>/terminal/<node>")
def terminal(lab_id: str, node: str) -> ResponseReturnValue:
    lab = _mine(lab_id, node)
    doors = next(one.doors for one in access.for_candidate(tools(), lab).nodes if one.node == node)
    nodes = terminals.consoles(tools(), lab)
    return wire.page(
        "portal/terminal.html",
        candidate=me(),
        lab=lab,
        nodes=nodes,
        node=next(one for one in nodes if one.name == node),
        command=next((door.command for door in doors if door.protocol == "ssh"), ""),
        line=url_for("portal.terminal_line", lab_id=lab.id, node=node),
        back=url_for("portal.show"),
    )


@bp.get("/labo/<lab_id>/terminal/<node>/ligne", websocket=True)
def terminal_line(lab_id: str, node: str) -> ResponseReturnValue:
    lab = _mine(lab_id, node)
    by = f"candidate {me().number}"
    holder = Holder(Audience.CANDIDATE, owner_of(me()), by)
    return wire.at_desk(wire.Desk(lab, node, holder, _still_seated))


def _mine(lab_id: str, node: str) -> Lab:
    """One's own lab and a node of it; anything else is not there."""
    lab = own_lab()
    if lab is None or lab.id != lab_id:
        if lab_id not in {one.id for one in tools().store.labs(me().session, me().number)}:
            abort(404)
        raise Refused("The lab is not open", hint="The terminals work while the lab is open.")
    if node not in {one.name for one in terminals.consoles(tools(), lab)}:
        abort(404)
    return lab


def _still_seated() -> bool:
    try:
        accounts.seated(tools(), *session[SEAT])
    except LabmgrError:
        return False
    return True
