"""A lab's page, and the orders that are given on labs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.domain.repair import GATEWAY
from labmgr.domain.snapshot import SnapshotKind
from labmgr.errors import LabmgrError
from labmgr.panel.filters import word
from labmgr.panel.gate import operator, tools
from labmgr.panel.sessions import share_of
from labmgr.services import access, drawing, labs, probes, snapshots

bp = Blueprint("labs", __name__, url_prefix="/labs")

# Orders that lose something ask first, on a page of their own.
LOSING: Final = frozenset({"reset", "remove", "restore"})


@bp.get("/<lab_id>")
def show(lab_id: str) -> ResponseReturnValue:
    lab = tools().store.lab(lab_id)
    return render_template("lab.html", **_seen(lab))


@bp.get("/<lab_id>/_live")
def live(lab_id: str) -> ResponseReturnValue:
    return render_template("_lab_live.html", **_seen(tools().store.lab(lab_id)))


@bp.post("/<lab_id>/acces")
def credentials(lab_id: str) -> ResponseReturnValue:
    """A POST, since looking leaves a row in the journal."""
    lab = tools().store.lab(lab_id)
    found = access.for_staff(tools(), lab, by=operator())
    return render_template("lab_access.html", lab=lab, access=found)


@bp.post("/ordre")
def order() -> ResponseReturnValue:
    """One verb for the labs ticked; a refusal names its lab and stops none of the rest."""
    verb = request.form.get("verb", "")
    chosen = request.form.getlist("lab")
    back = _back(chosen)
    if not chosen:
        flash(_("Cochez d'abord au moins un labo."), "error")
        return redirect(back)
    if verb in LOSING and request.form.get("sure") != "yes":
        return _ask(verb, chosen)
    done, refusals = _each(verb, chosen)
    if done:
        flash(ngettext("%(num)d ordre donné.", "%(num)d ordres donnés.", done), "done")
    for refusal in refusals:
        flash(f"{refusal} {refusal.hint}", "error")
    return redirect(back)


def _each(verb: str, chosen: Sequence[str]) -> tuple[int, list[LabmgrError]]:
    if verb == "build":
        try:
            return len(labs.order_build(tools(), chosen, by=operator())), []
        except LabmgrError as refusal:
            return 0, [refusal]
    done, refusals = 0, []
    for lab_id in chosen:
        try:
            ORDERS[verb](tools(), lab_id, operator())
            done += 1
        except LabmgrError as refusal:
            refusals.append(refusal)
    return done, refusals


def _reset(using: Tools, lab_id: str, by: str) -> object:
    nodes = request.form.getlist("node")
    why = request.form.get("why", "").strip()
    return labs.order_reset(using, lab_id, by=by, nodes=nodes, force=bool(why), why=why)


def _restore(using: Tools, lab_id: str, by: str) -> object:
    why = request.form.get("why", "").strip()
    return labs.order_restore(using, lab_id, request.form["snapshot"], by=by, why=why)


ORDERS: Final[dict[str, Callable[[Tools, str, str], object]]] = {
    "open": lambda using, lab_id, by: labs.order_open(using, lab_id, by=by),
    "close": lambda using, lab_id, by: labs.order_close(using, lab_id, by=by),
    "freeze": lambda using, lab_id, by: labs.order_close(using, lab_id, by=by, freeze=True),
    "probe": lambda using, lab_id, by: probes.order_probe(using, lab_id, by=by),
    "snapshot": lambda using, lab_id, by: snapshots.order_take(
        using, lab_id, SnapshotKind.OWN, by=by
    ),
    "rehearse": lambda using, lab_id, by: snapshots.order_rehearse(using, lab_id, by=by),
    "reset": _reset,
    "restore": _restore,
    "remove": lambda using, lab_id, by: labs.order_remove(using, lab_id, by=by),
}


def _ask(verb: str, chosen: Sequence[str]) -> ResponseReturnValue:
    return render_template(
        "confirm.html",
        verb=verb,
        labs=[tools().store.lab(lab_id) for lab_id in chosen],
        nodes=request.form.getlist("node"),
        snapshot=request.form.get("snapshot", ""),
        back=_back(chosen),
    )


def _back(chosen: Sequence[str]) -> str:
    if request.form.get("from") == "lab" and len(chosen) == 1:
        return url_for("labs.show", lab_id=chosen[0])
    if chosen:
        return url_for("sessions.show", name=tools().store.lab(chosen[0]).session)
    session = request.form.get("session", "")
    return url_for("sessions.show", name=session) if session else url_for("dashboard.show")


def _seen(lab: Lab) -> dict[str, object]:
    """Everything a lab's page shows; an engine that does not answer is said, not raised."""
    store, template = tools().store, tools().library.read(lab.template)
    try:
        seen, trouble = tools().engine.look(lab.id), None
    except LabmgrError as silent:
        seen, trouble = {}, silent
    states = {name: (str(state), word(state)) for name, state in seen.items() if name != GATEWAY}
    return {
        "lab": lab,
        "candidate": store.candidate(lab.session, lab.candidate),
        "template": template,
        "seen": seen,
        "trouble": trouble,
        "picture": Markup(drawing.picture(template, states)),  # noqa: S704 - every text in it is escaped there
        "findings": store.findings(lab.id),
        "progress": store.progress(lab.id),
        "share": share_of(lab),
        "snapshots": store.snapshots(lab.id),
        "events": store.entries(f"lab:{lab.id}", limit=30)[::-1],
        "jobs": store.jobs(lab=lab.id)[:5],
        "gateway": GATEWAY,
    }
