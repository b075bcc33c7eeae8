"""Configurations of devices: kept, and compared with one another."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Sequence
from typing import Final

from labmgr.domain.devices import Outcome
from labmgr.domain.dialects import masked, steady
from labmgr.domain.inventory import Device
from labmgr.domain.ports import Tools
from labmgr.errors import NotFound
from labmgr.services.equipment.asking import Report, all_at_once, keys_of

FEWEST_FOR_A_DIFF: Final = 2


def back_up(tools: Tools, chosen: Sequence[Device], *, by: str) -> Iterator[Report]:
    """Keep the running configuration of each; its hash goes into the journal."""

    def keep(device: Device) -> Report:
        text = tools.devices.running_config(device, keys_of(tools, device))
        backup = tools.configs.keep(device.name, text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        what = f"configuration {backup.name} kept, sha256 {digest}"
        tools.store.write(f"device:{device.name}", what, by=by)
        return Report(device, Outcome.ANSWERS, backup=backup)

    return all_at_once(chosen, keep)


def difference(
    tools: Tools, device: Device, old: str | None = None, new: str | None = None
) -> list[str]:
    """What changed between two backups, as `diff -u` shows it, secrets covered.

    The last two unless named. Lines that change by themselves are left out; a line whose secret
    changed stands there twice, alike.
    """
    kept = tools.configs.backups(device.name)
    if new is None:
        if len(kept) < (FEWEST_FOR_A_DIFF if old is None else 1):
            raise NotFound(
                f"{device.name} has {len(kept)} backup(s), and a difference needs two",
                hint=f"`labmgr device backup --device {device.name}`",
            )
        new = kept[0].name
    old = old or kept[1].name
    before, after = (
        steady(device.driver, tools.configs.text(device.name, name).splitlines())
        for name in (old, new)
    )
    lines = difflib.unified_diff(before, after, old, new, lineterm="")
    return masked("\n".join(lines)).splitlines()
