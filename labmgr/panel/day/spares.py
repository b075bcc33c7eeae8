"""A session's spare labs: how many, who has them, and one more built."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.exam import ExamSession
from labmgr.domain.template import Template
from labmgr.domain.work import Job
from labmgr.errors import BadFile, LabmgrError
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.services.day import spares

bp = Blueprint("spares", __name__, url_prefix="/sessions/<name>/reserves")
ANCHOR = "reserves"


@bp.get("/_live")
def live(name: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    latest = {lab: jobs[0] for lab in _labs(name) if (jobs := tools().store.jobs(lab=lab))}
    return render_template("_spares.html", session=session, **seen(session, latest))


@bp.post("/construction")
def build(name: str) -> ResponseReturnValue:
    try:
        job = spares.build(tools(), name, request.form.get("template", ""), by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
    else:
        flash(_("Labo de réserve %(lab)s : construction ordonnée.", lab=job.lab), "done")
    return redirect(url_for("sessions.show", name=name, _anchor=ANCHOR))


def seen(session: ExamSession, latest: Mapping[str, Job]) -> dict[str, object]:
    """What the session's page shows of them. *latest*: the last order of each lab."""
    found = spares.spares(tools(), session.name)
    orders = {one.lab.id: latest[one.lab.id] for one in found if one.lab.id in latest}
    return {
        "spares": found,
        "spare_orders": orders,
        "spares_free": sum(one.fit for one in found),
        "spare_templates": _templates_of(session),
    }


def _labs(session: str) -> list[str]:
    return [lab.id for lab in tools().store.labs(session) if lab.is_spare]


def _templates_of(session: ExamSession) -> list[Template]:
    """Of the session's option; a faulty one is shown on its own page, not here."""
    found = []
    for name in tools().library.names():
        try:
            template = tools().library.read(name)
        except BadFile:
            continue
        if template.option is session.option:
            found.append(template)
    return found
