"""From labmgr's errors to status codes: the only place that knows both."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from markupsafe import Markup
from werkzeug.exceptions import HTTPException

from labmgr.errors import (
    AddressTaken,
    BadInput,
    EngineError,
    LabmgrError,
    LostRace,
    NotAllowed,
    NotFound,
    Refused,
    StoreError,
    WrongState,
)
from labmgr.panel.filters import said
from labmgr.panel.gate import OPEN_TO_ALL

log = logging.getLogger(__name__)

STATUS: Final[dict[type[LabmgrError], int]] = {
    NotFound: 404,
    NotAllowed: 403,
    BadInput: 400,
    Refused: 409,
    WrongState: 409,
    LostRace: 409,
    AddressTaken: 409,
    EngineError: 502,
    StoreError: 503,
}

HEADINGS: Final = {
    400: _l("Cette demande ne peut pas être comprise"),
    401: _l("Connectez-vous pour continuer"),
    403: _l("Votre rôle ne donne pas accès à cette page"),
    404: _l("Cette page n'existe pas"),
    405: _l("Cette page ne s'ouvre pas ainsi"),
    409: _l("Ce n'est pas possible maintenant"),
    413: _l("Le fichier est trop grand"),
    429: _l("Trop d'essais"),
    502: _l("Le moteur de conteneurs n'a pas obéi"),
    503: _l("La base de données n'a pas répondu"),
}

HINTS: Final = {
    401: _l("Votre connexion a pris fin : connectez-vous de nouveau."),
    403: _l("Demandez à l'administration du centre si votre rôle doit changer."),
    404: _l("Ce que vous cherchez a pu être supprimé : repartez du début."),
    405: _l("Revenez en arrière et servez-vous des boutons de la page."),
    413: _l(
        "Une liste tient en moins de 4 Mio, un document en moins de 10 : est-ce le bon fichier ?"
    ),
    429: _l("Attendez une minute, puis recommencez."),
}

WRITTEN: Final = ("title", "pasted", "text", "message", "why")  # fields in which people write


def status_of(error: LabmgrError) -> int:
    """For a page that shows the refusal itself, where it was asked."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)


def register(app: Flask) -> None:
    app.register_error_handler(LabmgrError, _ours)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def _page(
    status: int, what: str | Markup, hint: str | Markup = "", *, lost: bool = False
) -> ResponseReturnValue:
    """*lost*: a form came in vain; what was written in it is shown, to be taken along."""
    heading = HEADINGS.get(status, _("Une erreur est survenue"))
    fragment = bool(request.headers.get("HX-Request"))
    portal = (request.blueprint or "").startswith("portal")
    page = render_template(
        "error_fragment.html" if fragment else "error.html",
        heading=heading,
        what=what,
        hint=hint,
        status=status,
        portal=portal,
        written=[text for name in WRITTEN for text in request.form.getlist(name) if text.strip()]
        if lost
        else [],
        back=_back(url_for("portal.show" if portal else "dashboard.show")),
    )
    return page, status


def _back(otherwise: str) -> str:
    """The page with the button that led here; never one of somebody else's."""
    came = urlsplit(request.referrer or "")
    known = request.method == "POST" and came.netloc == request.host
    return f"{came.path}?{came.query}".rstrip("?") if known else otherwise


def _ours(error: LabmgrError) -> ResponseReturnValue:
    return _page(status_of(error), said(error), said(error.hint))


def _forged(_error: CSRFError) -> ResponseReturnValue:
    """Most often no forgery: a login that ended, or a page from before it."""
    door = request.endpoint in OPEN_TO_ALL or (request.blueprint or "").startswith("portal")
    if "operator" not in session and not door:
        what = _("Votre connexion a pris fin, rien n'a été fait.")
        return _page(401, what, _("Connectez-vous de nouveau, puis recommencez."), lost=True)
    what = _("Le formulaire n'est plus valable, rien n'a été fait.")
    return _page(400, what, _("Ouvrez la page à nouveau, puis recommencez."), lost=True)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:  # made by hand where it was raised
        return error.response
    status = error.code or 500
    hint = HINTS.get(status, _("Revenez en arrière, puis recommencez."))
    return _page(status, "", hint, lost=status == 401 and request.method == "POST")  # noqa: PLR2004


def _bug(error: Exception) -> ResponseReturnValue:
    log.error("a bug in labmgr: %s %s", request.method, request.path, exc_info=error)
    what = _("Une erreur de labmgr, notée dans le journal du serveur.")
    return _page(500, what, _("Recommencez ; si cela se répète, prévenez le support technique."))
