"""Short-lived containers of labmgr's own: the guard, the hand on cgroups, canaries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from labmgr.engines.naming import ROLE, Role
from labmgr.engines.reach import Reach, is_alive, owner
from labmgr.engines.translate import in_our_words

NOTHING = ("/labmgr-never-started",)  # an imported image names no command, create wants one
SECONDS = 60


@dataclass(frozen=True)
class Task:
    """One helper: what it runs and the little it may do."""

    image: str
    command: Sequence[str]
    lab: str = ""
    entrypoint: Sequence[str] | None = None
    host_config: Mapping[str, Any] = field(default_factory=dict)


def create(reach: Reach, task: Task, **more: bool) -> str:
    """The id of a created container that `tidy` removes once this process is dead."""
    config: dict[str, Any] = {
        "Image": task.image,
        "Cmd": list(task.command),
        "Labels": reach.names.helper_labels(task.lab, owner()),
        "HostConfig": {
            "NetworkMode": "none",
            "CapDrop": ["ALL"],
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
            **task.host_config,
        },
        **more,
    }
    if task.entrypoint is not None:
        config["Entrypoint"] = list(task.entrypoint)
    with in_our_words(reach.host, image=task.image):
        return reach.create(config)


def drop(reach: Reach, container: str) -> None:
    with in_our_words(reach.host):
        reach.api.remove_container(container, v=True, force=True)


def run(reach: Reach, task: Task) -> tuple[int, str]:
    """Start, wait, read, remove: exit status and everything it said."""
    container = create(reach, task)
    try:
        with in_our_words(reach.host):
            reach.api.start(container)
            status = reach.api.wait(container, timeout=SECONDS)["StatusCode"]
            said = reach.api.logs(container)
        return int(status), said.decode(errors="replace").strip()
    finally:
        drop(reach, container)


@contextmanager
def never_started(reach: Reach, image: str, lab: str = "") -> Iterator[str]:
    """A created container of *image*, only to read files from it."""
    container = create(reach, Task(image, NOTHING, lab))
    try:
        yield container
    finally:
        drop(reach, container)


def tidy(reach: Reach) -> None:
    """Remove the helpers of processes that are dead."""
    for box in reach.boxes():
        if box.labels.get(ROLE) == Role.HELPER and not is_alive(box.labels.get("labmgr.owner", "")):
            drop(reach, box.id)
