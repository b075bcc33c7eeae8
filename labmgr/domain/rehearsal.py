"""What a rehearsal of a whole day has shown: go, or no-go with every reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class Trial:
    """One lab in the rehearsal. In seconds, None where it never came to that.

    `opened` counts from the order, `frozen` and `end_kept` from the end of its hour's clock.
    """

    lab: str
    wave: int
    built: float | None = None
    restored: float | None = None
    opened: float | None = None
    frozen: float | None = None
    end_kept: float | None = None
    trouble: str = ""

    @property
    def good(self) -> bool:
        seen = (self.built, self.restored, self.opened, self.frozen, self.end_kept)
        return not self.trouble and None not in seen


@dataclass(frozen=True)
class Rehearsal:
    """A day rehearsed. Memory in bytes, `took` in seconds."""

    session: str
    begun: datetime
    took: float
    trials: tuple[Trial, ...]
    images_missing: tuple[str, ...]
    memory_total: int
    memory_least_free: int
    reserve: int
    troubles: tuple[str, ...] = ()
    by: str = ""

    @property
    def ended(self) -> datetime:
        return self.begun + timedelta(seconds=self.took)

    @property
    def memory_peak(self) -> int:
        return self.memory_total - self.memory_least_free

    @property
    def go(self) -> bool:
        return not any(self.reasons())

    def reasons(self) -> Iterator[str]:
        """Why the day may not be held so; nothing when it may."""
        if self.images_missing:
            yield f"images missing: {', '.join(self.images_missing)}"
        yield from self.troubles
        for one in self.trials:
            if not one.good:
                yield f"{one.lab}: {one.trouble or 'it did not come to its end'}"
        if self.trials and self.memory_least_free < self.reserve:
            free, kept = self.memory_least_free >> 20, self.reserve >> 20
            yield f"memory went down to {free} MiB free, {kept} MiB are to stay"


class RehearsalBook(Protocol):
    """Each session's newest rehearsal, for whoever asks after it has ended."""

    def keep_rehearsal(self, report: Rehearsal) -> None:
        """In place of the one before, with its journal row: "rehearsed: go" or "no-go"."""

    def rehearsal(self, session: str) -> Rehearsal | None: ...
