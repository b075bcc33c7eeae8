"""A session's page: its labs live, and actions on some or all."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.lab import Lab
from labmgr.domain.work import Job
from labmgr.panel.gate import operator, tools
from labmgr.services import rosters, sessions

bp = Blueprint("sessions", __name__, url_prefix="/sessions")


@bp.get("/nouvelle")
def create() -> ResponseReturnValue:
    library = tools().library
    return render_template(
        "session_new.html", templates=[library.read(name) for name in library.names()]
    )


@bp.post("/nouvelle")
def create_do() -> ResponseReturnValue:
    form = request.form
    made = rosters.create_session(
        tools(), form.get("title", ""), form.get("template", ""), by=operator()
    )
    flash(_("Session créée. Importez maintenant la liste des candidats."), "done")
    return redirect(url_for("candidates.choose", name=made.name))


@bp.get("/<name>")
def show(name: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    return render_template(
        "session.html",
        session=session,
        rows=rows_of(name),
        template=tools().library.read(session.template),
    )


@bp.get("/<name>/_labs")
def live(name: str) -> ResponseReturnValue:
    """The table of labs, fetched again every two seconds."""
    return render_template(
        "_session_labs.html", session=tools().store.session(name), rows=rows_of(name)
    )


@bp.post("/<name>/etat")
def state(name: str) -> ResponseReturnValue:
    verb = {"open": sessions.open_session, "close": sessions.close_session}.get(
        request.form.get("verb", "")
    )
    if verb is not None:
        verb(tools(), name, by=operator())
    return redirect(url_for("sessions.show", name=name))


@bp.get("/<name>/suppression")
def remove(name: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    return render_template("session_remove.html", session=session)


@bp.post("/<name>/suppression")
def remove_do(name: str) -> ResponseReturnValue:
    sessions.remove_session(tools(), name, by=operator())
    flash(_("Session supprimée."), "done")
    return redirect(url_for("dashboard.show"))


def rows_of(name: str) -> list[dict[str, object]]:
    """One row a candidate: the lab, how far its work is, and what its last order came to."""
    store = tools().store
    people = {one.number: one for one in store.candidates(name)}
    latest = _latest_jobs(store.jobs())
    return [
        {
            "lab": lab,
            "candidate": people.get(lab.candidate),
            "job": latest.get(lab.id),
            "share": share_of(lab),
            "green": sum(finding.green for finding in store.findings(lab.id)),
            "probes": len(store.findings(lab.id)),
        }
        for lab in store.labs(name)
    ]


def share_of(lab: Lab) -> int:
    """Per cent of the work in hand, over the nodes that have said something."""
    steps = tools().store.progress(lab.id)
    return round(100 * sum(step.share for step in steps) / len(steps)) if steps else 0


def _latest_jobs(jobs: list[Job]) -> Mapping[str, Job]:
    latest: dict[str, Job] = {}
    for job in jobs:  # newest first
        latest.setdefault(job.lab, job)
    return latest
