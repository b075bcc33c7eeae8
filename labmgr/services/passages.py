"""A passage's verbs: from registered to done, and what goes wrong on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from labmgr.domain.bells import Bell, Ring
from labmgr.domain.clock import Clock
from labmgr.domain.exam import Phase, composition_faults
from labmgr.domain.lab import LabState
from labmgr.domain.passage import BEFORE, STATE_OF, UNDER_WAY, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Audience, Role
from labmgr.domain.work import JobKind, Order
from labmgr.errors import BadInput, LabmgrError, NotFound, Refused
from labmgr.services import probes, snapshots
from labmgr.services.sitting import lab_for

P = PassageState
Verb = Callable[[str], Passage]
MAY_KNOW_CHOICE = frozenset({Role.ADMIN, Role.COMMISSION})


def arrive(tools: Tools, session: str, number: str, *, by: str) -> Passage:
    """The candidate is there. Late is late: the hour of arrival is noted, nothing follows."""
    before = tools.store.passage(session, number)
    if before.state is P.PRESENT:
        return before
    arrived = replace(before.moved_to(P.PRESENT), arrived=tools.now(), absent_said_by="")
    return _changed(tools, before, arrived, what="present", by=by)


def say_absent(tools: Tools, session: str, number: str, *, by: str) -> Passage:
    """Said by two people: absence eliminates (S3:61), so nobody decides it alone."""
    before = tools.store.passage(session, number)
    gone = before.moved_to(P.ABSENT)
    if not before.absent_said_by:
        asked = replace(before, absent_said_by=by)
        return _changed(tools, before, asked, what="said to be absent, to be confirmed", by=by)
    if before.absent_said_by == by:
        raise Refused(
            f"{by} has already said that candidate {number} is absent",
            hint="A second person confirms it: an absence eliminates the candidate.",
        )
    return _changed(tools, before, gone, what=f"absent, as {before.absent_said_by} said", by=by)


def take_back_absence(tools: Tools, session: str, number: str, *, by: str, why: str) -> Passage:
    """A mistake, or a candidate who came after all and whom the head of centre lets in."""
    before = tools.store.passage(session, number)
    after = before if before.state is not P.ABSENT else before.moved_to(P.REGISTERED)
    _need(why)
    return _changed(
        tools, before, replace(after, absent_said_by=""), what="not absent", by=by, why=why
    )


def block(tools: Tools, session: str, number: str, message: str, *, by: str) -> Passage:
    """The file is not conforming: present or not, nobody is interrogated (S3:69)."""
    _need(message)
    before = tools.store.passage(session, number)
    after = replace(before.moved_to(P.NONCONFORMING), message=message)
    return _changed(tools, before, after, what="file not conforming", by=by, why=message)


def unblock(tools: Tools, session: str, number: str, *, by: str, why: str) -> Passage:
    """The file is conforming after all."""
    _need(why)
    before = tools.store.passage(session, number)
    state = P.PRESENT if before.arrived else P.REGISTERED
    after = replace(before.moved_to(state), message="")
    return _changed(tools, before, after, what="file conforming", by=by, why=why)


def choose(
    tools: Tools, session: str, number: str, realisation: int, *, by: str, why: str = ""
) -> Passage:
    """The commission's choice (S4:2311). Before phase 1 freely; then by a second person.

    The journal says that a choice was made, never which.
    """
    before = tools.store.passage(session, number)
    known = [one.number for one in tools.store.realisations(session, number)]
    if realisation not in known:
        raise NotFound(
            f"Candidate {number} has no réalisation {realisation}",
            hint=f"There are: {', '.join(map(str, known)) or 'none, write them down first'}.",
        )
    if before.state in BEFORE:
        chosen = replace(before, choice=realisation)
        return _changed(tools, before, chosen, what="réalisation chosen", by=by)
    if before.state not in {P.PHASE_1, P.INTERVIEW_1}:
        raise Refused(
            f"Passage {before.id} is {before.state}: its réalisation can no longer change",
            hint="Suspend it, and let the head of centre decide.",
        )
    return _change_choice(tools, before, realisation, by=by, why=why)


def _change_choice(tools: Tools, before: Passage, number: int, *, by: str, why: str) -> Passage:
    asked, _, who = before.change_asked.partition(" ")
    if asked != str(number) or who == by:
        _need(why)
        if who == by and asked == str(number):
            raise Refused(
                f"{by} has already asked for this change",
                hint="A second person confirms it.",
            )
        wished = replace(before, change_asked=f"{number} {by}")
        what = "change of réalisation asked for, to be confirmed"
        return _changed(tools, before, wished, what=what, by=by, why=why)
    lab = lab_for(tools, before.session, before.candidate, number)
    done = replace(before, choice=number, change_asked="", lab=lab)
    return _changed(tools, before, done, what=f"réalisation changed, as {who} asked", by=by)


def seen_by(passage: Passage, role: Role) -> Passage:
    """The passage as this role may read it: the choice is the commission's until phase 1."""
    if role in MAY_KNOW_CHOICE or passage.state not in BEFORE:
        return passage
    return replace(passage, choice=0)


def acknowledge(tools: Tools, session: str, number: str) -> Passage:
    """The candidate has read whose responsibility the use of the lab is (S4:2342)."""
    before = tools.store.passage(session, number)
    if before.acknowledged:
        return before
    after = replace(before, acknowledged=tools.now())
    return _changed(
        tools, before, after, what="responsibility acknowledged", by=f"candidate {number}"
    )


def start(tools: Tools, session: str, number: str, phase: Phase, *, by: str) -> Passage:
    """Begin a phase. For the hour the lab is ordered open: its clock starts as the door opens."""
    before = tools.store.passage(session, number)
    if phase is Phase.PHASE_1:
        return _start_phase_1(tools, before, by=by)
    if phase is Phase.HOUR:
        return _start_hour(tools, before, by=by)
    if phase is Phase.INTERVIEW_2:
        _refuse_unfinished(tools, before)
    after = _begun(tools, before, phase)
    orders = []
    if phase is Phase.INTERVIEW_2 and before.lab:
        orders = [Order(JobKind.OPEN, before.lab, {"audience": Audience.COMMISSION})]
    return _changed(tools, before, after, what=f"{phase} begun", by=by, orders=orders)


def finish_hour(tools: Tools, session: str, number: str, *, by: str, why: str) -> Passage:
    """The candidate has finished before the time: as the bell would, and for good."""
    _need(why)
    before = tools.store.passage(session, number)
    if before.state is not P.HOUR:
        raise Refused(f"Passage {before.id} is {before.state}, not in its hour")
    return end_of_hour(tools, before, what="hour finished early", by=by, why=why) or before


def end_of_hour(
    tools: Tools, before: Passage, *, what: str, by: str, why: str = "", bell: Bell | None = None
) -> Passage | None:
    """Clock stopped, access cut, then the end snapshot; services go on. None: answered before."""
    clock = before.clocks[Phase.HOUR].stopped(tools.clock())
    bell = bell or Bell(before.session, before.candidate, Phase.HOUR, Ring.END)
    orders = [Order(JobKind.FREEZE, before.lab, {"snapshot": "end"})] if before.lab else []
    after = before.with_clock(Phase.HOUR, clock)
    return tools.store.change_passage(
        before, after, what=what, by=by, why=why, orders=orders, bell=bell
    )


def note_adjustment(tools: Tools, session: str, number: str, text: str, *, by: str) -> Passage:
    """What the commission asks to be changed of the approach, before phase 2 (S4:2333)."""
    before = tools.store.passage(session, number)
    if before.state not in {P.INTERVIEW_1, P.PHASE_1}:
        raise Refused(
            f"Passage {before.id} is {before.state}: an adjustment is noted after interview 1",
            hint="It stands in the record from then on; add a remark to the recette instead.",
        )
    after = replace(before, adjustment=text.strip())
    return _changed(tools, before, after, what="adjustment noted", by=by)


def close(tools: Tools, session: str, number: str, *, by: str, why: str = "") -> Passage:
    """The passage is done. One that was suspended for good needs its reason."""
    before = tools.store.passage(session, number)
    if before.state is P.DONE:
        return before
    if before.state is P.SUSPENDED:
        _need(why)
    after = replace(_stopped(tools, before).moved_to(P.DONE), paused=None)
    who = Audience.COMMISSION
    orders = [Order(JobKind.CLOSE, before.lab, {"audience": who})] if before.lab else []
    done = _changed(tools, before, after, what="done", by=by, why=why, orders=orders)
    if before.state is P.SUSPENDED:
        end_suspension(tools, before, by=by)
    return done


def suspend(tools: Tools, session: str, number: str, *, by: str, why: str) -> Passage:
    """Clock stopped at once, access cut: an incident. What is left stays to the second."""
    _need(why)
    before = tools.store.passage(session, number)
    if before.state is P.SUSPENDED:
        return before
    after = replace(_stopped(tools, before).moved_to(P.SUSPENDED), paused=before.state)
    orders = [Order(JobKind.CLOSE, before.lab)] if before.lab and before.state is P.HOUR else []
    done = _changed(tools, before, after, what="suspended", by=by, why=why, orders=orders)
    tools.store.open_incident(session, number, f"suspended: {why}", by=by)
    return done


def suspend_all(tools: Tools, session: str, *, by: str, why: str) -> list[Passage]:
    """Every passage under way; the first refusal does not keep the others from it."""
    return _each(
        tools, session, UNDER_WAY, lambda one: suspend(tools, session, one, by=by, why=why)
    )


def resume(tools: Tools, session: str, number: str, *, by: str, why: str = "") -> Passage:
    """Go on where the clock stood. An hour goes on when its lab's door is open again."""
    before = tools.store.passage(session, number)
    if before.state is not P.SUSPENDED or before.paused is None:
        return before
    if before.paused is P.HOUR and before.lab and not before.is_over(tools.clock()):
        _refuse_unfit(tools, before, fresh=not before.clocks[Phase.HOUR].stretches)
        args = _hour(before) | {"resume": "yes"} | ({"why": why} if why else {})
        tools.store.order(JobKind.OPEN, before.lab, by=by, args=args)
        return before
    after = resumed(tools, before)
    done = _changed(tools, before, after, what="resumed", by=by, why=why)
    end_suspension(tools, before, by=by)
    return done


def resume_all(tools: Tools, session: str, *, by: str, why: str = "") -> list[Passage]:
    halted = frozenset({P.SUSPENDED})
    return _each(tools, session, halted, lambda one: resume(tools, session, one, by=by, why=why))


def resumed(tools: Tools, before: Passage) -> Passage:
    """Back in its phase, the clock running from now unless it had run out."""
    state = before.paused or P.HOUR
    after = replace(before.moved_to(state), paused=None)
    clock, now = after.clock, tools.clock()
    if clock is None or after.phase is None or clock.left(now) <= 0:
        return after
    return after.with_clock(after.phase, clock.started(now))


def end_suspension(tools: Tools, before: Passage, *, by: str) -> None:
    """Write down how long the clock stood."""
    clock = before.clock
    ended = clock.stretches[-1].end if clock and clock.stretches else None
    stood = tools.clock().since(ended) if ended else 0.0
    for one in tools.store.incidents(before.session, before.candidate):
        if one.ended is None and one.what.startswith("suspended"):
            tools.store.end_incident(one.id, seconds=stood, by=by)


def extend(
    tools: Tools, session: str, number: str, seconds: float, *, by: str, why: str
) -> Passage:
    """More time for the present phase, by decision and with its reason.

    After the bell the door opens again, as long as interview 2 has not begun.
    """
    _need(why)
    if seconds <= 0:
        raise BadInput("An extension adds time", hint="Write the minutes to add.")
    before = tools.store.passage(session, number)
    what = f"{before.phase} extended by {seconds / 60:g} min"
    return lengthen(tools, before, seconds, what=what, by=by, why=why)


def lengthen(
    tools: Tools, before: Passage, seconds: float, *, what: str, by: str, why: str = ""
) -> Passage:
    """More time for the present phase, or less; its door is told the new end, its bells ring anew.

    After the bell the time begins to run now, not when the bell rang.
    """
    phase, clock = before.phase, before.clock
    if phase is None or clock is None:
        raise Refused(f"Passage {before.id} is {before.state}: no clock of it is running")
    now = tools.clock()
    over = clock.left(now) <= 0
    base = clock.used(now) if over else clock.allotted
    after = before.with_clock(phase, clock.with_time(base + seconds))
    orders = []
    if before.state is P.HOUR and before.lab:
        orders = [Order(JobKind.OPEN, before.lab, _hour(before))]
    elif over and before.state is not P.SUSPENDED:
        after = after.with_clock(phase, after.clocks[phase].started(now))
    for ring in Ring:
        tools.store.forget_bell(Bell(before.session, before.candidate, phase, ring))
    return _changed(tools, before, after, what=what, by=by, why=why, orders=orders)


def let_in(tools: Tools, before: Passage) -> Clock:
    """The hour's clock as it stands, or a new one with the candidate's own time."""
    if clock := before.clocks.get(Phase.HOUR):
        return clock
    return _new_clock(tools, before, Phase.HOUR)


def _start_phase_1(tools: Tools, before: Passage, *, by: str) -> Passage:
    session = tools.store.session(before.session)
    if before.state is P.NONCONFORMING:
        raise Refused(
            f"Candidate {before.candidate} is not interrogated: {before.message}",
            hint="Whoever checks the files says that it is conforming after all, with the reason.",
        )
    commissions = {one.id: one for one in tools.store.commissions(before.session)}
    sits = commissions.get(before.commission)
    faults = composition_faults(sits, session) if sits else []
    if before.commission and sits is None:
        faults = [f"there is no commission {before.commission}"]
    if not before.own_tools and not before.choice:
        faults.append("the commission has not chosen a réalisation")
    if faults:
        raise Refused(
            f"Passage {before.id} cannot begin: {'; '.join(faults)}",
            hint="Mend that on the session's page, then start again.",
        )
    whose = before.session, before.candidate
    lab = "" if before.own_tools else lab_for(tools, *whose, before.choice)
    after = replace(_begun(tools, before, Phase.PHASE_1), lab=lab)
    return _changed(tools, before, after, what=f"{Phase.PHASE_1} begun", by=by)


def _start_hour(tools: Tools, before: Passage, *, by: str) -> Passage:
    before.moved_to(P.HOUR)
    if not before.acknowledged:
        raise Refused(
            f"Candidate {before.candidate} has not acknowledged the responsibility text",
            hint="It stands in the portal, under « Mon espace »; one click there is enough.",
        )
    if not before.lab:
        after = _begun(tools, before, Phase.HOUR)
        return _changed(tools, before, after, what=f"{Phase.HOUR} begun", by=by)
    _refuse_unfit(tools, before, fresh=True)
    tools.store.order(JobKind.OPEN, before.lab, by=by, args=_hour(before))
    return before


def _refuse_unfit(tools: Tools, passage: Passage, *, fresh: bool) -> None:
    """No hour without green probes and a verified start snapshot; a worked-in lab only stands."""
    lab = tools.store.lab(passage.lab)
    if lab.state not in {LabState.READY, LabState.OPEN, LabState.FROZEN}:
        raise Refused(
            f"Lab {lab.id} is {lab.state}, not ready", hint="Build it, or give a spare one."
        )
    snapshots.latest(tools, lab.id, SnapshotKind.START)
    if not fresh:
        return
    if probes.was_opened(tools, lab):
        raise Refused(
            f"Lab {lab.id} was opened before: somebody may have worked in it",
            hint="Reset it to its start snapshot first.",
        )
    if not probes.all_green(tools, lab):
        raise Refused(
            f"Lab {lab.id} is not green at its last look",
            hint="Look at its probes; mend or reset the lab, or give a spare one.",
        )


def _refuse_unfinished(tools: Tools, before: Passage) -> None:
    if before.state is P.HOUR and not before.is_over(tools.clock()):
        clock = before.clocks[Phase.HOUR]
        if clock.running:
            raise Refused(
                f"Candidate {before.candidate} still has {clock.left(tools.clock()) / 60:.0f} min",
                hint="Wait for the bell, or finish the hour early with its reason.",
            )


def _begun(tools: Tools, before: Passage, phase: Phase) -> Passage:
    """In the next phase, the clock before stopped and its own started."""
    after = _stopped(tools, before).moved_to(STATE_OF[phase])
    clock = _new_clock(tools, before, phase).started(tools.clock())
    return after.with_clock(phase, clock)


def _new_clock(tools: Tools, passage: Passage, phase: Phase) -> Clock:
    candidate = tools.store.candidate(passage.session, passage.candidate)
    durations = tools.store.session(passage.session).durations
    return Clock(candidate.allotted(phase, durations))


def _stopped(tools: Tools, passage: Passage) -> Passage:
    if passage.phase is None or passage.clock is None:
        return passage
    return passage.with_clock(passage.phase, passage.clock.stopped(tools.clock()))


def _hour(passage: Passage) -> dict[str, str]:
    """What makes an order to open one of the passage's hour."""
    return {"session": passage.session, "candidate": passage.candidate}


def _each(tools: Tools, session: str, states: frozenset[PassageState], verb: Verb) -> list[Passage]:
    done = []
    for one in tools.store.passages(session):
        if one.state in states:
            try:
                done.append(verb(one.candidate))
            except LabmgrError as trouble:
                subject = f"passage:{one.id}"
                tools.store.write(subject, f"not done with the others: {trouble}", by="labmgr")
    return done


def _changed(
    tools: Tools,
    before: Passage,
    after: Passage,
    *,
    what: str,
    by: str,
    why: str = "",
    orders: Sequence[Order] = (),
) -> Passage:
    done = tools.store.change_passage(before, after, what=what, by=by, why=why, orders=orders)
    return done or before


def _need(why: str) -> None:
    if not why.strip():
        raise BadInput("The reason is missing", hint="Say why: it stands in the record.")
