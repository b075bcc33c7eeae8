"""What a timetable is wished to be, as people type it; a session remembers its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from flask_babel import gettext as _

from labmgr.domain.exam import MINUTE, Candidate, ExamSession
from labmgr.domain.ports import Tools
from labmgr.domain.timetable import Limits, Pause, Wishes
from labmgr.errors import BadInput, LabmgrError
from labmgr.panel import typed
from labmgr.services.session import forms

KEPT: Final = "timetable"  # among the session's labels, which every place that plans can read
USUAL: Final[Mapping[str, str]] = {
    "days": "",
    "start": "08:00",
    "end": "18:00",
    "pauses": "12:30-13:30",
    "gap": "5",
    "ahead": "10",
    "wait": "20",
    "labs": "",
    "meals": "",
}
FIELDS: Final = ("day", "places", *USUAL)
MOST_PLACES = 99


def first_given(
    session: ExamSession, candidates: Sequence[Candidate], tools: Tools
) -> dict[str, str]:
    """The fields as they were last kept, or as most centres want them."""
    named = dict.fromkeys(one.place for one in candidates if one.place)
    tomorrow = Limits().day_of(tools.now()) + timedelta(days=1)
    places = ", ".join(named) or "6"
    return {**USUAL, "day": tomorrow.isoformat(), "places": places, **_kept(session)}


def read(form: Mapping[str, str]) -> Wishes:
    """Raises BadInput, naming the field."""
    places = _places(form.get("places", ""))
    return Wishes(
        typed.day(form.get("day", ""), _("Premier jour")),
        places,
        _limits(form),
        days=typed.whole(form.get("days", ""), _("Nombre de jours")),
        longest_wait=typed.whole(form.get("wait", ""), _("Attente")) * MINUTE,
        through_meals=bool(form.get("meals")),
    )


def keep(tools: Tools, name: str, form: Mapping[str, str], *, by: str) -> None:
    """So that whoever looks at the timetable next sees the clashes by the same rules."""
    kept = json.dumps({key: form.get(key, "") for key in FIELDS}, ensure_ascii=False)
    forms.set_form(tools, name, by=by, labels={KEPT: kept})


def limits_of(session: ExamSession) -> Limits:
    """Those that its timetable was made with; the usual ones before that."""
    try:
        return _limits({**USUAL, **_kept(session)})
    except LabmgrError:
        return Limits()


def _kept(session: ExamSession) -> dict[str, str]:
    try:
        found = json.loads(session.labels.get(KEPT, "{}"))
    except ValueError:
        return {}
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _limits(form: Mapping[str, str]) -> Limits:
    labs = form.get("labs", "")
    return Limits(
        opens=typed.hour(form.get("start", ""), _("Début de la journée")),
        closes=typed.hour(form.get("end", ""), _("Fin de la journée")),
        pauses=tuple(
            _pause(one) for one in re.split(r"[,;]", form.get("pauses", "")) if one.strip()
        ),
        gap=typed.whole(form.get("gap", ""), _("Battement")) * MINUTE,
        ahead=typed.whole(form.get("ahead", ""), _("Avance des labos")) * MINUTE,
        labs=typed.whole(labs, _("Labos à la fois"), 1) if labs.strip() else None,
    )


def _pause(text: str) -> Pause:
    start, _dash, end = text.replace("–", "-").partition("-")
    return Pause(typed.hour(start, _("Pauses")), typed.hour(end, _("Pauses")))


def _places(text: str) -> tuple[str, ...]:
    """6 for places 1 to 6, or their names."""
    if text.strip().isdigit():
        count = typed.whole(text, _("Places"), 1)
        return tuple(str(one) for one in range(1, 1 + min(count, MOST_PLACES)))
    found = tuple(dict.fromkeys(one.strip() for one in re.split(r"[,;]", text) if one.strip()))
    if not found:
        raise BadInput(
            _("Places : il n'y en a aucune."), hint=_("Écrivez leur nombre, ou leurs noms.")
        )
    return found
