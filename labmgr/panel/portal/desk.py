"""What a candidate does at the desk: read the document, acknowledge, save, go back."""

from __future__ import annotations

from io import BytesIO

from flask import flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.passage import Passage
from labmgr.errors import LabmgrError, NotFound, Refused
from labmgr.panel.filters import tell
from labmgr.panel.gate import tools
from labmgr.panel.portal import words
from labmgr.panel.portal.views import bp, me
from labmgr.services.desk import desk, savepoints

STAYS = "portal.show"


@bp.get("/document")
def document() -> ResponseReturnValue:
    """No number in the address: there is one document, or as yet none."""
    name, data = desk.document(tools(), me())
    answer = send_file(BytesIO(data), mimetype="application/pdf", download_name=name)
    answer.headers["Cache-Control"] = "no-store"  # the next candidate uses the same computer
    return answer


@bp.post("/responsabilite")
def acknowledge() -> ResponseReturnValue:
    desk.acknowledge(tools(), me())
    flash(_("Votre lecture est notée."), "done")
    return redirect(url_for(STAYS))


@bp.post("/sauvegarde")
def save() -> ResponseReturnValue:
    try:
        savepoints.order_save(tools(), me().session, me().number)
    except Refused as refusal:
        flash(tell(refusal), "error")
    else:
        flash(_("Point de sauvegarde demandé : le labo s'arrête quelques secondes."), "done")
    return redirect(url_for(STAYS))


@bp.get("/retour")
def confirm_return() -> ResponseReturnValue:
    """Asks first: what was done since is lost, and the clock goes on."""
    target = request.args.get("vers", "")
    now = desk.standing(tools(), me())
    if now.stage is not desk.Stage.WORKING or now.lab is None:
        flash(_("On ne revient en arrière que pendant l'heure, labo ouvert."), "error")
        return redirect(url_for(STAYS))
    point = savepoints.find(tools(), _passage(), target)
    return render_template(
        "portal/return.html", candidate=me(), now=now, point=point, target=target, left=words.left
    )


@bp.post("/retour")
def go_back() -> ResponseReturnValue:
    target = request.form.get("vers", "")
    try:
        savepoints.order_return(tools(), me().session, me().number, target)
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
    else:
        flash(_("Retour demandé : vos accès reviennent dès que c'est fait."), "done")
    return redirect(url_for(STAYS))


def _passage() -> Passage:
    found = desk.standing(tools(), me()).passage
    if found is None:
        raise NotFound(f"Candidate {me().number} is not in a running hour")
    return found
