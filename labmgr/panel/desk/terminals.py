"""Staff and terminals: those that run, looked at; those of the recette; the recordings."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from labmgr.domain.words import Audience
from labmgr.panel.desk import terminal as wire
from labmgr.panel.gate import may, operator, tools
from labmgr.services.desk import terminals
from labmgr.services.desk.live_terminal import Holder, Terminal

bp = Blueprint("terminals", __name__, url_prefix="/labs/<lab_id>/terminaux")


@bp.get("")
def show(lab_id: str) -> ResponseReturnValue:
    lab = tools().store.lab(lab_id)
    return render_template(
        "terminals.html",
        lab=lab,
        nodes=terminals.consoles(tools(), lab),
        running=wire.running().of(lab=lab_id),
        tapes=tools().recordings.tapes(lab_id),
    )


@bp.get("/_live")
def live(lab_id: str) -> ResponseReturnValue:
    lab = tools().store.lab(lab_id)
    running = wire.running().of(lab=lab_id)
    return render_template("_terminals_live.html", lab=lab, running=running)


@bp.get("/sur/<node>")
def desk(lab_id: str, node: str) -> ResponseReturnValue:
    """The commission's own terminal; refused outside the recette."""
    lab = tools().store.lab(lab_id)
    terminals.check_open(lab, Audience.COMMISSION)
    if node not in {one.name for one in terminals.consoles(tools(), lab)}:
        abort(404)
    line = url_for("terminals.line", lab_id=lab_id, node=node)
    back = url_for("terminals.show", lab_id=lab_id)
    return wire.page("terminal.html", lab=lab, node=node, mode="desk", line=line, back=back)


@bp.get("/sur/<node>/ligne", websocket=True)
def line(lab_id: str, node: str) -> ResponseReturnValue:
    holder = Holder(Audience.COMMISSION, f"account:{operator()}", operator())
    lab = tools().store.lab(lab_id)
    return wire.at_desk(wire.Desk(lab, node, holder, lambda: may("terminals.line")))


@bp.get("/vu/<terminal>")
def watch(lab_id: str, terminal: str) -> ResponseReturnValue:
    label = _running(lab_id, terminal).label
    return wire.page(
        "terminal.html",
        lab=tools().store.lab(lab_id),
        node=label.node,
        who=label.holder.by,
        mode="watch",
        line=url_for("terminals.watch_line", lab_id=lab_id, terminal=terminal),
        back=url_for("terminals.show", lab_id=lab_id),
    )


@bp.get("/vu/<terminal>/ligne", websocket=True)
def watch_line(lab_id: str, terminal: str) -> ResponseReturnValue:
    _running(lab_id, terminal)
    by = operator()
    return wire.looking_on(
        lambda: wire.running().watch(terminal, by=by), lambda: may("terminals.watch")
    )


@bp.get("/enregistrements/<tape>")
def tape(lab_id: str, tape: str) -> ResponseReturnValue:
    """The file itself; that it was read is noted, as with the accesses."""
    file = tools().recordings.path(lab_id, tape)
    terminals.note(tools(), lab_id, f"recording {tape} read", by=operator())
    return send_file(file, mimetype="application/x-asciicast", as_attachment=True)


@bp.get("/enregistrements/<tape>/lecture")
def player(lab_id: str, tape: str) -> ResponseReturnValue:
    tools().recordings.path(lab_id, tape)
    lab = tools().store.lab(lab_id)
    back = url_for("terminals.show", lab_id=lab_id)
    return wire.page("player.html", lab=lab, tape=tape, back=back)


def _running(lab_id: str, id_: str) -> Terminal:
    found = [one for one in wire.running().of(lab=lab_id) if one.label.id == id_]
    return found[0] if found else abort(404)
