"""Configurations kept with a lab's start, its save points and its end; or why there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from labmgr.domain.devices import Backup
from labmgr.domain.equipment import KeptConfig
from labmgr.domain.inventory import Device
from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.errors import LabmgrError
from labmgr.services.equipment import servers
from labmgr.services.equipment.asking import keys_of
from labmgr.services.equipment.baselines import is_server
from labmgr.services.equipment.servers import COLLECTED, kept_as
from labmgr.services.equipment.values import values_for
from labmgr.services.lab import probes


def latest(tools: Tools, lab: str, device: str, kind: SnapshotKind) -> KeptConfig | None:
    """The newest configuration of this kind that could be read."""
    kept = tools.store.kept_configs(lab)
    mine = (one for one in reversed(kept) if one.device == device and one.kind is kind)
    return next((one for one in mine if one.backup), None)


def keep(
    tools: Tools,
    lab: Lab,
    device: Device,
    kind: SnapshotKind,
    *,
    by: str,
    backup: Backup | None = None,
) -> None:
    """Its configuration; written down also when it could not be read: a gap is said."""
    if backup is None and not _has_configuration(device):
        return
    kept = KeptConfig(device.name, lab.id, kind, tools.now())
    _keep(tools, kept, lambda: backup or _configuration(tools, device), by=by)


def keep_end(tools: Tools, lab: Lab, device: Device, *, since: datetime, by: str) -> None:
    """What nobody has read *since*: what its script collects, and its configuration.

    One that fails keeps the other from nothing; then the first trouble is raised.
    """
    ways: dict[str, Callable[[], Backup]] = {
        kept_as(device, COLLECTED): lambda: _collected(tools, lab, device, by=by),
        device.name: lambda: _configuration(tools, device),
    }
    troubles = []
    for name in lacking(tools, lab.id, device, since):
        try:
            _keep(tools, KeptConfig(name, lab.id, SnapshotKind.END, tools.now()), ways[name], by=by)
        except LabmgrError as trouble:
            troubles.append(trouble)
    if troubles:
        raise troubles[0]


def keep_former_end(tools: Tools, lab: Lab, device: Device, *, by: str) -> None:
    """What a device says that is about to be set for another lab than the one worked in.

    Only where nothing was told of its end yet: the bell tells it, a changed réalisation has none.
    """
    state = tools.store.device_state(device.name)
    if state.lab in {"", lab.id}:
        return
    former = tools.store.lab(state.lab)
    told = (one for one in tools.store.kept_configs(state.lab) if one.whose == device.name)
    known = any(one.kind is SnapshotKind.END for one in told)
    if not known and probes.was_opened(tools, former):
        keep_end(tools, former, device, since=datetime.min.replace(tzinfo=UTC), by=by)


def lacking(tools: Tools, lab: str, device: Device, since: datetime) -> list[str]:
    """Parts of its end that nobody has read since then, each under the name it is kept as."""
    wanted = [kept_as(device, COLLECTED)] if device.collect else []
    wanted += [device.name] if _has_configuration(device) else []
    ends = {name: latest(tools, lab, name, SnapshotKind.END) for name in wanted}
    return [name for name, end in ends.items() if end is None or end.at < since]


def say_gaps(tools: Tools, lab: Lab, read: Iterable[Device], why: str, *, by: str) -> None:
    """Devices of this lab whose end configuration is not going to be read."""
    names = {one.name for one in read}
    for state in tools.store.device_states(lab.id):
        if state.device not in names:
            words = f"set aside: {state.aside}" if state.aside else why
            gap = KeptConfig(state.device, lab.id, SnapshotKind.END, tools.now(), said=words)
            _say_gap(tools, gap, by=by)


def _keep(tools: Tools, kept: KeptConfig, read: Callable[[], Backup], *, by: str) -> None:
    """A script that failed has its output kept all the same: the row names it, and says so."""
    before = _newest(tools, kept.device)
    try:
        kept = _with(tools, kept, read())
    except LabmgrError as trouble:
        kept = replace(kept, said=str(trouble))
        left = _newest(tools, kept.device)
        if kept.collected and left and left != before:
            tools.store.keep_config(_with(tools, kept, left), by=by)
        else:
            _say_gap(tools, kept, by=by)
        raise
    tools.store.keep_config(kept, by=by)


def _say_gap(tools: Tools, gap: KeptConfig, *, by: str) -> None:
    """An end once: an order that is repeated may find the same gap for hours."""
    before = [one for one in tools.store.kept_configs(gap.lab, gap.device) if one.kind is gap.kind]
    repeated = gap.kind is SnapshotKind.END and before and before[-1].said == gap.said
    if not repeated:
        tools.store.keep_config(gap, by=by)


def _with(tools: Tools, kept: KeptConfig, backup: Backup) -> KeptConfig:
    text = tools.configs.text(kept.device, backup.name)
    return replace(kept, backup=backup.name, sha256=hashlib.sha256(text.encode()).hexdigest())


def _newest(tools: Tools, name: str) -> Backup | None:
    return next(iter(tools.configs.backups(name)), None)


def _configuration(tools: Tools, device: Device) -> Backup:
    text = tools.devices.running_config(device, keys_of(tools, device))
    return tools.configs.keep(device.name, text)


def _collected(tools: Tools, lab: Lab, device: Device, *, by: str) -> Backup:
    return servers.collect(tools, device, values_for(tools, lab, device), by=by)


def _has_configuration(device: Device) -> bool:
    """Of a server the inventory may name nothing that is to be kept."""
    return bool(device.keep) or not is_server(device)
