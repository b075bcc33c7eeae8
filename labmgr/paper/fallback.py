"""Fallback sheets: what is in the sealed envelope for the hour in which labmgr is down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from labmgr.domain.exam import ExamSession, Phase
from labmgr.domain.record import Sheet as Fallback
from labmgr.domain.record import SheetLab, SheetNode
from labmgr.paper.sheet import Sheet
from labmgr.paper.words import PHASES, day, headline, hour, length, minute, zone

TITLE = "Fiche de secours – enveloppe scellée de la personne qui surveille"
RULES = """\
1. À n'ouvrir que si labmgr ne répond plus, sur décision du chef de centre ; notez l'heure \
d'ouverture et qui l'a décidée. Les mots de passe ci-dessus sont en clair : la fiche revient au \
chef de centre, utilisée ou non.
2. Les labos continuent sans labmgr : rien n'est perdu, et la passerelle de chaque labo ferme \
d'elle-même à la fin de l'heure qu'elle connaît. Le candidat travaille avec les commandes \
ci-dessus, dans un terminal de son poste, ou avec les liens dans son navigateur.
3. Un labo que labmgr n'a pas encore ouvert reste fermé : l'heure de ce candidat attend.
4. Qui décide : le chef de centre seul suspend, prolonge ou reporte un passage. La personne qui \
surveille note les heures (début, interruption, reprise) et ne promet aucun temps ; à son retour, \
labmgr mesure lui-même la coupure.
5. Si le serveur entier est éteint, rallumez-le : labmgr retrouve les passages et les suspend \
jusqu'à la décision."""
KEY = "clé SSH, qui n'est pas imprimée"
BEFORE_CHOICE = (
    "La première phase n'avait pas commencé à l'impression : les accès de chaque réalisation "
    "figurent ici, et cette fiche ne dit pas laquelle la commission a choisie. Seul le labo de la "
    "réalisation choisie est ouvert."
)


def print_sheets(
    session: ExamSession, wave: int, sheets: Sequence[Fallback], printed: datetime
) -> bytes:
    """Each candidate's begins on a page of its own, so that it can be handed out alone."""
    about = f"{headline(session)}\n{session.title} – vague {wave}"
    when = f"{day(printed)} à {hour(printed)}"
    foot = f"Imprimé le {when}. À réimprimer si un accès ou un horaire change."
    heads = [f"{about} – candidat n° {one.candidate.number}" for one in sheets]
    paper = Sheet(TITLE, heads[0] if heads else about, foot)
    for rank, one in enumerate(sheets):
        if rank:
            paper.turn(heads[rank])
        _sheet(paper, one, printed)
    if not sheets:
        paper.say("Aucun passage de cette vague n'est à venir ou en cours.")
    return bytes(paper.output())


def _sheet(paper: Sheet, one: Fallback, printed: datetime) -> None:
    who = one.candidate
    place = f" – place {who.place}" if who.place else ""
    paper.say(f"Candidat n° {who.number} – {who.name}{place}", bold=True, size=13)
    paper.say(f"{zone([*one.planned.values()] or [printed])}.", size=8)
    paper.facts([*_times(one)])
    if one.own_tools:
        paper.say("Environnement apporté par le candidat : il n'y a pas d'accès à donner.")
    if len(one.labs) > 1:
        paper.say(BEFORE_CHOICE)
    for lab in one.labs:
        _lab(paper, lab)
    paper.heading("Si labmgr ne répond plus")
    paper.say(RULES)


def _times(one: Fallback) -> Iterator[tuple[str, str]]:
    if one.commission:
        yield "Commission", one.commission
    for phase in Phase:
        if phase in one.planned:
            yield PHASES[phase], f"prévu à {minute(one.planned[phase])}"
    yield "Durée de la deuxième phase", length(one.allotted)
    if one.ends:
        yield "FIN DE L'HEURE", f"{hour(one.ends)} (heure en cours à l'impression)"


def _lab(paper: Sheet, lab: SheetLab) -> None:
    numbers = " et ".join(f"n° {one}" for one in lab.realisations)
    paper.heading(f"Accès – réalisation {numbers} ({lab.id})")
    paper.facts(
        [
            ("Passerelle", f"{lab.jump}, port {lab.port}"),
            ("Mot de passe de la passerelle", lab.password),
            ("Commande", f"ssh -p {lab.port} {lab.jump}"),
        ]
    )
    heads = ("Machine", "Adresse", "Par où", "Comptes et mots de passe")
    paper.grid(heads, [_node(one) for one in lab.nodes], (28, 22, 72, 60))


def _node(node: SheetNode) -> tuple[str, ...]:
    """A password begins its own line, under its login: nothing is cut, nothing is mixed up."""
    accounts = [f"{one.login} :\n{one.secret or KEY}" for one in node.accounts]
    return node.title, node.address, "\n".join(node.ways), "\n".join(accounts)
