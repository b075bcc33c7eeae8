"""How a session is held: its form, its phases' durations, the names that are printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from labmgr.domain.exam import DURATIONS, MINUTE, ExamSession, Form, Phase
from labmgr.domain.passage import PHASE_OF
from labmgr.errors import BadInput, LabmgrError
from labmgr.panel import typed
from labmgr.panel.errors import status_of
from labmgr.panel.filters import tell, word
from labmgr.panel.gate import operator, tools
from labmgr.services.session import forms

bp = Blueprint("forms", __name__, url_prefix="/sessions/<name>/forme")

MEANINGS: Final = {
    Form.PONCTUELLE: _l(
        "Examen. Commission de deux enseignants de blocs professionnels, dont un au moins de "
        "l'option."
    ),
    Form.CCF: _l("Examen. Commission de deux enseignants, dont un enseigne le bloc."),
    Form.TRAINING: _l(
        "Examen blanc : commissions libres, durées raccourcies à volonté, à la seconde près."
    ),
}
LABELS: Final = {
    "epreuve": (_l("Épreuve"), _l("E6 depuis la session 2025, E5 avant.")),
    "unit": (_l("Unité"), _l("U6, ou U5 avant 2025.")),
    "year": (_l("Année de la session"), _l("Par exemple 2027.")),
    "fiche": (_l("Annexe des fiches descriptives"), _l("VII-1 en 2026.")),
    "attestation": (_l("Annexe de l'attestation II.E"), _l("VII-7 en 2026.")),
}
LONGEST = 20  # characters of a label


@bp.get("")
def show(name: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    return _page(session, _stored(session))


@bp.post("")
def save(name: str) -> ResponseReturnValue:
    session = tools().store.session(name)
    try:
        form = chosen_form(request.form.get("form", ""))
        forms.set_form(
            tools(),
            name,
            by=operator(),
            form=form,
            durations=_changed(session, form),
            labels={key: typed.word(request.form, key, LONGEST) for key in LABELS},
        )
    except LabmgrError as refusal:
        flash(tell(refusal), "error")
        return _page(session, request.form, status_of(refusal))
    flash(_("La forme de la session est enregistrée."), "done")
    return redirect(url_for("forms.show", name=name))


def chosen_form(text: str) -> Form:
    """Raises BadInput."""
    try:
        return Form(text)
    except ValueError as unknown:
        raise BadInput(
            _("Aucune forme n'est cochée."), hint=_("Cochez l'une des trois.")
        ) from unknown


def _changed(session: ExamSession, form: Form) -> dict[Phase, int]:
    """Only what really changes: durations are closed once a passage is under way."""
    found = {}
    for phase in Phase:
        minutes = request.form.get(f"minutes-{phase}", "")
        more = request.form.get(f"seconds-{phase}", "")
        length = typed.seconds(minutes, more, word(phase))
        if form is not Form.TRAINING and length % MINUTE:
            raise BadInput(
                _("%(phase)s : une durée d'examen est en minutes entières.", phase=word(phase)),
                hint=_("Les secondes sont pour l'entraînement."),
            )
        if length != session.durations[phase]:
            found[phase] = length
    return found


def _stored(session: ExamSession) -> dict[str, str]:
    """The form's fields as they stand."""
    found = {"form": str(session.form)}
    found |= {key: session.labels.get(key, "") for key in LABELS}
    for phase, length in session.durations.items():
        found[f"minutes-{phase}"] = str(length // MINUTE)
        found[f"seconds-{phase}"] = str(length % MINUTE or "")
    return found


def _page(session: ExamSession, given: Mapping[str, str], status: int = 200) -> ResponseReturnValue:
    usual = {phase: length // MINUTE for phase, length in DURATIONS.items()}
    page = render_template(
        "forms.html",
        session=session,
        given=given,
        meanings=MEANINGS,
        labels=LABELS,
        usual=usual,
        unusual=session.form is not Form.TRAINING and session.durations != dict(DURATIONS),
        begun=bool(tools().store.passages(session.name, states=frozenset(PHASE_OF))),
    )
    return page, status
