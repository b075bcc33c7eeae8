"""The hand on the host's cgroups: limits and freeze on parent groups, empty ones swept away."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Sequence
from typing import Any

from labmgr.domain.plan import NodePlan
from labmgr.engines import helper
from labmgr.engines.reach import Reach
from labmgr.engines.systemd import SystemdWay, Way
from labmgr.errors import EngineError

TREE = "/sys/fs/cgroup"

# Each takes the tree, then its own arguments. On v1 a group has a directory in every hierarchy.
SWEEP = """cd "$0" || exit 1
for group; do
  for at in "$group" */"$group"; do
    for try in 1 2 3 4 5; do
      [ -d "$at" ] || break
      find "$at" -depth -type d -exec rmdir {} + 2>/dev/null && break
      sleep 0.05
    done
    [ ! -d "$at" ] || echo "left: $at"
  done
done"""
# Before the first start: the controllers are handed down as far as the group.
LIMIT = """cd "$0" && mkdir -p labmgr || exit 1
for at in . labmgr; do echo "+cpu +memory +pids" > "$at/cgroup.subtree_control" || exit 1; done
echo 50 > labmgr/cpu.weight || exit 1
while [ $# -gt 0 ]; do
  mkdir -p "$1" && echo "$2" > "$1/memory.max" && echo "$3" > "$1/pids.max" || exit 1
  echo "$(($4 * 1000)) 100000" > "$1/cpu.max" || exit 1
  [ ! -e "$1/memory.swap.max" ] || echo 0 > "$1/memory.swap.max" || exit 1
  shift 4
done"""
# A slice is systemd's own: what is written into its files is lost at the next daemon-reload.
LIMIT_SLICES = """systemctl set-property --runtime labmgr.slice CPUWeight=50 || exit 1
while [ $# -gt 0 ]; do
  systemctl set-property --runtime "${1##*/}" "MemoryMax=$2" MemorySwapMax=0 \\
    "TasksMax=$3" "CPUQuota=$4%" || exit 1
  shift 4
done"""
SWEEP_SLICES = """for group; do
  systemctl stop "${group##*/}" 2>/dev/null  # one that never started is not loaded
  systemctl revert "${group##*/}"
  [ ! -d "$0/$group" ] || echo "left: $group"
done"""
FREEZE = """cd "$0" || exit 1
value=$1; shift; status=0
for group; do
  [ ! -d "$group" ] || echo "$value" > "$group/cgroup.freeze" || status=1
done
exit $status"""


class Cgroups:
    """Done directly as root of the engine's host, by a helper container otherwise."""

    def __init__(self, reach: Reach, helper_image: str) -> None:
        self._reach = reach
        self._image = helper_image

    def limit(self, way: SystemdWay, nodes: Iterable[tuple[str, NodePlan]]) -> None:
        """Hold (container name, plan) to their limits, whatever root in them writes or moves."""
        if way.holds_above:
            words = [word for name, node in nodes for word in (way.group(name), *_limits(node))]
            script = LIMIT_SLICES if way.driver == "systemd" else LIMIT
            self._run("limits of systemd nodes", script, words)

    def freeze(self, way: SystemdWay, names: Iterable[str], *, frozen: bool) -> None:
        """A pause holds the container's own group only; the one above it holds all."""
        groups = [way.group(name) for name in names]
        if way.holds_above and groups:
            self._run("freeze of systemd nodes", FREEZE, ["1" if frozen else "0", *groups])

    def sweep(self, way: SystemdWay, names: Iterable[str]) -> None:
        """Remove the groups that removed containers leave."""
        if way.way is not Way.NONE:
            script = SWEEP_SLICES if way.driver == "systemd" else SWEEP
            self._run("removal of empty cgroups", script, [way.group(name) for name in names])

    def _run(self, what: str, script: str, words: Sequence[str]) -> None:
        if not words:
            return
        status, said = self._here(script, words) if self._at_home() else self._there(script, words)
        if status != 0:
            raise EngineError(
                f"The {what} failed on {self._reach.host}: {said or f'status {status}'}",
                hint="`labmgr doctor` says how nodes with systemd are run on this engine.",
            )

    def _at_home(self) -> bool:
        return os.geteuid() == 0 and self._reach.is_local and os.access(TREE, os.W_OK)

    def _here(self, script: str, words: Sequence[str]) -> tuple[int, str]:
        done = subprocess.run(  # noqa: S603 - our own script, words as arguments
            ["/bin/sh", "-c", script, TREE, *words], capture_output=True, text=True, check=False
        )
        return done.returncode, (done.stdout + done.stderr).strip()

    def _there(self, script: str, words: Sequence[str]) -> tuple[int, str]:
        """A helper takes the host's own systemctl, which must see the systemd it talks to."""
        shell = ["/bin/sh", "-c", script]
        rights: dict[str, Any] = {"Binds": [f"{TREE}:/host:rw"]}
        if script in {LIMIT_SLICES, SWEEP_SLICES}:
            shell = ["chroot", "/host", *shell, TREE]
            rights = {"Binds": ["/:/host:ro"], "CapAdd": ["SYS_CHROOT"], "PidMode": "host"}
        else:
            shell = [*shell, "/host"]
        return helper.run(
            self._reach,
            helper.Task(self._image, words, entrypoint=shell, host_config=rights),
        )


def _limits(node: NodePlan) -> tuple[str, str, str]:
    """Bytes, processes, percent of one processor."""
    return str(node.memory), str(node.pids), str(round(node.cpus * 100))
