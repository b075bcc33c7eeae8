"""The way to real equipment: servers by a shell, all else by its vendor's command line.

paramiko is loaded when a first device is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from labmgr.consoles.remedy import remedy, touched
from labmgr.domain.devices import Answer, Keys, Ran
from labmgr.domain.inventory import SSH, Device

if TYPE_CHECKING:
    from labmgr.consoles.netmiko_console import NetmikoConsole
    from labmgr.consoles.server_console import ServerConsole


class SshDevices:
    """By the driver that the inventory names."""

    def __init__(self) -> None:
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)
        logging.getLogger("netmiko").disabled = True  # at any level: it writes down what is typed

    def host_key(self, device: Device) -> str:
        from labmgr.consoles.talk import shown_key  # noqa: PLC0415 - it loads paramiko

        return shown_key(device)

    def look(self, device: Device, keys: Keys) -> Answer:
        return self._of(device).look(device, keys)

    def running_config(self, device: Device, keys: Keys) -> str:
        return self._of(device).running_config(device, keys)

    def steps(self, device: Device, running: str, wanted: str) -> tuple[str, ...]:
        return remedy(device, running, wanted)

    def touched(self, device: Device, running: str, text: str) -> list[str]:
        return touched(device, running, text)

    def push(self, device: Device, keys: Keys, steps: Sequence[str]) -> str:
        return self._vendor.push(device, keys, steps)

    def run(self, device: Device, keys: Keys, script: str) -> Ran:
        return self._server.run(device, keys, script)

    def put_file(self, device: Device, keys: Keys, path: str, content: bytes) -> None:
        self._server.put_file(device, keys, path, content)

    def fetch_file(self, device: Device, keys: Keys, path: str) -> bytes:
        return self._server.fetch_file(device, keys, path)

    @cached_property
    def _server(self) -> ServerConsole:
        from labmgr.consoles.server_console import ServerConsole  # noqa: PLC0415 - as above

        return ServerConsole()

    @cached_property
    def _vendor(self) -> NetmikoConsole:
        from labmgr.consoles.netmiko_console import NetmikoConsole  # noqa: PLC0415 - as above

        return NetmikoConsole()

    def _of(self, device: Device) -> ServerConsole | NetmikoConsole:
        return self._server if device.driver == SSH else self._vendor
