"""A session's page: its labs live, and actions on some or all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.exam import ExamSession, Form
from labmgr.domain.lab import STANDING, Lab, LabState
from labmgr.domain.template import Template
from labmgr.domain.work import ENDED, Job
from labmgr.errors import BadFile, LabmgrError
from labmgr.panel.day.spares import seen as seen_spares
from labmgr.panel.filters import counted, tell
from labmgr.panel.gate import operator, tools
from labmgr.panel.session.forms import MEANINGS, chosen_form
from labmgr.panel.session.readiness import checklist
from labmgr.services.lab import sitting
from labmgr.services.session import forms, rosters, sessions

bp = Blueprint("sessions", __name__, url_prefix="/sessions")


@bp.get("/nouvelle")
def create() -> ResponseReturnValue:
    return _form("", "", Form.TRAINING, 200)


@bp.post("/nouvelle")
def create_do() -> ResponseReturnValue:
    title, chosen = request.form.get("title", ""), request.form.get("template", "")
    form = request.form.get("form", Form.TRAINING)
    try:
        held = chosen_form(form)
        made = rosters.create_session(tools(), title, chosen, by=operator())
        forms.set_form(tools(), made.name, form=held, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return _form(title, chosen, form, 400)
    flash(_("Session créée. Importez maintenant la liste des candidats."), "done")
    return redirect(url_for("candidates.choose", name=made.name))


@bp.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    seen = _seen(session) | seen_spares(session, latest_of(tools().store.jobs()))
    return render_template("session.html", ready=checklist(tools(), session), **seen)


@bp.get("/<name>/_labs")
def live(name: str) -> ResponseReturnValue:
    """The table of labs, fetched again every two seconds while work is under way."""
    return render_template("_session_labs.html", **_seen(tools().store.session(name)))


@bp.post("/<name>/etat")
def state(name: str) -> ResponseReturnValue:
    verbs: Mapping[str, Callable[[], object]] = {
        "open": lambda: sessions.open_session(tools(), name, by=operator()),
        "close": lambda: sessions.close_session(tools(), name, by=operator()),
    }
    return _done_or_told(name, verbs.get(request.form.get("verb", ""), lambda: None))


@bp.get("/<name>/suppression")
def remove(name: str) -> ResponseReturnValue:
    store = tools().store
    session = store.session(name)
    left = [lab for lab in store.labs(name) if lab.state not in {LabState.PLANNED, LabState.GONE}]
    return render_template(
        "session_remove.html",
        session=session,
        candidates=len(store.candidates(name)),
        standing=bool(left),
    )


@bp.post("/<name>/suppression")
def remove_do(name: str) -> ResponseReturnValue:
    try:
        sessions.remove_session(tools(), name, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return redirect(url_for("sessions.show", name=name))
    flash(_("Session supprimée."), "done")
    return redirect(url_for("dashboard.show"))


def template_of(name: str) -> tuple[Template | None, BadFile | None]:
    """The template, or what is wrong with its file: a page must open all the same."""
    try:
        return tools().library.read(name), None
    except BadFile as faulty:
        return None, faulty


def share_of(lab: Lab) -> int:
    """Per cent of the work in hand, over the nodes that have said something."""
    steps = tools().store.progress(lab.id)
    return round(100 * sum(step.share for step in steps) / len(steps)) if steps else 0


def _form(title: str, chosen: str, form: str, status: int) -> ResponseReturnValue:
    read = {name: template_of(name)[0] for name in tools().library.names()}
    page = render_template(
        "session_new.html",
        title=title,
        chosen=chosen,
        form=form,
        meanings=MEANINGS,
        templates=[template for template in read.values() if template],
        faulty=[name for name, template in read.items() if template is None],
    )
    return page, status


def _done_or_told(name: str, verb: Callable[[], object]) -> ResponseReturnValue:
    try:
        verb()
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
    return redirect(url_for("sessions.show", name=name))


def _seen(session: ExamSession) -> dict[str, object]:
    """Everything a session's page shows."""
    jobs = tools().store.jobs()
    labs, sat = tools().store.labs(session.name), tools().store.passages(session.name)
    mine = {lab.id for lab in labs}
    template, faults = template_of(session.template)
    states = Counter(lab.state for lab in labs)
    return {
        "session": session,
        "template": template,
        "faults": faults,
        "rows": _rows(session.name, labs, latest_of(jobs)),
        "states": states,
        "summary": ", ".join(counted(state, count) for state, count in states.items()),
        "has_day": bool(sat),
        "by_hand": not sat or sitting.all_by_hand(session, sat),
        "busy": any(job.lab in mine and job.state not in ENDED for job in jobs),
    }


def _rows(name: str, labs: list[Lab], latest: Mapping[str, Job]) -> list[dict[str, object]]:
    """One row a candidate: the lab, how far its work is, and what its last order came to."""
    store = tools().store
    people = {one.number: one for one in store.candidates(name)}
    rows: list[dict[str, object]] = []
    for lab in labs:
        findings = store.findings(lab.id) if lab.state in STANDING else []
        row: dict[str, object] = {"lab": lab, "candidate": people.get(lab.candidate)}
        row["job"] = latest.get(lab.id)
        row["share"] = share_of(lab) if lab.state is LabState.BUILDING else 0
        row["green"] = sum(one.green for one in findings)
        row["probes"] = len(findings)
        rows.append(row)
    return rows


def latest_of(jobs: Iterable[Job]) -> Mapping[str, Job]:
    """The last order of each lab."""
    latest: dict[str, Job] = {}
    for job in jobs:  # newest first
        latest.setdefault(job.lab, job)
    return latest
