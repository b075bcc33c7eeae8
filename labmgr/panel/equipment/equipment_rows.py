"""What the pages of real equipment show: places and devices, read once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import cast

from flask import current_app

from labmgr.domain.devices import Backup
from labmgr.domain.equipment import DeviceState
from labmgr.domain.exam import Candidate, ExamSession
from labmgr.domain.inventory import Device, Equipment
from labmgr.domain.lab import Lab
from labmgr.domain.passage import UNDER_WAY
from labmgr.domain.ports import Tools
from labmgr.domain.template import Template
from labmgr.domain.work import ENDED, LANE, Job, Lane
from labmgr.errors import BadFile, LabmgrError, NotFound
from labmgr.panel.equipment.equipment_marks import anchor_of
from labmgr.panel.equipment.equipment_words import Look, look_of, real_words
from labmgr.services.equipment import places, systems
from labmgr.services.equipment.baselines import is_server
from labmgr.services.equipment.errands import Errand, Errands
from labmgr.services.equipment.places import Equipped, Standing
from labmgr.services.equipment.systems import Systems

FEW_MINUTES = 600  # seconds for which the end of a talk is still told


@dataclass(frozen=True)
class DeviceRow:
    device: Device
    state: DeviceState
    look: Look
    real: bool
    backup: Backup | None
    in_talk: bool  # it is being asked just now


@dataclass(frozen=True)
class PlaceCard:
    """One place. `anchor` is its name as a link can carry it."""

    standing: Standing
    anchor: str
    real: tuple[str, str]
    rows: Sequence[DeviceRow]
    session: ExamSession | None
    candidate: Candidate | None
    sits: bool  # its candidate's passage is under way
    job: Job | None  # the last order to its devices
    systems: Systems | None  # beside each other, where one of the devices is a server

    @property
    def free(self) -> bool:
        """Nobody comes: what it lacks is no fault, unless a device is red."""
        return self.standing.passage is None and not self.standing.red

    @property
    def working(self) -> bool:
        return self.job is not None and self.job.state not in ENDED


@dataclass(frozen=True)
class Room:
    """All of it, or the faults of the files that say it."""

    equipment: Equipment
    cards: Sequence[PlaceCard]
    others: Sequence[DeviceRow]  # devices without a place
    talks: Sequence[Errand]
    faulty: BadFile | None = None

    @property
    def busy(self) -> bool:
        return any(one.ended is None for one in self.talks) or any(
            card.working for card in self.cards
        )

    @property
    def longest(self) -> int:
        """Seconds after which the slowest device is given up."""
        return round(max((one.deadline for one in self.equipment.devices), default=0))


def errands() -> Errands:
    return cast("Errands", current_app.extensions["errands"])


def inventory(tools: Tools) -> tuple[Equipment, BadFile | None]:
    """The inventory, or what is wrong with its files: a page must open all the same."""
    try:
        return tools.inventory.read(), None
    except BadFile as faulty:
        return Equipment(), faulty


def read_room(tools: Tools) -> Room:
    equipment, faulty = inventory(tools)
    if faulty:
        return Room(equipment, (), (), (), faulty)
    states = {one.device: one for one in tools.store.device_states()}
    jobs = [one for one in tools.store.jobs() if LANE[one.kind] is Lane.DEVICES]
    asked = talked_to()
    templates = cache(tools.library.read)  # each looks at its files again
    cards = [_card(tools, one, jobs, asked, templates) for one in places.places(tools)]
    others = [
        row_of(tools, Equipped(one, states.get(one.name) or DeviceState(one.name)), asked)
        for one in equipment.devices
        if not one.place
    ]
    return Room(equipment, cards, others, recent(tools.now()))


def row_of(tools: Tools, one: Equipped, asked: Iterable[str]) -> DeviceRow:
    now = tools.now()
    backup = next(iter(tools.configs.backups(one.device.name)), None)
    in_talk = one.device.name in asked
    return DeviceRow(one.device, one.state, look_of(one.state, now), one.real(now), backup, in_talk)


def talked_to() -> set[str]:
    """Devices that have not answered yet in a talk that is under way."""
    return {
        device.name
        for one in errands().under_way()
        for device in one.devices
        if device.name not in one.reports
    }


def recent(now: datetime) -> list[Errand]:
    """Talks under way, and those that ended a few minutes ago."""
    return [
        one
        for one in errands().latest()
        if one.ended is None or (now - one.ended).total_seconds() < FEW_MINUTES
    ]


def candidate_at(tools: Tools, standing: Standing) -> tuple[ExamSession | None, Candidate | None]:
    passage = standing.passage
    if passage is None:
        return None, None
    try:
        person = tools.store.candidate(passage.session, passage.candidate)
        return tools.store.session(passage.session), person
    except NotFound:
        return None, None


def systems_of(tools: Tools, lab: Lab) -> Systems | None:
    """None while a file has faults: its own page shows them."""
    try:
        return systems.systems(tools, lab)
    except LabmgrError:
        return None


def _card(
    tools: Tools,
    standing: Standing,
    jobs: Sequence[Job],
    asked: Iterable[str],
    templates: Callable[[str], Template],
) -> PlaceCard:
    session, person = candidate_at(tools, standing)
    lab = standing.lab.id if standing.lab else ""
    return PlaceCard(
        standing,
        anchor_of(standing.place.name),
        real_words(standing),
        [row_of(tools, one, asked) for one in standing.devices],
        session,
        person,
        standing.passage is not None and standing.passage.state in UNDER_WAY,
        next((one for one in jobs if lab and one.lab == lab), None),
        _systems(standing, templates),
    )


def _systems(standing: Standing, templates: Callable[[str], Template]) -> Systems | None:
    """Only where a server of the place may be the second one."""
    servers = [one for one in standing.devices if is_server(one.device)]
    if standing.lab is None or not servers:
        return None
    try:
        template = templates(standing.lab.template)
    except LabmgrError:
        return None
    return systems.beside(template, [(one.device, one.state) for one in servers])
