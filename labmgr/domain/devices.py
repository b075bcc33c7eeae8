"""The ports for real equipment: its files, the way to it, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from labmgr.domain.inventory import Device, Equipment
from labmgr.errors import (
    ConsoleError,
    DeviceHung,
    DeviceLost,
    DeviceSilent,
    HostKeyChanged,
    HostKeyUnknown,
    LabmgrError,
    LoginRefused,
    NotSaved,
    StepDeclined,
    UnexpectedPrompt,
)


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
    LOST = "connection lost"
    DECLINED = "line declined"
    NOT_SAVED = "not saved"
    FAILED = "failed"


IN_FRENCH: Final[Mapping[Outcome, str]] = {
    Outcome.ANSWERS: "répond",
    Outcome.SILENT: "muet",
    Outcome.REFUSED: "mot de passe refusé",
    Outcome.WRONG_KEY: "autre clé d'hôte",
    Outcome.NOT_TRUSTED: "clé pas encore approuvée",
    Outcome.UNEXPECTED: "question inattendue",
    Outcome.HUNG: "bloqué au milieu",
    Outcome.LOST: "connexion perdue",
    Outcome.DECLINED: "ligne refusée",
    Outcome.NOT_SAVED: "pas enregistré",
    Outcome.FAILED: "en échec",
}
_OUTCOMES: Final[Mapping[type[LabmgrError], Outcome]] = {
    DeviceSilent: Outcome.SILENT,
    LoginRefused: Outcome.REFUSED,
    HostKeyChanged: Outcome.WRONG_KEY,
    HostKeyUnknown: Outcome.NOT_TRUSTED,
    UnexpectedPrompt: Outcome.UNEXPECTED,
    DeviceHung: Outcome.HUNG,
    DeviceLost: Outcome.LOST,
    StepDeclined: Outcome.DECLINED,
    NotSaved: Outcome.NOT_SAVED,
    ConsoleError: Outcome.FAILED,
}


def outcome_of(trouble: LabmgrError) -> Outcome:
    """What a failed look is called."""
    return _OUTCOMES.get(type(trouble), Outcome.FAILED)


def same_key(pinned: str, found: str) -> bool:
    """Two keys as known_hosts writes them, comments left aside."""
    return pinned.split()[:2] == found.split()[:2]


class Inventory(Protocol):
    """The inventory's files."""

    def read(self) -> Equipment:
        """Raises BadFile with every problem (file, line, key, mend)."""

    def secret(self, reference: str) -> str:
        """What `env:NAME` or `file:/path` stands for. Raises BadInput, which never holds it."""

    def baseline(self, name: str) -> str:
        """The text of a file under baselines/. Raises NotFound, BadInput when it is no text."""


@dataclass(frozen=True)
class Ran:
    """What a script on a server did; both streams together, in the order they came."""

    status: int
    output: str


class Devices(Protocol):
    """The way to the devices. Each call ends by its device's deadline, whatever the device does.

    Raises DeviceSilent, HostKeyChanged, LoginRefused, UnexpectedPrompt, DeviceHung, DeviceLost,
    ConsoleError; no error and no log holds a secret. Nothing is sent before the host key is the
    pinned one.
    """

    def host_key(self, device: Device) -> str:
        """The key it shows now, as a line of known_hosts; no login."""

    def look(self, device: Device, keys: Keys) -> Answer:
        """Log in and read who it is."""

    def running_config(self, device: Device, keys: Keys) -> str:
        """Of a server: the pieces that the inventory names, each under its heading."""

    def steps(self, device: Device, running: str, wanted: str) -> tuple[str, ...]:
        """Lines that bring a network device from *running* to *wanted*, in order; talks to nobody.

        Nothing that `leave` names and no line that changes by itself is touched. Raises BadInput
        when its driver can only be read.
        """

    def touched(self, device: Device, running: str, text: str) -> list[str]:
        """Lines of *text* that a push to a device saying *running* might change, by section."""

    def push(self, device: Device, keys: Keys, steps: Sequence[str]) -> str:
        """Enter *steps*, save, and read the running configuration back; within `push_deadline`.

        Raises StepDeclined at the first line it does not take (nothing is saved then), NotSaved
        when all were taken and the device could not keep them.
        """

    def run(self, device: Device, keys: Keys, script: str) -> Ran:
        """Run a script on a server, given over its standard input; within `push_deadline`.

        A script that takes longer is ended there with all that it started, and DeviceHung raised.
        Of an output beyond bounds the middle is left out, with a word in its place. Raises
        DeviceLost when the line broke: how far the script got is not known then.
        """

    def put_file(self, device: Device, keys: Keys, path: str, content: bytes) -> None:
        """Whole or not at all, mode 0600."""

    def fetch_file(self, device: Device, keys: Keys, path: str) -> bytes:
        """All of it; a file beyond bounds is refused, never cut."""


@dataclass(frozen=True)
class Backup:
    """One kept configuration."""

    device: str
    name: str
    at: datetime
    size: int


class Configs(Protocol):
    """Kept configurations, closed to everybody but labmgr."""

    def keep(self, device: str, text: str) -> Backup: ...
    def backups(self, device: str) -> list[Backup]:
        """Newest first."""

    def text(self, device: str, name: str) -> str:
        """Raises NotFound."""

    def names(self) -> list[str]:
        """Everything that something is kept of, whether it is declared or not."""

    def discard(self, device: str, name: str) -> None:
        """One that is gone already is nothing to do."""
