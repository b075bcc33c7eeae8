"""Each step of a device's part in a sitting, and who has a hand on it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Final

from labmgr.domain.equipment import Stage
from labmgr.domain.inventory import Device
from labmgr.domain.journal import need
from labmgr.domain.ports import Tools
from labmgr.errors import LabmgrError, Refused
from labmgr.services.lab import sitting

PATIENCE: Final = 1.0  # seconds: a look at whether somebody has a hand on it takes none
LOOK_EVERY: Final = 0.1
_NOBODYS: Final = {"stage": Stage.UNKNOWN, "lab": ""}


def stage(tools: Tools, device: str, new: Stage, *, lab: str, by: str, why: str = "") -> None:
    """One step of a device's part in a sitting, told by the journal."""
    before = tools.store.device_state(device)
    if (before.stage, before.lab) == (new, lab):
        return
    what = f"{new} for lab {lab}" if lab else str(new)
    tools.store.change_device_state(device, {"stage": new, "lab": lab}, what=what, by=by, why=why)


def why(trouble: Exception) -> str:
    """For the journal: an error that is not ours may hold what was read or sent."""
    return str(trouble) if isinstance(trouble, LabmgrError) else "a bug in labmgr: see its log"


def step(tools: Tools, device: str, new: Stage, *, lab: str, by: str) -> None:
    """As `stage`, while it is still set for this lab: its candidate may go on in a spare."""
    if tools.store.device_state(device).stage is not new:
        what = f"{new} for lab {lab}"
        tools.store.change_device_state(device, {"stage": new}, lab_was=lab, what=what, by=by)


def in_doubt(tools: Tools, device: str, *, lab: str, by: str, why: str) -> None:
    """Called open, and its `open` lines failed: it may have been closed, and is asked again."""
    if tools.store.device_state(device).stage is Stage.OPEN:
        what = f"not known to be open for lab {lab}"
        tools.store.change_device_state(
            device, {"stage": Stage.SET}, lab_was=lab, what=what, by=by, why=why
        )


def set_aside(tools: Tools, device: Device, *, by: str, why: str) -> None:
    """Its place goes without it until it is taken back: on the day a dead switch stops nobody."""
    need(why)
    tools.store.change_device_state(
        device.name, {"aside": why.strip()}, what="set aside", by=by, why=why
    )


def take_back(tools: Tools, device: Device, *, by: str) -> None:
    """What it was set to is not known any more, unless its candidate is at work on it still."""
    state = tools.store.device_state(device.name)
    if state.aside:
        passage = sitting.passage_of(tools, state.lab) if state.lab else None
        at_work = passage is not None and passage.state in sitting.AT_WORK
        news = {"aside": ""} | ({} if at_work else _NOBODYS)
        tools.store.change_device_state(device.name, news, what="taken back", by=by)


def give_back(tools: Tools, lab: str, *, by: str) -> None:
    """The lab is gone: its devices are nobody's until the next candidate."""
    for state in tools.store.device_states(lab):
        tools.store.change_device_state(  # unless it was set for another lab meanwhile
            state.device, _NOBODYS, lab_was=lab, what=Stage.UNKNOWN, by=by
        )


def hand_over(tools: Tools, former: str, new: str, *, by: str) -> None:
    """The same candidate goes on in another lab: devices and start configurations go along."""
    for state in tools.store.device_states(former):
        stage(tools, state.device, state.stage, lab=new, by=by)
    for kept in tools.store.kept_configs(former):
        tools.store.keep_config(replace(kept, lab=new), by=by)


@contextmanager
def in_hand(tools: Tools, device: Device, *, patience: float = PATIENCE) -> Iterator[None]:
    """One hand on a device at a time, whichever process it belongs to."""
    end = time.monotonic() + patience
    while True:
        with hand_on(tools, device.name) as mine:
            if mine:
                yield
                return
        if time.monotonic() >= end:
            raise Refused(
                f"{device.name} is being set by somebody else just now",
                hint="Wait until that is done, then look at it again.",
            )
        time.sleep(LOOK_EVERY)


def hand_on(tools: Tools, device: str) -> AbstractContextManager[bool]:
    """False: somebody else has a hand on it."""
    return tools.store.lock(f"device-{device}")
