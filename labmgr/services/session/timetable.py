"""The timetable of a session: proposed, looked at beside the machine, saved, moved by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from labmgr.domain.clash import Clash
from labmgr.domain.clashes import clashes
from labmgr.domain.exam import Phase
from labmgr.domain.passage import BEFORE, Passage
from labmgr.domain.ports import Tools
from labmgr.domain.proposal import propose as propose_passages
from labmgr.domain.timetable import Limits, Wishes
from labmgr.domain.words import Said
from labmgr.errors import BadInput, NotFound, Refused
from labmgr.services.equipment import places, states
from labmgr.services.lab.sitting import AT_WORK
from labmgr.services.session.colleagues import begun, others
from labmgr.services.session.room import Fit, fit, refuse_unfit, room

__all__ = ["Change", "Fit", "carried", "clashes_of", "fit", "move", "propose", "save"]


@dataclass(frozen=True)
class Change:
    """What a hand changes of one passage's plan; None leaves it. `start` moves all four phases."""

    commission: str | None = None
    place: str | None = None
    wave: int | None = None
    start: datetime | None = None
    planned: Mapping[Phase, datetime] | None = None
    own_tools: bool | None = None


def propose(
    tools: Tools, session_name: str, wishes: Wishes, *, own_tools: Collection[str] | None = None
) -> list[Passage]:
    """Passages for everybody whose own has not begun; nothing is saved.

    No more labs at once than the machine carries, nor than wished. `own_tools` are the numbers of
    those who bring their environment; by default those whose passage says so already.
    """
    store = tools.store
    known = {one.candidate: one for one in store.passages(session_name)}
    if own_tools is None:
        own_tools = {number for number, one in known.items() if one.own_tools}
    free = [
        one
        for one in store.candidates(session_name)
        if one.number not in known or known[one.number].state in BEFORE
    ]
    if not free:
        raise Refused(
            Said("There is nobody to plan", "Il n'y a personne à planifier"),
            hint=Said(
                "Import the list; passages that have begun stay as they are.",
                "Importez la liste ; les passages commencés restent comme ils sont.",
            ),
        )
    places.refuse_red(tools, wishes.places)
    if any(one.number not in own_tools for one in free):
        wishes = _carried(tools, session_name, wishes)
    passages = propose_passages(
        store.session(session_name),
        store.commissions(session_name),
        free,
        wishes,
        own_tools=own_tools,
        others=[*others(tools, session_name), *begun(tools, session_name)],
    )
    # Waves that have begun keep their numbers: a reset of theirs must not reach the new ones.
    last = max((one.wave for one in known.values() if one.state not in BEFORE), default=0)
    return [replace(one, wave=one.wave + last) for one in passages]


def carried(tools: Tools, session_name: str, limits: Limits) -> Limits:
    """The same limits, with no more labs at once than the machine carries. Asks the engine."""
    most = room(tools, session_name).labs
    return replace(limits, labs=most if limits.labs is None else min(most, limits.labs))


def _carried(tools: Tools, session_name: str, wishes: Wishes) -> Wishes:
    """With no more labs at once than the machine carries."""
    limits = carried(tools, session_name, wishes.limits)
    if not limits.labs:
        raise Refused(
            Said("This machine has no room for a single lab", "Aucun labo ne tient ici"),
            hint=Said(
                "`labmgr doctor` shows what is there; remove labs that are not needed.",
                "`labmgr doctor` montre ce qu'il y a ; supprimez les labos inutiles.",
            ),
        )
    return replace(wishes, limits=limits)


def save(
    tools: Tools,
    session_name: str,
    passages: Sequence[Passage],
    *,
    by: str,
    limits: Limits | None = None,
) -> int:
    """Keep a timetable; how many rows changed. Refused when the machine cannot carry it.

    Clashes are shown (`clashes_of`), not refused: who moves one passage may move the next.
    """
    _check(tools, session_name, passages)
    refuse_unfit(fit(tools, session_name, _all(tools, session_name, passages), limits))
    before = {one.candidate: one for one in tools.store.passages(session_name)}
    changed = tools.store.keep_passages(passages, by=by)
    for one in passages:
        _leave(tools, before.get(one.candidate, one), one, by=by)
    return changed


def move(
    tools: Tools,
    session_name: str,
    candidate: str,
    change: Change,
    *,
    by: str,
    limits: Limits | None = None,
) -> Passage:
    """Change one passage's plan by hand; what it clashes with is shown by `clashes_of`."""
    before = tools.store.passage(session_name, candidate)
    after = _changed(before, change)
    if change.place and change.place != before.place:
        places.refuse_red(tools, [change.place])
    _check(tools, session_name, [after])
    if (after.planned, after.own_tools) != (before.planned, before.own_tools):
        refuse_unfit(fit(tools, session_name, _all(tools, session_name, [after]), limits))
    tools.store.keep_passages([after], by=by)
    _leave(tools, before, after, by=by)
    return tools.store.passage(session_name, candidate)


def clashes_of(
    tools: Tools,
    session_name: str,
    limits: Limits | None = None,
    passages: Sequence[Passage] | None = None,
) -> list[Clash]:
    """Every clash of what is saved, or of *passages*; with other sessions' too.

    Labs at once are looked at where *limits* have a number (`carried` asks the engine for it).
    """
    store = tools.store
    return clashes(
        store.passages(session_name) if passages is None else passages,
        store.commissions(session_name),
        store.candidates(session_name),
        store.session(session_name),
        limits or Limits(),
        others=others(tools, session_name),
    )


def _changed(passage: Passage, change: Change) -> Passage:
    planned = {**passage.planned, **(change.planned or {})}
    if change.start and (first := planned.get(Phase.PHASE_1)):
        planned = {phase: at + (change.start - first) for phase, at in planned.items()}
    elif change.start:
        raise BadInput(
            Said(
                f"Candidate {passage.candidate} has no times to move",
                f"{passage.candidate} n'a pas encore d'horaire à déplacer",
            ),
            hint=Said("Propose the timetable first.", "Proposez d'abord le planning."),
        )
    new = {
        "commission": change.commission,
        "place": change.place,
        "wave": change.wave,
        "own_tools": change.own_tools,
    }
    said = {name: value for name, value in new.items() if value is not None}
    return replace(passage, planned=planned, **said)  # type: ignore[arg-type]


def _check(tools: Tools, session_name: str, passages: Sequence[Passage]) -> None:
    """Raises NotFound for somebody or something that the session does not know."""
    numbers = {one.number for one in tools.store.candidates(session_name)}
    homes = {one.id for one in tools.store.commissions(session_name)}
    for one in passages:
        if one.session != session_name or one.candidate not in numbers:
            raise NotFound(
                Said(
                    f"{one.candidate} is no candidate of session {session_name}",
                    f"{one.candidate} n'est pas de la session {session_name}",
                )
            )
        if one.commission and one.commission not in homes:
            raise NotFound(
                Said(
                    f"Session {session_name} has no commission {one.commission}",
                    f"La session {session_name} n'a pas de commission {one.commission}",
                )
            )


def _leave(tools: Tools, before: Passage, after: Passage, *, by: str) -> None:
    """Devices of the place that was changed for another are nobody's, unless they are worked on."""
    if after.place == before.place or before.state in AT_WORK:
        return
    own = {lab.id for lab in tools.store.labs(before.session, before.candidate)}
    for lab in own | {before.lab} - {""}:
        states.give_back(tools, lab, by=by)


def _all(tools: Tools, session_name: str, changed: Sequence[Passage]) -> list[Passage]:
    """The whole timetable as it would be."""
    known = {one.candidate: one for one in tools.store.passages(session_name)}
    return list({**known, **{one.candidate: one for one in changed}}.values())
