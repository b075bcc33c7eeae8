"""Papers of the exam day: procès-verbaux and fallback sheets, made on demand and kept nowhere."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.errors import BadInput
from labmgr.panel.gate import operator, tools
from labmgr.services.passage import fallback, record

bp = Blueprint("records", __name__, url_prefix="/sessions/<name>/documents")


@bp.get("")
def show(name: str) -> ResponseReturnValue:
    """Which papers there are; each role sees those it may have."""
    store = tools().store
    return render_template(
        "records.html",
        session=store.session(name),
        passages=store.passages(name),
        names={one.number: one for one in store.candidates(name)},
        days=record.days(tools(), name),
        waves=fallback.waves(tools(), name),
    )


@bp.get("/passage/<path:number>.pdf")
def passage(name: str, number: str) -> ResponseReturnValue:
    return _pdf(record.passage_pdf(tools(), name, number), f"pv-{name}-{number}")


@bp.get("/journee.pdf")
def day(name: str) -> ResponseReturnValue:
    wanted = request.args.get("jour", "")
    chosen = record.read_day(wanted) if wanted else None
    return _pdf(record.day_pdf(tools(), name, chosen), f"pv-{name}-{wanted or 'journee'}")


@bp.post("/secours")
def sheets(name: str) -> ResponseReturnValue:
    """A POST, since printing passwords leaves rows in the journal."""
    wave = request.form.get("wave", "")
    if not wave.isdecimal():
        raise BadInput(
            _("« %(wave)s » n'est pas une vague.", wave=wave),
            hint=_("Choisissez une vague de la session."),
        )
    pdf = fallback.sheets_pdf(tools(), name, int(wave), by=operator())
    return _pdf(pdf, f"secours-{name}-{wave}")


def _pdf(data: bytes, file: str) -> Response:
    """A candidate's number may hold what no file name should."""
    plain = "".join(one if one.isalnum() or one in "-_" else "-" for one in file)
    attachment = f'attachment; filename="{plain}.pdf"'
    return Response(data, mimetype="application/pdf", headers={"Content-Disposition": attachment})
