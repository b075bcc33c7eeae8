"""What people type in forms, read: durations, times of day, whole numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time

from flask_babel import gettext as _

from labmgr.domain.exam import MINUTE
from labmgr.errors import BadInput

Form = Mapping[str, str]


def word(form: Form, name: str, longest: int = 80) -> str:
    return " ".join(form.get(name, "").split())[:longest]


def number(text: str, what: str) -> float:
    """As people write it, 2,5 or 2.5; an empty one is 0."""
    try:
        found = float(text.strip().replace(",", ".") or 0)
    except ValueError as nothing:
        raise _not_a_number(text, what) from nothing
    if not 0 <= found < float("inf"):
        raise _not_a_number(text, what)
    return found


def whole(text: str, what: str, least: int = 0) -> int:
    found = number(text, what)
    if found != int(found) or found < least:
        raise BadInput(
            _("%(what)s : « %(text)s » ne convient pas.", what=what, text=text),
            hint=_("Écrivez un nombre entier à partir de %(least)d.", least=least),
        )
    return int(found)


def seconds(minutes: str, more: str, what: str) -> int:
    """Minutes and seconds, typed apart."""
    return round(number(minutes, what) * MINUTE + number(more, what))


def hour(text: str, what: str) -> time:
    try:
        return time.fromisoformat(text.strip().replace("h", ":").replace(" ", ""))
    except ValueError as nothing:
        raise BadInput(
            _("%(what)s : « %(text)s » n'est pas une heure.", what=what, text=text),
            hint=_("Écrivez par exemple 08:00 ou 13:30."),
        ) from nothing


def day(text: str, what: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as nothing:
        raise BadInput(
            _("%(what)s : « %(text)s » n'est pas une date.", what=what, text=text),
            hint=_("Choisissez-la dans le calendrier, ou écrivez 2027-06-01."),
        ) from nothing


def _not_a_number(text: str, what: str) -> BadInput:
    return BadInput(
        _("%(what)s : « %(text)s » n'est pas un nombre.", what=what, text=text),
        hint=_("Écrivez par exemple 30 ou 2,5."),
    )
