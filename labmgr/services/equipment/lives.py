"""A place's devices in the life of a lab: set, opened, closed, kept and restored with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from labmgr.domain.devices import Outcome
from labmgr.domain.equipment import Stage
from labmgr.domain.inventory import Device
from labmgr.domain.lab import STANDING, Lab
from labmgr.domain.passage import PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.variables import fill
from labmgr.errors import DevicesRed, LabmgrError, Refused
from labmgr.services.equipment import baselines, evidence, incidents, orders, servers, states
from labmgr.services.equipment.asking import Report, all_at_once, noted
from labmgr.services.equipment.baselines import is_server
from labmgr.services.equipment.values import values_for
from labmgr.services.lab import labs, sitting, wires

P = PassageState


def carry_out_prepare(tools: Tools, lab_id: str, *, by: str) -> None:
    """Wires plugged in, every device set and read back, its start configuration kept.

    One that fails keeps no other from being set. Raises DevicesRed with each that failed.
    """
    lab = tools.store.lab(lab_id)
    passage = orders.passage_at(tools, lab)
    if passage and passage.lab not in {"", lab_id}:
        raise Refused(
            f"Candidate {passage.candidate} works in lab {passage.lab}, not in {lab_id}",
            hint="Its devices are that lab's; prepare the place again if they are not set.",
        )
    place = orders.place_of(tools, lab)
    orders.refuse_at_work(tools, place)
    if place.wires and lab.state in STANDING:
        plan = wires.wired_plan_of(tools, lab)
        labs.refuse_lost(tools, lab, plan)
        wires.build(tools, lab, plan)
    devices = orders.taking_part(tools, place)
    _each(tools, devices, lambda device: prepare_one(tools, lab, device, by=by))


def prepare_one(tools: Tools, lab: Lab, device: Device, *, by: str, seen: str = "") -> Report:
    """Set a device for the lab's candidate and keep what it says then as its start.

    One without a baseline is taken as it stands. With *seen*, a preview's, nothing is sent when
    the device says something else by now.
    """
    evidence.keep_former_end(tools, lab, device, by=by)
    as_it_stands = not device.has_baseline
    report = Report(device, Outcome.ANSWERS)
    if not as_it_stands:
        report = _set(tools, lab, device, by=by, seen=seen)
    evidence.keep(tools, lab, device, SnapshotKind.START, by=by, backup=report.backup)
    if as_it_stands:
        states.stage(tools, device.name, Stage.SET, lab=lab.id, by=by, why="no baseline")
    return report


def carry_out_open(
    tools: Tools, lab_id: str, *, by: str, only: Collection[str] | None = None
) -> None:
    """Send each device's `open` lines; one that fails is an incident of the passage.

    Ordered in time and carried out after the bell, it opens nothing. Repeated, it is for *only*
    those that failed.
    """
    lab = tools.store.lab(lab_id)
    if not sitting.may_be_open(tools, lab):
        return

    def let_in(device: Device) -> Report:
        try:
            _enter(tools, lab, device, device.open)
        except LabmgrError as trouble:
            states.in_doubt(tools, device.name, lab=lab_id, by=by, why=str(trouble))
            raise
        states.step(tools, device.name, Stage.OPEN, lab=lab_id, by=by)
        return Report(device, Outcome.ANSWERS)

    try:
        devices = orders.held(tools, lab_id)
    except LabmgrError as trouble:
        incidents.call_staff(tools, lab, str(trouble))
        raise
    _each(tools, _among(devices, only), let_in, incident=lab)
    if only is not None:
        incidents.end(tools, lab, lost=True)


def carry_out_close(
    tools: Tools,
    lab_id: str,
    *,
    by: str,
    since: datetime,
    only: Collection[str] | None = None,
) -> None:
    """Send each device's `close` lines; once the hour is over its end configuration is kept.

    Repeated, it is for *only* those that failed; an end read *since* the order stays the end.
    """
    lab = tools.store.lab(lab_id)
    if sitting.may_be_open(tools, lab) and sitting.passage_of(tools, lab_id):
        return  # resumed meanwhile
    over = _is_over(tools, lab)

    def shut(device: Device) -> Report:
        try:
            _enter(tools, lab, device, device.close)
            states.step(tools, device.name, Stage.CLOSED, lab=lab_id, by=by)
        finally:
            if over:
                evidence.keep_end(tools, lab, device, since=since, by=by)
        return Report(device, Outcome.ANSWERS)

    try:
        devices = orders.held(tools, lab_id)
    except LabmgrError as trouble:
        incidents.call_staff(tools, lab, str(trouble))
        if over:
            evidence.say_gaps(tools, lab, (), str(trouble), by=by)
        raise
    if over:
        gone = "the inventory does not declare it any more"
        evidence.say_gaps(tools, lab, devices, gone, by=by)
    _each(tools, _among(devices, only), shut, incident=lab)
    if only is not None:
        incidents.end(tools, lab, lost=False)


def carry_out_keep(tools: Tools, lab_id: str, *, by: str) -> None:
    """What each device says beside the candidate's own save point."""
    lab = tools.store.lab(lab_id)

    def keep(device: Device) -> Report:
        evidence.keep(tools, lab, device, SnapshotKind.OWN, by=by)
        return Report(device, Outcome.ANSWERS)

    _each(tools, orders.held(tools, lab_id), keep)


def carry_out_restore(tools: Tools, lab_id: str, *, by: str) -> None:
    """Bring the lab's devices back to their start; those that are another lab's by now stay.

    Refused when its candidate goes on already: the reset was ordered during a suspension.
    """
    lab = tools.store.lab(lab_id)
    sitting.refuse_at_work(tools, lab, "restored")

    def restore(device: Device) -> Report:
        if is_server(device):
            values = values_for(tools, lab, device)
            return servers.set_server(tools, device, values, by=by, lab=lab_id)
        started = evidence.latest(tools, lab_id, device.name, SnapshotKind.START)
        if started is None:
            raise Refused(
                f"{device.name} has no start configuration for lab {lab_id}",
                hint="Prepare the place again (`labmgr place prepare`).",
            )
        wanted = tools.configs.text(device.name, started.backup)
        return baselines.push(tools, device, wanted, by=by, lab=lab_id)

    _each(tools, orders.held(tools, lab_id), restore)


def _set(tools: Tools, lab: Lab, device: Device, *, by: str, seen: str = "") -> Report:
    """To its baseline with the candidate's values."""
    if is_server(device):
        values = values_for(tools, lab, device)
        return servers.set_server(tools, device, values, by=by, lab=lab.id)
    wanted = baselines.baseline_for(tools, lab, device)
    return baselines.push(tools, device, wanted, by=by, lab=lab.id, seen=seen)


def _enter(tools: Tools, lab: Lab, device: Device, lines: Iterable[str]) -> None:
    values = values_for(tools, lab, device) if lines else {}
    baselines.enter(tools, device, [fill(line, values) for line in lines], lab=lab.id)


def _each(
    tools: Tools,
    devices: Iterable[Device],
    work: Callable[[Device], Report],
    *,
    incident: Lab | None = None,
) -> None:
    """All of them at once. Raises DevicesRed with each that failed, after the last one."""
    red: list[Report] = []
    for report in all_at_once(list(devices), work):
        noted(tools, report)
        if not report.good:
            red.append(report)
    if not red:
        return
    said = "; ".join(f"{one.device.name}: {one.outcome}" for one in red)
    if incident:
        incidents.call_staff(tools, incident, said)
    mends = "; ".join(dict.fromkeys(one.mend for one in red if one.mend))
    raise DevicesRed(
        f"{len(red)} device(s) failed: " + "; ".join(one.said for one in red),
        hint=f"Repeat once it is mended, or set it aside with its reason. {mends}",
    )


def _among(devices: Iterable[Device], only: Collection[str] | None) -> list[Device]:
    return [one for one in devices if only is None or one.name in only]


def _is_over(tools: Tools, lab: Lab) -> bool:
    """Whether the hour has ended for good: a suspended one goes on later."""
    passage = sitting.passage_of(tools, lab.id)
    return passage is None or passage.state is not P.SUSPENDED
