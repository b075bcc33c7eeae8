"""Devices in memory, with the promises of the real ones: for tests and for looking at pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from labmgr.consoles.fake_config import FakeConfig
from labmgr.consoles.remedy import read_only, remedy, touched
from labmgr.domain.devices import Answer, Keys, Ran, same_key
from labmgr.domain.dialects import DIALECTS, masked
from labmgr.domain.inventory import Device
from labmgr.errors import (
    ConsoleError,
    HostKeyChanged,
    LabmgrError,
    LoginRefused,
    StepDeclined,
)

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG5vdGhpbmcgYnV0IGEgbmFtZSBvZiBhIGtleQ=="


@dataclass
class FakeDevices:
    """Each has a configuration as Cisco writes it. What is not set here is as in a quiet room.

    `trouble` is raised for a device's name, or for one verb alone: "push sw1".
    """

    running: dict[str, str] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)  # what it would come back with
    answers: dict[str, Answer] = field(default_factory=dict)
    trouble: dict[str, LabmgrError] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    passwords: dict[str, str] = field(
        default_factory=dict
    )  # the one that works, where any does not
    files: dict[tuple[str, str], bytes] = field(default_factory=dict)  # device and path
    outputs: dict[str, Ran] = field(default_factory=dict)
    pushed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    scripts: list[tuple[str, str]] = field(default_factory=list)

    def host_key(self, device: Device) -> str:
        self._trouble("host_key", device)
        return self.keys.get(device.name, KEY)

    def look(self, device: Device, keys: Keys) -> Answer:
        self._enter("look", device, keys)
        return self.answers.get(device.name, Answer("fake", "1.0", "Fake OS", device.name))

    def running_config(self, device: Device, keys: Keys) -> str:
        self._enter("running_config", device, keys)
        return self._running(device)

    def steps(self, device: Device, running: str, wanted: str) -> tuple[str, ...]:
        return remedy(device, running, wanted)

    def touched(self, device: Device, running: str, text: str) -> list[str]:
        return touched(device, running, text)

    def push(self, device: Device, keys: Keys, steps: Sequence[str]) -> str:
        if device.driver not in DIALECTS or DIALECTS[device.driver].writes is None:
            raise read_only(device)
        self._enter("push", device, keys)
        config = FakeConfig.read(self._running(device), adds_up=device.driver == "frr")
        self.pushed.append((device.name, tuple(steps)))
        try:
            for step in steps:
                if said := config.enter(step.strip()):
                    raise StepDeclined(
                        f"{device.name} does not take `{masked(step.strip())}`: {said}",
                        hint="Mend that line of its baseline; what came before it stands, unsaved.",
                    )
        finally:
            self.running[device.name] = config.show()
        self._trouble("save", device)
        self.started[device.name] = config.show()
        return config.show()

    def run(self, device: Device, keys: Keys, script: str) -> Ran:
        self._enter("run", device, keys)
        self.scripts.append((device.name, script))
        return self.outputs.get(device.name, Ran(0, ""))

    def put_file(self, device: Device, keys: Keys, path: str, content: bytes) -> None:
        self._enter("put_file", device, keys)
        self.files[device.name, path] = content

    def fetch_file(self, device: Device, keys: Keys, path: str) -> bytes:
        self._enter("fetch_file", device, keys)
        if (device.name, path) not in self.files:
            raise ConsoleError(f"{device.name}: {path} cannot be read", hint="Is it there?")
        return self.files[device.name, path]

    def _running(self, device: Device) -> str:
        return self.running.setdefault(device.name, f"hostname {device.name}\n!\nend\n")

    def _enter(self, verb: str, device: Device, keys: Keys) -> None:
        self._trouble(verb, device)
        if not same_key(keys.host_key, self.keys.get(device.name, KEY)):
            raise HostKeyChanged(f"{device.name} shows another host key than the pinned one")
        if self.passwords.get(device.name, keys.password) != keys.password:
            raise LoginRefused(f"{device.name} refuses {device.user}")

    def _trouble(self, verb: str, device: Device) -> None:
        found = self.trouble.get(f"{verb} {device.name}") or self.trouble.get(device.name)
        if found is not None:
            raise found
