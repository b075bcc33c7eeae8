"""Secrets made for one candidate and one node, and the people's access codes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from labmgr.domain.template import CredentialKind
from labmgr.domain.words import Audience

# No 0/O, 1/l/I: these are typed from a paper slip. Ambiguity costs minutes of an exam's hour.
_LETTERS = "abcdefghijkmnpqrstuvwxyz"
_CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "23456789"
_MARKS = "-.+=_"  # typed alike on French and English keyboards by name, safe in URLs and shells
_CLASSES = (_LETTERS, _CAPITALS, _DIGITS, _MARKS)

CANDIDATE_LENGTH = 14  # USERS §3: at least 12 for users
STAFF_LENGTH = 20  # at least 16 for administrators


@dataclass(frozen=True)
class Credential:
    """One account on one node of one lab."""

    lab: str
    node: str
    id: str
    login: str
    audience: Audience
    kind: CredentialKind
    secret: str = field(repr=False)  # the password, or the private key in OpenSSH form
    public: str = ""  # the public key, for a key


def make_password(length: int = CANDIDATE_LENGTH) -> str:
    """Random, with all four classes; starts with a letter, so that no tool takes it for an option.

    Raises ValueError below 12 characters (USERS §3).
    """
    if length < 12:  # noqa: PLR2004 - the rule's own number
        msg = "a generated password has at least 12 characters"
        raise ValueError(msg)
    rest = [secrets.choice(group) for group in _CLASSES]
    rest += [secrets.choice("".join(_CLASSES)) for _ in range(length - 1 - len(rest))]
    secrets.SystemRandom().shuffle(rest)
    return secrets.choice(_LETTERS) + "".join(rest)


def make_code() -> str:
    """A code for the printed slip: three groups of four, about 60 bits, easy to read aloud."""
    alphabet = _CAPITALS + _DIGITS
    return "-".join("".join(secrets.choice(alphabet) for _ in range(4)) for _ in range(3))
