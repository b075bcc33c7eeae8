"""What templates may call: French words and sentences, sizes, local times, the reader's rights."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from fractions import Fraction
from typing import cast

from flask import Flask, current_app, session
from flask_babel import format_date, format_datetime, format_decimal
from flask_babel import gettext as _
from markupsafe import Markup, escape

from labmgr.domain.annex import BY_ID
from labmgr.domain.lab import LabState
from labmgr.domain.probe import Expect, ProbeSpec
from labmgr.domain.template import Template
from labmgr.domain.words import Said
from labmgr.errors import BadFile, LabmgrError
from labmgr.panel import gate, words
from labmgr.panel.equipment import equipment_words
from labmgr.panel.french import Sayings
from labmgr.services.instance import pulse

WORDS: tuple[Iterable[tuple[object, object]], ...] = (
    words.LAB_STATES.items(),
    words.SESSION_STATES.items(),
    words.FORMS.items(),
    words.PASSAGE_STATES.items(),
    words.PHASES.items(),
    words.NODE_STATES.items(),
    words.SNAPSHOT_KINDS.items(),
    words.JOB_KINDS.items(),
    words.JOB_STATES.items(),
    words.ROLES.items(),
    words.VERDICTS.items(),
    words.EXPECTED.items(),
    *equipment_words.WORDS,
)
MOST_FAULTS = 3  # told in one message
OWN_HANDS = frozenset({"reconcile", "setup", "bell", "watch"})
SERVERS = "IIE-1.1-e"  # the item of annexe II.E that asks for two systems


def register(app: Flask) -> None:
    app.extensions["labmgr-french"] = Sayings()
    for filter_ in (
        word,
        size,
        local,
        hour,
        minute,
        planned,
        calendar,
        lasting,
        extra,
        said,
        decimal,
        key_print,
        item,
        probe_words,
        doer,
        column,
        counted,
        equipment_words.when,
        equipment_words.changes,
    ):
        app.add_template_filter(filter_, filter_.__name__)
    app.add_template_global(shared_kernel, "shared_kernel")
    app.add_template_global(worker_silent, "worker_silent")
    app.context_processor(lambda: {"may": gate.may, "operator": session.get("operator")})


def worker_silent() -> bool:
    return pulse.is_silent(gate.tools())


def word(value: object) -> str:
    """The French word of a state or kind; its own name when a new one has none yet."""
    for known in WORDS:
        # Enum members of different kinds may be equal as strings ("open"): the type decides.
        for key, french in known:
            if key is value:
                return str(french)
    return str(value)


def counted(state: LabState, number: int) -> str:
    """So many labs in this state."""
    many = words.MANY_LABS.get(state) if number > 1 else None
    return f"{number} {many or word(state)}"


def in_french(text: object) -> str | None:
    """What the program says, in French; None when nobody has translated it."""
    if isinstance(text, BadFile):
        return _faults(text)
    sentence = _sentence(text)
    if not sentence:
        return ""
    if isinstance(sentence, Said):
        return sentence.fr
    return cast("Sayings", current_app.extensions["labmgr-french"]).french(sentence)


def said(text: object) -> Markup:
    """The same for a page: what stays English says so to screen readers."""
    french = in_french(text)
    if french is None:
        return Markup('<span lang="en">{}</span>').format(_sentence(text))
    return escape(french)


def doer(by: str) -> str:
    """Who did it: a login stands as it is, labmgr's own parts have a name."""
    own = by in OWN_HANDS or by.startswith("candidate ")
    return (in_french(by) or by) if own else by


def column(where: str) -> str:
    """The name of a list's column, which is French as it is."""
    return in_french(where) or where


def tell(error: LabmgrError) -> str:
    """An error and its way out in one line, for a message that is shown once."""
    what = in_french(error) or _sentence(error)
    hint = in_french(error.hint) or error.hint
    if isinstance(error, BadFile) or not hint:
        return what
    return f"{what}{'' if what.endswith(('.', '…', '!', '?')) else '.'} {hint}"


def _sentence(text: object) -> str:
    """What an error says: the text it was raised with may carry its French twin."""
    if isinstance(text, LabmgrError) and text.args and isinstance(text.args[0], Said):
        return text.args[0]
    return text if isinstance(text, str) else str(text)


def _faults(file: BadFile) -> str:
    """The first faults of a file, each with its place; its own page shows all of them."""
    shown = [
        f"{one.file}:{one.line}, {one.where} : {in_french(one.what) or one.what}"
        f" ({in_french(one.mend) or one.mend})"
        for one in file.problems[:MOST_FAULTS]
    ]
    return " ; ".join([*shown, *["…"] * (len(file.problems) > MOST_FAULTS)])


def size(value: int) -> str:
    """Bytes as Mio or Gio."""
    mib = value / (1 << 20)
    if mib < 1024:  # noqa: PLR2004 - a gibibyte in mebibytes
        return f"{format_decimal(round(mib))} Mio"
    return f"{format_decimal(round(mib / 1024, 1))} Gio"


def decimal(value: float) -> str:
    """A number as French writes it."""
    return str(format_decimal(round(value, 1)))


def local(value: datetime | None) -> str:
    """A stored instant in the centre's own time."""
    return "" if value is None else format_datetime(value, "dd/MM/yyyy HH:mm:ss")


def hour(value: datetime) -> str:
    """The time of day of a stored instant."""
    return str(format_datetime(value, "HH:mm:ss"))


def minute(value: datetime | None) -> str:
    """The time of day to the minute, as a timetable is read."""
    return "" if value is None else str(format_datetime(value, "HH:mm"))


def planned(value: datetime | None) -> str:
    """The same, with seconds where there are any: short phases, a third of twenty minutes."""
    return "" if value is None else hour(value) if value.second else minute(value)


def calendar(value: date) -> str:
    """A day as people say it."""
    return str(format_date(value, "EEEE d MMMM y"))


def lasting(seconds: float) -> str:
    """A length of time: minutes, with seconds only where there are few."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - a minute
        return f"{whole} s"
    if whole % 60 == 0 or whole >= 3600:  # noqa: PLR2004 - an hour
        return f"{round(whole / 60)} min"
    return f"{whole // 60} min {whole % 60:02} s"


def extra(value: Fraction) -> str:
    """An added fraction of time as people write it; empty without one."""
    return f"+ {value}" if value else ""


def key_print(public: str) -> str:
    """The fingerprint of a public key, as ssh shows it when it asks."""
    blob = base64.b64decode(public.split()[1])
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def item(id_: str) -> str:
    """An item of annexe II.E with its label."""
    return f"{id_} – {BY_ID[id_].label}" if id_ in BY_ID else id_


def probe_words(probe: ProbeSpec) -> str:
    """A probe in a few words: its kind, its account, and whether a refusal is what it wants."""
    account = f" ({probe.credential})" if probe.credential else ""
    refusal = f", {_('refus attendu')}" if probe.expect is Expect.REFUSED else ""
    return f"{probe.kind}{account}{refusal}"


def shared_kernel(template: Template) -> list[str]:
    """The servers that are all containers, so that one kernel runs them; empty with less than two.

    Every node is a container as yet; a virtual machine or real server would not be listed.
    """
    servers = [node.name for node in template.nodes if SERVERS in node.provides]
    return servers if len(servers) > 1 else []
