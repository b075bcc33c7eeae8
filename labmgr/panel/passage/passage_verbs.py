"""The verbs that staff have for one passage: what each asks, what follows, what it says after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from flask_babel import lazy_gettext as _l

from labmgr.domain.exam import Phase
from labmgr.domain.passage import Passage, PassageState
from labmgr.panel.passage import passage_deeds as deeds
from labmgr.panel.passage.passage_deeds import Asked
from labmgr.services.passage import attendance, choices, interruptions, passages

P = PassageState
NEXT: Final = {
    P.PRESENT: Phase.PHASE_1,
    P.PHASE_1: Phase.INTERVIEW_1,
    P.INTERVIEW_1: Phase.HOUR,
    P.HOUR: Phase.INTERVIEW_2,
}
# What makes sense in each state, the usual next step first. Services decide all the same.
OFFERED: Final[Mapping[PassageState, tuple[str, ...]]] = {
    P.REGISTERED: ("present", "absent", "choose", "block", "extra"),
    P.PRESENT: ("start", "choose", "block", "extra", "sign"),
    P.PHASE_1: ("start", "adjust", "suspend", "extend", "choose", "extra", "sign"),
    P.INTERVIEW_1: ("start", "adjust", "suspend", "extend", "choose", "extra", "sign"),
    P.HOUR: ("start", "suspend", "extend", "extra", "finish"),
    P.INTERVIEW_2: ("close", "suspend", "extend", "extra"),
    P.DONE: (),
    P.SUSPENDED: ("resume", "extend", "close", "choose"),
    P.NONCONFORMING: ("unblock",),
    P.ABSENT: ("take_back",),
}


@dataclass(frozen=True)
class Verb:
    """`name` is its endpoint in the gate's table; `asks` the fields of its page.

    Without `harmless` a page shows first what follows.
    """

    name: str
    path: str
    do: Callable[[Asked], object]
    button: str
    follows: str
    done: str
    asks: tuple[str, ...] = ()
    danger: bool = False
    harmless: bool = False


def offered(passage: Passage, *, over: bool) -> tuple[str, ...]:
    """What may be asked now. *over*: the phase's time is up.

    A first "absent" may be taken back before there is a second.
    """
    names = OFFERED[passage.state]
    if passage.state is P.HOUR:
        too_early, too_late = frozenset({"start"}), frozenset({"finish"})
        names = tuple(one for one in names if one not in (too_late if over else too_early))
    if passage.state is P.SUSPENDED and (over or passage.phase not in choices.MAY_CHANGE):
        names = tuple(one for one in names if one != "choose")
    if passage.acknowledged:
        names = tuple(one for one in names if one != "sign")
    if passage.state is P.REGISTERED and passage.absent_said_by:
        names = (*names, "take_back")
    return names


_VERBS: Final = (
    Verb(
        "present",
        "presence",
        deeds.arrive,
        _l("Noter présent"),
        _l("L'heure d'arrivée est notée. Rien d'autre ne change, même en cas de retard."),
        _l("présent, heure d'arrivée notée."),
        harmless=True,
    ),
    Verb(
        "absent",
        "absence",
        deeds.say_absent,
        _l("Dire absent…"),
        _l(
            "Une absence élimine le candidat. Elle compte seulement quand une deuxième personne, "
            "avec son propre compte, l'a confirmée."
        ),
        _l("absence notée."),
        danger=True,
    ),
    Verb(
        "take_back",
        "absence/retrait",
        deeds.with_why(attendance.take_back_absence),
        _l("Retirer l'absence…"),
        _l("Le candidat redevient inscrit. Le motif figure au procès-verbal."),
        _l("absence retirée."),
        ("why",),
    ),
    Verb(
        "block",
        "dossier/blocage",
        deeds.block,
        _l("Dossier non conforme…"),
        _l("Le passage ne peut plus commencer. Le candidat lit le message."),
        _l("dossier non conforme : le passage est bloqué."),
        ("message",),
        danger=True,
    ),
    Verb(
        "unblock",
        "dossier/deblocage",
        deeds.with_why(attendance.unblock),
        _l("Dossier conforme…"),
        _l("Le passage peut commencer. Le motif figure au procès-verbal."),
        _l("dossier conforme : le passage peut commencer."),
        ("why",),
    ),
    Verb(
        "choose",
        "choix",
        deeds.choose,
        _l("Choisir la réalisation…"),
        _l(
            "Le choix reste secret jusqu'au début de la première phase. Après, il ne change "
            "qu'avec un motif, et quand une deuxième personne le confirme ; dans l'heure, une "
            "fois le passage suspendu : le travail fait reste gardé, le temps reste où il en est, "
            "les équipements de la place sont remis à leur référence pour l'autre labo."
        ),
        _l("choix enregistré."),
        ("realisation", "why"),
    ),
    Verb(
        "start",
        "debut",
        deeds.start,
        _l("Commencer"),
        _l("Le temps court dès le début de la phase."),
        _l("phase commencée."),
        ("phase",),
    ),
    Verb(
        "adjust",
        "ajustement",
        deeds.adjust,
        _l("Noter l'ajustement…"),
        _l("Ce que la commission demande de changer à la démarche, avant la deuxième phase."),
        _l("ajustement noté."),
        ("text",),
    ),
    Verb(
        "sign",
        "responsabilite",
        deeds.acknowledge,
        _l("Responsabilité signée sur papier…"),
        _l(
            "Pour qui ne peut pas se servir du portail : le texte a été lu et signé sur une "
            "feuille. Le journal garde qui l'a noté."
        ),
        _l("responsabilité notée, signée sur papier."),
    ),
    Verb(
        "finish",
        "fin-anticipee",
        deeds.with_why(passages.finish_hour),
        _l("Finir l'heure avant son terme…"),
        _l(
            "L'accès du candidat est coupé tout de suite et l'instantané de fin est pris. "
            "Le temps qui restait est perdu."
        ),
        _l("heure finie avant son terme."),
        ("why",),
        danger=True,
    ),
    Verb(
        "suspend",
        "suspension",
        deeds.with_why(interruptions.suspend),
        _l("Suspendre…"),
        _l("Le temps s'arrête et l'accès au labo est coupé. Ce qui reste est gardé."),
        _l("suspendu, le temps est arrêté."),
        ("why",),
        danger=True,
    ),
    Verb(
        "resume",
        "reprise",
        deeds.with_why(interruptions.resume),
        _l("Reprendre…"),
        _l(
            "Le temps repart de ce qui restait ; pour l'heure, quand le labo est de nouveau ouvert."
        ),
        _l("reprise ordonnée."),
        ("why?",),
    ),
    Verb(
        "extend",
        "prolongation",
        deeds.extend,
        _l("Prolonger…"),
        _l(
            "La phase en cours dure plus longtemps. Après la fin de l'heure, l'accès s'ouvre "
            "de nouveau pour ce temps."
        ),
        _l("temps ajouté."),
        ("minutes", "why"),
    ),
    Verb(
        "extra",
        "majoration",
        deeds.extra,
        _l("Majoration du temps…"),
        _l(
            "La fin de la phase en cours change tout de suite, ainsi que les phases à venir. "
            "labmgr ne connaît que la fraction, jamais la raison."
        ),
        _l("majoration enregistrée."),
        ("extra",),
    ),
    Verb(
        "close",
        "cloture",
        deeds.with_why(passages.close),
        _l("Terminer le passage…"),
        _l("Le passage est fini pour de bon, et la recette du labo se ferme. Le labo reste gardé."),
        _l("passage terminé."),
        ("why?",),
        danger=True,
    ),
)
VERBS: Final = {verb.name: verb for verb in _VERBS}
