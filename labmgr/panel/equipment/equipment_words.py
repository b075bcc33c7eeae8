"""French words and colours for real equipment: natures, kinds, how a device stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask_babel import format_datetime, to_user_timezone
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from labmgr.domain.devices import IN_FRENCH, Outcome
from labmgr.domain.equipment import DeviceState, Stage
from labmgr.domain.inventory import DeviceKind, Nature, TerminalKind
from labmgr.panel.gate import tools
from labmgr.services.equipment.errands import Kind
from labmgr.services.equipment.places import JUST_NOW, Standing

NATURES: Final = {
    Nature.PHYSICAL: _l("physique"),
    Nature.VIRTUAL: _l("virtuel"),
    Nature.SIMULATED: _l("simulé"),
}
KINDS: Final = {
    DeviceKind.SWITCH: _l("commutateur"),
    DeviceKind.ROUTER: _l("routeur"),
    DeviceKind.FIREWALL: _l("pare-feu"),
    DeviceKind.ACCESS_POINT: _l("point d'accès"),
    DeviceKind.SERVER: _l("serveur"),
}
TERMINALS: Final = {
    TerminalKind.PC: _l("poste de travail"),
    TerminalKind.TABLET: _l("tablette"),
    TerminalKind.PHONE: _l("téléphone"),
}
STAGES: Final = {
    Stage.UNKNOWN: _l("pas préparé"),
    Stage.SETTING: _l("en cours de configuration"),
    Stage.SET: _l("préparé"),
    Stage.OPEN: _l("ouvert au candidat"),
    Stage.CLOSED: _l("fermé au candidat"),
    Stage.HALF: _l("à moitié configuré"),
}
ERRANDS: Final = {
    Kind.ASK: _l("Interrogation"),
    Kind.BACK_UP: _l("Sauvegarde des configurations"),
    Kind.PREVIEW: _l("Aperçu des changements"),
    Kind.PREPARE: _l("Aperçu de la préparation"),
    Kind.PUSH: _l("Envoi d'une configuration"),
    Kind.KEY: _l("Lecture de la clé d'hôte"),
    Kind.TRUST: _l("Approbation de la clé d'hôte"),
}
WORDS: Final[tuple[Iterable[tuple[object, object]], ...]] = tuple(
    one.items() for one in (NATURES, KINDS, TERMINALS, IN_FRENCH, STAGES, ERRANDS)
)


@dataclass(frozen=True)
class Look:
    """How a device stands, in one word; `key` names shape and colour."""

    key: str
    words: str


def look_of(state: DeviceState, now: datetime) -> Look:
    """The worst first; an answer that is not of just now is no proof."""
    fresh = state.answered is not None and now - state.answered <= JUST_NOW
    if state.aside:
        look = Look("gone", _("mis de côté"))
    elif state.stage is Stage.HALF:
        look = Look("bad", str(STAGES[Stage.HALF]))
    elif state.outcome is None:
        look = Look("planned", _("jamais interrogé"))
    elif state.red:
        look = Look("bad", str(IN_FRENCH[state.outcome]))
    elif state.stage is Stage.SETTING:
        look = Look("doing", str(STAGES[Stage.SETTING]))
    elif fresh:
        look = Look("good", str(IN_FRENCH[Outcome.ANSWERS]))
    else:
        look = Look("planned", _("à interroger de nouveau"))
    return look


def real_words(standing: Standing) -> tuple[str, str]:
    """Whether the place has real equipment, and which or why not."""
    if standing.real:
        seen = {one.device.name: one.state.answered for one in standing.devices}
        named = (_("%(name)s, vu %(when)s", name=n, when=when(seen[n])) for n in standing.real)
        return "good", _("Équipement réel : oui (%(which)s)", which=" ; ".join(named))
    return "warning", _("Équipement réel : non – %(why)s", why=_why_not(standing))


def _why_not(standing: Standing) -> str:
    physical = [one for one in standing.devices if one.device.nature is Nature.PHYSICAL]
    if not standing.devices:
        return str(_("aucun équipement à cette place ; IIE-2.0 demande un équipement réel"))
    if not physical:
        natures = {str(NATURES[one.device.nature]) for one in standing.devices}
        named = _(" et ").join(sorted(natures))
        return str(_("%(natures)s seulement ; IIE-2.0 demande un équipement réel", natures=named))
    names = ", ".join(one.device.name for one in physical)
    said = _(
        "%(names)s : pas de réponse dans les %(n)d dernières minutes ; interrogez la place",
        names=names,
        n=JUST_NOW.seconds // 60,
    )
    return str(said)


def when(value: datetime | None) -> str:
    """An instant as people say it: its time today, its day else."""
    if value is None:
        return str(_("jamais"))
    same = to_user_timezone(value).date() == to_user_timezone(tools().now()).date()
    hour = str(format_datetime(value, "HH:mm"))
    if same:
        return str(_("à %(hour)s", hour=hour))
    day = format_datetime(value, "dd/MM/yyyy")
    return str(_("le %(day)s à %(hour)s", day=day, hour=hour))


def changes(lines: Sequence[str]) -> tuple[int, int]:
    """How many lines of a difference are added, and how many taken away."""
    named = len(lines) > 1 and lines[0].startswith("--- ") and lines[1].startswith("+++ ")
    told = lines[2:] if named else lines
    return sum(one.startswith("+") for one in told), sum(one.startswith("-") for one in told)
