"""Setting a network device: what would change, and the push itself, read back and compared."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from labmgr.domain.devices import Outcome
from labmgr.domain.dialects import masked, steady
from labmgr.domain.equipment import Stage
from labmgr.domain.inventory import SSH, Device
from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.errors import ConsoleError, DeviceLost, NotFound, Refused
from labmgr.services.equipment import orders, states
from labmgr.services.equipment.asking import Report, keys_of
from labmgr.services.equipment.configs import told_difference
from labmgr.services.equipment.servers import filled
from labmgr.services.equipment.values import values_for

TRIES: Final = 3  # a line that breaks again and again is no accident
PAUSE: Final = 1.0  # seconds before the next try


@dataclass(frozen=True)
class Preview:
    """What a push would do, secrets covered; `seen` says which configuration that was."""

    device: Device
    seen: str
    steps: tuple[str, ...]
    difference: tuple[str, ...]


def baseline_for(tools: Tools, lab: Lab, device: Device) -> str:
    """The device's baseline with the parameters of the lab's candidate."""
    if not device.baseline:
        raise NotFound(
            f"The inventory names no baseline for {device.name}",
            hint="Add `baseline:` with a file under baselines/.",
        )
    return filled(tools, device.baseline, values_for(tools, lab, device))


def preview(tools: Tools, device: Device, wanted: str) -> Preview:
    """Ask the device what it says now; nothing is sent that would change it."""
    running = tools.devices.running_config(device, keys_of(tools, device))
    steps = tools.devices.steps(device, running, wanted)
    return Preview(
        device,
        _digest(device, running),
        tuple(masked("\n".join(steps)).splitlines()),
        tuple(told_difference(*_touched(tools, device, running, wanted))),
    )


def _touched(
    tools: Tools, device: Device, running: str, wanted: str
) -> tuple[list[str], list[str]]:
    before, after = (tools.devices.touched(device, running, text) for text in (running, wanted))
    return before, after


def push(
    tools: Tools, device: Device, wanted: str, *, by: str, lab: str = "", seen: str = ""
) -> Report:
    """Bring a network device to *wanted*; the configuration read back is kept as a backup.

    With *seen*, a preview's, nothing is sent when the device says something else by now.
    A connection that breaks is taken up where the device stands. Whatever stops a push half way
    leaves the device named as half configured.
    """
    with states.in_hand(tools, device):
        before = tools.store.device_state(device.name)
        if seen:
            _refuse_other(tools, device, seen)
            orders.refuse_in_use(tools, device)  # an hour may have begun since it was ordered
        states.stage(tools, device.name, Stage.SETTING, lab=lab, by=by)
        sent = _Sent()
        try:
            after = _set(tools, device, wanted, sent, saved=before.stage is Stage.SET)
        except Exception as trouble:
            left = Stage.HALF if sent.any or before.stage is Stage.SETTING else before.stage
            whose = lab if sent.any else before.lab
            states.stage(tools, device.name, left, lab=whose, by=by, why=states.why(trouble))
            raise
        backup = tools.configs.keep(device.name, after)
        digest = hashlib.sha256(after.encode()).hexdigest()
        states.stage(tools, device.name, Stage.SET, lab=lab, by=by, why=f"sha256 {digest}")
        return Report(device, Outcome.ANSWERS, backup=backup)


def enter(tools: Tools, device: Device, lines: Sequence[str], *, lab: str) -> None:
    """A few lines at the hour's two ends, as the inventory gives them.

    Another order to the device is waited for. Its candidate may have gone on in a spare by then:
    that lab's orders are what counts for it.
    """
    if lines:
        with states.in_hand(tools, device, patience=device.push_deadline):
            if tools.store.device_state(device.name).lab == lab:
                tools.devices.push(device, keys_of(tools, device), lines)


@dataclass
class _Sent:
    any: bool = False


def _set(tools: Tools, device: Device, wanted: str, sent: _Sent, *, saved: bool) -> str:
    """The configuration that stands in the end, and equals *wanted*.

    Unless it is known to be *saved*, a push goes there even when it runs already: a device that
    could not save, or whose candidate saved something else, would start with another one.
    """
    keys = keys_of(tools, device)
    for left in reversed(range(TRIES)):
        try:
            running = tools.devices.running_config(device, keys)
            steps = tools.devices.steps(device, running, wanted)
            if not steps and saved and not sent.any:
                return running
            sent.any = True
            after = tools.devices.push(device, keys, steps)
        except DeviceLost:
            if not left:
                raise
            time.sleep(PAUSE)
            continue
        if rest := tools.devices.steps(device, after, wanted):
            if left and rest != steps:
                continue  # a line that was taken away took others with it, as a BGP neighbour does
            raise ConsoleError(
                f"{device.name} took every line, and {len(rest)} of them do not stand: "
                f"{masked(rest[0].strip())}",
                hint="Its system writes them otherwise, or ignores them: compare the baseline "
                "with a backup taken after setting it by hand.",
            )
        return after
    raise AssertionError(device.name)


def _refuse_other(tools: Tools, device: Device, seen: str) -> None:
    running = tools.devices.running_config(device, keys_of(tools, device))
    if _digest(device, running) != seen:
        raise Refused(
            f"{device.name} was changed since it was looked at",
            hint="Nothing was sent. Look at the difference again, then push.",
        )


def _digest(device: Device, running: str) -> str:
    lines = steady(device.driver, running.splitlines())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def is_server(device: Device) -> bool:
    """A server is set by a script, everything else by its command line."""
    return device.driver == SSH
