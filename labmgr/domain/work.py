"""Work ordered and not yet done: jobs, their lanes and their progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class JobKind(StrEnum):
    BUILD = "build"
    OPEN = "open"
    CLOSE = "close"
    FREEZE = "freeze"
    RESET = "reset"
    REMOVE = "remove"
    WAKE = "wake"
    SNAPSHOT = "snapshot"
    RESTORE = "restore"
    REHEARSE = "rehearse"
    PROBE = "probe"
    RESTART = "restart"  # of one node, with its data
    ROTATE = "rotate"  # a new password for the candidate's door
    RECETTE = "recette"
    PREPARE = "prepare"  # the place's devices: baseline, start configuration
    OPEN_DEVICES = "open-devices"
    CLOSE_DEVICES = "close-devices"
    KEEP_CONFIGS = "keep-configs"
    RESTORE_DEVICES = "restore-devices"


class Lane(StrEnum):
    """Bells and access orders never wait behind a build."""

    ACCESS = "access"
    WORK = "work"
    DEVICES = "devices"  # a silent switch takes its whole deadline; nothing else waits for it


LANE: dict[JobKind, Lane] = dict.fromkeys(JobKind, Lane.WORK)
LANE |= dict.fromkeys((JobKind.OPEN, JobKind.CLOSE, JobKind.FREEZE), Lane.ACCESS)
LANE |= dict.fromkeys(
    (
        JobKind.PREPARE,
        JobKind.OPEN_DEVICES,
        JobKind.CLOSE_DEVICES,
        JobKind.KEEP_CONFIGS,
        JobKind.RESTORE_DEVICES,
    ),
    Lane.DEVICES,
)


# Somebody waits for these in the hour or before a commission; a build of the next wave can wait.
SOON: frozenset[JobKind] = frozenset(
    {
        JobKind.SNAPSHOT,
        JobKind.RESTORE,
        JobKind.RECETTE,
        JobKind.WAKE,
        JobKind.RESTART,
        JobKind.ROTATE,
        JobKind.OPEN_DEVICES,
        JobKind.CLOSE_DEVICES,
        JobKind.KEEP_CONFIGS,
    }
)


class JobState(StrEnum):
    WAITING = "waiting"
    DOING = "doing"
    DONE = "done"
    REFUSED = "refused"  # labmgr said no, the outcome says why
    CRASHED = "crashed"  # a bug; the log has the trace


ENDED = frozenset({JobState.DONE, JobState.REFUSED, JobState.CRASHED})


@dataclass(frozen=True)
class Order:
    """What a job is to do, before it is one. `args` are plain JSON values; no secrets."""

    kind: JobKind
    lab: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """One order. `args` are plain JSON values; no secrets."""

    id: int
    kind: JobKind
    lab: str
    by: str
    ordered: datetime
    args: Mapping[str, str] = field(default_factory=dict)
    state: JobState = JobState.WAITING
    started: datetime | None = None
    ended: datetime | None = None
    tries: int = 0  # how often it was claimed; a job that kills its worker is given up
    outcome: str = ""
    hint: str = ""

    @property
    def ended_well(self) -> bool:
        return self.state is JobState.DONE


@dataclass(frozen=True)
class Progress:
    """How far one node of a lab is, for the live pages; `share` from 0 to 1."""

    lab: str
    node: str
    step: str
    share: float
    at: datetime
    detail: str = ""
