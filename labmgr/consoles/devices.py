"""The way to real equipment: servers by a shell, all else by its vendor's command line."""

from __future__ import annotations

import logging

from labmgr.consoles.netmiko_console import NetmikoConsole
from labmgr.consoles.server_console import ServerConsole
from labmgr.consoles.talk import Talk, greeted, key_of
from labmgr.domain.inventory import SSH, Answer, Device, Keys


class SshDevices:
    """By the driver that the inventory names."""

    def __init__(self) -> None:
        self._server, self._vendor = ServerConsole(), NetmikoConsole()
        for name in ("paramiko", "netmiko"):  # what they write may hold what was typed
            logging.getLogger(name).setLevel(logging.CRITICAL)

    def host_key(self, device: Device) -> str:
        talk = Talk(device, Keys(""))
        return talk.run(lambda: _shown(talk))

    def look(self, device: Device, keys: Keys) -> Answer:
        return self._of(device).look(device, keys)

    def running_config(self, device: Device, keys: Keys) -> str:
        return self._of(device).running_config(device, keys)

    def _of(self, device: Device) -> ServerConsole | NetmikoConsole:
        return self._server if device.driver == SSH else self._vendor


def _shown(talk: Talk) -> str:
    transport = greeted(talk)
    try:
        return key_of(transport)
    finally:
        transport.close()
