"""The ports for real equipment: its files, the way to it, and what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from labmgr.domain.inventory import Answer, Device, Equipment, Keys


class Inventory(Protocol):
    """The inventory's files."""

    def read(self) -> Equipment:
        """Raises BadFile with every problem (file, line, key, mend)."""

    def secret(self, reference: str) -> str:
        """What `env:NAME` or `file:/path` stands for. Raises BadInput, which never holds it."""


class Devices(Protocol):
    """The way to the devices. Each call ends by its device's deadline, whatever the device does.

    Raises DeviceSilent, HostKeyChanged, LoginRefused, UnexpectedPrompt, DeviceHung, ConsoleError;
    no error and no log holds a secret. Nothing is sent before the host key is the pinned one.
    """

    def host_key(self, device: Device) -> str:
        """The key it shows now, as a line of known_hosts; no login."""

    def look(self, device: Device, keys: Keys) -> Answer:
        """Log in and read who it is."""

    def running_config(self, device: Device, keys: Keys) -> str:
        """Of a server: the pieces that the inventory names, each under its heading."""


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
