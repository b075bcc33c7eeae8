"""A whole day on trial: the session's labs with training candidates and short phases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from labmgr.domain.clock import Moment
from labmgr.domain.exam import ExamSession, Phase
from labmgr.domain.lab import LabState
from labmgr.domain.passage import UNDER_WAY, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.rehearsal import Rehearsal, Trial
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import slug
from labmgr.domain.work import Job
from labmgr.errors import LabmgrError, NotFound, Refused
from labmgr.services.day import stand_in, waves
from labmgr.services.day.stand_in import Wait
from labmgr.services.lab import images, snapshots
from labmgr.services.passage import attendance, choices, passages

SUFFIX = "-essai"
PATIENCE = 600.0  # seconds beyond what a step should take, before it is given up
P = PassageState

Tell = Callable[[str], None]  # what is being done


def rehearse(
    tools: Tools, name: str, *, by: str, hour: int = 60, wait: Wait, tell: Tell
) -> Rehearsal:
    """Live the day of session *name* on a copy of it, wave after wave, and report.

    The copy has the same candidates' numbers, réalisations and parameters under its own lab
    numbers; it is removed at the end, whatever happened. *hour* in seconds.
    """
    refuse_on_the_day(tools, name)
    with tools.store.lock("rehearsal") as mine:
        if not mine:
            raise Refused(
                "Another rehearsal is under way",
                hint="Wait until it has ended: each one measures the whole machine.",
            )
        return _rehearse(tools, tools.store.session(name), by=by, hour=hour, wait=wait, tell=tell)


def refuse_on_the_day(tools: Tools, name: str) -> None:
    if tools.store.passages(name, states=UNDER_WAY):
        raise Refused(
            f"Session {name} has passages under way",
            hint="Rehearse before the day, on a quiet server.",
        )


def _rehearse(
    tools: Tools, real: ExamSession, *, by: str, hour: int, wait: Wait, tell: Tell
) -> Rehearsal:
    name = real.name
    copy = slug(real.name, 20 - len(SUFFIX)) + SUFFIX
    stand_in.remove(tools, copy, by=by, wait=wait)
    stage = _Stage(tools, copy, by, wait, tell)
    begun, started = tools.now(), tools.clock()
    lacking = tuple(images.missing(tools, sorted(stand_in.templates_of(tools, real))))
    try:
        if not lacking:
            stand_in.make(tools, real, copy, hour, by=by)
            stage.live()
    except LabmgrError as trouble:
        stage.troubles.append(f"{trouble} ({trouble.hint})")
    finally:
        tell("removing what was built for it")
        stand_in.remove(tools, copy, by=by, wait=wait)
    report = stage.report(name, begun, tools.clock().since(started), lacking)
    tools.store.keep_rehearsal(report)
    return report


def last(tools: Tools, session: str) -> Rehearsal:
    """The newest one of a session, whoever lived it through and wherever."""
    name = tools.store.session(session).name
    if found := tools.store.rehearsal(name):
        return found
    raise NotFound(
        f"Session {name} has not been rehearsed",
        hint="`labmgr session rehearse` does it, or its page in the panel.",
    )


@dataclass
class _Stage:
    """The copy while it is lived through."""

    tools: Tools
    name: str
    by: str
    pause: Wait
    tell: Tell
    trials: dict[str, Trial] = field(default_factory=dict)
    troubles: list[str] = field(default_factory=list)
    least_free: int = field(init=False)

    def __post_init__(self) -> None:
        self.least_free = self.tools.engine.facts().memory_free

    def report(
        self, session: str, begun: datetime, took: float, lacking: tuple[str, ...]
    ) -> Rehearsal:
        return Rehearsal(
            session=session,
            begun=begun,
            took=took,
            trials=tuple(self.trials.values()),
            images_missing=lacking,
            memory_total=self.tools.engine.facts().memory_total,
            memory_least_free=self.least_free,
            reserve=self.tools.site.memory_reserve,
            troubles=tuple(self.troubles),
            by=self.by,
        )

    def live(self) -> None:
        for wave in sorted({one.wave for one in self.tools.store.passages(self.name)}):
            self._build(wave)
            self._restore(wave)
            self._sit(wave)
            self._clear(wave)

    def _build(self, wave: int) -> None:
        jobs = waves.prepare(self.tools, self.name, wave, by=self.by)
        self.tell(f"wave {wave}: building {len(jobs)} labs")
        self.trials |= {job.lab: Trial(job.lab, wave) for job in jobs}
        self._note(jobs, "built")

    def _restore(self, wave: int) -> None:
        """One at a time: each takes a spare number and a lab's memory more."""
        for lab in self._sound(wave):
            self.tell(f"wave {wave}: restoring {lab} on trial")
            self._note([snapshots.order_rehearse(self.tools, lab, by=self.by)], "restored")

    def _sit(self, wave: int) -> None:
        sound = set(self._sound(wave))
        sitting = []
        for one in self.tools.store.passages(self.name):
            if one.wave == wave and not one.own_tools:
                chosen = self._to_the_door(one)
                if chosen.lab in sound:
                    sitting.append((chosen, self.tools.clock()))
                    self._try(chosen.lab, partial(self._start, one, Phase.HOUR))
        self.tell(f"wave {wave}: {len(sitting)} hours")
        for one, asked in sitting:
            self._follow(one, asked)

    def _to_the_door(self, one: Passage) -> Passage:
        """Up to the end of the first interview."""
        whose = self.tools, self.name, one.candidate
        first = self.tools.store.realisations(self.name, one.candidate)[0]
        choices.choose(*whose, first.number, by=self.by)
        attendance.arrive(*whose, by=self.by)
        self._start(one, Phase.PHASE_1)
        self._start(one, Phase.INTERVIEW_1)
        attendance.acknowledge(*whose)
        return self._seen(one)

    def _follow(self, one: Passage, asked: Moment) -> None:
        """The hour of one candidate, to its end, and the commission's door after it."""
        lab = one.lab
        if not self._until(lab, lambda: self._seen(one).state is P.HOUR, "was not opened"):
            return
        clock = self._seen(one).clocks[Phase.HOUR]
        self._mark(lab, opened=clock.stretches[0].start.since(asked))
        end = clock.stretches[0].start.at + timedelta(seconds=clock.allotted)
        if not self._until(lab, lambda: bool(self._frozen_at(lab)), "was not frozen"):
            return
        self._mark(lab, frozen=_seconds(end, self._frozen_at(lab)))
        if self._until(lab, lambda: bool(self._end_kept_at(lab)), "has no end snapshot"):
            self._mark(lab, end_kept=_seconds(end, self._end_kept_at(lab)))
        self._try(lab, partial(self._start, one, Phase.INTERVIEW_2))
        self._until(lab, lambda: self._state(lab) is LabState.RECETTE, "let no commission in")
        passages.close(self.tools, self.name, one.candidate, by=self.by, why="rehearsal")

    def _clear(self, wave: int) -> None:
        self.tell(f"wave {wave}: making room")
        stand_in.clear(
            self.tools, waves.labs_of(self.tools, self.name, wave), by=self.by, wait=self.wait
        )
        for lab, trial in self.trials.items():
            if trial.wave == wave and trial.opened is None and not trial.trouble:
                # The réalisation that was not chosen: built and restored is all it was for.
                self.trials[lab] = replace(trial, opened=0.0, frozen=0.0, end_kept=0.0)

    def _note(self, jobs: Sequence[Job], what: str) -> None:
        for job in jobs:
            ended = stand_in.ended(self.tools, job, self.wait)
            if ended.ended_well and ended.started and ended.ended:
                took = (ended.ended - ended.started).total_seconds()
                self._mark(job.lab, **{what: took})
            else:
                self._mark(job.lab, trouble=ended.outcome)

    def _mark(self, lab: str, **facts: object) -> None:
        self.trials[lab] = replace(self.trials[lab], **facts)  # type: ignore[arg-type]

    def _sound(self, wave: int) -> list[str]:
        return [one.lab for one in self.trials.values() if one.wave == wave and not one.trouble]

    def _start(self, one: Passage, phase: Phase) -> None:
        passages.start(self.tools, self.name, one.candidate, phase, by=self.by)

    def _seen(self, one: Passage) -> Passage:
        return self.tools.store.passage(self.name, one.candidate)

    def _state(self, lab: str) -> LabState:
        return self.tools.store.lab(lab).state

    def _frozen_at(self, lab: str) -> datetime | None:
        found = self.tools.store.entries(f"lab:{lab}")
        return next((one.at for one in found if one.what.endswith("-> frozen")), None)

    def _end_kept_at(self, lab: str) -> datetime | None:
        kept = self.tools.store.snapshots(lab)
        ends = (one.verified for one in kept if one.kind is SnapshotKind.END)
        return next((at for at in ends if at), None)

    def _try(self, lab: str, verb: Callable[[], object]) -> None:
        try:
            verb()
        except LabmgrError as refusal:
            self._mark(lab, trouble=str(refusal))

    def _until(self, lab: str, so: Callable[[], bool], trouble: str) -> bool:
        """Wait until it is so; what does not come about is the lab's trouble."""
        hour = self.tools.store.session(self.name).durations[Phase.HOUR]
        begun = self.tools.clock()
        while not self.trials[lab].trouble:
            if so():
                return True
            if self.tools.clock().since(begun) > 2 * hour + PATIENCE:
                self._mark(lab, trouble=trouble)
            self.wait()
        return False

    def wait(self) -> None:
        self.pause()
        self.least_free = min(self.least_free, self.tools.engine.facts().memory_free)


def _seconds(end: datetime, at: datetime | None) -> float | None:
    return max(0.0, (at - end).total_seconds()) if at else None
