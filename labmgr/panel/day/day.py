"""The day's page: every passage of a session on one live picture, incidents first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from labmgr.domain.passage import Passage
from labmgr.domain.ports import Tools
from labmgr.domain.words import Role
from labmgr.errors import BadInput, LabmgrError
from labmgr.panel import gate
from labmgr.panel.day.day_rows import Day, Row, read_day, scale_of
from labmgr.panel.errors import status_of
from labmgr.panel.gate import operator, tools
from labmgr.panel.passage.passage_verbs import NEXT, VERBS, Verb, offered
from labmgr.services.passage import choices, interruptions

bp = Blueprint("day", __name__, url_prefix="/sessions/<name>/journee")

ALL: Final[Mapping[str, Callable[..., list[Passage]]]] = {
    "suspend": interruptions.suspend_all,
    "resume": interruptions.resume_all,
}


@bp.get("")
def show(name: str) -> ResponseReturnValue:
    return render_template("day.html", **_seen(_read(tools(), name)))


@bp.get("/_live")
def live(name: str) -> ResponseReturnValue:
    """Nothing while nothing changed: several people keep this page open all day."""
    day = _read(tools(), name)
    if request.args.get("vu") == day.mark:
        return Response(status=204)
    return render_template("_day.html", **_seen(day))


@bp.route("/suspension", methods=["GET", "POST"])
def suspend(name: str) -> ResponseReturnValue:
    return _all("suspend", name)


@bp.route("/reprise", methods=["GET", "POST"])
def resume(name: str) -> ResponseReturnValue:
    return _all("resume", name)


def first_step(row: Row, may: frozenset[str]) -> Verb | None:
    """The usual next step, if its reader may take it."""
    if row.situation.key == "building":
        return None  # ordered already: the door is being opened
    names = offered(row.passage, over=row.situation.key == "over")
    return next((VERBS[name] for name in names[:1] if name in may), None)


def verbs_of(role: Role) -> frozenset[str]:
    """Which verbs of a passage this role may use; asked once a page."""
    return frozenset(name for name in VERBS if gate.allows(role, f"passages.{name}"))


def _read(using: Tools, name: str) -> Day:
    return read_day(using, name, request.args.get("jour", ""))


def _seen(day: Day) -> dict[str, object]:
    role = gate.role()
    may = verbs_of(role)
    scale = scale_of(day.rows, day.day)
    rows = [
        replace(
            row,
            passage=choices.seen_by(row.passage, role),
            bars=tuple(scale.bars(row.spans)) if scale else (),
        )
        for row in day.rows
    ]
    rows.sort(key=lambda row: row.passage.commission)
    grouped = groupby(rows, key=lambda row: row.passage.commission)
    names = {one.id: one for one in day.commissions}
    groups = [(names.get(home), list(mine)) for home, mine in grouped]
    return {
        "day": day,
        "session": day.session,
        "scale": scale,
        "at": scale.x(day.now.at) if scale and scale.holds(day.now.at) else None,
        "groups": groups,
        "can": may,
        "decides": gate.allows(role, "passages.decide"),
        "knows": role in choices.MAY_KNOW_CHOICE,
        "steps": {row.passage.candidate: first_step(row, may) for row in rows},
        "next": NEXT,
        "whole": [verb for verb in ALL if gate.allows(role, f"day.{verb}")],
    }


def _all(verb: str, name: str) -> ResponseReturnValue:
    """Every passage at once; what one of them refuses stands in the journal."""
    session = tools().store.session(name)
    refusal, status = None, 200
    if request.method == "POST":
        why = request.form.get("why", "").strip()
        try:
            if not why and verb == "suspend":  # each passage would refuse it, one by one
                raise BadInput(_("Il manque le motif."), hint=_("Il figure au procès-verbal."))
            done = len(ALL[verb](tools(), name, by=operator(), why=why))
        except LabmgrError as no:
            refusal, status = no, status_of(no)
        else:
            said = ngettext("%(num)d passage concerné.", "%(num)d passages concernés.", done)
            flash(said if done else _("Aucun passage n'était concerné."), "done")
            return redirect(url_for("day.show", name=name))
    under_way = [one for one in tools().store.passages(name) if one.phase]
    page = render_template(
        "day_all.html", session=session, verb=verb, passages=under_way, refusal=refusal
    )
    return page, status
