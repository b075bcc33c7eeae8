"""Kept configurations and outputs: let go of as a lab's snapshots are, and with their session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from labmgr.domain.equipment import KeptConfig
from labmgr.domain.lab import LabState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind

BESIDE: Final = 60  # of each device: what belongs to no lab's life, the newest of it
_NEWEST: Final = {SnapshotKind.START: 1, SnapshotKind.OWN: 2}  # as of snapshots; of `end` all
Names = Mapping[str, Collection[str]]


def prune(tools: Tools, *, by: str) -> int:
    """Let go of older ones; never of what a record cites. How many went."""
    gone = 0
    needed = _needed(tools)
    for device in tools.configs.names():
        kept = [one.name for one in tools.configs.backups(device)]
        beside = [name for name in kept if name not in needed[device]]
        gone += _forget(tools, device, beside[BESIDE:], by=by, why="replaced by newer ones")
    return gone


def cited(tools: Tools, labs: Iterable[str]) -> Names:
    """All that belongs to these labs' lives, by device."""
    return _by_device(one for lab in labs for one in tools.store.kept_configs(lab))


def forget(tools: Tools, names: Names, *, by: str, why: str) -> None:
    """Called once the rows are gone; what another session's rows name stays."""
    standing = _by_device(tools.store.kept_configs())
    for device, theirs in names.items():
        _forget(tools, device, sorted(set(theirs) - standing[device]), by=by, why=why)


def _forget(tools: Tools, device: str, names: Collection[str], *, by: str, why: str) -> int:
    for name in names:
        tools.configs.discard(device, name)
    if names:
        what = f"{len(names)} kept configuration(s) forgotten: {', '.join(names)}"
        tools.store.write(f"device:{device}", what, by=by, why=why)
    return len(names)


def _needed(tools: Tools) -> dict[str, set[str]]:
    lives: dict[tuple[str, str, SnapshotKind], list[KeptConfig]] = defaultdict(list)
    for one in tools.store.kept_configs():
        if one.backup:
            lives[one.lab, one.device, one.kind].append(one)
    removed = {lab.id for lab in tools.store.labs() if lab.state is LabState.GONE}
    removed = {one for one in removed if not tools.store.snapshots(one)}  # and not put away
    return _by_device(
        one
        for (lab, _, kind), kept in lives.items()
        if not (kind is SnapshotKind.OWN and lab in removed)
        for one in kept[-_NEWEST.get(kind, len(kept)) :]
    )


def _by_device(kept: Iterable[KeptConfig]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one in kept:
        if one.backup:
            found[one.device].add(one.backup)
    return found
