"""Staff come in and go out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from labmgr.errors import NotAllowed, Refused
from labmgr.panel.gate import mark, operator, tools
from labmgr.services import accounts

bp = Blueprint("login", __name__)


@bp.get("/connexion")
def enter() -> ResponseReturnValue:
    return render_template("login.html", next=request.args.get("next", ""))


@bp.post("/connexion")
def check() -> ResponseReturnValue:
    given = request.form
    try:
        account = accounts.log_in(tools(), given.get("login", ""), given.get("password", ""))
    except (NotAllowed, Refused) as refusal:
        flash(_refusal(refusal), "error")
        return render_template("login.html", next=given.get("next", "")), 401
    session.clear()  # a fresh session: what a stranger planted before is gone
    session.permanent = True
    session["operator"] = account.login
    session["pass"] = mark(account)
    tools().store.write(f"account:{account.login}", "logged in", by=account.login)
    return redirect(_inside(given.get("next", "")))


@bp.post("/deconnexion")
def leave() -> ResponseReturnValue:
    tools().store.write(f"account:{operator()}", "logged out", by=operator())
    session.clear()
    return redirect(url_for("login.enter"))


def _inside(target: str) -> str:
    """Only a path of our own: a link from elsewhere must not send people away after login."""
    parts = urlsplit(target)
    ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if ours and not parts.netloc else url_for("dashboard.show")


def _refusal(refusal: NotAllowed | Refused) -> str:
    if isinstance(refusal, Refused):
        return str(_("Trop d'essais : attendez dix minutes, ou demandez de l'aide."))
    return str(_("Identifiant ou mot de passe incorrect."))
