"""A day on trial: begun from its page, followed while it goes on, its newest verdict."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.journal import Entry
from labmgr.errors import BadInput, LabmgrError
from labmgr.panel.errors import status_of
from labmgr.panel.filters import in_french
from labmgr.panel.gate import operator, tools
from labmgr.services.day.rehearsals import (
    LONGEST,
    REHEARSED,
    SHORTEST,
    Rehearsals,
    Run,
    last_verdict,
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
    run, verdict = _register().last(session.name), last_verdict(tools(), session.name)
    return {
        "session": session,
        "run": run,
        "report": _report_of(run, verdict),
        "verdict": verdict,
        "go": verdict is not None and verdict.what == f"{REHEARSED}go",
        "reasons": reasons_of(verdict.why) if verdict else [],
        "waves": len({one.wave for one in tools().store.passages(session.name)}),
        "hour": request.form.get("hour", USUAL),
        "shortest": SHORTEST,
        "longest": LONGEST,
    }


def _report_of(run: Run | None, verdict: Entry | None) -> object:
    """The whole report, while it is the newest: another process may have rehearsed since."""
    if run is None or run.ended is None or verdict is None or verdict.at > run.ended:
        return None
    return run.report


def reasons_of(why: str) -> list[str]:
    """Each reason of a no-go in French, after the lab that it is about."""
    return [_reason(one) for one in why.split("; ") if one]


def _reason(one: str) -> str:
    lab, colon, trouble = one.partition(": ")
    whole = in_french(one)
    if whole is None and colon:
        return f"{lab} : {in_french(trouble) or trouble}"
    return whole or one
