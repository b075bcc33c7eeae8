"""Builds the Flask application: everything closed, every form guarded, every header set."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from wsgiref.types import WSGIApplication

from flask import Flask, Response
from flask_babel import Babel
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect

from labmgr.domain.ports import Tools
from labmgr.panel import errors, filters, gate, own_texts
from labmgr.panel.day import day, records, rehearsal, spares, waves
from labmgr.panel.desk import terminals
from labmgr.panel.equipment import devices, equipment
from labmgr.panel.instance import about, accounts, dashboard, journal, login
from labmgr.panel.lab import library, orders
from labmgr.panel.passage import passages, recette
from labmgr.panel.portal import desk as _desk  # noqa: F401 - adds its pages to the portal's
from labmgr.panel.portal import terminals as portal
from labmgr.panel.portal import views
from labmgr.panel.session import (
    candidates,
    commissions,
    documents,
    forms,
    one_plan,
    realisations,
    sessions,
)
from labmgr.services.day.rehearsals import Rehearsals
from labmgr.services.desk.live_terminals import Terminals
from labmgr.services.equipment.errands import Errands

# No inline script or style anywhere, nothing from elsewhere, no framing.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
ROOMS = (
    about,
    login,
    accounts,
    dashboard,
    sessions,
    spares,
    waves,
    rehearsal,
    day,
    passages,
    candidates,
    forms,
    commissions,
    realisations,
    documents,
    one_plan,  # the timetable's own room, with one passage's plan added
    orders,  # labs' own room, with the orders added
    recette,
    library,
    equipment,
    devices,
    journal,
    records,
    terminals,
    portal,  # the portal's own room, with its terminals and the desk added
)
LARGEST_UPLOAD = 4 << 20  # bytes: a list of candidates, never more
SITTING = timedelta(hours=10)  # a working day
STAFF_MISSES = 30  # a minute from one address; each costs the server a slow hash
PORTAL_MISSES = 120  # thirty candidates who mistype four times each


def create_app(tools: Tools, *, secret_key: str, secure: bool = False) -> WSGIApplication:
    """The whole panel. *secure* when it is served over HTTPS."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=secret_key,
        MAX_CONTENT_LENGTH=LARGEST_UPLOAD,
        SESSION_COOKIE_NAME="labmgr",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        PERMANENT_SESSION_LIFETIME=SITTING,
        BABEL_DEFAULT_LOCALE="fr",
        BABEL_DEFAULT_TIMEZONE="Europe/Paris",
        WTF_CSRF_TIME_LIMIT=None,  # a page left open all morning must still submit
        WTF_CSRF_SSL_STRICT=secure,
        RATELIMIT_STORAGE_URI="memory://",
    )
    app.extensions["labmgr"] = tools
    app.extensions["terminals"] = Terminals(tools)
    app.extensions["errands"] = Errands(tools)
    app.extensions["rehearsals"] = Rehearsals(tools)
    Babel(app).domain_instance = own_texts.OwnTexts()
    documents.more_room(app)  # before the token is looked for in the form
    CSRFProtect(app)
    _limit(app)
    app.before_request(gate.require_operator)
    app.after_request(_headers)
    app.add_url_rule("/health", "health", lambda: "ok")
    for room in ROOMS:
        app.register_blueprint(room.bp)
    app.register_blueprint(views.entry)
    filters.register(app)
    errors.register(app)
    return app


def _limit(app: Flask) -> None:
    """From every address so many wrong answers a minute, whatever names are tried.

    Right ones don't count, and each door counts its own: a whole wave comes in at once through
    one proxy, mistyping, and keeps no member of staff out.
    """
    limiter = Limiter(get_remote_address, app=app)
    for door, most in ((login.bp, STAFF_MISSES), (views.entry, PORTAL_MISSES)):
        limiter.shared_limit(
            f"{most} per minute", scope=door.name, methods=["POST"], deduct_when=_is_wrong
        )(door)


def _is_wrong(response: Response) -> bool:
    return response.status_code == HTTPStatus.UNAUTHORIZED


def _headers(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if not response.cache_control.public:
        response.headers.setdefault("Cache-Control", "no-store")
    return response
