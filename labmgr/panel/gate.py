"""Who may reach what: a page that nobody named here is closed to everybody."""

from __future__ import annotations

import hashlib
from typing import Final, cast

from flask import abort, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from labmgr.domain.people import Account
from labmgr.domain.ports import Tools
from labmgr.domain.words import Role
from labmgr.errors import NotFound

OPEN_TO_ALL: Final = frozenset(
    {
        "static",
        "health",
        "about.accessibility",
        "login.enter",
        "login.check",
        "portal_entry.enter",
        "portal_entry.check",
        "portal_entry.certificate",
    }
)
R = Role
EVERY_STAFF: Final = frozenset(Role)
BUILDERS: Final = frozenset({R.ADMIN, R.TEACHER, R.TECHNICIAN})
ROOM: Final = frozenset({R.ADMIN, R.TEACHER, R.INVIGILATOR})
JURY: Final = frozenset({R.ADMIN, R.TEACHER, R.COMMISSION})
WATCHERS: Final = frozenset({R.ADMIN, R.TEACHER, R.INVIGILATOR, R.TECHNICIAN})
# Longest prefix wins. A candidate's pages (portal.*) have their own gate, in portal/views.py.
MAY: Final[dict[str, frozenset[Role]]] = {
    "login.": EVERY_STAFF,
    "dashboard.": EVERY_STAFF,
    "sessions.": EVERY_STAFF - {R.INVIGILATOR},
    "sessions.create": frozenset({R.ADMIN, R.TEACHER}),
    "sessions.remove": frozenset({R.ADMIN, R.TEACHER}),
    "sessions.state": frozenset({R.ADMIN, R.TEACHER}),
    "rehearsal.": BUILDERS,
    "spares.build": BUILDERS,
    "spares.live": EVERY_STAFF - {R.INVIGILATOR},
    "waves.": BUILDERS,
    "waves.show": EVERY_STAFF - {R.INVIGILATOR},
    "waves.live": EVERY_STAFF - {R.INVIGILATOR},
    # The exam day. The choice of a réalisation is the commission's secret until phase 1.
    "day.": EVERY_STAFF,
    "day.suspend": WATCHERS,
    "day.resume": WATCHERS,
    "passages.": EVERY_STAFF,  # looking; services keep the choice from whoever may not know it
    "passages.present": ROOM,
    "passages.absent": ROOM,
    "passages.take_back": frozenset({R.ADMIN, R.TEACHER}),
    "passages.block": frozenset({R.ADMIN, R.TEACHER}),
    "passages.unblock": frozenset({R.ADMIN, R.TEACHER}),
    "passages.choose": frozenset({R.ADMIN, R.COMMISSION}),
    "passages.start": JURY,
    "passages.adjust": JURY,
    "passages.sign": ROOM | JURY,
    "passages.finish": JURY,
    "passages.suspend": WATCHERS,
    "passages.resume": WATCHERS,
    "passages.extend": JURY,
    "passages.extra": frozenset({R.ADMIN, R.TEACHER}),
    "passages.close": JURY,
    "passages.decide": JURY,
    "passages.collected": EVERY_STAFF - {R.INVIGILATOR},  # the candidate's work, as in the recette
    "passages.spare": BUILDERS,
    "passages.restart": BUILDERS,
    "passages.rotate": frozenset({R.ADMIN, R.TEACHER}),
    "candidates.": frozenset({R.ADMIN, R.TEACHER}),
    "forms.": frozenset({R.ADMIN, R.TEACHER}),
    "commissions.": frozenset({R.ADMIN, R.TEACHER}),
    "commissions.show": EVERY_STAFF - {R.INVIGILATOR},
    "realisations.": frozenset({R.ADMIN, R.TEACHER}),
    "realisations.show": frozenset({R.ADMIN, R.TEACHER, R.COMMISSION}),
    "realisations.one": frozenset({R.ADMIN, R.TEACHER, R.COMMISSION}),
    "timetable.": frozenset({R.ADMIN, R.TEACHER}),
    "timetable.show": EVERY_STAFF,
    "timetable.printed": EVERY_STAFF,
    "documents.": frozenset({R.ADMIN, R.COMMISSION}),  # they would tell the commission's choice
    "labs.": EVERY_STAFF,
    "labs.order": BUILDERS,
    "labs.credentials": frozenset({R.ADMIN, R.TEACHER, R.COMMISSION}),
    "labs.commission_access": frozenset({R.ADMIN, R.TEACHER, R.COMMISSION}),
    "terminals.": frozenset({R.ADMIN, R.TEACHER, R.COMMISSION}),
    "recette.": EVERY_STAFF - {R.INVIGILATOR},
    "recette.run": frozenset({R.ADMIN, R.TEACHER, R.COMMISSION}),
    "recette.remark": frozenset({R.ADMIN, R.TEACHER, R.COMMISSION}),
    "records.": frozenset({R.ADMIN, R.TEACHER, R.COMMISSION}),
    "records.day": frozenset({R.ADMIN}),
    "records.sheets": frozenset({R.ADMIN, R.TEACHER}),
    "library.": EVERY_STAFF,
    # Places are for everybody who works in the room; configurations tell what candidates did.
    "equipment.": BUILDERS,
    "equipment.show": EVERY_STAFF,
    "equipment.live": EVERY_STAFF,
    "devices.": BUILDERS,
    "accounts.": frozenset({R.ADMIN}),
    "journal.": frozenset({R.ADMIN, R.TEACHER, R.COMMISSION}),
}


def tools() -> Tools:
    """The tools of the application that serves this request."""
    return cast("Tools", current_app.extensions["labmgr"])


def operator() -> str:
    """The login of the member of staff who asks."""
    return str(session["operator"])


def require_operator() -> ResponseReturnValue | None:
    """Every page is closed unless named open; a forgotten decorator cannot open one."""
    endpoint = request.endpoint or ""
    if endpoint in OPEN_TO_ALL or endpoint.startswith("portal."):
        return None
    if not endpoint and request.path.startswith("/portail/"):
        return None  # no such page: a candidate must not be sent to the staff's door
    account = _account()
    if account is None:
        if request.method == "GET" and not request.headers.get("HX-Request"):
            return redirect(url_for("login.enter", next=request.full_path.rstrip("?")))
        abort(401)
    if endpoint and account.role not in _allowed(endpoint):
        abort(403)
    return None  # without an endpoint there is no page: 404 for staff, the door for strangers


def may(endpoint: str) -> bool:
    """For pages: show only what the reader may do."""
    account = _account()
    return account is not None and account.role in _allowed(endpoint)


def role() -> Role:
    """The role of the member of staff who asks."""
    account = _account()
    return account.role if account else abort(401)


def allows(role: Role, endpoint: str) -> bool:
    """`may` for a role already known: a page of many rows asks the store once."""
    return role in _allowed(endpoint)


def mark(account: Account) -> str:
    """Changes with the password, so that a new one ends every other sitting; tells nothing."""
    return hashlib.sha256(account.hashed.encode()).hexdigest()[:16]


def _allowed(endpoint: str) -> frozenset[Role]:
    named = [prefix for prefix in MAY if endpoint.startswith(prefix)]
    return MAY[max(named, key=len)] if named else frozenset()


def _account() -> Account | None:
    """Asked of the store at each request: an account disabled now is out now."""
    if "operator" not in session:
        return None
    try:
        account = tools().store.account(operator())
    except NotFound:
        return None
    return None if account.disabled or session.get("pass") != mark(account) else account
