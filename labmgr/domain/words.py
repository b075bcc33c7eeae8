"""Small values that every room shares: a text in two languages, an audience, an operator."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Self


@dataclass(frozen=True)
class Text:
    """What people read; French is what the exam speaks."""

    fr: str
    en: str

    def __str__(self) -> str:
        return self.fr


class Audience(StrEnum):
    """For whom a credential is made, and who may see it."""

    CANDIDATE = "candidate"
    COMMISSION = "commission"
    LABMGR = "labmgr"  # labmgr's own account for probes; shown to nobody


class Role(StrEnum):
    """What a staff account may do (DESIGN §12)."""

    ADMIN = "admin"  # also the head of centre
    TEACHER = "teacher"
    COMMISSION = "commission"
    INVIGILATOR = "invigilator"
    TECHNICIAN = "technician"


class Option(StrEnum):
    """The two options of the diploma."""

    SISR = "SISR"
    SLAM = "SLAM"


def slug(text: str, limit: int = 20) -> str:
    """ASCII letters, digits and single hyphens, at most *limit*; empty when nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:limit].strip("-")


class Said(str):
    """A sentence in English that carries its French twin, for the pages that people read."""

    __slots__ = ("fr",)
    fr: str

    def __new__(cls, en: str, fr: str = "") -> Self:
        said = super().__new__(cls, en)
        said.fr = fr or en
        return said
