"""A place ready or why not: its devices, its wires, and whose it is next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from labmgr.domain.devices import IN_FRENCH, Outcome
from labmgr.domain.equipment import DeviceState, Stage
from labmgr.domain.inventory import Device, Nature, Place
from labmgr.domain.lab import Lab
from labmgr.domain.passage import Passage
from labmgr.domain.ports import Tools
from labmgr.domain.words import Said
from labmgr.errors import BadFile, NotFound, Refused
from labmgr.services.equipment import orders
from labmgr.services.lab import sitting, wires

JUST_NOW: Final = timedelta(minutes=10)  # an older answer proves nothing about the equipment
WORKED_ON: Final = frozenset({Stage.SET, Stage.OPEN, Stage.CLOSED})


@dataclass(frozen=True)
class Equipped:
    """A device at its place, with what was last heard of it."""

    device: Device
    state: DeviceState

    def real(self, now: datetime) -> bool:
        """Counts as real equipment: physical, and it answered just now."""
        heard = self.state.answered
        recent = heard is not None and abs(now - heard) <= JUST_NOW  # a clock may be set back
        return self.device.nature is Nature.PHYSICAL and recent and not self.state.red


@dataclass(frozen=True)
class Standing:
    """How a place stands for the next passage there. No reasons: it is ready."""

    place: Place
    devices: tuple[Equipped, ...]
    passage: Passage | None
    lab: Lab | None
    reasons: tuple[str, ...]
    real: tuple[str, ...]  # devices that count as real equipment now

    @property
    def ready(self) -> bool:
        return not self.reasons

    @property
    def red(self) -> bool:
        return any(one.state.red for one in self.devices)


def places(tools: Tools) -> list[Standing]:
    """Every place that the inventory knows, asking nobody."""
    found = tools.inventory.read().places
    if not found:
        return []
    states, passages = tools.store.device_states(), sitting.expected(tools)
    return [_standing(tools, one, states, passages) for one in found]


def place(tools: Tools, name: str) -> Standing:
    """Raises NotFound for one that the inventory does not know."""
    equipment = tools.inventory.read()
    known = [one.name for one in equipment.places]
    if name not in known:
        raise NotFound(
            f"The inventory knows no place {name}",
            hint=f"Known are: {', '.join(known) or 'none'}.",
        )
    states, passages = tools.store.device_states(), sitting.expected(tools)
    return _standing(tools, equipment.place(name), states, passages)


def next_lab(standing: Standing) -> Lab:
    """The lab of whoever comes next there. Refused while it is not known."""
    if standing.lab is None:
        raise Refused(
            Said(
                f"Place {standing.place.name}: no single lab is known for whoever comes next",
                f"Place {standing.place.name} : le labo du prochain candidat n'est pas connu",
            ),
            hint=Said(
                "Plan a passage there; a candidate with two labs gets one at phase 1.",
                "Prévoyez-y un passage ; un candidat qui a deux labos en reçoit un au temps 1.",
            ),
        )
    return standing.lab


def refuse_red(tools: Tools, names: Collection[str]) -> None:
    """A place whose device is red is not offered to anybody."""
    for name in names:
        devices = _equipped(tools.inventory.read().place(name), tools.store.device_states())
        if red := [one.device.name for one in devices if one.state.red]:
            listed = ", ".join(red)
            raise Refused(
                Said(
                    f"Place {name} is not offered: {listed} is red",
                    f"La place {name} n'est pas proposée : {listed} est en rouge",
                ),
                hint=Said(
                    "Mend and check the device, set it aside with its reason, or name others.",
                    "Réparez l'équipement et interrogez-le, mettez-le de côté avec son motif, ou "
                    "nommez d'autres places.",
                ),
            )


def refuse_unready(tools: Tools, passage: Passage) -> None:
    """No hour at a place whose devices are not set for this candidate's lab."""
    if not passage.place:
        return
    states = _states_at(tools, passage)
    if passage.lab:
        wires.refuse_wrong(tools, tools.store.lab(passage.lab))
    reasons = _of_devices(states, passage.lab)
    if orders.being_set(tools, passage.lab):
        reasons.append(Said("its devices are being set", "ses équipements sont en configuration"))
    _refuse_for(passage, reasons)


def refuse_unset(tools: Tools, passage: Passage) -> None:
    """No hour goes on in another lab while a device is set for the former one, or half set.

    One that has fallen silent since stops nothing: it is an incident, as anywhere in the hour.
    """
    if passage.place:
        unset = (
            Said(
                f"{one.device} is not set for this candidate's lab",
                f"{one.device} n'est pas préparé pour le labo de ce candidat",
            )
            for one in _states_at(tools, passage)
            if not one.aside
            and (one.lab != passage.lab or one.stage in {Stage.HALF, Stage.SETTING})
        )
        _refuse_for(passage, list(unset))


def _refuse_for(passage: Passage, reasons: Sequence[Said]) -> None:
    if reasons:
        raise Refused(
            Said(
                f"Place {passage.place} is not ready: {'; '.join(reasons)}",
                f"La place {passage.place} n'est pas prête : "
                f"{' ; '.join(one.fr for one in reasons)}",
            ),
            hint=Said(
                f"`labmgr place prepare {passage.place}`; or set the device aside with its "
                "reason, or move the passage.",
                "Préparez la place ; ou mettez l'équipement de côté avec son motif, ou déplacez "
                "le passage.",
            ),
        )


def _standing(
    tools: Tools, place: Place, states: Iterable[DeviceState], passages: Iterable[Passage]
) -> Standing:
    devices = _equipped(place, states)
    passage = sitting.sits(passages, place.name)
    lab = _lab(tools, passage)
    seen = [one.state for one in devices]
    reasons: list[str] = [
        *_of_devices(seen, lab.id if lab else ""),
        *_of_passage(tools, passage, lab),
    ]
    if lab and (lacking := wires.undeclared(tools, lab, place)):
        listed = ", ".join(lacking)
        reasons.append(
            Said(f"no wire {listed} is declared here", f"câble non déclaré ici : {listed}")
        )
    if place.wires and lab and (trouble := wires.trouble(tools, lab)):
        reasons.append(trouble)  # the journal's words, which pages have in French
    now = tools.now()
    real = tuple(one.device.name for one in devices if one.real(now))
    return Standing(place, devices, passage, lab, tuple(reasons), real)


def _equipped(place: Place, states: Iterable[DeviceState]) -> tuple[Equipped, ...]:
    known = {one.device: one for one in states}
    return tuple(
        Equipped(one, known.get(one.name) or DeviceState(one.name)) for one in place.devices
    )


def _states_at(tools: Tools, passage: Passage) -> list[DeviceState]:
    """Of the place's devices. With a fault in the inventory's files, of those set for the lab.

    A typing slip stops no hour of a room without devices, nor one whose devices are set.
    """
    known = tools.store.device_states()
    try:
        place = tools.inventory.read().place(passage.place)
    except BadFile:
        mine = [one for one in known if one.lab == passage.lab]
        if known and not mine:
            raise
        return mine
    return [one.state for one in _equipped(place, known)]


def _of_devices(states: Iterable[DeviceState], lab: str) -> list[Said]:
    return [reason for one in states if (reason := _of_device(one, lab))]


def _of_device(state: DeviceState, lab: str) -> Said | None:
    """Why it is not ready for this lab; None when it is, or is left aside."""
    name = state.device
    if state.aside:
        return None
    if state.stage is Stage.HALF:
        return Said(f"{name} is half configured", f"{name} est à moitié configuré")
    if state.red:
        why = state.outcome or Outcome.FAILED
        return Said(f"{name}: {why}", f"{name} : {IN_FRENCH[why]}")
    if state.stage is Stage.SETTING:
        return Said(f"{name} is being set", f"{name} est en cours de configuration")
    if not lab or state.lab != lab or state.stage not in WORKED_ON:
        return Said(
            f"{name} is not set for this candidate", f"{name} n'est pas préparé pour ce candidat"
        )
    return None


def _of_passage(tools: Tools, passage: Passage | None, lab: Lab | None) -> list[Said]:
    if passage is None:
        return [Said("nobody is planned here", "personne n'est prévu à cette place")]
    if lab or passage.own_tools:
        return []
    if sitting.distinct(tools, passage.session, passage.candidate):
        return [
            Said(
                "its candidate has two labs, and gets one at phase 1",
                "son candidat a deux labos, et en reçoit un au temps 1",
            )
        ]
    return [Said("its candidate has no lab", "son candidat n'a pas de labo")]


def _lab(tools: Tools, passage: Passage | None) -> Lab | None:
    """The lab that the devices are to be set for: one of the candidate's, when there are two."""
    if passage is None:
        return None
    if passage.lab:
        return tools.store.lab(passage.lab)
    labs = sitting.distinct(tools, passage.session, passage.candidate)
    return labs[0] if len(labs) == 1 else None
