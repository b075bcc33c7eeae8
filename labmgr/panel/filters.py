"""What templates may call: French words for states, sizes, local times, the reader's rights."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction

from flask import Flask, session
from flask_babel import format_datetime, format_decimal

from labmgr.panel import gate, words

WORDS: tuple[Iterable[tuple[object, object]], ...] = (
    words.LAB_STATES.items(),
    words.SESSION_STATES.items(),
    words.NODE_STATES.items(),
    words.SNAPSHOT_KINDS.items(),
    words.JOB_KINDS.items(),
    words.JOB_STATES.items(),
    words.ROLES.items(),
)


def register(app: Flask) -> None:
    app.add_template_filter(word, "word")
    app.add_template_filter(size, "size")
    app.add_template_filter(local, "local")
    app.add_template_filter(extra, "extra")
    app.context_processor(lambda: {"may": gate.may, "operator": session.get("operator")})


def word(value: object) -> str:
    """The French word of a state or kind; its own name when a new one has none yet."""
    for known in WORDS:
        # Enum members of different kinds may be equal as strings ("open"): the type decides.
        for key, french in known:
            if key is value:
                return str(french)
    return str(value)


def size(value: int) -> str:
    """Bytes as Mio or Gio."""
    mib = value / (1 << 20)
    if mib < 1024:  # noqa: PLR2004 - a gibibyte in mebibytes
        return f"{format_decimal(round(mib))} Mio"
    return f"{format_decimal(round(mib / 1024, 1))} Gio"


def local(value: datetime | None) -> str:
    """A stored instant in the centre's own time."""
    return "" if value is None else format_datetime(value, "dd/MM/yyyy HH:mm:ss")


def extra(value: Fraction) -> str:
    """An added fraction of time as people write it; empty without one."""
    return f"+ {value}" if value else ""
