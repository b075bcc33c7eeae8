"""Each candidate's two réalisations: one by one or by a list, and the environment of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from labmgr.domain.exam import Candidate, Realisation
from labmgr.domain.template import Template
from labmgr.domain.words import Option
from labmgr.errors import BadFile, LabmgrError
from labmgr.panel import gate, typed
from labmgr.panel.errors import status_of
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.panel.session.given_list import given, packed, unpacked
from labmgr.panel.session.sessions import template_of
from labmgr.services.passage.choices import MAY_KNOW_CHOICE
from labmgr.services.session import forms, realisations
from labmgr.services.session.own_tools import set_own_tools

bp = Blueprint("realisations", __name__, url_prefix="/sessions/<name>/realisations")

ONE = "/de/<path:number>"


@dataclass(frozen=True)
class Row:
    """One candidate's two, and what is missing; documents only by how many there are."""

    candidate: Candidate
    projects: Mapping[int, Realisation]
    own_tools: bool

    @property
    def missing(self) -> list[int]:
        return [number for number in forms.REALISATIONS if number not in self.projects]

    @property
    def has_document(self) -> bool:
        """Of either: which of the two has one would tell the commission's choice."""
        return any(one.document for one in self.projects.values())


def rows_of(name: str) -> list[Row]:
    store = tools().store
    own = {one.candidate for one in store.passages(name) if one.own_tools}
    projects: dict[str, dict[int, Realisation]] = {}
    for one in store.realisations(name):
        projects.setdefault(one.candidate, {})[one.number] = one
    return [
        Row(one, projects.get(one.number, {}), one.number in own) for one in store.candidates(name)
    ]


@bp.get("")
def show(name: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    return render_template(
        "realisations.html",
        session=session,
        rows=rows_of(name),
        knows=gate.role() in MAY_KNOW_CHOICE,
        parameters=sorted({key for one in _templates(session.option) for key in one.variables}),
    )


@bp.get(ONE)
def one(name: str, number: str) -> ResponseReturnValue:
    return page_of(name, number)


@bp.post(ONE)
def save(name: str, number: str) -> ResponseReturnValue:
    candidate = tools().store.candidate(name, number)
    try:
        wanted = _wanted(candidate)
        forms.keep_realisation(tools(), wanted, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return page_of(name, number, request.form, status_of(refusal))
    flash(_("Réalisation %(which)d enregistrée.", which=wanted.number), "done")
    return redirect(url_for("realisations.one", name=name, number=number))


@bp.post("/environnement/<path:number>")
def own(name: str, number: str) -> ResponseReturnValue:
    brings = request.form.get("own") == "yes"
    try:
        set_own_tools(tools(), name, number, brings, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return page_of(name, number, status=status_of(refusal))
    said = _("Passage sans labo : environnement personnel.") if brings else _("Passage avec labo.")
    flash(said, "done")
    return redirect(url_for("realisations.one", name=name, number=number))


@bp.post("/apercu")
def preview(name: str) -> ResponseReturnValue:
    """Nothing is saved here: the list travels back in the form that confirms."""
    session = tools().store.session(name)
    data, file = given()
    try:
        seen = realisations.preview_import(tools(), name, file, data)
    except BadFile as unreadable:
        seen = realisations.Preview(unreadable.problems)
    return render_template(
        "realisations_preview.html", session=session, preview=seen, file=file, packed=packed(data)
    )


@bp.post("/import")
def save_list(name: str) -> ResponseReturnValue:
    file, data = request.form.get("file", "liste"), unpacked(request.form.get("packed", ""))
    changed, _problems = realisations.import_file(tools(), name, file, data, by=operator())
    flash(
        ngettext("%(num)d réalisation enregistrée.", "%(num)d réalisations enregistrées.", changed),
        "done",
    )
    return redirect(url_for("realisations.show", name=name))


def page_of(
    name: str, number: str, given: Mapping[str, str] | None = None, status: int = 200
) -> ResponseReturnValue:
    """A candidate's page; *given* is what was typed for one of the two, and refused."""
    store = tools().store
    session, candidate = store.session(name), store.candidate(name, number)
    row = next(one for one in rows_of(name) if one.candidate.number == candidate.number)
    knows = gate.role() in MAY_KNOW_CHOICE
    fields = {which: _stored(row.projects.get(which)) for which in forms.REALISATIONS}
    if given and (which := given.get("which", "")) in {"1", "2"}:
        fields[int(which)] = dict(given)
    if not knows:
        hidden = {which: replace(one, document="") for which, one in row.projects.items()}
        row = replace(row, projects=hidden)
    page = render_template(
        "realisation.html",
        session=session,
        row=row,
        fields=fields,
        templates=_templates(candidate.option),
        knows=knows,
    )
    return page, status


def _wanted(candidate: Candidate) -> Realisation:
    which = typed.whole(request.form.get("which", ""), _("Réalisation"))
    template = request.form.get("template", "")
    prefix = f"{template}:"
    variables = {
        key.removeprefix(prefix): typed.word(request.form, key)
        for key in request.form
        if key.startswith(prefix)
    }
    return Realisation(
        candidate.session,
        candidate.number,
        which,
        template,
        typed.word(request.form, "title"),
        {key: value for key, value in variables.items() if value},
    )


def _stored(known: Realisation | None) -> dict[str, str]:
    if known is None:
        return {}
    given = {f"{known.template}:{key}": value for key, value in known.variables.items()}
    return {"template": known.template, "title": known.title, **given}


def _templates(option: Option) -> list[Template]:
    """Those that can be read; the page of templates shows what is wrong with others."""
    read = (template_of(name)[0] for name in tools().library.names())
    return [one for one in read if one and one.option is option]
