"""The list of candidates: choose a file, look at what it would change, save; slips and codes."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from labmgr.domain.roster import Differences
from labmgr.errors import BadFile, LabmgrError
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.panel.session.given_list import given, packed, readable, unpacked
from labmgr.panel.session.sessions import template_of
from labmgr.panel.sure import ask, sure
from labmgr.services.session import rosters, sessions

bp = Blueprint("candidates", __name__, url_prefix="/sessions/<name>/candidats")


@bp.get("")
def choose(name: str) -> ResponseReturnValue:
    store = tools().store
    session = store.session(name)
    return render_template(
        "candidates.html",
        session=session,
        candidates=store.candidates(name),
        template=template_of(session.template)[0],
    )


@bp.post("/apercu")
def preview(name: str) -> ResponseReturnValue:
    """Nothing is saved here: the file travels back in the form that confirms."""
    session = tools().store.session(name)
    data, file = given()
    try:
        seen = rosters.preview_import(tools(), name, file, data)
    except BadFile as unreadable:
        seen = rosters.Preview(unreadable.problems, Differences())
    return render_template(
        "import_preview.html",
        session=session,
        preview=seen,
        file=file,
        packed=packed(data),
        text=readable(data),
    )


@bp.post("/import")
def save(name: str) -> ResponseReturnValue:
    file = request.form.get("file", "liste")
    data = unpacked(request.form.get("packed", ""))
    try:
        changed, _seen = rosters.import_file(tools(), name, file, data, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return redirect(url_for("candidates.choose", name=name))
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


@bp.post("/<path:number>/code")
def reissue(name: str, number: str) -> ResponseReturnValue:
    if not sure():
        lost = _("Le code imprimé sur sa fiche ne vaudra plus rien, et son navigateur sort.")
        question = _("Donner un nouveau code au candidat %(number)s ?", number=number)
        back = url_for("candidates.choose", name=name)
        return ask(question, lost, verb=_("Donner un nouveau code"), back=back)
    done = _("Nouveau code pour %(number)s : imprimez sa fiche.", number=number)
    return _done(name, done, lambda: rosters.new_code(tools(), name, number, by=operator()))


@bp.post("/<path:number>/retrait")
def remove(name: str, number: str) -> ResponseReturnValue:
    if not sure():
        lost = _(
            "Son code, ses réalisations et sa place au planning ; son numéro de poste se libère."
        )
        question = _("Retirer le candidat %(number)s de la liste ?", number=number)
        back = url_for("candidates.choose", name=name)
        return ask(question, lost, verb=_("Retirer de la liste"), back=back)
    done = _("Candidat %(number)s retiré de la liste.", number=number)
    return _done(
        name, done, lambda: sessions.remove_candidate(tools(), name, number, by=operator())
    )


def _done(name: str, words: str, verb: Callable[[], object]) -> ResponseReturnValue:
    """Back on the list, with these words or the refusal."""
    try:
        verb()
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
    else:
        flash(words, "done")
    return redirect(url_for("candidates.choose", name=name))
