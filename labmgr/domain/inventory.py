"""The room's real equipment: hosts, devices and terminals, as the inventory's files say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from labmgr.errors import (
    ConsoleError,
    DeviceHung,
    DeviceSilent,
    HostKeyChanged,
    HostKeyUnknown,
    LabmgrError,
    LoginRefused,
    NotFound,
    UnexpectedPrompt,
)

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
class Equipment:
    """All of the inventory, in the order of its files."""

    hosts: tuple[Host, ...] = ()
    devices: tuple[Device, ...] = ()
    terminals: tuple[Terminal, ...] = ()

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


@dataclass(frozen=True)
class Keys:
    """What opens a device, unsealed for one login; `host_key` is the pinned one."""

    host_key: str
    password: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    enable: str = field(default="", repr=False)


@dataclass(frozen=True)
class Answer:
    """What a device says of itself; empty where it does not say."""

    model: str = ""
    version: str = ""
    os: str = ""
    hostname: str = ""


class Outcome(StrEnum):
    ANSWERS = "answers"
    SILENT = "silent"
    REFUSED = "refused password"
    WRONG_KEY = "wrong host key"
    NOT_TRUSTED = "not trusted yet"
    UNEXPECTED = "unexpected prompt"
    HUNG = "hung in the middle"
    FAILED = "failed"


_OUTCOMES: Final[Mapping[type[LabmgrError], Outcome]] = {
    DeviceSilent: Outcome.SILENT,
    LoginRefused: Outcome.REFUSED,
    HostKeyChanged: Outcome.WRONG_KEY,
    HostKeyUnknown: Outcome.NOT_TRUSTED,
    UnexpectedPrompt: Outcome.UNEXPECTED,
    DeviceHung: Outcome.HUNG,
    ConsoleError: Outcome.FAILED,
}


def outcome_of(trouble: LabmgrError) -> Outcome:
    """What a failed look is called."""
    return _OUTCOMES.get(type(trouble), Outcome.FAILED)


def same_key(pinned: str, found: str) -> bool:
    """Two keys as known_hosts writes them, comments left aside."""
    return pinned.split()[:2] == found.split()[:2]
