"""A day on trial: begun from its page, followed while it goes on, its newest verdict."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.errors import BadInput, LabmgrError
from labmgr.panel.errors import status_of
from labmgr.panel.filters import in_french
from labmgr.panel.gate import operator, tools
from labmgr.services.day.rehearsals import (
    LONGEST,
    SHORTEST,
    Rehearsals,
)

bp = Blueprint("rehearsal", __name__, url_prefix="/sessions/<name>/repetition")
USUAL = 60  # seconds of an hour on trial


@bp.get("")
def show(name: str) -> ResponseReturnValue:
    return render_template("rehearsal.html", **_seen(name), refusal=None)


@bp.get("/_live")
def live(name: str) -> ResponseReturnValue:
    return render_template("_rehearsal.html", **_seen(name))


@bp.post("")
def begin(name: str) -> ResponseReturnValue:
    try:
        _register().begin(name, by=operator(), hour=_hour())
    except LabmgrError as refusal:
        page = render_template("rehearsal.html", **_seen(name), refusal=refusal)
        return page, status_of(refusal)
    flash(_("La répétition a commencé."), "done")
    return redirect(url_for("rehearsal.show", name=name))


def _hour() -> int:
    typed = request.form.get("hour", "").strip()
    if not typed.isdecimal():
        raise BadInput(
            _("« %(typed)s » n'est pas un nombre de secondes.", typed=typed),
            hint=_("Écrivez par exemple 60."),
        )
    return int(typed)


def _register() -> Rehearsals:
    return cast("Rehearsals", current_app.extensions["rehearsals"])


def _seen(name: str) -> dict[str, object]:
    """Everything that the page shows."""
    session = tools().store.session(name)
    report = tools().store.rehearsal(session.name)
    return {
        "session": session,
        "run": _register().last(session.name),
        "report": report,
        "reasons": [_reason(one) for one in report.reasons()] if report else [],
        "waves": len({one.wave for one in tools().store.passages(session.name)}),
        "hour": request.form.get("hour", USUAL),
        "shortest": SHORTEST,
        "longest": LONGEST,
    }


def _reason(one: str) -> str:
    """In French, after the lab that it is about."""
    lab, colon, trouble = one.partition(": ")
    whole = in_french(one)
    if whole is None and colon:
        return f"{lab} : {in_french(trouble) or trouble}"
    return whole or one
