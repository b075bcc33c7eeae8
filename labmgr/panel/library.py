"""The templates: what a lab can be, its picture and its check."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from labmgr.errors import BadFile
from labmgr.panel.gate import tools
from labmgr.services import drawing, images

bp = Blueprint("library", __name__, url_prefix="/modeles")


@bp.get("")
def show() -> ResponseReturnValue:
    rows: list[dict[str, object]] = []
    for name in tools().library.names():
        try:
            rows.append({"name": name, "template": tools().library.read(name), "problems": ()})
        except BadFile as faulty:
            rows.append({"name": name, "template": None, "problems": faulty.problems})
    return render_template("templates.html", rows=rows)


@bp.get("/<name>")
def one(name: str) -> ResponseReturnValue:
    try:
        template = tools().library.read(name)
    except BadFile as faulty:
        return render_template("template_faulty.html", name=name, problems=faulty.problems), 200
    return render_template(
        "template.html",
        template=template,
        picture=Markup(drawing.picture(template)),  # noqa: S704 - every text in it is escaped there
        rights=drawing.rights(template),
    )


@bp.get("/<name>/_images")
def stock(name: str) -> ResponseReturnValue:
    """Asked apart: it needs the engine, which may be silent."""
    return render_template("_images.html", images=images.listing(tools(), [name]))
