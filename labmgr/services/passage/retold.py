"""The journal retold: what its rows say of one passage, in their order."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from labmgr.domain.clock import Clock, Moment, pauses
from labmgr.domain.exam import MINUTE, Phase
from labmgr.domain.journal import Entry, Mark, first_altered, tail
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.record import Chain, Extension, Suspension, Taken, Told
from labmgr.domain.snapshot import SnapshotKind

BEGUN = re.compile(r"(?P<phase>[\w-]+) begun")
EXTENDED = re.compile(
    r"(?P<phase>[\w-]+) extended by (?:(?P<minutes>\S+) min)? ?(?:(?P<seconds>\d+) s)?"
)
OUTAGE = "suspended: outage"
EXTRA = "min of extra time"
KEPT = re.compile(r"(?P<kind>\w+) snapshot (?P<id>\S+) kept")
OF_THE_LAB = re.compile(
    r"\w+ -> \w+|\w+ snapshot \S+ (kept|forgotten)|restore of \S+ ordered"
    r"|reset of an open lab forced|started again with its data|recette replayed: .*"
)
MOVED = re.compile(
    r"(works in spare lab \S+ instead of|réalisation changed, .*; its work stays in lab)"
    r" (?P<former>[^\s;]+)"
)
TOLD_ELSEWHERE = re.compile(r"suspended: .*", re.DOTALL)
SHOWN = "credentials shown"
AT_ONCE = timedelta(seconds=5)  # a clock stops that shortly before its row is written
RETURN = "return to "
ABSENCE = ("said to be absent", "absent, as", "not absent")


@dataclass(frozen=True)
class Pages:
    """The whole journal at one instant, by subject."""

    rows: Mapping[str, Sequence[Entry]]
    chain: Chain

    def of(self, subject: str) -> Sequence[Entry]:
        return self.rows.get(subject, ())


def read(tools: Tools) -> Pages:
    entries, mark = tools.store.whole_journal()
    rows: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        rows[entry.subject].append(entry)
    newest = entries[-1] if entries else Mark()
    bad = first_altered(entries)
    altered = bad.rank if bad else None
    return Pages(rows, Chain(newest.rank, newest.hash, tail(entries, mark), altered))


def labs(passage: Passage, pages: Pages) -> tuple[str, ...]:
    """Every lab the passage has been in, in order; a spare may have taken a broken one's place."""
    if not passage.lab:
        return ()
    rows = pages.of(f"passage:{passage.id}")
    former = [found["former"] for row in rows if (found := MOVED.match(row.what))]
    return tuple(dict.fromkeys([*former, passage.lab]))


def _of_labs(passage: Passage, pages: Pages) -> list[Entry]:
    return [row for lab in labs(passage, pages) for row in pages.of(f"lab:{lab}")]


def events(passage: Passage, pages: Pages) -> tuple[Told, ...]:
    """The passage's rows, and from the arrival on those that tell of its lab."""
    mine = [*pages.of(f"passage:{passage.id}"), *pages.of(f"candidate:{passage.id}")]
    first = next((row.rank for row in mine if row.what == "present"), None)
    of_lab = [
        row
        for row in _of_labs(passage, pages)
        if first is not None and row.rank > first and OF_THE_LAB.fullmatch(row.what)
    ]
    looked = [row for row in _of_labs(passage, pages) if row.what == SHOWN]
    ordered = sorted([*mine, *of_lab, *looked], key=lambda row: row.rank)
    return tuple(told(row) for row in ordered)


def told(row: Entry) -> Told:
    """As people read it: an outage's start and an incident's reason stand elsewhere, once.

    The reason of extra time stands nowhere.
    """
    what = TOLD_ELSEWHERE.sub("suspended", row.what)
    why = "" if row.what.endswith(EXTRA) else row.why
    return Told(row.at, what, row.by, why, row.rank)


def suspensions(passage: Passage, pages: Pages, now: Moment) -> tuple[Suspension, ...]:
    return tuple(_suspensions(passage, pages.of(f"passage:{passage.id}"), now))


def _suspensions(passage: Passage, rows: Sequence[Entry], now: Moment) -> Iterator[Suspension]:
    phase: Phase | None = None
    for rank, row in enumerate(rows):
        if found := BEGUN.fullmatch(row.what):
            phase = Phase(found["phase"])
        if row.what != "suspended" and not row.what.startswith(OUTAGE):
            continue
        again = next((one for one in rows[rank + 1 :] if one.what in {"resumed", "done"}), None)
        gap = _gap(passage, phase, row)
        yield _suspension(row, again, gap, phase, now)


def _suspension(
    row: Entry,
    again: Entry | None,
    gap: tuple[Moment, Moment | None] | None,
    phase: Phase | None,
    now: Moment,
) -> Suspension:
    """Measured on the clock that stood; by the rows alone when it had run out before."""
    start, end = gap or (None, None)
    since = start.at if start else row.at
    until: datetime | None = end.at if end else (again.at if again else None)
    if start and (end or again is None):
        seconds = (end or now).since(start)
    else:
        seconds = max(0.0, ((until or now.at) - since).total_seconds())
    resumed = again.by if again else ""
    back = row.at if row.what.startswith(OUTAGE) else None
    return Suspension(phase, since, until, seconds, row.why, row.by, resumed, back)


def _gap(passage: Passage, phase: Phase | None, row: Entry) -> tuple[Moment, Moment | None] | None:
    """When the phase's clock stood at this suspension; an outage began well before its row."""
    clock = passage.clocks.get(phase) if phase else None
    if clock is None:
        return None
    before = [gap for gap in _gaps(passage, phase, clock) if gap[0].at <= row.at]
    if not before:
        return None
    nearest = max(before, key=lambda gap: gap[0].at)
    near = row.what.startswith(OUTAGE) or row.at - nearest[0].at <= AT_ONCE
    return nearest if near else None


def _gaps(
    passage: Passage, phase: Phase | None, clock: Clock
) -> list[tuple[Moment, Moment | None]]:
    gaps: list[tuple[Moment, Moment | None]] = [*pauses(clock.stretches)]
    last = clock.stretches[-1].end if clock.stretches else None
    if last and passage.state is PassageState.SUSPENDED and passage.phase is phase:
        gaps.append((last, None))
    return gaps


def extensions(passage: Passage, pages: Pages) -> tuple[Extension, ...]:
    return tuple(
        Extension(row.at, Phase(found["phase"]), _seconds(found), row.why, row.by)
        for row in pages.of(f"passage:{passage.id}")
        if (found := EXTENDED.fullmatch(row.what))
    )


def _seconds(found: re.Match[str]) -> float:
    return float(found["minutes"] or 0) * MINUTE + int(found["seconds"] or 0)


def absence(passage: Passage, pages: Pages) -> tuple[Told, ...]:
    """Each confirmation, by its person; also when it was taken back."""
    rows = pages.of(f"passage:{passage.id}")
    return tuple(told(row) for row in rows if row.what.startswith(ABSENCE))


def by_candidate(passage: Passage, pages: Pages) -> tuple[Told, ...]:
    """Save points that were kept, and returns that the candidate asked for."""
    saved = [row for row in _of_labs(passage, pages) if _is_save_point(row)]
    back = [row for row in pages.of(f"passage:{passage.id}") if row.what.startswith(RETURN)]
    return tuple(told(row) for row in sorted([*saved, *back], key=lambda row: row.rank))


def _is_save_point(row: Entry) -> bool:
    kept = KEPT.fullmatch(row.what)
    return kept is not None and kept["kind"] == SnapshotKind.OWN


def shown(passage: Passage, pages: Pages) -> tuple[Told, ...]:
    return tuple(told(row) for row in _of_labs(passage, pages) if row.what == SHOWN)


def taken(
    tools: Tools, pages: Pages, lab: str, kind: SnapshotKind, *, before: int | None = None
) -> Taken | None:
    """The newest snapshot of a kind that the journal knows, up to a rank."""
    rows = [
        (row, found["id"])
        for row in pages.of(f"lab:{lab}")
        if (found := KEPT.fullmatch(row.what)) and found["kind"] == kind
        if before is None or row.rank < before
    ]
    if not rows:
        return None
    row, name = rows[-1]
    digest = row.why.removeprefix("sha256:")
    standing = {one.id: one.digest for one in tools.store.snapshots(lab)}
    same = standing[name] == digest if name in standing else None
    return Taken(name, digest, row.at, same)
