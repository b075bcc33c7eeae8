"""What each verb of a passage does with what was typed: from a form to a service's verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from flask_babel import gettext as _

from labmgr.domain.exam import MINUTE, Phase
from labmgr.domain.extra_time import parse_extra_time
from labmgr.domain.ports import Tools
from labmgr.errors import BadInput
from labmgr.services.passage import attendance, choices, interruptions, passages
from labmgr.services.session import forms

Form = Mapping[str, str]
LONGEST = 12 * 60  # minutes


@dataclass(frozen=True)
class Asked:
    """One verb asked of one passage by one member of staff, with what they typed."""

    tools: Tools
    session: str
    number: str
    form: Form
    by: str

    @property
    def why(self) -> str:
        return self.form.get("why", "").strip()


def arrive(asked: Asked) -> object:
    return attendance.arrive(asked.tools, asked.session, asked.number, by=asked.by)


def acknowledge(asked: Asked) -> object:
    return attendance.acknowledge_on_paper(asked.tools, asked.session, asked.number, by=asked.by)


def say_absent(asked: Asked) -> object:
    return attendance.say_absent(asked.tools, asked.session, asked.number, by=asked.by)


def block(asked: Asked) -> object:
    message = asked.form.get("message", "").strip()
    return attendance.block(asked.tools, asked.session, asked.number, message, by=asked.by)


def adjust(asked: Asked) -> object:
    text = asked.form.get("text", "")
    return passages.note_adjustment(asked.tools, asked.session, asked.number, text, by=asked.by)


def start(asked: Asked) -> object:
    phase = asked.form.get("phase", "")
    if phase not in set(Phase):
        raise BadInput(_("La phase n'est pas dite."), hint=_("Servez-vous des boutons de la page."))
    return passages.start(asked.tools, asked.session, asked.number, Phase(phase), by=asked.by)


def choose(asked: Asked) -> object:
    wanted = asked.form.get("realisation", "")
    if not wanted.isdigit():
        raise BadInput(_("Aucune réalisation n'est cochée."), hint=_("Cochez l'une des deux."))
    who, number = asked.session, asked.number
    return choices.choose(asked.tools, who, number, int(wanted), by=asked.by, why=asked.why)


def extend(asked: Asked) -> object:
    seconds = minutes(asked.form) * MINUTE
    who, number = asked.session, asked.number
    return interruptions.extend(asked.tools, who, number, seconds, by=asked.by, why=asked.why)


def minutes(form: Form) -> float:
    """Minutes as people write them, 2,5 or 2.5."""
    typed = form.get("minutes", "").strip().replace(",", ".")
    try:
        found = float(typed)
    except ValueError as nothing:
        raise BadInput(
            _("« %(typed)s » n'est pas un nombre de minutes.", typed=typed),
            hint=_("Écrivez par exemple 10 ou 2,5."),
        ) from nothing
    if not 0 < found <= LONGEST:
        raise BadInput(
            _("« %(typed)s » n'est pas un nombre de minutes.", typed=typed),
            hint=_("Écrivez les minutes à ajouter."),
        )
    return found


def extra(asked: Asked) -> object:
    """No reason is asked: labmgr must not know it."""
    extra: dict[Phase, Fraction] = {
        phase: parse_extra_time(asked.form.get(phase, "")) for phase in Phase
    }
    return forms.set_extra_time(asked.tools, asked.session, asked.number, extra, by=asked.by)


def with_why(verb: Callable[..., object]) -> Callable[[Asked], object]:
    return lambda one: verb(one.tools, one.session, one.number, by=one.by, why=one.why)
