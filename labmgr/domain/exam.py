"""The exam's people and papers: sessions, candidates and their extra time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from labmgr.domain.words import Option


class SessionState(StrEnum):
    """A session is prepared, then held; nothing is built or pulled while it is open."""

    PREPARED = "prepared"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class ExamSession:
    """One session of the exam in this centre. `name` is its slug, used in every identifier."""

    name: str
    title: str
    template: str
    option: Option
    created: datetime
    state: SessionState = SessionState.PREPARED


@dataclass(frozen=True)
class Candidate:
    """One person of the list. `number` is theirs in this session and stands in all records.

    `extra_time` is the added fraction of each phase's duration (1/3 turns 60 min into 80);
    its reason is not known to labmgr, and must not be.
    """

    session: str
    number: str
    last_name: str
    first_name: str = ""
    option: Option = Option.SISR
    extra_time: Fraction = Fraction(0)
    place: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
