"""From labmgr's errors to status codes: the only place that knows both."""

from __future__ import annotations

import logging
from typing import Final

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from labmgr.errors import (
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

log = logging.getLogger(__name__)

STATUS: Final[dict[type[LabmgrError], int]] = {
    NotFound: 404,
    NotAllowed: 403,
    BadInput: 400,
    Refused: 409,
    WrongState: 409,
    LostRace: 409,
    EngineError: 502,
    StoreError: 503,
}

HEADINGS: Final = {
    400: _l("Cette demande ne peut pas être comprise"),
    401: _l("Connectez-vous pour continuer"),
    403: _l("Votre rôle ne donne pas accès à cette page"),
    404: _l("Cette page n'existe pas"),
    409: _l("Ce n'est pas possible maintenant"),
    413: _l("Le fichier est trop grand"),
    429: _l("Trop d'essais : attendez une minute"),
    502: _l("Le moteur de conteneurs n'a pas obéi"),
    503: _l("La base de données n'a pas répondu"),
}


def register(app: Flask) -> None:
    app.register_error_handler(LabmgrError, _ours)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def _page(status: int, what: str, hint: str = "") -> ResponseReturnValue:
    heading = HEADINGS.get(status, _("Une erreur est survenue"))
    fragment = bool(request.headers.get("HX-Request"))
    page = "error_fragment.html" if fragment else "error.html"
    return render_template(page, heading=heading, what=what, hint=hint, status=status), status


def _ours(error: LabmgrError) -> ResponseReturnValue:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    return _page(status, str(error), error.hint)


def _forged(_error: CSRFError) -> ResponseReturnValue:
    what = _("Le formulaire n'est plus valable, rien n'a été fait.")
    return _page(400, what, _("Revenez en arrière, rechargez la page et recommencez."))


def _http(error: HTTPException) -> ResponseReturnValue:
    return _page(error.code or 500, "", "")


def _bug(error: Exception) -> ResponseReturnValue:
    log.error("a bug in labmgr: %s %s", request.method, request.path, exc_info=error)
    return _page(500, _("Une erreur de labmgr, notée dans son journal."), "")
