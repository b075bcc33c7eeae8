"""The append-only journal: each row carries the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from labmgr.errors import BadInput

BEGINNING = "0" * 64


@dataclass(frozen=True)
class Entry:
    """One step taken: when, on what, what, by whom, why. Holds numbers, never names."""

    at: datetime
    subject: str  # "lab:<id>", "session:<name>", "account:<login>", …
    what: str
    by: str
    why: str = ""
    rank: int = 0
    hash: str = ""

    def sealed(self, rank: int, previous: str) -> str:
        """The hash of this row when it stands at *rank* after the row hashed *previous*."""
        facts = [rank, self.at.isoformat(), self.subject, self.what, self.by, self.why, previous]
        return hashlib.sha256(json.dumps(facts, ensure_ascii=False).encode()).hexdigest()


def first_altered(entries: list[Entry], before: str = BEGINNING) -> Entry | None:
    """The first row that does not follow from the one before it; None when the chain holds.

    *before* is the hash that the first row follows (an anchor row's after a purge).
    """
    previous = before
    rank = entries[0].rank if entries else 0
    for entry in entries:
        if entry.rank != rank or entry.sealed(rank, previous) != entry.hash:
            return entry
        previous, rank = entry.hash, rank + 1
    return None


@dataclass(frozen=True)
class Mark:
    """The newest row, as the vault's key sealed it beside the table."""

    rank: int = 0
    hash: str = BEGINNING

    def __str__(self) -> str:
        return f"journal {self.rank} {self.hash}"

    @classmethod
    def read(cls, text: str) -> Mark | None:
        """None for anything but a mark: another secret put in its place is none."""
        kind, _, rest = text.partition(" ")
        rank, _, digest = rest.partition(" ")
        return cls(int(rank), digest) if kind == "journal" and rank.isdigit() else None


class Tail(StrEnum):
    """The journal's end, held against its mark."""

    WHOLE = "whole"
    CUT = "cut"  # the row that was sealed last is gone
    REPLACED = "replaced"  # the last rows are not those that labmgr wrote
    UNSEALED = "unsealed"  # no mark, or none that this home's key made


def tail(entries: list[Entry], mark: Mark | None) -> Tail:
    """Whether *entries*, the whole journal, end where labmgr ended."""
    if mark is None:
        return Tail.UNSEALED
    last = Mark(entries[-1].rank, entries[-1].hash) if entries else Mark()
    if last.rank < mark.rank:
        return Tail.CUT
    return Tail.WHOLE if last == mark else Tail.REPLACED


def need(why: str) -> None:
    """Raise BadInput without a reason."""
    if not why.strip():
        raise BadInput("The reason is missing", hint="Say why: it stands in the record.")
