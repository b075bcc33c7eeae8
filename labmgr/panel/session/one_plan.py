"""One passage's plan by hand: its clashes by name before and after, and extra time by phase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.clash import Clash
from labmgr.domain.exam import Phase
from labmgr.domain.extra_time import parse_extra_time
from labmgr.domain.passage import BEFORE, Passage
from labmgr.domain.timetable import Limits, at
from labmgr.errors import BadInput, EngineError, LabmgrError, NotFound, Refused
from labmgr.panel import typed
from labmgr.panel.equipment.equipment_marks import offered_places
from labmgr.panel.errors import status_of
from labmgr.panel.filters import tell, word
from labmgr.panel.gate import operator, tools
from labmgr.panel.session import wishes
from labmgr.panel.session.timetable import bp
from labmgr.services.session import forms
from labmgr.services.session import timetable as verbs
from labmgr.services.session.timetable import Change, Fit

ONE = "/passage/<path:number>"


@bp.get(ONE)
def one(name: str, number: str) -> ResponseReturnValue:
    return _page(name, number)


@bp.post(ONE)
def move(name: str, number: str) -> ResponseReturnValue:
    """Look first, or save at once; what does not fit the machine is refused with its numbers."""
    session, before = tools().store.session(name), _passage(name, number)
    limits = wishes.limits_of(session)
    try:
        after = _wanted(before, limits)
        if request.form.get("verb") == "look":
            return _page(name, number, request.form, looked=after)
        _keep(before, after, limits)
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return _page(name, number, request.form, status=status_of(refusal))
    flash(_("Passage de %(number)s enregistré.", number=number), "done")
    return redirect(url_for("timetable.one", name=name, number=number))


@bp.post("/majoration/<path:number>")
def extra(name: str, number: str) -> ResponseReturnValue:
    """Fractions alone: why somebody has more time is not labmgr's business."""
    try:
        if _passage(name, number).state not in BEFORE:
            raise Refused(
                _("Le passage de %(number)s a commencé.", number=number),
                hint=_("Changez sa majoration depuis la page du passage."),
            )
        wanted = {
            phase: parse_extra_time(request.form.get(f"extra-{phase}", "")) for phase in Phase
        }
        forms.set_extra_time(tools(), name, number, wanted, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return _page(name, number, request.form, status=status_of(refusal))
    flash(_("Majoration enregistrée : vérifiez les horaires ci-dessous."), "done")
    return redirect(url_for("timetable.one", name=name, number=number))


def _passage(name: str, number: str) -> Passage:
    """As it stands; a new one for a candidate of the list who has none yet."""
    tools().store.candidate(name, number)
    try:
        return tools().store.passage(name, number)
    except NotFound:
        return Passage(name, number)


def _keep(before: Passage, after: Passage, limits: Limits) -> None:
    name, number = after.session, after.candidate
    if before == Passage(name, number):
        verbs.save(tools(), name, [after], by=operator(), limits=limits)
        return
    change = Change(after.commission, after.place, after.wave, planned=after.planned)
    verbs.move(tools(), name, number, change, by=operator(), limits=limits)


def _wanted(before: Passage, limits: Limits) -> Passage:
    """What was typed; *shift* moves the whole passage to another start."""
    form = request.form
    day = typed.day(form.get("day", ""), _("Jour"))
    planned = {
        phase: at(day, typed.hour(form.get(f"at-{phase}", ""), word(phase)), limits.zone)
        for phase in Phase
    }
    if form.get("shift", "").strip():
        start = at(day, typed.hour(form["shift"], _("Nouveau début")), limits.zone)
        by = start - planned[Phase.PHASE_1]
        planned = {phase: instant + by for phase, instant in planned.items()}
    if list(planned.values()) != sorted(planned.values()):
        raise BadInput(
            _("Les phases ne se suivent pas."), hint=_("Chacune commence après la précédente.")
        )
    return replace(
        before,
        commission=form.get("commission", ""),
        place=typed.word(form, "place", 20),
        wave=typed.whole(form.get("wave", ""), _("Vague"), 1),
        planned=planned,
    )


def _page(
    name: str,
    number: str,
    given: Mapping[str, str] | None = None,
    *,
    looked: Passage | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    store = tools().store
    session, candidate, passage = (
        store.session(name),
        store.candidate(name, number),
        _passage(name, number),
    )
    limits = wishes.limits_of(session)
    clashes, fit = _beside(looked or passage, limits)
    page = render_template(
        "one_plan.html",
        session=session,
        candidate=candidate,
        passage=passage,
        stays=passage.state not in BEFORE,
        commissions=store.commissions(name),
        given={**_stored(passage, limits), **_extras(name, number), **(given or {})},
        phases=list(Phase),
        lengths={phase: candidate.allotted(phase, session.durations) for phase in Phase},
        clashes=clashes,
        fit=fit,
        looked=looked,
        offered=offered_places(tools())[0],
        seconds=any(length % 60 for length in session.durations.values()),
    )
    return page, status


def _beside(passage: Passage, limits: Limits) -> tuple[list[Clash], Fit | None]:
    """The clashes that concern this passage, and the machine when it is asked."""
    name = passage.session
    known = {one.candidate: one for one in tools().store.passages(name)}
    whole = list({**known, passage.candidate: passage}.values())
    fit: Fit | None = None
    try:
        fit = verbs.fit(tools(), name, whole, limits)
        limits = verbs.carried(tools(), name, limits)
    except EngineError as away:
        flash(tell(away), "error")
    found = verbs.clashes_of(tools(), name, limits, whole)
    return [one for one in found if passage.candidate in one.candidates], fit


def _stored(passage: Passage, limits: Limits) -> dict[str, str]:
    found = {"commission": passage.commission, "place": passage.place, "wave": str(passage.wave)}
    first = min(passage.planned.values(), default=None)
    day = limits.day_of(first) if first else limits.day_of(tools().now()) + timedelta(days=1)
    found["day"] = day.isoformat()
    return found | {f"at-{phase}": _clock(one, limits) for phase, one in passage.planned.items()}


def _clock(instant: datetime, limits: Limits) -> str:
    local = instant.astimezone(limits.zone)
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def _extras(name: str, number: str) -> dict[str, str]:
    candidate = tools().store.candidate(name, number)
    extras = {phase: candidate.extra_by_phase.get(phase, candidate.extra_time) for phase in Phase}
    return {f"extra-{phase}": str(value) if value else "" for phase, value in extras.items()}
