"""The orders that are given on labs, one or many; what loses something asks first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from labmgr.domain.lab import Lab, LabState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.errors import BadInput, LabmgrError
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.panel.lab.labs import bp
from labmgr.services.lab import doors, labs, probes, sitting, snapshots

OTHERS: Final = "others"  # open what is ticked, but for the frozen ones
LOSING: Final = frozenset({"reset", "remove", "restore"})
# Messages travel in a cookie of four kilobytes, and nobody reads thirty of them.
MOST_TOLD, LONGEST = 3, 700


@bp.post("/ordre")
def order() -> ResponseReturnValue:
    """One verb for the labs ticked; a refusal names its lab and stops none of the rest."""
    verb = request.form.get("verb", "")
    chosen = request.form.getlist("lab")
    back = _back(chosen)
    if verb != "build" and verb not in ORDERS:
        raise BadInput(_("Cet ordre n'existe pas."), hint=_("Servez-vous des boutons de la page."))
    if not chosen:
        flash(_("Cochez d'abord au moins un labo."), "error")
        return redirect(back)
    sure = request.form.get("sure", "")
    if verb in LOSING and sure != "yes":
        return _ask(verb, chosen)
    frozen = _frozen(chosen) if verb == "open" else []
    if frozen and sure not in {"yes", OTHERS}:
        return _ask_again(frozen, chosen)
    if frozen and sure == OTHERS:
        kept = {one.id for one in frozen}
        chosen = [lab_id for lab_id in chosen if lab_id not in kept]
    done, refusals = _each(verb, chosen)
    if done:
        flash(ngettext("%(num)d ordre donné.", "%(num)d ordres donnés.", done), "done")
    elif not refusals:
        flash(_("Il n'y avait rien à faire."), "done")
    _tell(refusals)
    return redirect(back)


def _frozen(chosen: Sequence[str]) -> list[Lab]:
    """What somebody closed for the commission to see as it was left."""
    labs_meant = [tools().store.lab(lab_id) for lab_id in chosen]
    frozen = [lab for lab in labs_meant if lab.state is LabState.FROZEN]
    return [lab for lab in frozen if sitting.may_by_hand(tools(), lab)]  # the rest is refused


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


def _tell(refusals: Sequence[LabmgrError]) -> None:
    for refusal in refusals[:MOST_TOLD]:
        said = tell(refusal)
        flash(said if len(said) <= LONGEST else f"{said[:LONGEST]}…", "error")
    if more := len(refusals[MOST_TOLD:]):
        flash(ngettext("%(num)d autre refus.", "%(num)d autres refus.", more), "error")


def _reset(using: Tools, lab_id: str, by: str) -> object:
    nodes = request.form.getlist("node")
    why = request.form.get("why", "").strip()
    return labs.order_reset(using, lab_id, by=by, nodes=nodes, force=bool(why), why=why)


def _restore(using: Tools, lab_id: str, by: str) -> object:
    why = request.form.get("why", "").strip()
    if not why:
        raise BadInput(_("Il manque le motif."), hint=_("Une restauration est notée au journal."))
    return labs.order_restore(using, lab_id, request.form.get("snapshot", ""), by=by, why=why)


ORDERS: Final[dict[str, Callable[[Tools, str, str], object]]] = {
    "open": lambda using, lab_id, by: doors.order_open(using, lab_id, by=by),
    "close": lambda using, lab_id, by: doors.order_close(using, lab_id, by=by),
    "freeze": lambda using, lab_id, by: doors.order_close(using, lab_id, by=by, freeze=True),
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
    store = tools().store
    labs_meant = [store.lab(lab_id) for lab_id in chosen]
    session = store.session(labs_meant[0].session)
    return render_template(
        "confirm.html",
        verb=verb,
        labs=labs_meant,
        session=session,
        people={one.number: one for one in store.candidates(session.name)},
        nodes=request.form.getlist("node"),
        snapshot=request.form.get("snapshot", ""),
        devices=[
            one.device for lab_id in chosen for one in store.device_states(lab_id) if not one.aside
        ],
        origin=request.form.get("from", ""),
        back=_back(chosen),
    )


def _ask_again(frozen: Sequence[Lab], chosen: Sequence[str]) -> ResponseReturnValue:
    store = tools().store
    session = store.session(frozen[0].session)
    return render_template(
        "reopen.html",
        frozen=frozen,
        chosen=chosen,
        others=len(chosen) - len(frozen),
        session=session,
        people={one.number: one for one in store.candidates(session.name)},
        origin=request.form.get("from", ""),
        back=_back(chosen),
    )


def _back(chosen: Sequence[str]) -> str:
    if request.form.get("from") == "lab" and len(chosen) == 1:
        return url_for("labs.show", lab_id=chosen[0])
    if chosen:
        return url_for("sessions.show", name=tools().store.lab(chosen[0]).session)
    session = request.form.get("session", "")
    return url_for("sessions.show", name=session) if session else url_for("dashboard.show")
