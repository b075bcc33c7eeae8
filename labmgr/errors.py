"""The one tree of errors: each says what happened, and its hint says the way out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class LabmgrError(Exception):
    """Says what happened; `hint` says what the reader can do about it."""

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


class BadSettings(LabmgrError):
    """A LABMGR_* variable or a line of the settings file is wrong."""


class NotFound(LabmgrError):
    """The thing asked for does not exist (or is not the asker's to see)."""


class Refused(LabmgrError):
    """The order is understood and may not be carried out now."""


class NotAllowed(LabmgrError):
    """The asker's role does not reach this."""


class BadInput(LabmgrError):
    """What a person typed or handed in cannot be used."""


class WrongState(LabmgrError):
    """The thing exists but is not in a state that allows this."""

    def __init__(
        self, thing: str, state: str, wanted: str, allowed: Iterable[str], hint: str = ""
    ) -> None:
        ways = ", ".join(sorted(allowed)) or "nothing, it is final"
        super().__init__(
            f"{thing} is {state} and cannot become {wanted}",
            hint=hint or f"From {state} it can become: {ways}.",
        )


class LostRace(LabmgrError):
    """Someone else changed the row between the look and the write."""


class StoreError(LabmgrError):
    """The database did not take or give what was asked."""


class StoreFull(StoreError):
    """The database's disk has no room; it may be the engine's as well."""


class VaultError(LabmgrError):
    """A key is missing, open to others, or not the one that sealed this."""


@dataclass(frozen=True)
class Problem:
    """One fault of a file a person wrote: where it is and how to mend it."""

    file: str
    line: int  # 1 is the first; 0 when the fault belongs to no line
    where: str  # the key path ("services.db.ports"), or the column of a list
    what: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.where}: {self.what} ({self.mend})"


class BadFile(BadInput):
    """A file has faults; `problems` names each with its line, key and mend."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        first = problems[0]
        more = f" (+{len(problems) - 1})" if len(problems) > 1 else ""
        super().__init__(f"{file}: {first.where}: {first.what}{more}", hint=first.mend)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class EngineError(LabmgrError):
    """A container engine did not do what it was told."""

    passing = False  # True when the same order may well succeed later


class EngineUnreachable(EngineError):
    """Nobody answers on the engine's socket."""

    passing = True

    def __init__(self, host: str) -> None:
        super().__init__(
            f"The container engine on {host} does not answer",
            hint="Is it running? `systemctl status docker`, then `labmgr doctor`.",
        )


class ImageMissing(EngineError):
    """A template names an image the host does not have."""

    def __init__(self, image: str, host: str) -> None:
        super().__init__(
            f"Image {image} is not on {host}",
            hint=f"Build it with `labmgr image build`, or load it with `labmgr image import FILE` "
            f"before the session opens ({image}).",
        )


class AddressTaken(EngineError):
    """An address range or a port is already somebody else's."""


class DiskFull(EngineError):
    """The engine ran out of room; what stood before still stands."""


class GuardMissing(EngineError):
    """The host's guard could not be laid, so no lab may open."""


class WireUnfit(EngineError):
    """A lab's network could not be joined to its place's port; nothing of the host was changed."""


class WireTaken(WireUnfit):
    """The port is another lab's. `lab` names it; empty for one that is not this instance's."""

    def __init__(self, what: str, *, lab: str = "", hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.lab = lab


class NoSafeInit(EngineError):
    """This engine cannot run a node's init without dangerous rights."""


class SnapshotBroken(LabmgrError):
    """A snapshot cannot be restored; the previous one, if any, still stands."""


class ProbesRed(LabmgrError):
    """Not every probe turned green in time."""


class ConsoleError(LabmgrError):
    """A node or a device could not be reached, or did not do what it was told."""


class HostKeyChanged(ConsoleError):
    """Whoever answers is not who was meant: nothing was sent."""


class LoginRefused(ConsoleError):
    """The account's password or key is not taken (any more)."""


class HostKeyUnknown(ConsoleError):
    """Nobody has said yet which key the device has: nothing was sent."""


class DeviceSilent(ConsoleError):
    """Nothing that speaks SSH answers at the device's address."""


class UnexpectedPrompt(ConsoleError):
    """The device waits for something that nobody foresaw."""


class DeviceHung(ConsoleError):
    """The device stopped answering in the middle."""


class DeviceLost(ConsoleError):
    """The connection broke in the middle; how far the device got is only known by asking again."""


class StepDeclined(ConsoleError):
    """A device does not take a line of its configuration; the lines before it stand, unsaved."""


class NotSaved(ConsoleError):
    """A device took its configuration and could not keep it for its next start."""


class DevicesRed(ConsoleError):
    """Some devices of a place could not be set, opened, closed or kept; each is named."""
