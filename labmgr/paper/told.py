"""What both records say in the same words: the journal's seal, incidents, suspensions, people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from labmgr.domain.exam import Commission
from labmgr.domain.journal import Tail
from labmgr.domain.passage import Incident
from labmgr.domain.record import Chain, Extension, PassageRecord, Suspension, Taken, Told
from labmgr.paper.words import NONE, SHORT, day, doer, hour, length, room

French = Callable[[str], str]

TAILS = {
    Tail.CUT: "ses dernières lignes manquent",
    Tail.REPLACED: "ses dernières lignes ne sont pas celles que labmgr a écrites",
    Tail.UNSEALED: "son sceau manque ou n'est pas celui de cette installation",
}


def foot(chain: Chain) -> str:
    """On every page: the journal's newest row, so that a later look can be compared."""
    state = "chaîne vérifiée" if chain.holds else "CHAÎNE ROMPUE"
    return f"Journal : ligne n° {chain.rank}, empreinte {chain.hash} ({state})."


def seal(chain: Chain) -> str:
    if chain.altered is not None:
        said = f"la ligne n° {chain.altered} a été modifiée, ou une ligne manque avant elle"
    elif chain.tail in TAILS:
        said = TAILS[chain.tail]
    else:
        return (
            f"Le journal de labmgr est intact : chacune de ses lignes, jusqu'à la dernière "
            f"(n° {chain.rank}), porte l'empreinte de la précédente. Pour comparer plus tard : "
            f"la ligne n° {chain.rank} doit toujours avoir l'empreinte {chain.hash}."
        )
    return (
        f"ATTENTION : le journal de labmgr n'est pas intact : {said}. Ce qui suit peut être faux. "
        f"Dernière ligne : n° {chain.rank}, empreinte {chain.hash}."
    )


def members(commission: Commission) -> str:
    who = ", ".join(one.login for one in commission.members)
    where = f" – {room(commission.room)}" if commission.room else ""
    return f"{commission.title}{f' ({who})' if who else ''}{where}"


def suspension(one: Suspension, french: French) -> tuple[str, ...]:
    end = hour(one.end) if one.end else "toujours"
    by = doer(one.by) + (f", reprise : {doer(one.resumed_by)}" if one.resumed_by else "")
    phase = SHORT[one.phase] if one.phase else NONE
    back = f" (serveur de retour à {hour(one.back)})" if one.back else ""
    return phase, hour(one.start), end, length(one.seconds), by, french(one.why) + back


def extension(one: Extension) -> tuple[str, ...]:
    return hour(one.at), SHORT[one.phase], length(one.seconds), one.why, doer(one.by)


def incident(one: Incident, french: French) -> tuple[str, ...]:
    end = hour(one.ended) if one.ended else "pas encore"
    lasted = length(one.seconds) if one.ended else NONE
    decided = french(one.decision) if one.decision else "pas de décision écrite"
    return hour(one.noticed), end, lasted, french(one.what), decided, doer(one.by)


def event(one: Told, french: French) -> tuple[str, ...]:
    why = french(one.why) if one.why else ""
    return str(one.rank), hour(one.at), french(one.what), doer(one.by), why


def taken(one: Taken | None) -> str:
    if one is None:
        return "aucun"
    kept = {
        True: "conservé, empreinte identique",
        False: "ATTENTION : ce qui est conservé a une autre empreinte",
        None: "n'est plus conservé",
    }[one.same]
    return f"{one.id}, pris le {day(one.at)} à {hour(one.at)} – {kept}\nsha256 {one.digest}"


def absence(events: Sequence[Told], french: French) -> list[str]:
    rows = []
    for one in events:
        why = f" : {one.why}" if one.why else ""
        rows.append(f"{hour(one.at)} – {french(one.what)} ({doer(one.by)}){why}")
    return rows


def arrival(one: PassageRecord) -> str:
    if not one.arrived:
        return "aucune"
    late = f", {length(one.late)} après l'heure prévue" if one.late else ""
    return f"{hour(one.arrived)}{late}"
