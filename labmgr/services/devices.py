"""Real equipment: who answers, whose key is pinned, and the configurations that are kept."""

from __future__ import annotations

import base64
import difflib
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Final, TypeVar

from labmgr.domain.devices import Backup
from labmgr.domain.dialects import masked, steady
from labmgr.domain.inventory import (
    STORE_NAME,
    Answer,
    Device,
    Keys,
    Nature,
    Outcome,
    outcome_of,
    same_key,
)
from labmgr.domain.ports import Tools
from labmgr.errors import BadInput, HostKeyUnknown, LabmgrError, NotFound, Refused

AT_ONCE: Final = 48  # logins under way; more silent devices than this would make others wait
FEWEST_FOR_A_DIFF: Final = 2
_STORE: Final = "store"
Found = TypeVar("Found")


@dataclass(frozen=True)
class Report:
    """What became of one device: an answer, whatever it was."""

    device: Device
    outcome: Outcome
    answer: Answer = field(default_factory=Answer)
    backup: Backup | None = None
    said: str = ""
    mend: str = ""

    @property
    def good(self) -> bool:
        return self.outcome is Outcome.ANSWERS

    @property
    def real(self) -> bool:
        """Counts as real equipment: physical, and it answered just now."""
        return self.good and self.device.nature is Nature.PHYSICAL


@dataclass(frozen=True)
class Trust:
    """One device's key: its fingerprint, and whether that was just pinned."""

    device: str
    fingerprint: str
    new: bool


def check(tools: Tools, chosen: Sequence[Device]) -> Iterator[Report]:
    """Ask all of them at once who they are; a report as each answers or is given up."""

    def ask(device: Device) -> Report:
        answer = tools.devices.look(device, _keys(tools, device))
        return Report(device, Outcome.ANSWERS, answer)

    return _all_at_once(chosen, ask)


def back_up(tools: Tools, chosen: Sequence[Device], *, by: str) -> Iterator[Report]:
    """Keep the running configuration of each; its hash goes into the journal."""

    def keep(device: Device) -> Report:
        text = tools.devices.running_config(device, _keys(tools, device))
        backup = tools.configs.keep(device.name, text)
        digest = hashlib.sha256(text.encode()).hexdigest()
        what = f"configuration {backup.name} kept, sha256 {digest}"
        tools.store.write(f"device:{device.name}", what, by=by)
        return Report(device, Outcome.ANSWERS, backup=backup)

    return _all_at_once(chosen, keep)


def _all_at_once(chosen: Sequence[Device], work: Callable[[Device], Report]) -> Iterator[Report]:
    def reported(device: Device) -> Report:
        try:
            return work(device)
        except LabmgrError as trouble:
            outcome = outcome_of(trouble)
            return Report(device, outcome, said=str(trouble), mend=trouble.hint)

    if not chosen:
        return
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(chosen))) as pool:
        for one in as_completed([pool.submit(reported, device) for device in chosen]):
            yield one.result()


def difference(
    tools: Tools, device: Device, old: str | None = None, new: str | None = None
) -> list[str]:
    """What changed between two backups, as `diff -u` shows it, secrets covered.

    The last two unless named. Lines that change by themselves are left out; a line whose secret
    changed stands there twice, alike.
    """
    kept = tools.configs.backups(device.name)
    if new is None:
        if len(kept) < (FEWEST_FOR_A_DIFF if old is None else 1):
            raise NotFound(
                f"{device.name} has {len(kept)} backup(s), and a difference needs two",
                hint=f"`labmgr device backup --device {device.name}`",
            )
        new = kept[0].name
    old = old or kept[1].name
    before, after = (
        steady(device.driver, tools.configs.text(device.name, name).splitlines())
        for name in (old, new)
    )
    lines = difflib.unified_diff(before, after, old, new, lineterm="")
    return masked("\n".join(lines)).splitlines()


def trust(tools: Tools, device: Device, *, replace: bool = False, why: str = "", by: str) -> Trust:
    """Pin the key that the device shows now. Another key than the pinned one is refused.

    With *replace* it takes the place of the pinned one, and the journal says why.
    """
    found = tools.devices.host_key(device)
    shown = fingerprint(found)
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


def _keys(tools: Tools, device: Device) -> Keys:
    pinned = tools.store.secret(f"device-key:{device.name}")
    if pinned is None:
        raise HostKeyUnknown(
            f"The host key of {device.name} is not pinned yet",
            hint=f"`labmgr device trust {device.name}`, and compare what it shows with the device.",
        )
    return Keys(
        pinned,
        _secret(tools, device.password),
        _secret(tools, device.key),
        _secret(tools, device.enable),
    )


def _secret(tools: Tools, reference: str) -> str:
    kind, _, name = reference.partition(":")
    if kind != _STORE:
        return tools.inventory.secret(reference) if reference else ""
    value = tools.store.secret(f"device-secret:{name}")
    if value is None:
        raise BadInput(
            f"The store has no secret {name}, which the inventory names",
            hint=f"`labmgr device secret {name}`",
        )
    return value
