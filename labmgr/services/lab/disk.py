"""What nodes write, where the storage driver has no quota: warned about, at the limit paused."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping

from labmgr.domain.lab import Lab, LabState
from labmgr.domain.ports import Tools
from labmgr.domain.repair import Seen

log = logging.getLogger(__name__)

BY = "disk watch"
NEAR = 0.8  # of the limit
MIB = 1 << 20


def watch(
    tools: Tools, lab: Lab, seen: Mapping[str, Seen], *, measure: bool = True
) -> Collection[str]:
    """Pause the nodes that have written more than they may; those that are so held.

    Without *measure* only a lab with a paused node is measured: it costs the engine a walk.
    A paused node keeps its work, and its neighbours theirs; it goes on once a person has reset
    it or raised the limit (`LABMGR_NODE_DISK_MIB`).
    """
    limit = tools.site.node_disk
    if not limit or not (measure or Seen.PAUSED in seen.values()):
        return []
    over = []
    for node, written in tools.engine.written(lab.id).items():
        if written >= limit:
            over.append(node)
            if seen.get(node) is Seen.RUNNING:
                tools.engine.pause(lab.id, node)
            _say(tools, lab, f"node {node} is paused: it has written more than it may", written)
        elif written >= NEAR * limit:
            _say(tools, lab, f"node {node} has nearly written what it may", written)
    return [node for node in over if seen.get(node) in {Seen.RUNNING, Seen.PAUSED}]


def _say(tools: Tools, lab: Lab, what: str, written: int) -> None:
    """Once in the journal for each life of the lab, not at every look."""
    for entry in reversed(tools.store.entries(f"lab:{lab.id}", limit=100)):
        if entry.what == what:
            return
        if entry.what.endswith(f"-> {LabState.BUILDING}"):
            break
    words = f"{written // MIB} MiB of {tools.site.node_disk // MIB} MiB"
    log.warning("lab %s: %s (%s)", lab.id, what, words)
    tools.store.write(f"lab:{lab.id}", what, by=BY, why=f"{words}: reset it, or raise the limit")
