"""Configurations of devices: kept, and compared with one another."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from labmgr.domain.devices import Outcome
from labmgr.domain.dialects import masked, steady
from labmgr.domain.equipment import KeptConfig
from labmgr.domain.inventory import Device
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Said
from labmgr.errors import LabmgrError, NotFound
from labmgr.services.equipment.asking import Report, all_at_once, keys_of, noted

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

    for report in all_at_once(chosen, keep):
        yield noted(tools, report)


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
    texts = (tools.configs.text(device.name, name) for name in (old, new))
    return shown_difference(device, *texts, names=(old, new))


@dataclass(frozen=True)
class Lived:
    """What a candidate changed on one device, between the start and the newest end or own save.

    `gap` says why there is nothing to compare; `lines` is a difference, secrets covered.
    """

    device: str
    start: KeptConfig | None
    end: KeptConfig | None
    lines: tuple[str, ...] = ()
    gap: Said | None = None


def lived(tools: Tools, lab: str) -> list[Lived]:
    """For the examiners: each device of the lab's life, whether it still stands there or not."""
    kept = [one for one in tools.store.kept_configs(lab) if not one.collected]
    declared = {one.name: one for one in tools.inventory.read().devices}
    return [
        _lived(tools, declared.get(name), name, [one for one in kept if one.device == name])
        for name in dict.fromkeys(one.device for one in kept)
    ]


def collected(tools: Tools, lab: str) -> list[KeptConfig]:
    """For the examiners: of each server what its script gave at the end, or why nothing."""
    kept = (one for one in tools.store.kept_configs(lab) if one.kind is SnapshotKind.END)
    return list({one.device: one for one in kept if one.collected}.values())


def _lived(tools: Tools, device: Device | None, name: str, kept: Sequence[KeptConfig]) -> Lived:
    start, end = (
        next((one for one in reversed(kept) if one.kind is kind), None)
        for kind in (SnapshotKind.START, SnapshotKind.END)
    )
    gap = _gap(start, end) or (None if device else Said("no longer declared", "plus déclaré"))
    if gap or not (start and end and device):
        return Lived(name, start, end, gap=gap)
    try:
        before, after = (tools.configs.text(name, one.backup) for one in (start, end))
    except LabmgrError as trouble:
        return Lived(name, start, end, gap=Said(str(trouble), f"sauvegarde illisible : {trouble}"))
    lines = shown_difference(device, before, after, names=(start.backup, end.backup))
    return Lived(name, start, end, tuple(lines))


def _gap(start: KeptConfig | None, end: KeptConfig | None) -> Said | None:
    if start is None or not start.backup:
        why = f" : {start.said}" if start else ""
        return Said(f"no start configuration{why}", f"pas de configuration de départ{why}")
    if end is None:
        return Said("its hour is not over", "son heure n'est pas finie")
    if not end.backup:
        return Said(f"not read at the end: {end.said}", f"non lue à la fin : {end.said}")
    return None


def shown_difference(
    device: Device, before: str, after: str, *, names: tuple[str, str] = ("", "")
) -> list[str]:
    """As `diff -u`, without lines that change by themselves; secrets are covered afterwards."""
    old, new = (steady(device.driver, text.splitlines()) for text in (before, after))
    return told_difference(old, new, names=names)


def told_difference(
    old: Sequence[str], new: Sequence[str], *, names: tuple[str, str] = ("", "")
) -> list[str]:
    """As `diff -u`, secrets covered afterwards."""
    return masked("\n".join(difflib.unified_diff(old, new, *names, lineterm=""))).splitlines()
