"""The timetable of a session: wished for, proposed beside the machine, saved, printed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from labmgr.domain.asking import in_order
from labmgr.domain.clash import Clash
from labmgr.domain.daysheet import Line
from labmgr.domain.exam import ExamSession, Phase
from labmgr.domain.passage import BEFORE, Passage
from labmgr.domain.timetable import Limits
from labmgr.errors import BadInput, EngineError, LabmgrError
from labmgr.panel.equipment.equipment_marks import offered_places
from labmgr.panel.errors import status_of
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.panel.session import wishes
from labmgr.panel.session.given_list import packed, unpacked
from labmgr.panel.session.plan_picture import Picture, pictures
from labmgr.services.session import daysheets
from labmgr.services.session import timetable as verbs
from labmgr.services.session.timetable import Fit

bp = Blueprint("timetable", __name__, url_prefix="/sessions/<name>/planning")

PLAN = ("candidate", "commission", "place", "wave", "own_tools")


@dataclass(frozen=True)
class Plan:
    """A timetable beside the machine; `fit` is None while the engine does not answer."""

    lines: Sequence[Line]
    pictures: Sequence[Picture]
    fit: Fit | None
    clashes: Sequence[Clash]


@bp.get("")
def show(name: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    return _page(session, wishes.first_given(session, tools().store.candidates(name), tools()))


@bp.post("/proposition")
def propose(name: str) -> ResponseReturnValue:
    """Nothing is saved: the proposal travels in the form that saves it, as it was seen."""
    session = tools().store.session(name)
    try:
        wished = wishes.read(request.form)
        proposed = verbs.propose(tools(), name, wished)
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return _page(session, request.form, status=status_of(refusal))
    return _page(session, request.form, proposed=proposed, limits=wished.limits)


@bp.post("/enregistrement")
def save(name: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    try:
        limits = wishes.read(request.form).limits
        passages = _unpacked(name, request.form.get("packed", ""))
        changed = verbs.save(tools(), name, passages, by=operator(), limits=limits)
        wishes.keep(tools(), name, request.form, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return _page(session, request.form, status=status_of(refusal))
    said = ngettext(
        "Planning : %(num)d passage écrit.", "Planning : %(num)d passages écrits.", changed
    )
    flash(said, "done")
    return redirect(url_for("timetable.show", name=name))


@bp.post("/impression")
def printed(name: str) -> ResponseReturnValue:
    try:
        pdf = daysheets.printed(tools(), name, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return redirect(url_for("timetable.show", name=name))
    attachment = f'attachment; filename="planning-{name}.pdf"'
    return Response(pdf, mimetype="application/pdf", headers={"Content-Disposition": attachment})


def plan_of(name: str, passages: Sequence[Passage], limits: Limits) -> Plan:
    """What stands and what is proposed are looked at by the same rules."""
    fit: Fit | None = None
    allowed = limits
    try:
        fit = verbs.fit(tools(), name, passages, limits)
        allowed = verbs.carried(tools(), name, limits)
    except EngineError as away:
        flash(tell(away), "error")
    clashes = verbs.clashes_of(tools(), name, allowed, passages)
    numbers = {number for one in clashes for number in one.candidates}
    lines = daysheets.lines_of(tools(), name, passages, limits.zone)
    return Plan(lines, pictures(lines, fit, limits, numbers), fit, clashes)


def _page(
    session: ExamSession,
    given: Mapping[str, str],
    *,
    proposed: Sequence[Passage] | None = None,
    limits: Limits | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    """The saved timetable, or the proposal with those that have begun and stay as they are."""
    stored = tools().store.passages(session.name)
    passages = _merged(stored, proposed) if proposed else stored
    plan = (
        plan_of(session.name, passages, limits or wishes.limits_of(session))
        if any(one.planned for one in passages)  # an own environment is noted before any hour is
        else None
    )
    page = render_template(
        "timetable.html",
        session=session,
        given=given,
        fields=wishes.FIELDS,
        plan=plan,
        packed=_packed(proposed) if proposed else "",
        stays={one.candidate for one in stored if one.state not in BEFORE},
        unplanned=_unplanned(session.name, plan) if plan else [],
        offered=offered_places(tools()),
    )
    return page, status


def _unplanned(name: str, plan: Plan) -> list[str]:
    timed = {line.number for line in plan.lines}
    lacking = (one.number for one in tools().store.candidates(name) if one.number not in timed)
    return sorted(lacking, key=in_order)


def _merged(stored: Sequence[Passage], proposed: Sequence[Passage]) -> list[Passage]:
    known = {one.candidate: one for one in stored}
    return list({**known, **{one.candidate: one for one in proposed}}.values())


def _packed(passages: Sequence[Passage]) -> str:
    rows = [
        {
            **{key: getattr(one, key) for key in PLAN},
            "planned": {phase: at.isoformat() for phase, at in one.planned.items()},
        }
        for one in passages
    ]
    return packed(json.dumps(rows).encode())


def _unpacked(name: str, text: str) -> list[Passage]:
    """Raises BadInput for anything but what was packed here."""
    try:
        return [_passage(name, row) for row in json.loads(unpacked(text))]
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise BadInput(
            _("La proposition s'est perdue en route."), hint=_("Demandez-la de nouveau.")
        ) from broken


def _passage(name: str, row: Mapping[str, object]) -> Passage:
    planned = {Phase(key): datetime.fromisoformat(at) for key, at in dict(row["planned"]).items()}  # type: ignore[call-overload]
    if any(at.tzinfo is None for at in planned.values()):
        raise ValueError(name)
    return Passage(
        name,
        str(row["candidate"]),
        commission=str(row["commission"]),
        place=str(row["place"]),
        wave=int(str(row["wave"])),
        own_tools=row["own_tools"] is True,
        planned=planned,
    )
