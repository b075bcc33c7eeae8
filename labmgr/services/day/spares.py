"""Warm spares: labs built and probed for nobody, which a candidate takes when their own fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from labmgr.domain.lab import SPARE, Lab, LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.work import Job, JobKind
from labmgr.errors import BadInput, LostRace, Refused
from labmgr.services.equipment import orders as equipped
from labmgr.services.equipment import states
from labmgr.services.lab import labs, probes, sitting, snapshots, wires
from labmgr.services.lab.blueprint import candidate_of
from labmgr.services.session import rosters

P = PassageState
REALISATION = 1
BARE = frozenset({LabState.PLANNED, LabState.GONE})
MAY_TAKE = frozenset({P.PHASE_1, P.INTERVIEW_1, P.SUSPENDED})


@dataclass(frozen=True)
class Spare:
    """A spare and who works in it; `fit`: whether it may be taken now, `why` not."""

    lab: Lab
    taken_by: str
    why_not: str

    @property
    def fit(self) -> bool:
        return not self.why_not


@dataclass(frozen=True)
class Taken:
    """A passage that goes on in a spare, and the parameters that are not the candidate's."""

    passage: Passage
    former: str
    differing: tuple[str, ...]


def build(tools: Tools, session_name: str, template: str, *, by: str) -> Job:
    """Order one more spare; refused with numbers when the machine cannot carry it."""
    session, read = tools.store.session(session_name), tools.library.read(template)
    if read.option is not session.option:
        raise BadInput(
            f"Template {template} is made for {read.option}, not for {session.option}",
            hint="Choose a template of the session's option.",
        )
    lab = _on_paper(tools, session.name, template, by=by)
    (job,) = labs.order_build(tools, [lab.id], by=by)
    return job


def spares(tools: Tools, session: str) -> list[Spare]:
    """Every spare of a session, by its number."""
    taken = {one.lab: one.candidate for one in tools.store.passages(session)}
    found = [lab for lab in tools.store.labs(tools.store.session(session).name) if lab.is_spare]
    return [
        Spare(lab, taken.get(lab.id, ""), "taken" if lab.id in taken else _why_not(tools, lab))
        for lab in sorted(found, key=lambda lab: lab.number)
    ]


def take(tools: Tools, session: str, number: str, *, by: str, why: str = "") -> Taken:
    """The passage goes on in a spare of its réalisation's template: rows only, so at once.

    From phase 1 until the hour, or while it is suspended; the former lab stays as it is.
    """
    before = tools.store.passage(session, number)
    _refuse_out_of_time(before)
    former = tools.store.lab(before.lab)
    equipped.refuse_in_the_middle(tools, former.id)
    for one in _fitting(tools, session, former.template):
        with tools.store.lock(f"spare-of-{one.id}") as mine:
            if mine and sitting.passage_of(tools, one.id) is None:
                return _give(tools, before, former, one, by=by, why=why)
    raise LostRace(
        f"Every spare of session {session} has just been taken",
        hint=f"Build another one: `labmgr spare build {session} --template {former.template}`.",
    )


def would_take(tools: Tools, session: str, number: str) -> tuple[Lab, tuple[str, ...]]:
    """What `take` would give now, and the parameters that would differ; refuses as it would."""
    passage = tools.store.passage(session, number)
    _refuse_out_of_time(passage)
    former = tools.store.lab(passage.lab)
    equipped.refuse_in_the_middle(tools, former.id)
    spare = _fitting(tools, session, former.template)[0]
    return spare, _differing(tools, former, spare)


def _give(tools: Tools, before: Passage, former: Lab, spare: Lab, *, by: str, why: str) -> Taken:
    differing = _differing(tools, former, spare)
    what = f"works in spare lab {spare.id} instead of {former.id}"
    if differing:
        what += f"; parameters that differ: {', '.join(differing)}"
    after = replace(before, lab=spare.id)
    done = tools.store.change_passage(before, after, what=what, by=by, why=why)
    states.hand_over(tools, former.id, spare.id, by=by)
    if before.state is P.SUSPENDED:  # the former lab's order finds none of them any more
        for order in equipped.order_close(tools, spare.id):
            tools.store.order(order.kind, order.lab, by=by)
    if wires.has_wires(tools, spare):
        tools.store.order(JobKind.WAKE, spare.id, by=by)  # which takes the wires over
    return Taken(done or before, former.id, differing)


def _differing(tools: Tools, former: Lab, spare: Lab) -> tuple[str, ...]:
    """Names only: the values are their candidate's until the hour."""
    defaults = tools.library.read(former.template).variables
    mine, theirs = (candidate_of(tools, lab).variables for lab in (former, spare))
    return tuple(
        name
        for name, usual in defaults.items()
        if (mine.get(name) or usual) != (theirs.get(name) or usual)
    )


def _refuse_out_of_time(passage: Passage) -> None:
    if passage.state not in MAY_TAKE:
        raise Refused(
            f"Passage {passage.id} is {passage.state}: it takes no spare lab now",
            hint="Before phase 1 it needs none; in the hour suspend the passage first.",
        )
    if not passage.lab:
        raise Refused(
            f"Candidate {passage.candidate} works in an environment of their own",
            hint="Change that in the timetable first.",
        )


def _fitting(tools: Tools, session: str, template: str) -> Sequence[Lab]:
    known = spares(tools, session)
    fit = [one.lab for one in known if one.fit and one.lab.template == template]
    if not fit:
        seen = "; ".join(
            f"{one.lab.id} ({one.lab.template}): {one.why_not or 'free'}" for one in known
        )
        raise Refused(
            f"Session {session} has no free spare lab of template {template}",
            hint=f"There are: {seen or 'none'}. `labmgr spare build` makes one.",
        )
    return fit


def _why_not(tools: Tools, lab: Lab) -> str:
    """Empty when a candidate could begin in it now, as in a lab of their own."""
    if lab.state is not LabState.READY:
        return str(lab.state)
    if tools.store.jobs(lab=lab.id, unended=True):
        return "work on it is under way"
    if probes.was_opened(tools, lab):
        return "opened before"
    if not probes.all_green(tools, lab):
        return "not green"
    kept = tools.store.snapshots(lab.id)
    started = any(one.kind is SnapshotKind.START and one.verified for one in kept)
    return "" if started else "no start snapshot"


def _on_paper(tools: Tools, session: str, template: str, *, by: str) -> Lab:
    """One that was planned and not built, or a new one."""
    known = [lab for lab in tools.store.labs(session) if lab.is_spare]
    for lab in known:
        idle = lab.state in BARE and not tools.store.jobs(lab=lab.id, unended=True)
        if idle and lab.template == template and not snapshots.is_put_away(tools, lab):
            return lab
    taken = {lab.candidate for lab in known}
    free = next(n for n in range(1, len(taken) + 2) if f"{SPARE}{n}" not in taken)
    number = f"{SPARE}{free}"
    name = sitting.lab_id(session, number, REALISATION)
    return rosters.plan_lab(tools, Lab(name, session, number, REALISATION, 0, template, ""), by=by)
