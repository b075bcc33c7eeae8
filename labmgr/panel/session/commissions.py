"""The commissions of a session: who interviews together, where, and what each still lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.exam import Commission, ExamSession, Member, composition_faults
from labmgr.domain.people import Account
from labmgr.domain.words import Option, slug
from labmgr.errors import BadInput, LabmgrError, NotFound
from labmgr.panel import typed
from labmgr.panel.errors import status_of
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.services.session import forms

bp = Blueprint("commissions", __name__, url_prefix="/sessions/<name>/commissions")

CHAIRS = 2
LONGEST_ID = 12  # as services/forms cuts it


@bp.get("")
def show(name: str) -> ResponseReturnValue:
    return _list(tools().store.session(name), {})


@bp.post("")
def add(name: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    title = typed.word(request.form, "title", 40)
    try:
        if slug(title, LONGEST_ID) in {one.id for one in tools().store.commissions(name)}:
            raise BadInput(
                _("Il y a déjà une commission « %(title)s ».", title=title),
                hint=_("Donnez un autre nom, ou modifiez celle qui existe."),
            )
        _keep(session, title)
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return _list(session, request.form, status_of(refusal))
    return redirect(url_for("commissions.show", name=name))


@bp.get("/<identity>")
def one(name: str, identity: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    return _one(session, _found(name, identity))


@bp.post("/<identity>")
def save(name: str, identity: str) -> ResponseReturnValue:
    session, mine = tools().store.session(name), _found(name, identity)
    try:
        _keep(session, mine.title)
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return _one(session, mine, request.form, status_of(refusal))
    return redirect(url_for("commissions.show", name=name))


@bp.post("/<identity>/suppression")
def remove(name: str, identity: str) -> ResponseReturnValue:
    try:
        forms.remove_commission(tools(), name, _found(name, identity).id, by=operator())
    except NotFound:
        raise
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
    else:
        flash(_("Commission supprimée."), "done")
    return redirect(url_for("commissions.show", name=name))


def _keep(session: ExamSession, title: str) -> None:
    room = typed.word(request.form, "room", 40)
    members = _members(request.form)
    made, faults = forms.keep_commission(
        tools(), session.name, title, members, by=operator(), room=room
    )
    said = _("Commission « %(title)s » enregistrée.", title=made.title)
    flash(said if not faults else said + " " + _("Il lui manque encore quelque chose."), "done")


def _members(form: Mapping[str, str]) -> list[Member]:
    """Chairs that nobody was chosen for stay empty."""
    found = list[Member]()
    for chair in range(1, 1 + CHAIRS):
        if not (login := form.get(f"login-{chair}", "")):
            continue
        try:
            option = Option(form.get(f"option-{chair}", ""))
        except ValueError as unknown:
            raise BadInput(
                _("La spécialité de %(login)s n'est pas dite.", login=login),
                hint=_("Choisissez SISR ou SLAM."),
            ) from unknown
        if any(other.login == login for other in found):
            raise BadInput(
                _("%(login)s est choisi deux fois.", login=login),
                hint=_("Une commission réunit deux personnes différentes."),
            )
        found.append(Member(login, option, f"bloc-{chair}" in form))
    return found


def _found(name: str, identity: str) -> Commission:
    for found in tools().store.commissions(name):
        if found.id == identity:
            return found
    raise NotFound(
        _("Il n'y a pas de commission %(identity)s.", identity=identity),
        hint=_("La page des commissions les montre."),
    )


def _list(session: ExamSession, given: Mapping[str, str], status: int = 200) -> ResponseReturnValue:
    store = tools().store
    passages = store.passages(session.name)
    rows = [
        (one, composition_faults(one, session), sum(p.commission == one.id for p in passages))
        for one in store.commissions(session.name)
    ]
    blank = {f"bloc-{chair}": "yes" for chair in range(1, 1 + CHAIRS)}
    blank |= {f"option-{chair}": str(session.option) for chair in range(1, 1 + CHAIRS)}
    page = render_template(
        "commissions.html",
        session=session,
        rows=rows,
        given=given or blank,
        accounts=_accounts(),
        chairs=range(1, 1 + CHAIRS),
    )
    return page, status


def _one(
    session: ExamSession,
    commission: Commission,
    given: Mapping[str, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    page = render_template(
        "commission.html",
        session=session,
        commission=commission,
        faults=composition_faults(commission, session),
        given=given or _stored(commission),
        accounts=_accounts(commission),
        chairs=range(1, 1 + CHAIRS),
    )
    return page, status


def _stored(commission: Commission) -> dict[str, str]:
    found = {"room": commission.room}
    for chair, member in enumerate(commission.members, 1):
        found |= {f"login-{chair}": member.login, f"option-{chair}": str(member.option)}
        found |= {f"bloc-{chair}": "yes"} if member.teaches_bloc else {}
    empty = range(1 + len(commission.members), 1 + CHAIRS)
    return found | {f"bloc-{chair}": "yes" for chair in empty}


def _accounts(commission: Commission | None = None) -> list[Account]:
    """Those who can still come in; and whoever sits in it already, to be seen."""
    sitting = {one.login for one in commission.members} if commission else set[str]()
    known = [replace(one, hashed="") for one in tools().store.accounts()]
    return [one for one in known if not one.disabled or one.login in sitting]
