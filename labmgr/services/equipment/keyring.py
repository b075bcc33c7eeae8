"""Whose key is pinned, and the secrets that the inventory names."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labmgr.domain.devices import Outcome, same_key
from labmgr.domain.inventory import STORE_NAME, Device
from labmgr.domain.ports import Tools
from labmgr.errors import BadInput, Refused
from labmgr.services.equipment.asking import Report, all_at_once


@dataclass(frozen=True)
class Trust:
    """One device's key: its fingerprint, and whether that was just pinned."""

    device: str
    fingerprint: str
    new: bool


def trust(
    tools: Tools,
    device: Device,
    *,
    replace: bool = False,
    why: str = "",
    by: str,
    expected: str = "",
) -> Trust:
    """Pin the key that the device shows now. Another key than the pinned one is refused.

    With *replace* it takes the place of the pinned one, and the journal says why. With *expected*,
    the fingerprint that a person compared, no other key is pinned.
    """
    found = tools.devices.host_key(device)
    shown = fingerprint(found)
    if expected and shown != expected:
        raise Refused(
            f"{device.name} shows the host key {shown} now, and not {expected}",
            hint="Nothing was pinned. Find out who answers at its address.",
        )
    name = f"device-key:{device.name}"
    standing = tools.store.secret(name)
    if standing is None:
        standing = tools.store.keep_secret(name, found)
        if same_key(standing, found):
            tools.store.write(f"device:{device.name}", f"host key {shown} pinned", by=by)
            return Trust(device.name, shown, new=True)
    if same_key(standing, found):
        return Trust(device.name, shown, new=False)
    if not replace:
        raise Refused(
            f"{device.name} shows the host key {shown}, and {fingerprint(standing)} is pinned",
            hint="Nothing was sent. If it was replaced or reset, compare the key on its own "
            f"console, then: `labmgr device trust {device.name} --replace --why TEXT`.",
        )
    tools.store.change_secret(name, found)
    what = f"host key {shown} pinned in the place of {fingerprint(standing)}"
    tools.store.write(f"device:{device.name}", what, by=by, why=why)
    return Trust(device.name, shown, new=True)


def trust_all(
    tools: Tools, chosen: Sequence[Device], *, replace: bool = False, why: str = "", by: str
) -> Iterator[tuple[Report, Trust | None]]:
    """Each as it shows its key; one that is silent or shows another holds none of the rest up."""
    made: dict[str, Trust] = {}

    def pin(device: Device) -> Report:
        made[device.name] = trust(tools, device, replace=replace, why=why, by=by)
        return Report(device, Outcome.ANSWERS)

    for report in all_at_once(chosen, pin):
        yield report, made.get(report.device.name)


def keep_secret(tools: Tools, name: str, value: str, *, by: str) -> None:
    """A secret that the inventory names as store:NAME; another one takes its place."""
    if not re.fullmatch(STORE_NAME, name):
        raise BadInput(
            f"{name!r} is not a usable name",
            hint="Use at most 41 small letters, digits and hyphens.",
        )
    if not value:
        raise BadInput("An empty secret opens nothing", hint="Give the password, or the key.")
    tools.store.change_secret(f"device-secret:{name}", value)
    tools.store.write(f"device-secret:{name}", "secret set", by=by)


def fingerprint(key: str) -> str:
    """As `ssh-keygen -l` shows it."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
