"""The portal: enter by number and code, see one's own lab while it is open."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.exam import Candidate
from labmgr.domain.lab import Lab
from labmgr.errors import NotAllowed, NotFound, Refused
from labmgr.panel.gate import tools
from labmgr.services import access, accounts

entry = Blueprint("portal_entry", __name__, url_prefix="/portail/entree")
bp = Blueprint("portal", __name__, url_prefix="/portail")

SEAT = "seat"


@entry.get("")
def enter() -> ResponseReturnValue:
    return render_template("portal/enter.html")


@entry.post("")
def check() -> ResponseReturnValue:
    form = request.form
    try:
        seat = accounts.enter_portal(tools(), form.get("number", ""), form.get("code", ""))
    except (NotAllowed, Refused) as refusal:
        flash(
            _("Trop d'essais : attendez dix minutes, ou demandez une nouvelle fiche.")
            if isinstance(refusal, Refused)
            else _("Numéro ou code incorrect. Recopiez-les depuis votre fiche."),
            "error",
        )
        return render_template("portal/enter.html"), 401
    session.clear()
    session[SEAT] = [seat.candidate.session, seat.candidate.number, seat.token]
    return redirect(url_for("portal.show"))


@bp.before_request
def require_seat() -> ResponseReturnValue | None:
    """Only a browser that holds a candidate's seat passes, and only one of them does."""
    if SEAT not in session:
        return redirect(url_for("portal_entry.enter"))
    try:
        g.candidate = accounts.seated(tools(), *session[SEAT])
    except (NotAllowed, NotFound):
        session.clear()
        flash(
            _("Votre place est ouverte dans un autre navigateur, ou votre code a changé."), "error"
        )
        return redirect(url_for("portal_entry.enter"))
    return None


@bp.get("")
def show() -> ResponseReturnValue:
    return render_template("portal/show.html", **_seen())


@bp.get("/_live")
def live() -> ResponseReturnValue:
    return render_template("portal/_live.html", **_seen())


@bp.get("/labo/<lab_id>/cle/<node>/<credential>")
def key(lab_id: str, node: str, credential: str) -> ResponseReturnValue:
    """A private key as a file; another candidate's lab is not there."""
    lab = _own_lab()
    if lab is None or lab.id != lab_id:
        abort(404)
    keys = (
        one
        for place in access.for_candidate(tools(), lab).nodes
        for one in place.credentials
        if (one.node, one.id) == (node, credential) and one.public
    )
    found = next(keys, None)
    if found is None:
        abort(404)
    name = f'attachment; filename="{node}-{credential}.key"'
    return Response(found.secret, mimetype="text/plain", headers={"Content-Disposition": name})


@bp.post("/sortie")
def leave() -> ResponseReturnValue:
    session.clear()
    return redirect(url_for("portal_entry.enter"))


def _me() -> Candidate:
    me = g.candidate
    if not isinstance(me, Candidate):
        abort(401)
    return me


def _own_lab() -> Lab | None:
    me = _me()
    mine = (lab for lab in tools().store.labs(me.session) if lab.candidate == me.number)
    return next(mine, None)


def _seen() -> dict[str, object]:
    lab = _own_lab()
    try:
        found = access.for_candidate(tools(), lab) if lab else None
    except Refused:
        found = None
    session_of = tools().store.session(_me().session)
    return {"candidate": _me(), "session": session_of, "lab": lab, "access": found}
