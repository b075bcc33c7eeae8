"""Staff accounts, for the administration: list, add, new password, close."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.words import Role
from labmgr.errors import BadInput, LabmgrError
from labmgr.panel.filters import tell
from labmgr.panel.gate import operator, tools
from labmgr.panel.sure import ask, sure
from labmgr.services.instance import accounts

bp = Blueprint("accounts", __name__, url_prefix="/comptes")


@bp.get("")
def show() -> ResponseReturnValue:
    return render_template("accounts.html", accounts=tools().store.accounts(), roles=list(Role))


@bp.post("")
def add() -> ResponseReturnValue:
    """The answer shows the password itself: it is kept nowhere, so there is nothing to go to."""
    login = request.form.get("login", "").strip()
    try:
        role = Role(request.form.get("role", ""))
    except ValueError as unknown:
        raise BadInput(
            _("Ce rôle n'existe pas."), hint=_("Choisissez-le dans la liste.")
        ) from unknown
    try:
        password = accounts.add_account(tools(), login, role, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return redirect(url_for("accounts.show"))
    return render_template("account_password.html", login=login, password=password)


@bp.post("/<login>/mot-de-passe")
def renew(login: str) -> ResponseReturnValue:
    if not sure():
        lost = _("Le mot de passe actuel ne vaudra plus rien, et qui s'en sert est déconnecté.")
        question = _("Donner un nouveau mot de passe à %(login)s ?", login=login)
        return ask(question, lost, verb=_("Donner un nouveau mot de passe"), back=_list())
    try:
        password = accounts.new_password(tools(), login, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return redirect(_list())
    return render_template("account_password.html", login=login, password=password)


@bp.post("/<login>/fermeture")
def disable(login: str) -> ResponseReturnValue:
    if not sure():
        lost = _("Ce compte n'entrera plus, et ne se rouvre pas ; le journal garde ses actes.")
        question = _("Fermer le compte %(login)s ?", login=login)
        return ask(question, lost, verb=_("Fermer le compte"), back=_list())
    try:
        accounts.disable_account(tools(), login, by=operator())
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
    else:
        flash(_("Le compte %(login)s est fermé.", login=login), "done")
    return redirect(url_for("accounts.show"))


def _list() -> str:
    return url_for("accounts.show")
