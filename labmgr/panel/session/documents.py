"""The document handed out at phase 1: written and read by the commission alone (DESIGN §12).

Which of a candidate's two réalisations has one tells the commission's choice, so whoever may not
know the choice does not see that either; the candidate reads it in the portal, at its time.
"""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, Flask, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.errors import BadInput, LabmgrError
from labmgr.panel.errors import status_of
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.panel.session.realisations import page_of
from labmgr.services.session import forms

bp = Blueprint("documents", __name__, url_prefix="/sessions/<name>/documents")

ONE = "/<int:which>/<path:number>"
ROOM = 1 << 20  # bytes, beside the document itself


def more_room(app: Flask) -> None:
    """A document is larger than a list. Before anything has read the form."""

    def widen() -> None:
        if request.endpoint == "documents.keep":
            request.max_content_length = forms.LARGEST_DOCUMENT + ROOM

    app.before_request(widen)


@bp.get(ONE)
def show(name: str, which: int, number: str) -> ResponseReturnValue:
    title, data = tools().store.document(name, number, which)
    return send_file(BytesIO(data), mimetype="application/pdf", download_name=title)


@bp.post(ONE)
def keep(name: str, which: int, number: str) -> ResponseReturnValue:
    tools().store.candidate(name, number)
    upload = request.files.get("document")
    try:
        if upload is None or not upload.filename:
            raise BadInput(_("Aucun document n'a été choisi."), hint=_("Choisissez un PDF."))
        title, data = upload.filename, upload.read()
        forms.keep_document(tools(), name, number, which, name=title, data=data, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return page_of(name, number, status=status_of(refusal))
    flash(_("Document enregistré, chiffré."), "done")
    return redirect(url_for("realisations.one", name=name, number=number))
