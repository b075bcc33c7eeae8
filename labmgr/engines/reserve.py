"""The disk's reserve: a file in a volume of labmgr's own, on the disk where the labs live."""

from __future__ import annotations

import threading
from typing import Any

from docker.errors import NotFound as Absent

from labmgr.engines import helper
from labmgr.engines.naming import SIZE
from labmgr.engines.reach import Reach
from labmgr.engines.translate import disk_full, in_our_words, refusal
from labmgr.errors import DiskFull, EngineError

# A sparse file would keep no room: what counts is the blocks that the file system gave.
LOOK = 'stat -c "%b %B" /reserve/file'
# What did not fit has filled the disk: away with it, or the engine can log no reason either.
MAKE = f"""said=$(fallocate -l "$1" /reserve/file 2>&1 && {LOOK}) && echo "$said" && exit
rm -f /reserve/file
echo "$said"
exit 1"""


class Reserve:
    """One for an instance on a host. Safe between threads: held and given up one at a time.

    The volume's label says how much it holds. A maker that died in between leaves one that holds
    nothing, so each process looks into it once before it takes the label's word.
    """

    def __init__(self, reach: Reach, image: str) -> None:
        self._reach = reach
        self._image = image
        self._lock = threading.Lock()
        self._proven = ""  # when the volume was made that this process has looked into

    def size(self) -> int:
        """Bytes that it holds, by its label; 0 when there is none."""
        found = self._found()
        return _size(found) if found else 0

    def hold(self, size: int) -> None:
        """Make it, or make sure that it is whole. Raises DiskFull, with nothing left of it."""
        with self._lock:
            if found := self._found():
                if _size(found) == size and self._is_whole(found, size):
                    return
                self._remove()
            self._make(size)

    def give_up(self) -> bool:
        """Remove it; False when there was none. The engine deletes files before it writes any."""
        with self._lock:
            return self._found() is not None and self._remove()

    @property
    def _name(self) -> str:
        return self._reach.names.thing("disk", "reserve")

    def _found(self) -> dict[str, Any] | None:
        with in_our_words(self._reach.host):
            rows = self._reach.api.volumes(filters={"name": self._name})["Volumes"] or []
        return next((row for row in rows if row["Name"] == self._name), None)

    def _is_whole(self, found: dict[str, Any], size: int) -> bool:
        if self._proven != found["CreatedAt"]:
            status, said = self._helper(LOOK)
            if status != 0 or _allocated(said) < size:
                return False
            self._proven = found["CreatedAt"]
        return True

    def _make(self, size: int) -> None:
        labels = self._reach.names.reserve_labels(size)
        with in_our_words(self._reach.host):
            self._reach.api.create_volume(self._name, driver="local", labels=labels)
        try:
            self._allocate(size)
        except BaseException:
            self._remove()
            raise

    def _allocate(self, size: int) -> None:
        status, said = self._helper(MAKE, str(size))
        if status == 0 and _allocated(said) >= size:
            return
        if isinstance(refusal(said, self._reach.host), DiskFull):
            raise disk_full(self._reach.host)
        raise EngineError(
            f"The disk of {self._reach.host} keeps no reserve: {said}",
            hint="A file system without fallocate cannot; LABMGR_END_RESERVE_MIB=0 does without.",
        )

    def _helper(self, script: str, *words: str) -> tuple[int, str]:
        task = helper.Task(
            self._image,
            words,
            entrypoint=["/bin/sh", "-c", script, "reserve"],
            host_config={"Binds": [f"{self._name}:/reserve:nocopy"], "ReadonlyRootfs": True},
        )
        return helper.run(self._reach, task)

    def _remove(self) -> bool:
        """False when somebody else was faster. A dead process may have left its helper in it."""
        with in_our_words(self._reach.host):
            users = self._reach.api.containers(all=True, filters={"volume": self._name})
        for row in users:
            helper.drop(self._reach, row["Id"])
        with in_our_words(self._reach.host):
            try:
                self._reach.api.remove_volume(self._name)
            except Absent:
                return False
        return True


def _size(row: dict[str, Any]) -> int:
    """An engine that is stopped while it makes a volume forgets its labels: so 0, made again."""
    return int((row["Labels"] or {}).get(SIZE, 0))


def _allocated(said: str) -> int:
    """Blocks and their size, as `stat` says them; 0 for anything else."""
    words = said.split()
    if len(words) != len(("blocks", "size")) or not all(word.isdigit() for word in words):
        return 0
    return int(words[0]) * int(words[1])
