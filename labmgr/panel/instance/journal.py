"""The journal of events, newest first."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from labmgr.domain.journal import first_altered, tail
from labmgr.panel.gate import tools

bp = Blueprint("journal", __name__, url_prefix="/journal")

AT_ONCE = 200


@bp.get("")
def show() -> ResponseReturnValue:
    subject = request.args.get("sujet", "").strip() or None
    found = tools().store.entries(subject, limit=AT_ONCE)
    return render_template("journal.html", entries=found[::-1], subject=subject or "")


@bp.get("/verification")
def verify() -> ResponseReturnValue:
    found, mark = tools().store.whole_journal()
    return render_template(
        "journal_verify.html",
        rows=len(found),
        bad=first_altered(found),
        tail=tail(found, mark),
        mark=mark,
    )
