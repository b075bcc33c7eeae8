"""What labmgr says of itself to anybody."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

bp = Blueprint("about", __name__)


@bp.get("/accessibilite")
def accessibility() -> ResponseReturnValue:
    return render_template("accessibility.html")
