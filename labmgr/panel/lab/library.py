"""The templates: what a lab can be, its picture and its check."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from labmgr.domain.recette import Recette
from labmgr.errors import BadFile
from labmgr.panel.gate import tools
from labmgr.panel.session.sessions import template_of
from labmgr.services.lab import drawing, images

bp = Blueprint("library", __name__, url_prefix="/modeles")


@bp.get("")
def show() -> ResponseReturnValue:
    rows: list[dict[str, object]] = []
    for name in tools().library.names():
        template, faulty = template_of(name)
        problems = faulty.problems if faulty else ()
        rows.append({"name": name, "template": template, "problems": problems})
    return render_template("templates.html", rows=rows)


@bp.get("/<name>")
def one(name: str) -> ResponseReturnValue:
    template, faulty = template_of(name)
    if template is None:
        problems = faulty.problems if faulty else ()
        return render_template("template_faulty.html", name=name, problems=problems)
    recette, trouble = _recette(name)
    return render_template(
        "template.html",
        template=template,
        recette=recette,
        trouble=trouble,
        picture=Markup(drawing.picture(template)),  # noqa: S704 - every text in it is escaped there
        rights=drawing.rights(template),
    )


def _recette(name: str) -> tuple[Recette | None, BadFile | None]:
    """The template's recette, or what is wrong with it."""
    try:
        return tools().library.recette(name), None
    except BadFile as faulty:
        return None, faulty


@bp.get("/<name>/_images")
def stock(name: str) -> ResponseReturnValue:
    """Asked apart: it needs the engine, which may be silent."""
    return render_template("_images.html", images=images.listing(tools(), [name]))
