"""The first page: sessions, labs by state, what the machine still holds, how it is."""

from __future__ import annotations

from collections import Counter

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from labmgr.domain.passage import UNDER_WAY
from labmgr.errors import LabmgrError
from labmgr.panel.gate import tools
from labmgr.services.day import doctor
from labmgr.services.lab.capacity import capacity

bp = Blueprint("dashboard", __name__)


@bp.get("/")
def show() -> ResponseReturnValue:
    return render_template("dashboard.html", sessions=_sessions())


@bp.get("/_sessions")
def live() -> ResponseReturnValue:
    """The part that is fetched again every few seconds."""
    return render_template("_dashboard_sessions.html", sessions=_sessions())


@bp.get("/_machine")
def machine() -> ResponseReturnValue:
    """Asked apart: an engine that hangs must not hold the page up."""
    try:
        room = capacity(tools())
    except LabmgrError as trouble:
        return render_template("_machine.html", room=None, trouble=trouble)
    return render_template("_machine.html", room=room, trouble=None)


@bp.get("/sante")
def health() -> ResponseReturnValue:
    signs = doctor.examine(tools())
    return render_template("doctor.html", signs=signs, go=doctor.go(signs))


def _sessions() -> list[dict[str, object]]:
    labs, sat = tools().store.labs(), tools().store.passages()
    return [
        {
            "session": one,
            "states": Counter(lab.state for lab in labs if lab.session == one.name),
            "has_day": any(passage.session == one.name for passage in sat),
            "under_way": Counter(
                passage.state
                for passage in sat
                if passage.session == one.name and passage.state in UNDER_WAY
            ),
        }
        for one in tools().store.sessions()
    ]
