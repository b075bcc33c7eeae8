"""A place's devices in the life of a lab: set, opened, closed, kept and restored with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace

from labmgr.domain.devices import Outcome
from labmgr.domain.equipment import KeptConfig, Stage
from labmgr.domain.inventory import Device
from labmgr.domain.lab import STANDING, Lab
from labmgr.domain.passage import PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.variables import fill
from labmgr.errors import DevicesRed, LabmgrError, Refused
from labmgr.services.equipment import baselines, orders, servers, states
from labmgr.services.equipment.asking import Report, all_at_once, keys_of, noted
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
    as_it_stands = not device.baseline and not device.put
    report = Report(device, Outcome.ANSWERS)
    if not as_it_stands:
        report = _set(tools, lab, device, by=by, seen=seen)
    _keep(tools, lab, device, SnapshotKind.START, by=by, report=report)
    if as_it_stands:
        states.stage(tools, device.name, Stage.SET, lab=lab.id, by=by, why="no baseline")
    return report


def carry_out_open(tools: Tools, lab_id: str, *, by: str) -> None:
    """Send each device's `open` lines; one that fails is an incident of the passage.

    Ordered in time and carried out after the bell, it opens nothing.
    """
    lab = tools.store.lab(lab_id)
    if not sitting.may_be_open(tools, lab):
        return

    def let_in(device: Device) -> Report:
        _enter(tools, lab, device, device.open)
        states.step(tools, device.name, Stage.OPEN, lab=lab_id, by=by)
        return Report(device, Outcome.ANSWERS)

    try:
        devices = orders.held(tools, lab_id)
    except LabmgrError as trouble:
        _call_staff(tools, lab, str(trouble))
        raise
    _each(tools, devices, let_in, incident=lab)


def carry_out_close(tools: Tools, lab_id: str, *, by: str) -> None:
    """Send each device's `close` lines; once the hour is over its end configuration is kept."""
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
                _keep(tools, lab, device, SnapshotKind.END, by=by)
        return Report(device, Outcome.ANSWERS)

    try:
        devices = orders.held(tools, lab_id)
    except LabmgrError as trouble:
        _call_staff(tools, lab, str(trouble))
        if over:
            _say_gaps(tools, lab, (), str(trouble), by=by)
        raise
    if over:
        _say_gaps(tools, lab, devices, "the inventory does not declare it any more", by=by)
    _each(tools, devices, shut, incident=lab)


def carry_out_keep(tools: Tools, lab_id: str, *, by: str) -> None:
    """What each device says beside the candidate's own save point."""
    lab = tools.store.lab(lab_id)

    def keep(device: Device) -> Report:
        _keep(tools, lab, device, SnapshotKind.OWN, by=by)
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
        started = latest(tools, lab_id, device.name, SnapshotKind.START)
        if started is None:
            raise Refused(
                f"{device.name} has no start configuration for lab {lab_id}",
                hint="Prepare the place again (`labmgr place prepare`).",
            )
        wanted = tools.configs.text(device.name, started.backup)
        return baselines.push(tools, device, wanted, by=by, lab=lab_id)

    _each(tools, orders.held(tools, lab_id), restore)


def latest(tools: Tools, lab: str, device: str, kind: SnapshotKind) -> KeptConfig | None:
    """The newest configuration of this kind that could be read."""
    kept = tools.store.kept_configs(lab)
    mine = (one for one in reversed(kept) if one.device == device and one.kind is kind)
    return next((one for one in mine if one.backup), None)


def _set(tools: Tools, lab: Lab, device: Device, *, by: str, seen: str = "") -> Report:
    """To its baseline with the candidate's values."""
    if is_server(device):
        values = values_for(tools, lab, device)
        return servers.set_server(tools, device, values, by=by, lab=lab.id)
    wanted = baselines.baseline_for(tools, lab, device)
    return baselines.push(tools, device, wanted, by=by, lab=lab.id, seen=seen)


def _enter(tools: Tools, lab: Lab, device: Device, lines: Iterable[str]) -> None:
    values = values_for(tools, lab, device) if lines else {}
    baselines.enter(tools, device, [fill(line, values) for line in lines])


def _keep(
    tools: Tools,
    lab: Lab,
    device: Device,
    kind: SnapshotKind,
    *,
    by: str,
    report: Report | None = None,
) -> None:
    """Written down also when it could not be read: a gap in the evidence is said."""
    kept = KeptConfig(device.name, lab.id, kind, tools.now())
    try:
        if kind is SnapshotKind.END and device.collect:
            servers.collect(tools, device, values_for(tools, lab, device), by=by)
        backup = report.backup if report else None
        if backup is None and is_server(device) and not device.keep:
            return  # nothing of it is to be kept beside that
        if backup is None:
            text = tools.devices.running_config(device, keys_of(tools, device))
            backup = tools.configs.keep(device.name, text)
        digest = hashlib.sha256(tools.configs.text(device.name, backup.name).encode())
        kept = replace(kept, backup=backup.name, sha256=digest.hexdigest())
    except LabmgrError as trouble:
        tools.store.keep_config(replace(kept, said=str(trouble)), by=by)
        raise
    tools.store.keep_config(kept, by=by)


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
        _call_staff(tools, incident, said)
    mends = "; ".join(dict.fromkeys(one.mend for one in red if one.mend))
    raise DevicesRed(
        f"{len(red)} device(s) failed: " + "; ".join(one.said for one in red),
        hint=f"Repeat once it is mended, or set it aside with its reason. {mends}",
    )


def _call_staff(tools: Tools, lab: Lab, said: str) -> None:
    if passage := sitting.passage_of(tools, lab.id):
        what = f"equipment: {said}"
        tools.store.open_incident(passage.session, passage.candidate, what, by="labmgr")


def _say_gaps(tools: Tools, lab: Lab, read: Iterable[Device], why: str, *, by: str) -> None:
    """Devices of this lab whose end configuration is not going to be read."""
    names = {one.name for one in read}
    for state in tools.store.device_states(lab.id):
        if state.device not in names:
            words = f"set aside: {state.aside}" if state.aside else why
            gap = KeptConfig(state.device, lab.id, SnapshotKind.END, tools.now(), said=words)
            tools.store.keep_config(gap, by=by)


def _is_over(tools: Tools, lab: Lab) -> bool:
    """Whether the hour has ended for good: a suspended one goes on later."""
    passage = sitting.passage_of(tools, lab.id)
    return passage is None or passage.state is not P.SUSPENDED
