"""A session's copy to rehearse on: training candidates, short phases; made, emptied, removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from labmgr.domain.exam import Candidate, ExamSession, Form, Phase, Realisation, SessionState
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.passage import UNDER_WAY, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.work import ENDED, Job
from labmgr.services.lab import labs
from labmgr.services.passage import interruptions, passages
from labmgr.services.session import rosters, sessions

SHORT = 2  # seconds: every phase but the hour
P = PassageState
Wait = Callable[[], None]  # a little, while a worker works; called until something is so


def templates_of(tools: Tools, session: ExamSession) -> set[str]:
    found = {one.template for one in tools.store.realisations(session.name)}
    return found | {session.template}


def make(tools: Tools, real: ExamSession, name: str, hour: int, *, by: str) -> None:
    """The same numbers, parameters and waves; no names, documents or commissions."""
    short = dict.fromkeys(Phase, SHORT) | {Phase.HOUR: hour}
    title = f"Répétition de {real.title}"
    copied = replace(real, name=name, title=title, state=SessionState.PREPARED)
    tools.store.add_session(replace(copied, form=Form.TRAINING, durations=short), by=by)
    people = tools.store.candidates(real.name)
    trainees = [
        Candidate(
            name, one.number, f"Répétition {one.number}", option=one.option, variables=one.variables
        )
        for one in people
    ]
    tools.store.keep_candidates(trainees, by=by)
    known = tools.store.realisations(real.name)
    have = {one.candidate for one in known}
    plain = [Realisation(name, one.number, 1, real.template) for one in people]
    mine = [replace(one, session=name, title="", document="") for one in known]
    tools.store.keep_realisations(
        [*mine, *(one for one in plain if one.candidate not in have)], by=by
    )
    rosters.plan_labs(tools, name, by=by)
    planned = {one.candidate: one for one in tools.store.passages(real.name)}
    tools.store.keep_passages(
        [_passage(name, one.number, planned.get(one.number)) for one in people], by=by
    )


def _passage(session: str, number: str, planned: Passage | None) -> Passage:
    if planned is None:
        return Passage(session, number)
    return Passage(
        session, number, place=planned.place, wave=planned.wave, own_tools=planned.own_tools
    )


def remove(tools: Tools, name: str, *, by: str, wait: Wait) -> None:
    """The copy with all that stands of it, also one that a killed rehearsal left."""
    if name not in {one.name for one in tools.store.sessions()}:
        return
    for one in tools.store.passages(name, states=UNDER_WAY):
        if one.state is not P.SUSPENDED:
            interruptions.suspend(tools, name, one.candidate, by=by, why="end of the rehearsal")
        passages.close(tools, name, one.candidate, by=by, why="end of the rehearsal")
    clear(tools, tools.store.labs(name), by=by, wait=wait)
    sessions.remove_session(tools, name, by=by)


def clear(tools: Tools, standing: Sequence[Lab], *, by: str, wait: Wait) -> None:
    for lab in standing:
        for job in tools.store.jobs(lab=lab.id, unended=True):
            ended(tools, job, wait)
    ordered = [
        labs.order_remove(tools, lab.id, by=by)
        for lab in standing
        if tools.store.lab(lab.id).state is not LabState.GONE
    ]
    for job in ordered:
        ended(tools, job, wait)


def ended(tools: Tools, job: Job, wait: Wait) -> Job:
    while (now := tools.store.job(job.id)).state not in ENDED:
        wait()
    return now
