"""Asks once more before something is lost that no button brings back."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue


def sure() -> bool:
    """Whether the question was answered already."""
    return request.form.get("sure") == "yes"


def ask(question: str, lost: str, *, verb: str, back: str) -> ResponseReturnValue:
    """The same request again is the answer."""
    return render_template("sure.html", question=question, lost=lost, verb=verb, back=back)
