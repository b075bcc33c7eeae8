"""How the domain's values look in a column: instants, words, fractions, parts of a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator

from labmgr.domain.clock import Clock, Moment, Stretch
from labmgr.domain.exam import Member, Phase
from labmgr.domain.snapshot import Part, PartKind
from labmgr.domain.words import Option


class Instant(TypeDecorator[datetime]):
    """Kept as UTC, given back timezone-aware; a naive time is a bug and raises ValueError."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is not None and value.tzinfo is None:
            msg = f"{value} has no time zone"
            raise ValueError(msg)
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        # SQLite gives the digits back without their zone, PostgreSQL with the connection's.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Word(TypeDecorator[StrEnum]):
    """A member of one of the domain's enums, by its value."""

    impl = String
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        del dialect
        return None if value is None else self.kind(value)


class Ratio(TypeDecorator[Fraction]):
    """An exact fraction, as "1/3"."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Fraction | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Fraction | None:
        del dialect
        return None if value is None else Fraction(value)


class Parts(TypeDecorator[tuple[Part, ...]]):
    """The images of a snapshot, as a JSON list."""

    impl = JSON
    cache_ok = True

    def process_bind_param(
        self, value: tuple[Part, ...] | None, dialect: Dialect
    ) -> list[dict[str, Any]]:
        del dialect
        return [asdict(part) for part in value or ()]

    def process_result_value(
        self, value: list[Mapping[str, Any]] | None, dialect: Dialect
    ) -> tuple[Part, ...]:
        del dialect
        return tuple(Part(**{**part, "kind": PartKind(part["kind"])}) for part in value or ())


class PhaseMap(TypeDecorator[dict[Phase, Any]]):
    """What each phase has: a JSON object by the phase's word."""

    impl = JSON
    cache_ok = True

    def __init__(self, put: Callable[[Any], Any] = int, take: Callable[[Any], Any] = int) -> None:
        super().__init__()
        self.put, self.take = put, take

    def process_bind_param(
        self, value: Mapping[Phase, Any] | None, dialect: Dialect
    ) -> dict[str, Any]:
        del dialect
        return {phase.value: self.put(one) for phase, one in (value or {}).items()}

    def process_result_value(
        self, value: Mapping[str, Any] | None, dialect: Dialect
    ) -> dict[Phase, Any]:
        del dialect
        return {Phase(word): self.take(one) for word, one in (value or {}).items()}


class Members(TypeDecorator[tuple[Member, ...]]):
    """A commission's members, as a JSON list."""

    impl = JSON
    cache_ok = True

    def process_bind_param(
        self, value: tuple[Member, ...] | None, dialect: Dialect
    ) -> list[dict[str, Any]]:
        del dialect
        return [asdict(member) for member in value or ()]

    def process_result_value(
        self, value: list[Mapping[str, Any]] | None, dialect: Dialect
    ) -> tuple[Member, ...]:
        del dialect
        return tuple(Member(**{**one, "option": Option(one["option"])}) for one in value or ())


def moment_row(moment: Moment) -> dict[str, Any]:
    return {**asdict(moment), "at": moment.at.astimezone(UTC).isoformat()}


def moment_of(row: Mapping[str, Any]) -> Moment:
    return Moment(**{**row, "at": datetime.fromisoformat(row["at"])})


def clock_row(clock: Clock) -> dict[str, Any]:
    """A clock as JSON: what it may take, and [start, end] of each stretch."""
    rows = [
        [moment_row(one.start), moment_row(one.end) if one.end else None] for one in clock.stretches
    ]
    return {"allotted": clock.allotted, "stretches": rows, "finished": clock.finished}


def clock_of(row: Mapping[str, Any]) -> Clock:
    stretches = tuple(
        Stretch(moment_of(start), moment_of(end) if end else None)
        for start, end in row["stretches"]
    )
    return Clock(row["allotted"], stretches, row.get("finished", False))


def instant_row(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
