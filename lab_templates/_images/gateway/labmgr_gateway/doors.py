"""Who may enter, and until when. Instants are seconds of the boot clock: no wall clock counts."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from labmgr_gateway.config import AUDIENCES

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Door:
    """One audience's. `until` repeats `end` for people, and decides nothing."""

    open: bool = False
    end: float | None = None
    until: str | None = None

    def at(self, now: float) -> Door:
        return CLOSED if self.end is not None and now >= self.end else self


CLOSED = Door()
ALL_CLOSED: Mapping[str, Door] = dict.fromkeys(AUDIENCES, CLOSED)


def boot_clock() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def at(doors: Mapping[str, Door], now: float) -> dict[str, Door]:
    return {who: door.at(now) for who, door in doors.items()}


def next_end(doors: Mapping[str, Door]) -> float | None:
    return min((door.end for door in doors.values() if door.end is not None), default=None)


def save(path: Path, doors: Mapping[str, Door], boot_id: str) -> None:
    document = {"boot_id": boot_id, **{who: asdict(door) for who, door in doors.items()}}
    new = path.with_suffix(".new")
    with new.open("w") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def load(path: Path, boot_id: str) -> Mapping[str, Door]:
    """What stood before a restart. Closed when in doubt, and after a reboot of the host."""
    try:
        document = json.loads(path.read_text())
        if document["boot_id"] != boot_id:
            return ALL_CLOSED
        return {who: Door(**document[who]) for who in AUDIENCES}
    except (OSError, ValueError, KeyError, TypeError):
        return ALL_CLOSED
