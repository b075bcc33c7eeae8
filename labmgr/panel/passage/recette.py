"""The recette of a lab: its table, live while it is replayed, and the commission's remarks."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.lab import STANDING
from labmgr.domain.recette import WHOLE, Run
from labmgr.domain.work import Job, JobKind, JobState
from labmgr.errors import BadInput, LabmgrError
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.panel.session.sessions import template_of
from labmgr.services.lab.blueprint import candidate_of
from labmgr.services.passage import recette
from labmgr.services.passage.recette import Sheet, SheetLine

bp = Blueprint("recette", __name__, url_prefix="/labs/<lab_id>/recette")

MOST_RUNS = 20  # earlier replays shown; all are kept


@bp.get("")
def show(lab_id: str) -> ResponseReturnValue:
    return render_template("recette.html", **_seen(lab_id))


@bp.get("/_live")
def live(lab_id: str) -> ResponseReturnValue:
    return render_template("_recette_live.html", **_seen(lab_id))


@bp.post("/rejouer")
def run(lab_id: str) -> ResponseReturnValue:
    """All lines, or the one that is named; a refusal is told on the page."""
    line = request.form.get("line", "")
    try:
        wanted = _number(line) if line else None
        recette.order_recette(tools(), lab_id, by=operator(), line=wanted)
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
    return redirect(url_for("recette.show", lab_id=lab_id))


@bp.post("/remarque")
def remark(lab_id: str) -> ResponseReturnValue:
    """The commission's words are kept whatever runs meanwhile."""
    try:
        line = _number(request.form.get("line", str(WHOLE)))
        text = request.form.get("text", "")
        recette.remark(tools(), lab_id, text, by=operator(), line=line)
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
    else:
        flash(_("La remarque est gardée."), "done")
    return redirect(url_for("recette.show", lab_id=lab_id))


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as e:
        what = _("« %(text)s » n'est pas un numéro de ligne.", text=text[:20])
        raise BadInput(what, hint=_("Servez-vous des boutons de la page.")) from e


def _seen(lab_id: str) -> dict[str, object]:
    store = tools().store
    sheet = recette.results(tools(), lab_id)
    template, _faults = template_of(sheet.lab.template)
    job = _job(lab_id)
    current = _current(sheet, job)
    return {
        "lab": sheet.lab,
        "session": store.session(sheet.lab.session),
        "candidate": candidate_of(tools(), sheet.lab),
        "template": template,
        "sheet": sheet,
        "groups": _groups(sheet),
        "job": job,
        "current": current,
        "asked_now": {one.line for one in current.results if one.green is None} if current else (),
        "answered": sum(one.green is not None for one in current.results) if current else 0,
        "standing": sheet.lab.state in STANDING,
        "runs": sheet.runs[:MOST_RUNS],
        "failed": _failed(lab_id),
    }


def _groups(sheet: Sheet) -> list[tuple[str, list[SheetLine]]]:
    """As the table has them: neighbours under one heading."""
    return [
        (name, list(lines)) for name, lines in groupby(sheet.lines, lambda one: one.result.group)
    ]


def _job(lab_id: str) -> Job | None:
    """The replay that waits or is being done."""
    for job in tools().store.jobs(lab=lab_id, unended=True):
        if job.kind is JobKind.RECETTE:
            return job
    return None


def _failed(lab_id: str) -> Job | None:
    """The last replay, when it did not end well."""
    for job in tools().store.jobs(lab=lab_id):
        if job.kind is JobKind.RECETTE:
            return job if job.state in {JobState.REFUSED, JobState.CRASHED} else None
    return None


def _current(sheet: Sheet, job: Job | None) -> Run | None:
    """The replay under way; one without an end and without a job was cut short."""
    if job is None or job.state is not JobState.DOING or not sheet.runs:
        return None
    return None if sheet.runs[0].ended else sheet.runs[0]
