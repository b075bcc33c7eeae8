"""Staff come in and go out, and change their own password."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.domain.people import Account
from labmgr.errors import LabmgrError, NotAllowed, Refused
from labmgr.panel.desk.terminal import running
from labmgr.panel.filters import tell
from labmgr.panel.gate import mark, operator, tools
from labmgr.services.instance import accounts

bp = Blueprint("login", __name__)


@bp.get("/connexion")
def enter() -> ResponseReturnValue:
    return render_template("login.html", next=request.args.get("next", ""))


@bp.post("/connexion")
def check() -> ResponseReturnValue:
    given = request.form
    try:
        login, secret = given.get("login", ""), given.get("password", "")
        account = accounts.log_in(tools(), login, secret, origin=request.remote_addr or "")
    except (NotAllowed, Refused) as refusal:
        flash(tell(refusal), "error")
        return render_template("login.html", next=given.get("next", "")), 401
    _seat(account)
    tools().store.write(f"account:{account.login}", "logged in", by=account.login)
    return redirect(_inside(given.get("next", "")))


@bp.post("/deconnexion")
def leave() -> ResponseReturnValue:
    tools().store.write(f"account:{operator()}", "logged out", by=operator())
    running().end_all(f"account:{operator()}")
    session.clear()
    return redirect(url_for("login.enter"))


@bp.get("/mot-de-passe")
def password() -> ResponseReturnValue:
    return render_template("password.html", least=accounts.LEAST_CHOSEN)


@bp.post("/mot-de-passe")
def password_do() -> ResponseReturnValue:
    given = request.form
    if given.get("new", "") != given.get("again", ""):
        flash(_("Les deux nouveaux mots de passe diffèrent."), "error")
        return render_template("password.html", least=accounts.LEAST_CHOSEN), 400
    try:
        old, new = given.get("old", ""), given.get("new", "")
        origin = request.remote_addr or ""
        accounts.change_password(tools(), operator(), old, new, origin=origin)
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return render_template("password.html", least=accounts.LEAST_CHOSEN), 400
    _seat(tools().store.account(operator()))
    flash(_("Votre mot de passe est changé."), "done")
    return redirect(url_for("dashboard.show"))


def _seat(account: Account) -> None:
    """A fresh session: what a stranger planted before is gone."""
    session.clear()
    session.permanent = True
    session["operator"] = account.login
    session["pass"] = mark(account)


def _inside(target: str) -> str:
    """Only a path of our own: a link from elsewhere must not send people away after login."""
    parts = urlsplit(target)
    ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if ours and not parts.netloc else url_for("dashboard.show")
