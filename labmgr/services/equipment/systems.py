"""Which operating systems a lab has beside each other, as read and not as believed (IIE-1.1-e)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from labmgr.domain.devices import Outcome
from labmgr.domain.equipment import DeviceState
from labmgr.domain.inventory import SSH, Device, Nature
from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.domain.template import NodeTemplate, Template
from labmgr.domain.words import Said
from labmgr.services.equipment.orders import place_of

TWO_SYSTEMS: Final = "IIE-1.1-e"
LINUX: Final = "Linux"  # the engine's kernel, and so every container's
_OPEN: Final = frozenset({LINUX, "FreeBSD", "OpenBSD", "NetBSD", "DragonFly"})
_KERNEL: Final = re.compile(r"([A-Za-z]\S*) ")  # of what `uname -srm` printed
_FEWEST: Final = 2


class Proof(StrEnum):
    READ = "read"  # two different ones, each read on the machine itself
    TO_VALIDATE = "to validate"  # one kernel under all of them: people decide
    NOT_READ = "not read"  # a server that may be the second one has not answered
    MISSING = "missing"  # fewer than two servers


@dataclass(frozen=True)
class System:
    """A server of the lab. `kernel` is empty until it was read there; `read` says when.

    Of a container only its image is known, as the template declares it.
    """

    name: str
    title: str
    kernel: str
    os: str = ""
    image: str = ""
    nature: Nature | None = None  # None: a container
    read: datetime | None = None

    @property
    def counts(self) -> bool:
        """A simulated machine proves nothing; a virtual one may be the second server."""
        return self.nature is not Nature.SIMULATED


@dataclass(frozen=True)
class Systems:
    servers: tuple[System, ...]
    proof: Proof
    said: Said


def systems(tools: Tools, lab: Lab) -> Systems:
    """The template's servers and those of the place, asking nobody: the last answers count."""
    devices = place_of(tools, lab).devices
    heard = [(one, tools.store.device_state(one.name)) for one in devices]
    return beside(tools.library.read(lab.template), heard)


def beside(template: Template, devices: Iterable[tuple[Device, DeviceState]]) -> Systems:
    """The template's servers and these, with what was last heard of each."""
    found = (
        *(_of_node(one) for one in template.nodes if TWO_SYSTEMS in one.provides),
        *(_of_device(one, state) for one, state in devices if one.driver == SSH),
    )
    proof = _proof(found)
    return Systems(found, proof, _words(proof, found))


def _of_node(node: NodeTemplate) -> System:
    image = node.image.recipe or node.image.reference
    return System(node.name, str(node.title), LINUX, image=image)


def _of_device(device: Device, state: DeviceState) -> System:
    """What it said, if its last word was an answer: one that fell silent proves nothing."""
    title = device.title or device.name
    if state.outcome is not Outcome.ANSWERS or not state.os:
        return System(device.name, title, "", nature=device.nature)
    kernel = _kernel(state)
    return System(device.name, title, kernel, state.os, "", device.nature, state.answered)


def _kernel(state: DeviceState) -> str:
    if "windows" in state.os.lower():
        return "Windows"
    match = _KERNEL.match(state.version)
    return match[1] if match else ""


def _proof(found: tuple[System, ...]) -> Proof:
    counting = [one for one in found if one.counts]
    kernels = {one.kernel for one in counting} - {""}
    if len(kernels) >= _FEWEST and kernels & _OPEN:
        return Proof.READ
    if any(not one.kernel for one in counting):
        return Proof.NOT_READ
    return Proof.TO_VALIDATE if len(counting) >= _FEWEST else Proof.MISSING


def _words(proof: Proof, found: tuple[System, ...]) -> Said:
    kernels = ", ".join(sorted({one.kernel for one in found if one.counts} - {""}))
    silent = ", ".join(one.name for one in found if one.counts and not one.kernel)
    match proof:
        case Proof.READ:
            return Said(
                f"Two different systems: {kernels}", f"Deux systèmes différents : {kernels}"
            )
        case Proof.NOT_READ:
            return Said(f"Not read yet: {silent}", f"Pas encore lu : {silent}")
        case Proof.TO_VALIDATE:
            return Said(
                f"One kernel under all servers ({kernels}): for the commission to validate",
                f"Un seul noyau sous tous les serveurs ({kernels}) : à valider par la commission",
            )
        case Proof.MISSING:
            return Said("Fewer than two servers", "Moins de deux serveurs")
