"""The words of a probe: what is asked, what a service answered, and whether that is green."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Verdict(Enum):
    YES = "yes"  # the service does what was asked
    REFUSED = "refused"  # it answered, and refused
    NO = "no"  # unreachable, or not what was asked


@dataclass(frozen=True)
class Answer:
    """What one try saw. `evidence` is for people."""

    verdict: Verdict
    evidence: str


@dataclass(frozen=True)
class Check:
    """One probe. `args` hold only what its kind takes, of the right types."""

    id: str
    host: str
    kind: str
    args: Mapping[str, Any]
    refused: bool = False  # a refusal is what is expected
    login: str = ""
    password: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    liveness: bool = False

    def text(self, name: str, usual: str = "") -> str:
        return str(self.args.get(name, usual))

    def number(self, name: str, usual: int = 0) -> int:
        given = self.args.get(name)
        return usual if given is None else int(given)

    def flag(self, name: str) -> bool:
        return bool(self.args.get(name, False))

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for secret in (self.password, self.key) if secret)

    def green(self, answer: Answer) -> bool:
        if self.liveness:
            return answer.verdict is not Verdict.NO
        return answer.verdict is (Verdict.REFUSED if self.refused else Verdict.YES)


class NoAnswer(Exception):
    """The try ends here: nobody answered, or not in the expected language."""


def yes(evidence: str) -> Answer:
    return Answer(Verdict.YES, evidence)


def refused(evidence: str) -> Answer:
    return Answer(Verdict.REFUSED, evidence)


def no(evidence: str) -> Answer:
    return Answer(Verdict.NO, evidence)


def last_line(*texts: str) -> str:
    """The last words of the first text that has any, cut to a readable length."""
    lines = [line.strip() for text in texts for line in reversed(text.splitlines())]
    return next((line for line in lines if line), "")[:200]
