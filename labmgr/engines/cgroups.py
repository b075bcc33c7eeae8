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
LIMIT = """cd "$0" || exit 1
while [ $# -gt 0 ]; do
  echo "$2" > "$1/memory.max" && echo "$3" > "$1/pids.max" || exit 1
  [ ! -e "$1/memory.swap.max" ] || echo 0 > "$1/memory.swap.max" || exit 1
  shift 3
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
        """Hold (container name, plan) to their limits wherever root in them moves a process."""
        if way.way is Way.PARENT:
            words = [
                word
                for name, node in nodes
                for word in (way.group(name), str(node.memory), str(node.pids))
            ]
            self._run("limits of systemd nodes", LIMIT, words)

    def freeze(self, way: SystemdWay, names: Iterable[str], *, frozen: bool) -> None:
        """A pause holds the container's own group only; the parent's holds all of it."""
        if way.way is Way.PARENT:
            groups = [way.group(name) for name in names]
            self._run("freeze of systemd nodes", FREEZE, ["1" if frozen else "0", *groups])

    def sweep(self, way: SystemdWay, names: Iterable[str]) -> None:
        """Remove the groups that removed containers leave."""
        if way.way in {Way.NAMED, Way.PARENT}:
            self._run("removal of empty cgroups", SWEEP, [way.group(name) for name in names])

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
        rights: dict[str, Any] = {"Binds": [f"{TREE}:/host:rw"]}
        shell = ["/bin/sh", "-c", script, "/host"]
        return helper.run(
            self._reach,
            helper.Task(self._image, words, entrypoint=shell, host_config=rights),
        )
