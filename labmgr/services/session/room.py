"""How many labs may be alive at once on this machine, and whether a timetable keeps to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from labmgr.domain.lab import STANDING
from labmgr.domain.passage import Passage
from labmgr.domain.ports import Tools
from labmgr.domain.timetable import Limits, Other, labs_alive, peak
from labmgr.domain.words import Said
from labmgr.errors import Refused
from labmgr.services.lab.capacity import WRITTEN_PER_LAB
from labmgr.services.session.colleagues import others

MIB = 1 << 20


@dataclass(frozen=True)
class Room:
    """What the machine has for labs alive at once, in bytes, and how many that makes.

    Labs that stand already have their memory: they count as room for the labs that are planned.
    """

    memory: int  # free beside the reserve, and what standing labs hold
    each: int  # of the largest template that is asked for
    standing: int
    written: int  # how many more labs' snapshots the disk takes

    @property
    def labs(self) -> int:
        return max(0, self.memory // self.each) if self.each else 0


@dataclass(frozen=True)
class Fit:
    """A timetable beside the machine: labs alive over time, the most at once, and what fits."""

    alive: tuple[tuple[datetime, int], ...]
    most: int
    at: datetime | None
    room: Room
    new: int  # labs that do not stand yet, and will write to the disk

    @property
    def faults(self) -> list[Said]:
        """Why it does not fit, with numbers; empty when it does."""
        room, found = self.room, []
        if self.most > room.labs:
            need, have = self.most * room.each // MIB, max(0, room.memory) // MIB
            found.append(
                Said(
                    f"{self.most} labs alive at once, {room.labs} fit "
                    f"({need} MiB wanted, {have} MiB there)",
                    f"{self.most} labos en route à la fois, {room.labs} tiennent "
                    f"({need} Mio voulus, {have} Mio disponibles)",
                )
            )
        if self.new > room.written:
            found.append(
                Said(
                    f"{self.new} labs will write to the disk, there is room for {room.written}",
                    f"{self.new} labos écriront sur le disque, il y a place pour {room.written}",
                )
            )
        return found


def room(tools: Tools, session_name: str) -> Room:
    """Raises EngineUnreachable."""
    facts, store = tools.engine.facts(), tools.store
    sessions = {session_name, *(one.passage.session for one in others(tools, session_name))}
    labs = [lab for name in sessions for lab in store.labs(name)]
    standing = [lab for lab in labs if lab.state in STANDING]
    names = {store.session(session_name).template}
    names |= {one.template for name in sessions for one in store.realisations(name)}
    size = {
        name: tools.library.read(name).expected_memory
        for name in names | {lab.template for lab in standing}
    }
    held = sum(size[lab.template] for lab in standing)
    free = facts.memory_free - tools.site.memory_reserve
    written = max(0, facts.disk_free - tools.site.disk_reserve) // WRITTEN_PER_LAB
    each = max(size[name] for name in names)
    return Room(free + held, each, len(standing), written)


def fit(
    tools: Tools, session_name: str, passages: Sequence[Passage], limits: Limits | None = None
) -> Fit:
    """A timetable beside the machine, with the passages of other sessions; see `Fit.faults`."""
    session, store = tools.store.session(session_name), tools.store
    alive = labs_alive(
        passages,
        store.candidates(session_name),
        session,
        limits or Limits(),
        _same_days(tools, session_name, passages, limits or Limits()),
    )
    worst = peak(alive)
    up = {lab.candidate for lab in store.labs(session_name) if lab.state in STANDING}
    new = sum(one.candidate not in up and not one.own_tools for one in passages)
    at, most = worst or (None, 0)
    return Fit(tuple(alive), most, at, room(tools, session_name), new)


def refuse_unfit(found: Fit) -> None:
    """Raise Refused with the numbers of what does not fit."""
    if found.faults:
        raise Refused(
            Said(
                f"This timetable does not fit the machine: {'; '.join(found.faults)}",
                f"Ce planning ne tient pas sur cette machine : "
                f"{' ; '.join(one.fr for one in found.faults)}",
            ),
            hint=Said(
                "Propose it again with fewer labs at once, or free memory (`labmgr lab remove`).",
                "Proposez-le de nouveau avec moins de labos à la fois, ou libérez de la mémoire "
                "(`labmgr lab remove`).",
            ),
        )


def _same_days(
    tools: Tools, session_name: str, passages: Sequence[Passage], limits: Limits
) -> list[Other]:
    """A peak on a day without a passage of this session is not this timetable's."""
    days = {limits.day_of(at) for one in passages for at in one.planned.values()}
    found = others(tools, session_name)
    return [
        one
        for one in found
        if any(limits.day_of(at) in days for at in one.passage.planned.values())
    ]
