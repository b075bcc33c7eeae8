"""What helps one candidate on when a lab fails: a spare, one node restarted, new accesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from labmgr.domain.lab import STANDING, Lab
from labmgr.domain.passage import UNDER_WAY, Passage
from labmgr.domain.ports import Tools
from labmgr.domain.repair import Seen
from labmgr.domain.words import Role
from labmgr.domain.work import Job
from labmgr.errors import BadInput, LabmgrError, Refused
from labmgr.panel import gate
from labmgr.panel.passage.passage_deeds import Asked, with_why
from labmgr.panel.passage.passage_verbs import Verb
from labmgr.services.day import repairs, spares
from labmgr.services.day.spares import MAY_TAKE, Taken


@dataclass(frozen=True)
class Node:
    name: str
    title: str
    seen: Seen | None  # None: the engine does not find it


@dataclass(frozen=True)
class Mend:
    """What is shown before a repair; `trouble` is why it cannot be done, or not be shown."""

    spare: Lab | None = None
    differing: tuple[str, ...] = ()
    nodes: tuple[Node, ...] = ()
    trouble: LabmgrError | None = None


def _take(asked: Asked) -> object:
    return spares.take(asked.tools, asked.session, asked.number, by=asked.by, why=asked.why)


def _restart(asked: Asked) -> object:
    lab = asked.tools.store.passage(asked.session, asked.number).lab
    if not lab:
        raise Refused(
            _("Ce passage n'a pas encore de labo."), hint=_("Il en a un dès la première phase.")
        )
    node = asked.form.get("node", "")
    if not node:
        raise BadInput(_("Aucun nœud n'est coché."), hint=_("Cochez celui à redémarrer."))
    return repairs.order_restart(asked.tools, lab, node, by=asked.by, why=asked.why)


_REPAIRS: Final = (
    Verb(
        "spare",
        "reserve",
        _take,
        _l("Donner un labo de réserve…"),
        _l(
            "Le candidat continue tout de suite dans le labo de réserve. Ce qui a été fait dans "
            "l'ancien labo n'y est pas ; l'ancien reste tel quel, avec ses instantanés."
        ),
        _l("travaille maintenant dans un labo de réserve."),
        ("why?",),
        danger=True,
    ),
    Verb(
        "restart",
        "redemarrage",
        _restart,
        _l("Redémarrer un nœud…"),
        _l(
            "Le nœud s'arrête puis repart avec ses données. Ce qui n'était pas enregistré sur son "
            "disque est perdu, et ses connexions sont coupées. Les autres nœuds continuent."
        ),
        _l("redémarrage ordonné."),
        ("node", "why?"),
        danger=True,
    ),
    Verb(
        "rotate",
        "acces",
        with_why(repairs.rotate),
        _l("Changer ses accès…"),
        _l(
            "Le code du portail change tout de suite : imprimez la nouvelle fiche. Le mot de passe "
            "de la porte du labo change dans les secondes qui suivent ; le candidat lit le nouveau "
            "dans le portail. Les connexions en cours par cette porte sont coupées."
        ),
        _l("nouveau code, à imprimer sur sa fiche ; nouveau mot de passe de la porte ordonné."),
        ("why",),
        danger=True,
    ),
)
REPAIRS: Final[Mapping[str, Verb]] = {verb.name: verb for verb in _REPAIRS}


def repairs_for(passage: Passage, role: Role) -> list[Verb]:
    """What makes sense now and its reader may do; nothing before it is known which lab it is."""
    if passage.state not in UNDER_WAY or not passage.lab:
        return []
    fit = [one for one in REPAIRS if one != "spare" or passage.state in MAY_TAKE]
    return [REPAIRS[one] for one in fit if gate.allows(role, f"passages.{one}")]


def mend_of(tools: Tools, verb: Verb, passage: Passage) -> Mend:
    """Asked for a repair's own page; an engine that does not answer is said, not raised."""
    try:
        if verb.name == "spare":
            spare, differing = spares.would_take(tools, passage.session, passage.candidate)
            return Mend(spare, differing)
        if verb.name == "restart" and passage.state in UNDER_WAY and passage.lab:
            return Mend(nodes=_nodes(tools, tools.store.lab(passage.lab)))
    except LabmgrError as trouble:
        return Mend(trouble=trouble)
    return Mend()


def told(verb: Verb, outcome: object) -> str:
    """What has happened, with what only the outcome knows."""
    if verb.name == "spare":
        taken = cast("Taken", outcome)
        said = _("travaille maintenant dans le labo de réserve %(lab)s.", lab=taken.passage.lab)
        names = ", ".join(taken.differing)
        more = _("Dites-lui que ces paramètres diffèrent : %(names)s.", names=names)
        return f"{said} {more}" if names else str(said)
    if verb.name == "restart":
        node = cast("Job", outcome).args["node"]
        return str(_("redémarrage du nœud %(node)s ordonné.", node=node))
    return str(verb.done)


def _nodes(tools: Tools, lab: Lab) -> tuple[Node, ...]:
    seen = tools.engine.look(lab.id) if lab.state in STANDING else {}
    nodes = tools.library.read(lab.template).nodes
    return tuple(Node(one.name, str(one.title), seen.get(one.name)) for one in nodes)
