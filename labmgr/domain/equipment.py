"""What labmgr knows of each device in a sitting: whose it is, how it was set, what was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from labmgr.domain.devices import Outcome
from labmgr.domain.snapshot import SnapshotKind


class Stage(StrEnum):
    """Where a device stands in its place's life."""

    UNKNOWN = "unknown"  # labmgr has not set it, or it was given back
    SETTING = "being set"
    SET = "set"  # to its baseline, read back and compared
    OPEN = "open"  # its candidate works on it
    CLOSED = "closed"  # the bell has rung
    HALF = "half configured"  # a push stopped in the middle, or was not kept


@dataclass(frozen=True)
class DeviceState:
    """The last that was heard of a device, and the lab whose candidate it is set for.

    `aside` is why staff took it out of the sitting; the place then goes without it.
    """

    device: str
    stage: Stage = Stage.UNKNOWN
    lab: str = ""
    outcome: Outcome | None = None  # None: it was never asked
    said: str = ""
    mend: str = ""
    asked: datetime | None = None
    answered: datetime | None = None
    model: str = ""
    version: str = ""
    os: str = ""
    hostname: str = ""
    aside: str = ""

    @property
    def red(self) -> bool:
        """A place with such a device is not offered."""
        failed = self.outcome not in {None, Outcome.ANSWERS}
        return not self.aside and (failed or self.stage is Stage.HALF)


@dataclass(frozen=True)
class KeptConfig:
    """A device's configuration, or what was collected, that belongs to one instant of a lab's life.

    `backup` is empty when it could not be read; `said` then tells why. Of a collection whose
    script failed both are there: the output, and how it ended.
    """

    device: str
    lab: str
    kind: SnapshotKind
    at: datetime
    backup: str = ""
    sha256: str = ""
    said: str = ""

    @property
    def collected(self) -> bool:
        """The output of a server's script: no device's own name has a dot."""
        return "." in self.device

    @property
    def whose(self) -> str:
        """The device's own name, also of what was collected there."""
        return self.device.partition(".")[0]
