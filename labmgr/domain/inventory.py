"""The room's real equipment: hosts, devices and terminals, as the inventory's files say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from labmgr.errors import NotFound

STORE_NAME: Final = "[a-z0-9][a-z0-9-]{0,40}"  # after `store:`
SSH: Final = "ssh"  # the driver of servers: a shell instead of a vendor's command line


class Nature(StrEnum):
    """Only a physical device counts as real equipment; somebody declares it, and is named."""

    PHYSICAL = "physical"
    VIRTUAL = "virtual"
    SIMULATED = "simulated"


class DeviceKind(StrEnum):
    SWITCH = "switch"
    ROUTER = "router"
    FIREWALL = "firewall"
    ACCESS_POINT = "access-point"
    SERVER = "server"


class TerminalKind(StrEnum):
    """What annexe II.E wants at a candidate's seat; labmgr never logs in there."""

    PC = "pc"
    TABLET = "tablet"
    PHONE = "phone"


@dataclass(frozen=True)
class Host:
    """A machine with a container engine."""

    name: str
    address: str
    site: str = ""
    title: str = ""


@dataclass(frozen=True)
class Piece:
    """Something of a server that is kept with each backup: a file, or what a command prints."""

    name: str
    file: str = ""
    command: str = ""


@dataclass(frozen=True)
class Device:
    """What labmgr can log in to. `password`, `key` and `enable` are references, never secrets."""

    name: str
    kind: DeviceKind
    address: str
    driver: str
    user: str
    nature: Nature
    declared_by: str
    port: int = 22
    place: str = ""
    site: str = ""
    title: str = ""
    password: str = ""
    key: str = ""
    enable: str = ""
    deadline: float = 20.0  # seconds for one question, login included
    keep: tuple[Piece, ...] = ()
    node: str = ""  # the external node of a template that it stands for at its place
    baseline: str = ""  # file under baselines/: what it is set to before each candidate
    push_deadline: float = 120.0  # seconds for one push or one script, login included
    leave: tuple[str, ...] = ()  # patterns of lines that a push neither adds nor takes away
    open: tuple[str, ...] = ()  # lines sent when the candidate is let in
    close: tuple[str, ...] = ()  # lines sent at the bell
    collect: str = ""  # of a server: script under baselines/ whose output is kept at the end
    put: Mapping[str, str] = field(default_factory=dict)  # of a server: path there -> baselines/

    @property
    def has_baseline(self) -> bool:
        """Set before each candidate; one that has none is taken as it stands."""
        return bool(self.baseline or self.put)

    @property
    def files(self) -> frozenset[str]:
        """All that it names under baselines/."""
        return frozenset({self.baseline, self.collect, *self.put.values()} - {""})


@dataclass(frozen=True)
class Terminal:
    name: str
    kind: TerminalKind
    nature: Nature
    declared_by: str
    place: str = ""
    site: str = ""
    title: str = ""


@dataclass(frozen=True)
class Wire:
    """A port of the host that leads to a place. A template's network takes it by its name."""

    name: str
    interface: str
    vlan: int = 0  # 0: the whole interface, untagged


@dataclass(frozen=True)
class Place:
    """A seat with what belongs to it."""

    name: str
    title: str = ""
    site: str = ""
    wires: tuple[Wire, ...] = ()
    devices: tuple[Device, ...] = ()
    terminals: tuple[Terminal, ...] = ()


@dataclass(frozen=True)
class Equipment:
    """All of the inventory, in the order of its files.

    `places` holds every place that the files name, whether or not it is described.
    """

    hosts: tuple[Host, ...] = ()
    devices: tuple[Device, ...] = ()
    terminals: tuple[Terminal, ...] = ()
    places: tuple[Place, ...] = ()

    def place(self, name: str) -> Place:
        """One that the inventory does not know has nothing: most places of a room have none."""
        return next((one for one in self.places if one.name == name), Place(name))

    def device(self, name: str) -> Device:
        for one in self.devices:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in self.devices) or "none"
        raise NotFound(f"The inventory has no device {name}", hint=f"Known are: {known}.")

    def chosen(self, place: str | None = None, names: Sequence[str] = ()) -> tuple[Device, ...]:
        """Those of a place, or those named; all of them when neither is said.

        Raises NotFound, also when there is none at all: nobody asked is no good answer.
        """
        if not self.devices:
            raise NotFound(
                "The inventory declares no device",
                hint="Write devices.yaml in the folder that LABMGR_INVENTORY names.",
            )
        found = tuple(map(self.device, names)) if names else self.devices
        if place is None:
            return found
        here = tuple(one for one in found if one.place == place)
        if not here:
            known = ", ".join(sorted({one.place for one in self.devices if one.place})) or "none"
            raise NotFound(f"No device belongs to place {place}", hint=f"Known are: {known}.")
        return here
