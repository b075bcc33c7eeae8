"""Real equipment: all of it asked at once, and what each answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Final, TypeVar

from labmgr.domain.devices import Answer, Backup, Keys, Outcome, outcome_of
from labmgr.domain.inventory import Device, Nature
from labmgr.domain.ports import Tools
from labmgr.errors import BadInput, HostKeyUnknown, LabmgrError, Refused

AT_ONCE: Final = 48  # logins under way; more silent devices than this would make others wait
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
    asked: bool = True  # False: labmgr refused before, which says nothing of the device

    @property
    def good(self) -> bool:
        return self.outcome is Outcome.ANSWERS

    @property
    def real(self) -> bool:
        """Counts as real equipment: physical, and it answered just now."""
        return self.good and self.device.nature is Nature.PHYSICAL


def check(tools: Tools, chosen: Sequence[Device]) -> Iterator[Report]:
    """Ask all of them at once who they are; a report as each answers or is given up."""

    def ask(device: Device) -> Report:
        answer = tools.devices.look(device, keys_of(tools, device))
        return Report(device, Outcome.ANSWERS, answer)

    for report in all_at_once(chosen, ask):
        yield noted(tools, report)


def noted(tools: Tools, report: Report) -> Report:
    """Write down how a device answered; what it said of itself stays until it says otherwise."""
    if not report.asked:
        return report
    now, answer = tools.now(), report.answer
    news = {"outcome": report.outcome, "said": report.said, "mend": report.mend, "asked": now}
    if report.good:
        of_itself = (answer.model, answer.version, answer.os, answer.hostname)
        told = zip(("model", "version", "os", "hostname"), of_itself, strict=True)
        news |= {"answered": now} | {name: value for name, value in told if value}
    tools.store.change_device_state(report.device.name, news)
    return report


def all_at_once(chosen: Sequence[Device], work: Callable[[Device], Report]) -> Iterator[Report]:
    def reported(device: Device) -> Report:
        try:
            return work(device)
        except LabmgrError as trouble:
            outcome, asked = outcome_of(trouble), not isinstance(trouble, Refused)
            return Report(device, outcome, said=str(trouble), mend=trouble.hint, asked=asked)

    if not chosen:
        return
    with ThreadPoolExecutor(max_workers=min(AT_ONCE, len(chosen))) as pool:
        for one in as_completed([pool.submit(reported, device) for device in chosen]):
            yield one.result()


def keys_of(tools: Tools, device: Device) -> Keys:
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
