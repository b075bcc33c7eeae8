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
from labmgr.panel.desk.terminal import running
from labmgr.panel.gate import tools
from labmgr.panel.portal import words
from labmgr.services.desk import desk
from labmgr.services.instance import accounts
from labmgr.services.lab import access

entry = Blueprint("portal_entry", __name__, url_prefix="/portail/entree")
bp = Blueprint("portal", __name__, url_prefix="/portail")

SEAT = "seat"
LEFT = "Labmgr-Left"  # seconds


@entry.get("")
def enter() -> ResponseReturnValue:
    return render_template("portal/enter.html")


@entry.post("")
def check() -> ResponseReturnValue:
    form = request.form
    try:
        number, code = form.get("number", ""), form.get("code", "")
        seat = accounts.enter_portal(tools(), number, code, origin=request.remote_addr or "")
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
    """Nothing while nothing changed, so that many may ask often and nobody's place is lost.

    What is left travels beside, so that a clock on the page never goes by the browser's own.
    """
    now = desk.standing(tools(), me())
    clock = {} if now.left is None else {LEFT: f"{now.left:.1f}"}
    if request.args.get("vu") == now.mark:
        return Response(status=204, headers=clock)
    return Response(render_template("portal/_live.html", **_seen()), headers=clock)


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
    running().end_all(owner_of(me()))
    return redirect(url_for("portal_entry.enter"))


def _to_the_door() -> ResponseReturnValue:
    """For a live part the whole page must go: htmx would put the door inside it."""
    door = url_for("portal_entry.enter")
    if request.headers.get("HX-Request"):
        return Response(headers={"HX-Redirect": door})
    return redirect(door)


def owner_of(candidate: Candidate) -> str:
    """Under which name a candidate's terminals are found again."""
    return f"candidate:{candidate.session}/{candidate.number}"


def me() -> Candidate:
    me = g.candidate
    if not isinstance(me, Candidate):
        abort(401)
    return me


def own_lab() -> Lab | None:
    """The lab of the candidate's own passage, which a spare may be; none before phase 1."""
    return desk.standing(tools(), me()).lab


def _seen() -> dict[str, object]:
    seen = desk.look(tools(), me())
    lab = seen.standing.lab
    return {
        "candidate": me(),
        "session": tools().store.session(me().session),
        "desk": seen,
        "now": seen.standing,
        "lab": lab,
        "access": seen.access,
        "heading": words.HEADINGS[seen.standing.stage],
        "next": words.NEXT[seen.standing.stage],
        "phase": words.PHASES.get(seen.standing.passage.phase or "")
        if seen.standing.passage
        else "",
        "left": words.left,
        "key_link": _key_link(lab) if lab else None,
        "terminal_link": _terminal_link(lab) if lab else None,
    }


def _key_link(lab: Lab) -> Callable[[Credential], str]:
    return lambda one: url_for("portal.key", lab_id=lab.id, node=one.node, credential=one.id)


def _terminal_link(lab: Lab) -> Callable[[str], str]:
    return lambda node: url_for("portal.terminal", lab_id=lab.id, node=node)
