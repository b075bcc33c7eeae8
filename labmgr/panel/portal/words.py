"""What the desk says at each stage of a passage: a heading, and what happens next."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l

from labmgr.services.desk.desk import Stage

S = Stage
HEADINGS: Final = {
    S.CLOSED: _l("Votre labo est fermé pour l'instant"),
    S.OPEN: _l("Mon labo"),
    S.EXPECTED: _l("Votre passage n'a pas encore commencé"),
    S.NONCONFORMING: _l("Votre dossier ne permet pas de commencer"),
    S.ABSENT: _l("Une absence est notée pour vous"),
    S.PREPARING: _l("Préparation (première phase)"),
    S.PREPARED: _l("Le temps de préparation est terminé"),
    S.INTERVIEW_1: _l("Entretien avec la commission"),
    S.WORKING: _l("Mon labo"),
    S.RETURNING: _l("Votre labo revient en arrière"),
    S.SHUT: _l("Votre labo n'est pas joignable"),
    S.FINISHED: _l("L'heure est terminée"),
    S.INTERVIEW_2: _l("Recette et entretien avec la commission"),
    S.HALTED: _l("Votre temps est arrêté"),
    S.DONE: _l("Votre passage est terminé"),
}
NEXT: Final = {
    S.CLOSED: _l(
        "Vos accès s'afficheront ici dès que l'équipe du centre l'ouvrira. "
        "Vous n'avez rien à faire."
    ),
    S.OPEN: "",
    S.EXPECTED: _l("Cette page change d'elle-même dès que la commission commence."),
    S.NONCONFORMING: _l("Adressez-vous à l'équipe du centre."),
    S.ABSENT: _l("Signalez-vous tout de suite à l'équipe du centre."),
    S.PREPARING: _l(
        "Analysez l'expression des besoins et préparez votre démarche. "
        "Le labo n'ouvre que pour la deuxième phase, après l'entretien."
    ),
    S.PREPARED: _l("La commission vous appelle pour l'entretien : attendez à votre place."),
    S.INTERVIEW_1: _l("Ensuite vient votre heure de travail : vos accès s'afficheront ici."),
    S.WORKING: _l("Vous travaillez dans l'environnement que vous avez apporté."),
    S.RETURNING: _l(
        "Vos accès reviennent ici dès que c'est fait, en général en moins d'une minute. "
        "Le temps continue."
    ),
    S.SHUT: _l("Signalez-le tout de suite au surveillant et restez à votre place."),
    S.FINISHED: _l(
        "La commission vous appelle pour la recette et l'entretien : attendez à votre place."
    ),
    S.INTERVIEW_2: _l("Vous présentez votre solution à la commission, dans le labo."),
    S.HALTED: _l(
        "Un incident est en cours de traitement. Votre temps repartira de ce qu'il vous reste "
        "quand l'équipe du centre le dira. Restez à votre place."
    ),
    S.DONE: _l("Il n'y a plus rien à faire ici. Vous pouvez quitter cette page."),
}
PHASES: Final = {
    "phase-1": _l("Préparation"),
    "interview-1": _l("Entretien 1"),
    "hour": _l("Votre heure"),
    "interview-2": _l("Entretien 2"),
}


def left(seconds: float) -> str:
    """What is left, as desk.js writes it too: whole seconds, none that are not complete."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes:02} min {rest:02} s" if hours else f"{minutes} min {rest:02} s"
    return f"{hours} h {text}" if hours else text
