"""How the domain's values look in a column: instants, words, fractions, parts of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, String
from sqlalchemy.types import TypeDecorator

from labmgr.domain.snapshot import Part, PartKind


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
