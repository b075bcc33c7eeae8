"""People at the doors: staff accounts, who is asking, and a candidate's printed slip."""

from __future__ import annotations

from dataclasses import dataclass, field

from labmgr.domain.exam import Candidate
from labmgr.domain.words import Role


@dataclass(frozen=True)
class Account:
    """A member of staff. `hashed` is an argon2 hash, never a password."""

    login: str
    role: Role
    hashed: str = field(repr=False)
    disabled: bool = False


@dataclass(frozen=True)
class Slip:
    """What is printed for one candidate."""

    candidate: Candidate
    portal_url: str
    fingerprint: str
    code: str = field(repr=False)
