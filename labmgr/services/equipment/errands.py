"""Talks with devices that a page asked for: they go on in this process while pages are looked at.

A restart of the panel forgets them. What devices said stands in rows, and so does a push that was
cut short: its device is left as being set.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from labmgr.domain.inventory import Device
from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.errors import LabmgrError, NotFound
from labmgr.services.equipment import asking, configs
from labmgr.services.equipment.asking import Report
from labmgr.services.equipment.baselines import Preview

MOST_KEPT: Final = 60  # errands that have ended, the oldest forgotten first


class Kind(StrEnum):
    ASK = "ask"
    BACK_UP = "back-up"
    PREVIEW = "preview"  # of one device
    PREPARE = "prepare"  # of a place's devices, before its preparation is ordered
    PUSH = "push"
    KEY = "key"
    TRUST = "trust"


@dataclass
class Errand:
    """One talk. `source` names a kept configuration; empty: the baseline for `lab`."""

    id: str
    kind: Kind
    devices: tuple[Device, ...]
    by: str
    started: datetime
    place: str = ""
    lab: Lab | None = None
    source: str = ""
    same: str = ""  # what makes two talks with the same devices one
    reports: dict[str, Report] = field(default_factory=dict)
    previews: dict[str, Preview] = field(default_factory=dict)
    wanted: dict[str, str] = field(default_factory=dict, repr=False)  # they hold secrets
    prints: dict[str, str] = field(default_factory=dict)  # fingerprints that devices showed
    trouble: LabmgrError | None = None
    ended: datetime | None = None

    def about(self) -> tuple[object, ...]:
        """Two talks about the same are one."""
        lab = self.lab.id if self.lab else ""
        return self.kind, {one.name for one in self.devices}, lab, self.source, self.same

    @property
    def good(self) -> bool:
        """Over, and every device did what was asked."""
        whole = len(self.reports) == len(self.devices)
        return self.ended is not None and whole and all(one.good for one in self.reports.values())


Work = Callable[[Errand], Iterator[Report]]


class Errands:
    """The register of one panel process."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self._all: dict[str, Errand] = {}
        self._lock = threading.Lock()

    def ask(self, devices: Sequence[Device], *, by: str) -> Errand:
        """Who are they? Asked twice, the talk that is under way answers both."""
        return self.begin(
            Kind.ASK, devices, lambda made: asking.check(self.tools, made.devices), by=by
        )

    def back_up(self, devices: Sequence[Device], *, by: str) -> Errand:
        return self.begin(
            Kind.BACK_UP,
            devices,
            lambda made: configs.back_up(self.tools, made.devices, by=by),
            by=by,
        )

    def begin(
        self,
        kind: Kind,
        devices: Sequence[Device],
        work: Work,
        *,
        by: str,
        place: str = "",
        lab: Lab | None = None,
        source: str = "",
        same: str = "",
    ) -> Errand:
        """Returns at once. The same that is under way already is not begun again."""
        id_, now = secrets.token_urlsafe(9), self.tools.now()
        made = Errand(id_, kind, tuple(devices), by, now, place, lab, source, same)
        with self._lock:
            for one in self._all.values():
                if one.ended is None and one.about() == made.about():
                    return one
            self._all[id_] = made
            self._forget()
        threading.Thread(target=self._run, args=(made, work), name="errand", daemon=True).start()
        return made

    def find(self, id: str) -> Errand:  # noqa: A002 - its name everywhere
        try:
            return self._all[id]
        except KeyError:
            raise NotFound(
                "This talk with the devices is over and forgotten",
                hint="Begin it again from the page of the place or of the device.",
            ) from None

    def under_way(self) -> list[Errand]:
        with self._lock:
            return [one for one in self._all.values() if one.ended is None]

    def latest(self) -> list[Errand]:
        """Newest first, those that have ended too."""
        with self._lock:
            return list(self._all.values())[::-1]

    def _run(self, errand: Errand, work: Work) -> None:
        try:
            for report in work(errand):
                errand.reports[report.device.name] = report
        except LabmgrError as trouble:
            errand.trouble = trouble
        finally:
            errand.ended = self.tools.now()

    def _forget(self) -> None:
        ended = [key for key, one in self._all.items() if one.ended]
        for key in ended[:-MOST_KEPT]:
            del self._all[key]
