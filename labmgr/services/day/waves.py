"""Waves: candidates who sit together. Their labs are readied together and put away together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labmgr.domain.lab import STANDING, Lab, LabState
from labmgr.domain.passage import BEFORE, UNDER_WAY, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.work import Job, JobKind
from labmgr.errors import BadInput, EngineUnreachable, NotFound, Refused
from labmgr.services.lab import away, probes, sitting
from labmgr.services.lab.capacity import admit, memory_of, to_build

P = PassageState
DONE_WITH = frozenset({P.DONE, P.ABSENT})
CHOSEN_FOR_GOOD = frozenset({P.HOUR, P.INTERVIEW_2})
NOT_BEGUN = BEFORE | {P.ABSENT}


@dataclass(frozen=True)
class Wave:
    """One wave as it stands. Memory in bytes: what its labs still want, what is free.

    `memory_free` is None while the engine does not answer.
    """

    number: int
    passages: tuple[Passage, ...]
    labs: tuple[Lab, ...]
    memory_wanted: int
    memory_free: int | None


@dataclass(frozen=True)
class Ahead:
    """What a turn would do as things stand now; 0 for a wave that is not there."""

    finished: int
    coming: int
    running: tuple[str, ...]  # candidates whose passages keep their labs
    leaving: tuple[Lab, ...]
    missing: tuple[Lab, ...]


@dataclass(frozen=True)
class Turn:
    """What was ordered between two waves; 0 for a wave that is not there."""

    finished: int
    coming: int
    put_away: tuple[Job, ...]
    prepared: tuple[Job, ...]

    @property
    def changes(self) -> int:
        return len(self.put_away) + len(self.prepared)


def waves(tools: Tools, session: str) -> list[Wave]:
    """Every wave of a session, in order."""
    found = tools.store.passages(tools.store.session(session).name)
    free = _free(tools) if found else None
    return [_wave(tools, number, found, free) for number in sorted({one.wave for one in found})]


def prepare(tools: Tools, session: str, wave: int, *, by: str) -> list[Job]:
    """Order every lab that the wave may need; refused with numbers when it does not fit.

    For each candidate that is every réalisation that differs, whatever the commission chose:
    nobody reads the choice from the engine. What stands or is under way is left as it is.
    """
    missing = to_prepare(tools, session, wave)
    admit(tools, missing)
    return _order(tools, missing, by=by)


def turn(tools: Tools, session: str, *, by: str, force: bool = False, why: str = "") -> Turn:
    """Between two waves: put away what is done with, ready the next one; again changes nothing.

    While a passage of the finished wave runs it is refused. By force, with a reason, the running
    ones keep their labs and the rest goes on.
    """
    next_ = ahead(tools, session)
    if next_.running:
        _refuse_running(tools, session, next_.running, by=by, force=force, why=why)
    admit(tools, next_.missing, leaving=next_.leaving)
    gone = [job for lab in next_.leaving if (job := away.put_away(tools, lab.id, by=by))]
    ready = _order(tools, next_.missing, by=by)
    return Turn(next_.finished, next_.coming, tuple(gone), tuple(ready))


def ahead(tools: Tools, session: str) -> Ahead:
    """For those who ask before they turn; orders nothing."""
    found = tools.store.passages(tools.store.session(session).name)
    finished = max((one.wave for one in found if one.state not in NOT_BEGUN), default=0)
    past = [one for one in found if one.wave <= finished]
    running = tuple(one.candidate for one in past if one.state in UNDER_WAY)
    coming = min((one.wave for one in found if one.wave > finished), default=0)
    following = [one for one in found if one.wave == coming]
    leaving, missing = _leaving(tools, past), _missing(tools, following)
    return Ahead(finished, coming, running, tuple(leaving), tuple(missing))


def to_prepare(tools: Tools, session: str, wave: int) -> list[Lab]:
    """The labs that `prepare` would order."""
    return _missing(tools, _of(tools, session, wave))


def labs_of(tools: Tools, session: str, wave: int) -> list[Lab]:
    """The labs of a wave's candidates, spares in use included; for `labmgr lab … --wave`."""
    return [lab for one in _of(tools, session, wave) for lab in _all_labs(tools, one)]


def _of(tools: Tools, session: str, wave: int) -> list[Passage]:
    found = tools.store.passages(tools.store.session(session).name)
    mine = [one for one in found if one.wave == wave]
    if not mine:
        known = ", ".join(str(one) for one in sorted({one.wave for one in found}))
        raise NotFound(
            f"Session {session} has no wave {wave}",
            hint=f"There are: {known or 'none; plan the timetable first'}.",
        )
    return mine


def _order(tools: Tools, missing: Sequence[Lab], *, by: str) -> list[Job]:
    """A lab that has a start snapshot (it was put away, or broke) comes back from that."""
    jobs = []
    for lab in missing:
        kind = JobKind.RESET if tools.store.snapshots(lab.id) else JobKind.BUILD
        jobs.append(tools.store.order(kind, lab.id, by=by))
    return jobs


def _missing(tools: Tools, passages: Sequence[Passage]) -> list[Lab]:
    """Needed, not standing, and nobody at work on it."""
    busy = {job.lab for job in tools.store.jobs(unended=True)}
    return [lab for one in passages for lab in to_build(_needed(tools, one)) if lab.id not in busy]


def _needed(tools: Tools, passage: Passage) -> list[Lab]:
    """Before phase 1 all that may be chosen; then the chosen one, unless it broke in use."""
    if passage.own_tools or passage.state in DONE_WITH:
        return []
    if passage.state in UNDER_WAY:
        chosen = tools.store.lab(passage.lab) if passage.lab else None
        return [chosen] if chosen and chosen.state is not LabState.BROKEN else []
    return sitting.distinct(tools, passage.session, passage.candidate)


def _leaving(tools: Tools, past: Sequence[Passage]) -> list[Lab]:
    """What the finished passages leave standing, unless it is on its way out already."""
    out = {job.lab for job in tools.store.jobs(unended=True) if job.kind is JobKind.REMOVE}
    return [
        lab
        for one in past
        for lab in _useless(tools, one)
        if lab.state not in away.NOTHING_THERE and lab.id not in out
    ]


def _useless(tools: Tools, passage: Passage) -> list[Lab]:
    """Labs that this passage has no more use for: once its hour begun, the one not chosen."""
    if passage.state in DONE_WITH:
        return _all_labs(tools, passage)
    if passage.state not in CHOSEN_FOR_GOOD:
        return []
    own = tools.store.labs(passage.session, passage.candidate)
    return [lab for lab in own if lab.id != passage.lab and not probes.was_opened(tools, lab)]


def _all_labs(tools: Tools, passage: Passage) -> list[Lab]:
    own = tools.store.labs(passage.session, passage.candidate)
    if passage.lab and passage.lab not in {lab.id for lab in own}:
        return [*own, tools.store.lab(passage.lab)]
    return own


def _refuse_running(
    tools: Tools, session: str, running: Sequence[str], *, by: str, force: bool, why: str
) -> None:
    who = ", ".join(running)
    if not force:
        raise Refused(
            f"Passages of session {session} are still under way: {who}",
            hint="Wait until they are done, or say --force with --why: they keep their labs.",
        )
    if not why.strip():
        raise BadInput("The reason is missing", hint="Say why: it stands in the record.")
    what = f"next wave readied while passages are under way: {who}"
    tools.store.write(f"session:{session}", what, by=by, why=why)


def _free(tools: Tools) -> int | None:
    """What a wave is and where it stands is in the rows: no engine is needed to tell."""
    try:
        return max(0, tools.engine.facts().memory_free - tools.site.memory_reserve)
    except EngineUnreachable:
        return None


def _wave(tools: Tools, number: int, found: Sequence[Passage], free: int | None) -> Wave:
    mine = tuple(one for one in found if one.wave == number)
    labs = [lab for one in mine for lab in _all_labs(tools, one)]
    wanted = [lab for one in mine for lab in _needed(tools, one) if lab.state not in STANDING]
    return Wave(number, mine, tuple(labs), memory_of(tools, wanted), free)
