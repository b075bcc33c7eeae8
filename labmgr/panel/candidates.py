"""The list of candidates: choose a file, look at what it would change, save; slips and codes."""

from __future__ import annotations

import base64
import zlib

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from labmgr.errors import BadInput
from labmgr.panel.gate import operator, tools
from labmgr.services import rosters

bp = Blueprint("candidates", __name__, url_prefix="/sessions/<name>/candidats")


@bp.get("")
def choose(name: str) -> ResponseReturnValue:
    store = tools().store
    session = store.session(name)
    return render_template(
        "candidates.html",
        session=session,
        candidates=store.candidates(name),
        template=tools().library.read(session.template),
    )


@bp.post("/apercu")
def preview(name: str) -> ResponseReturnValue:
    """Nothing is saved here: the file travels back in the form that confirms."""
    data, file = _given()
    seen = rosters.preview_import(tools(), name, file, data)
    return render_template(
        "import_preview.html",
        session=tools().store.session(name),
        preview=seen,
        file=file,
        packed=base64.b64encode(zlib.compress(data)).decode(),
    )


@bp.post("/import")
def save(name: str) -> ResponseReturnValue:
    try:
        data = zlib.decompress(base64.b64decode(request.form.get("packed", ""), validate=True))
    except (ValueError, zlib.error) as broken:
        raise BadInput(
            _("La liste s'est perdue en route."), hint=_("Choisissez à nouveau le fichier.")
        ) from broken
    file = request.form.get("file", "liste")
    changed, _seen = rosters.import_file(tools(), name, file, data, by=operator())
    flash(
        ngettext("%(num)d candidat enregistré.", "%(num)d candidats enregistrés.", changed),
        "done",
    )
    return redirect(url_for("sessions.show", name=name))


@bp.post("/fiches")
def slips(name: str) -> ResponseReturnValue:
    """The slips as a file: it holds the codes, so it is made on demand and kept nowhere."""
    numbers = request.form.getlist("number")
    pdf = rosters.slips_of(tools(), name, by=operator(), numbers=numbers)
    attachment = f'attachment; filename="fiches-{name}.pdf"'
    return Response(pdf, mimetype="application/pdf", headers={"Content-Disposition": attachment})


@bp.post("/<number>/code")
def reissue(name: str, number: str) -> ResponseReturnValue:
    rosters.new_code(tools(), name, number, by=operator())
    flash(_("Nouveau code pour %(number)s : imprimez sa fiche.", number=number), "done")
    return redirect(url_for("candidates.choose", name=name))


def _given() -> tuple[bytes, str]:
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        return upload.read(), upload.filename
    pasted = request.form.get("pasted", "").strip()
    if not pasted:
        raise BadInput(
            _("Aucune liste n'a été donnée."), hint=_("Choisissez un fichier ou collez la liste.")
        )
    return pasted.encode(), _("liste collée")
