"""Shells that only echo, with the promises of the real ones: for tests and for looking at pages."""

from __future__ import annotations

import queue
from dataclasses import dataclass, field

from labmgr.domain.terminals import Size, Target
from labmgr.errors import ConsoleError, LoginRefused

PROMPT = b"$ "


@dataclass
class FakeShells:
    """Any account with a secret is let in; `refused` names logins whose password was changed."""

    refused: dict[str, str] = field(default_factory=dict)  # login -> the password that works
    trouble: str = ""
    opened: list[FakeShell] = field(default_factory=list)

    def open(self, target: Target, size: Size) -> FakeShell:
        if self.trouble:
            raise ConsoleError(self.trouble)
        if self.refused.get(target.login, target.password) != target.password:
            raise LoginRefused(f"{target.login} is refused on {target.node}", hint="")
        shell = FakeShell(target, [size])
        self.opened.append(shell)
        return shell


@dataclass
class FakeShell:
    """Echoes lines; `exit` ends it, `cut` is what a gateway does at the bell."""

    target: Target
    sizes: list[Size]
    typed: bytearray = field(default_factory=bytearray)
    status: int | None = None
    _out: queue.SimpleQueue[bytes | None] = field(default_factory=queue.SimpleQueue)

    def __post_init__(self) -> None:
        self.show(PROMPT)

    def show(self, data: bytes) -> None:
        self._out.put(data)

    def cut(self) -> None:
        self._out.put(None)

    def read(self, timeout: float) -> bytes | None:
        try:
            return self._out.get(timeout=timeout)
        except queue.Empty:
            return b""

    def write(self, data: bytes) -> None:
        self.typed += data
        self.show(data.replace(b"\r", b"\r\n" + PROMPT))
        if self.typed.endswith(b"exit\r"):
            self.status = 0
            self.cut()

    def resize(self, size: Size) -> None:
        self.sizes.append(size)

    def exit_status(self) -> int | None:
        return self.status

    def close(self) -> None:
        self.cut()
