"""Devices looked after between orders: what failed is said again, what was cut short is named."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from labmgr.domain.equipment import DeviceState, Stage
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.work import ENDED, LANE, Job, JobKind, Lane
from labmgr.errors import LabmgrError
from labmgr.services.equipment import evidence, pruning, states
from labmgr.services.lab import sitting

log = logging.getLogger(__name__)

BY: Final = "reconcile"
PAUSE: Final = timedelta(minutes=1)  # between two tries: a silent switch takes 20 s of each
ONLY: Final = "only"  # in a job's args: the devices that the repeated order is for
_AGAIN: Final = frozenset({JobKind.OPEN_DEVICES, JobKind.CLOSE_DEVICES})
_BEGUN: Final = sitting.AT_WORK | {PassageState.DONE}


def look_round(tools: Tools) -> list[Job]:
    """Repeat the hour's open and close orders for the devices that have not followed them yet.

    Until each has, or staff set it aside, or it is set for somebody else. Talks to no device.
    """
    name_cut_short(tools)
    pruning.prune(tools, by=BY)
    working = {one.lab: one for one in sitting.expected(tools) if one.state in _BEGUN}
    held = dict.fromkeys(
        one.lab for one in tools.store.device_states() if one.lab and one.lab in working
    )
    try:
        return [job for lab in held if (job := _again(tools, working[lab]))]
    except LabmgrError as trouble:  # a fault in the inventory, which its own pages show
        log.warning("look_round: devices: %s (%s)", trouble, trouble.hint)
        return []


def name_cut_short(tools: Tools) -> list[str]:
    """Devices that were being set by a process that is gone: half configured, as far as is known.

    Whoever sets one has a hand on it; nobody has on these.
    """
    found = []
    for state in tools.store.device_states():
        if state.stage is not Stage.SETTING:
            continue
        with states.hand_on(tools, state.device) as mine:
            now = tools.store.device_state(state.device)
            if mine and now.stage is Stage.SETTING:
                why = "what set it was ended in the middle"
                states.stage(tools, now.device, Stage.HALF, lab=now.lab, by=BY, why=why)
                log.warning("%s is half configured: %s", now.device, why)
                found.append(now.device)
    return found


def _again(tools: Tools, passage: Passage) -> Job | None:
    orders = [one for one in tools.store.jobs(lab=passage.lab) if LANE[one.kind] is Lane.DEVICES]
    last = next((one for one in orders if one.kind is not JobKind.KEEP_CONFIGS), None)
    under_way = any(one.state not in ENDED for one in orders)
    if under_way or last is None or last.kind not in _AGAIN or not _rested(tools, last):
        return None
    letting_in = sitting.may_be_open(tools, tools.store.lab(passage.lab))
    kind = JobKind.OPEN_DEVICES if letting_in else JobKind.CLOSE_DEVICES
    if not (left := list(_left(tools, passage, last, letting_in=letting_in))):
        return None
    args = {ONLY: " ".join(left)}
    if last.kind is not kind or last.ended_well:
        return tools.store.order(kind, passage.lab, by=BY, args=args)
    if ONLY not in last.args:
        tools.store.write(f"lab:{passage.lab}", f"{kind} is repeated until it is done", by=BY)
    return tools.store.repeat(last, args)


def _rested(tools: Tools, last: Job) -> bool:
    return last.ended is None or abs(tools.now() - last.ended) >= PAUSE


def _left(tools: Tools, passage: Passage, last: Job, *, letting_in: bool) -> Iterator[str]:
    """Devices that are not yet as the hour wants them; one that is set anew is left alone."""
    declared = {one.name: one for one in tools.inventory.read().devices}
    for state in tools.store.device_states(passage.lab):
        device = declared.get(state.device)
        if device is None or state.aside:
            continue
        if letting_in:
            wanting = state.stage in {Stage.SET, Stage.CLOSED}
        else:
            ended = state.stage is Stage.CLOSED and passage.state is not PassageState.SUSPENDED
            unread = ended and evidence.lacking(tools, passage.lab, device, last.ordered)
            wanting = bool(unread) or _may_be_open(passage, state)
        if wanting:
            yield device.name


def _may_be_open(passage: Passage, state: DeviceState) -> bool:
    """One that failed to open may have taken some of its lines."""
    at_work = passage.state in sitting.AT_WORK
    return state.stage is Stage.OPEN or (state.stage is Stage.SET and at_work)
