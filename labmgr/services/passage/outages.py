"""Time in which candidates could not reach their labs: dated, measured, left to people to judge."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from labmgr.domain.clock import Moment
from labmgr.domain.exam import Phase
from labmgr.domain.lab import LabState
from labmgr.domain.passage import PHASE_OF, Incident, News, Noticed, Over, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.record import LOCAL
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.work import JobKind, Order
from labmgr.errors import LabmgrError
from labmgr.services.equipment import orders as equipped

log = logging.getLogger(__name__)

BY = "reconcile"
P = PassageState
MOST_COMPENSATED = 4  # an outage of more than a quarter of the phase: propose to report (USERS §4)
SHORT = 15.0  # seconds: labmgr started again, three heartbeats; nobody waits for it
DEAD = "node {node} does not run"


def recover_clocks(tools: Tools) -> list[str]:
    """Suspend what an outage stopped; call once when a worker starts, before its first beat.

    The outage began at the last heartbeat. A machine that was off stopped everything; while only
    labmgr was away the gateways held the hours' ends and labs ran on. Portal and web terminals did
    not: that is written down for people to judge.
    """
    beat, now = tools.store.last_beat(), tools.clock()
    if beat is None:
        return []
    rebooted = beat.boot != now.boot
    said = []
    for one in tools.store.passages(states=frozenset(PHASE_OF)):
        if one.clock is None or not one.clock.running:
            continue
        if one.is_over(beat):  # its bell was due before: it is answered now
            if rebooted:
                _end(tools, one, beat)
        elif rebooted or _lost_its_lab(tools, one):
            said.append(_suspend(tools, one, beat, rebooted=rebooted))
        elif one.state is P.HOUR and one.lab and now.since(beat) > SHORT:
            _was_away(tools, one, beat, now.since(beat))
    return said


def _was_away(tools: Tools, passage: Passage, beat: Moment, seconds: float) -> None:
    since = beat.at.astimezone(LOCAL)
    what = f"labmgr was away since {since:%H:%M:%S} for {seconds:.0f} s, the lab ran on"
    one = tools.store.open_incident(passage.session, passage.candidate, what, by=BY)
    tools.store.end_incident(one.id, seconds=0.0, by=BY)


def watch(tools: Tools) -> None:
    """Note nodes that stand still in a running hour, and when they run again. Within seconds.

    Staff decide what follows; nothing is compensated by itself.
    """
    within = tools.store.passages(states=frozenset({P.HOUR, P.SUSPENDED}))
    within = [one for one in within if one.lab and one.phase is Phase.HOUR]
    if not within:
        return
    seen = tools.engine.look_all()
    for passage in within:
        _compare(tools, passage, seen.get(passage.lab, {}))


def over_by_now(tools: Tools, passage: Passage) -> list[News]:
    """What a step says that ends an hour or a passage: nothing keeps its candidate any longer."""
    mine = tools.store.incidents(passage.session, passage.candidate)
    now = tools.now()
    return [
        Over(one.id, max(0.0, (now - one.noticed).total_seconds()))
        for one in mine
        if one.ended is None and not one.what.startswith("suspended")
    ]


def proposal(passage: Passage, incident: Incident) -> str:
    """What staff may decide about an outage: give the time back, or report the passage.

    By analogy with exams by video; a human decision always, and in the record (USERS §4).
    """
    clock = passage.clocks.get(Phase.HOUR)
    if clock is None or not incident.seconds or incident.decision:
        return ""
    if incident.seconds * MOST_COMPENSATED <= clock.allotted:
        return "extend"
    return "report"


def _end(tools: Tools, before: Passage, beat: Moment) -> None:
    """Stop a clock that had run out: after a boot only the wall clock is left, and it may lie."""
    if before.clock and before.phase:
        after = before.with_clock(before.phase, before.clock.stopped(beat))
        what = "time had run out before the outage"
        tools.store.change_passage(before, after, what=what, by=BY)


def _lost_its_lab(tools: Tools, passage: Passage) -> bool:
    return passage.state is P.HOUR and bool(passage.lab) and not _runs(tools, passage.lab)


def _runs(tools: Tools, lab: str) -> bool:
    """Whether the lab's door and nodes run; an engine that is away runs nothing."""
    try:
        seen = tools.engine.look(lab)
    except LabmgrError as away:
        log.warning("recover: lab %s: %s", lab, away)
        return False
    return bool(seen) and all(one is Seen.RUNNING for one in seen.values())


def _suspend(tools: Tools, before: Passage, beat: Moment, *, rebooted: bool) -> str:
    why = "power cut or restart of the server" if rebooted else "the lab had stopped"
    clock, phase = before.clock, before.phase
    if clock is None or phase is None:
        return ""
    halted = replace(before.moved_to(P.SUSPENDED), paused=before.state)
    after = halted.with_clock(phase, clock.halted(beat))
    orders = [Order(JobKind.CLOSE, before.lab)] if before.lab and before.state is P.HOUR else []
    orders += equipped.order_close(tools, before.lab) if orders else []
    what = f"suspended: outage since {beat.at.astimezone(LOCAL):%H:%M:%S}"
    news = [Noticed(f"suspended: {why}")]
    tools.store.change_passage(before, after, what=what, by=BY, why=why, orders=orders, news=news)
    said = f"passage {before.id} suspended: {why}"
    log.warning("recover: %s", said)
    return said


def _compare(tools: Tools, passage: Passage, seen: Mapping[str, Seen]) -> None:
    lab = tools.store.lab(passage.lab)
    if lab.state is LabState.BUILDING:
        return  # its candidate goes back to a save point: nodes are away on purpose
    names = [node.name for node in tools.library.read(lab.template).nodes]
    dead = {name for name in (*names, GATEWAY) if seen.get(name) is not Seen.RUNNING}
    running = passage.clock is not None and passage.clock.running
    for name in sorted(dead) if running else ():
        what = DEAD.format(node=name)
        tools.store.open_incident(passage.session, passage.candidate, what, by="watch")
    for one in tools.store.incidents(passage.session, passage.candidate):
        alive = {DEAD.format(node=name) for name in {*names, GATEWAY} - dead}
        if one.ended is None and one.what in alive:
            seconds = (tools.now() - one.noticed).total_seconds()
            tools.store.end_incident(one.id, seconds=max(0.0, seconds), by="watch")
