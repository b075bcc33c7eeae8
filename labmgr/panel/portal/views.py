"""The portal: enter by number and code, see one's own lab while it is open."""

from __future__ import annotations

from collections.abc import Callable

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

from labmgr.domain.credential import Credential
from labmgr.domain.exam import Candidate
from labmgr.domain.lab import Lab
from labmgr.errors import NotAllowed, NotFound, Refused
from labmgr.panel.gate import tools
from labmgr.panel.terminal import running
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


@entry.get("/centre.crt")
def certificate() -> ResponseReturnValue:
    """The centre's certificate, for browsers and git to trust; its fingerprint is on the slip."""
    return Response(
        tools().vault.authority(),
        mimetype="application/x-x509-ca-cert",
        headers={"Content-Disposition": 'attachment; filename="centre.crt"'},
    )


@bp.before_request
def require_seat() -> ResponseReturnValue | None:
    """Only a browser that holds a candidate's seat passes, and only one of them does."""
    if SEAT not in session:
        return _to_the_door()
    try:
        g.candidate = accounts.seated(tools(), *session[SEAT])
    except (NotAllowed, NotFound):
        session.clear()
        flash(
            _("Votre place est ouverte dans un autre navigateur, ou votre code a changé."), "error"
        )
        return _to_the_door()
    return None


@bp.get("")
def show() -> ResponseReturnValue:
    return render_template("portal/show.html", **_seen())


@bp.get("/_live")
def live() -> ResponseReturnValue:
    """Nothing while nothing changed, so that many may ask often and nobody's place is lost."""
    if request.args.get("vu") == _mark(own_lab()):
        return Response(status=204)
    return render_template("portal/_live.html", **_seen())


@bp.get("/labo/<lab_id>/cle/<node>/<credential>")
def key(lab_id: str, node: str, credential: str) -> ResponseReturnValue:
    """A private key as a file; another candidate's lab is not there."""
    lab = own_lab()
    if lab is None or lab.id != lab_id:
        abort(404)
    try:
        places = access.for_candidate(tools(), lab).nodes
    except Refused:  # closed: a key is no more there than anything else
        abort(404)
    keys = [one for place in places for one in place.credentials if one.public]
    found = next((one for one in keys if (one.node, one.id) == (node, credential)), None)
    if found is None:
        abort(404)
    name = f'attachment; filename="{node}-{credential}.key"'
    return Response(found.secret, mimetype="text/plain", headers={"Content-Disposition": name})


@bp.post("/sortie")
def leave() -> ResponseReturnValue:
    session.clear()
    running().end_all(owner_of(_me()))
    return redirect(url_for("portal_entry.enter"))


def _to_the_door() -> ResponseReturnValue:
    """For a live part the whole page must go: htmx would put the door inside it."""
    door = url_for("portal_entry.enter")
    if request.headers.get("HX-Request"):
        return Response(headers={"HX-Redirect": door})
    return redirect(door)


def _mark(lab: Lab | None) -> str:
    return "open" if lab is not None and lab.state in access.SHOWN_WHILE else "closed"


def owner_of(candidate: Candidate) -> str:
    """Under which name a candidate's terminals are found again."""
    return f"candidate:{candidate.session}/{candidate.number}"


def _me() -> Candidate:
    me = g.candidate
    if not isinstance(me, Candidate):
        abort(401)
    return me


def own_lab() -> Lab | None:
    me = _me()
    return next(iter(tools().store.labs(me.session, me.number)), None)


def _seen() -> dict[str, object]:
    lab = own_lab()
    try:
        found = access.for_candidate(tools(), lab) if lab else None
    except Refused:
        found = None
    return {
        "candidate": _me(),
        "session": tools().store.session(_me().session),
        "lab": lab,
        "access": found,
        "mark": _mark(lab),
        "key_link": _key_link(lab) if lab else None,
        "terminal_link": _terminal_link(lab) if lab else None,
    }


def _key_link(lab: Lab) -> Callable[[Credential], str]:
    return lambda one: url_for("portal.key", lab_id=lab.id, node=one.node, credential=one.id)


def _terminal_link(lab: Lab) -> Callable[[str], str]:
    return lambda node: url_for("portal.terminal", lab_id=lab.id, node=node)
