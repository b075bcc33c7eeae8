"""The host's guard: laid by a helper container with NET_ADMIN, as its image's README says."""

from __future__ import annotations

import threading
import time

from labmgr.engines import helper
from labmgr.engines.reach import Reach
from labmgr.errors import EngineError, EngineUnreachable, GuardMissing, ImageMissing

FRESH = 60.0  # seconds during which a guard just laid is taken for granted
LAID = "laid"


class Guard:
    """One for a host; the same rules serve all labs and all instances on it."""

    def __init__(self, reach: Reach, image: str) -> None:
        self._reach = reach
        self._image = image
        self._lock = threading.Lock()
        self._laid_at = float("-inf")

    def lay(self) -> None:
        """Lay it and let it prove itself, or raise GuardMissing."""
        with self._lock:
            self._lay()

    def assure(self) -> None:
        """Like `lay`, but for one laid a moment ago: many labs are built one after another."""
        with self._lock:
            if time.monotonic() - self._laid_at > FRESH:
                self._lay()

    def state(self) -> str:
        """Either LAID, or what is missing."""
        try:
            status, said = self._helper("check")
        except EngineUnreachable:
            raise
        except EngineError as e:
            return str(e)
        return LAID if status == 0 else said

    def _lay(self) -> None:
        try:
            status, said = self._helper("lay")
        except (EngineUnreachable, ImageMissing):
            raise
        except EngineError as e:
            raise self._missing(str(e)) from e
        if status != 0:
            raise self._missing(said)
        self._laid_at = time.monotonic()

    def _missing(self, why: str) -> GuardMissing:
        return GuardMissing(
            f"The guard could not be laid on {self._reach.host}: {why}",
            hint="Without it a lab could reach the host. `labmgr doctor` checks it again.",
        )

    def _helper(self, verb: str) -> tuple[int, str]:
        rights = {
            "NetworkMode": "host",
            "CapAdd": ["NET_ADMIN", "NET_RAW"],
            "ReadonlyRootfs": True,
        }
        return helper.run(self._reach, helper.Task(self._image, [verb], host_config=rights))
