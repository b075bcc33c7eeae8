"""The record (procès-verbal): what happened, as facts; paper and people make what they will of it.

Names stand here, taken from the list when it is printed; never a mark, never a reason for time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from labmgr.domain.equipment import KeptConfig
from labmgr.domain.exam import Commission, ExamSession, Phase
from labmgr.domain.journal import Tail
from labmgr.domain.passage import Incident, PassageState
from labmgr.domain.recette import Remark, Result

LOCAL = ZoneInfo("Europe/Paris")  # an exam day is a day there


@dataclass(frozen=True)
class Told:
    """A row of the journal, retold: when, what, by whom, why, and its rank there."""

    at: datetime
    what: str
    by: str
    why: str = ""
    rank: int = 0


@dataclass(frozen=True)
class Chain:
    """Whether the journal is whole, and its newest row, for a later look to compare with."""

    rank: int
    hash: str
    tail: Tail
    altered: int | None = None  # rank of the first row that does not follow from the one before

    @property
    def holds(self) -> bool:
        return self.altered is None and self.tail is Tail.WHOLE


@dataclass(frozen=True)
class Who:
    """A candidate as the papers name them."""

    number: str
    name: str
    place: str = ""


@dataclass(frozen=True)
class PhaseTold:
    """One phase: seconds allotted (its normal length, extra time, extensions), used, waited for.

    `waited` lies between the phase before (or the arrival) and this one: it is no exam time.
    """

    phase: Phase
    planned: datetime | None
    begun: datetime | None
    ended: datetime | None
    normal: float
    extra: float
    allotted: float
    used: float
    waited: float


@dataclass(frozen=True)
class Suspension:
    """The clock stood from *start* to *end* (None: it still does).

    `back`: after an outage, when labmgr answered again; None for a suspension by hand.
    """

    phase: Phase | None
    start: datetime
    end: datetime | None
    seconds: float
    why: str
    by: str
    resumed_by: str = ""
    back: datetime | None = None


@dataclass(frozen=True)
class Extension:
    """Time added by decision."""

    at: datetime
    phase: Phase
    seconds: float
    why: str
    by: str


@dataclass(frozen=True)
class Taken:
    """A snapshot as the journal wrote it down. `same`: what is kept today has that digest.

    None when it is no longer kept.
    """

    id: str
    digest: str
    at: datetime
    same: bool | None


@dataclass(frozen=True)
class Tried:
    """One line of the recette as it was last played, and what the commission remarked on it."""

    result: Result
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Collected:
    """What a server's script gave at the end, or why it gave nothing."""

    kept: KeptConfig
    size: int | None  # bytes; None: there is none


@dataclass(frozen=True)
class PassageRecord:
    """One passage, from the journal's rows and the clocks."""

    session: ExamSession
    candidate: Who
    commission: Commission | None
    state: PassageState
    wave: int
    arrived: datetime | None
    late: float  # seconds after the planned beginning; 0 when in time
    acknowledged: datetime | None
    own_tools: bool
    realisation: int  # 0 until phase 1, whoever asks
    title: str
    lab: str
    template: str  # name@hash
    phases: tuple[PhaseTold, ...]
    suspensions: tuple[Suspension, ...]
    extensions: tuple[Extension, ...]
    incidents: tuple[Incident, ...]
    absence: tuple[Told, ...]  # each confirmation, and what was taken back
    own: tuple[Told, ...]  # the candidate's save points and returns
    shown: tuple[Told, ...]  # accesses that were looked at
    start: Taken | None
    end: Taken | None
    recette: tuple[Tried, ...]
    remarks: tuple[Remark, ...]  # on the recette as a whole, or on an older state of it
    adjustment: str
    message: str  # why the file is not conforming
    events: tuple[Told, ...]
    chain: Chain
    printed: datetime
    devices: tuple[KeptConfig, ...] = ()  # start and end of the place's devices, or the gap
    collected: tuple[Collected, ...] = ()


@dataclass(frozen=True)
class DayRecord:
    """All passages of one day."""

    session: ExamSession
    day: date
    passages: tuple[PassageRecord, ...]
    commissions: tuple[Commission, ...]
    events: tuple[Told, ...]  # of the session itself
    chain: Chain
    printed: datetime


@dataclass(frozen=True)
class SheetAccount:
    login: str
    secret: str = field(repr=False)  # empty: a key, which nobody types


@dataclass(frozen=True)
class SheetNode:
    """A machine of a lab with the ways to it, as links or as commands to type."""

    title: str
    address: str
    ways: tuple[str, ...]
    accounts: tuple[SheetAccount, ...]


@dataclass(frozen=True)
class SheetLab:
    """The accesses of one lab, as they will be; of réalisations that are alike there is one."""

    id: str
    realisations: tuple[int, ...]
    jump: str
    port: int
    password: str = field(repr=False)
    nodes: tuple[SheetNode, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """What one candidate and whoever helps them need when labmgr does not answer.

    Before phase 1 it holds the labs of all réalisations: the choice is not to be read from it.
    """

    candidate: Who
    commission: str
    planned: Mapping[Phase, datetime]
    ends: datetime | None  # of the hour that runs
    allotted: float  # seconds of the hour
    own_tools: bool
    labs: tuple[SheetLab, ...]
