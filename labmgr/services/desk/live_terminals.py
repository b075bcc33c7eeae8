"""All terminals that run in this process: opened, found again, counted, ended."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.domain.terminals import MOST_EACH, MOST_LINES, Recording, Size
from labmgr.errors import LabmgrError, NotFound, Refused, StoreError
from labmgr.services.desk import terminals
from labmgr.services.desk.live_terminal import Ending, Holder, Label, Terminal

log = logging.getLogger(__name__)


class Terminals:
    """The register of one panel process; a restart of the panel ends every shell."""

    def __init__(self, tools: Tools, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._tools, self._clock = tools, clock
        self._all: dict[str, Terminal] = {}
        self._opening: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._lines = threading.Semaphore(MOST_LINES)

    def open(
        self,
        lab: Lab,
        node: str,
        size: Size,
        holder: Holder,
        *,
        password: str = "",
    ) -> Terminal:
        """A new shell. *password* when the account no longer has the one that labmgr knows."""
        way = terminals.target(self._tools, lab, node, holder.audience)
        if password:
            way = replace(way, password=password, key="")
        with self._room_for(holder.owner):
            shell = self._tools.shells.open(way, size)
            id_ = secrets.token_urlsafe(12)
            label = Label(id_, lab.id, node, way.login, holder, self._tools.now())
            tape = self._recording(label, size)
            terminal = Terminal(label, shell, size, tape, clock=self._clock)
            self._all[label.id] = terminal
        threading.Thread(target=self._run, args=(terminal,), name="terminal", daemon=True).start()
        self._remember(label, f"terminal opened on {node} as {way.login}")
        return terminal

    def find(self, id: str, owner: str) -> Terminal | None:  # noqa: A002 - its name everywhere
        """A running terminal of this owner's."""
        found = self._all.get(id)
        return found if found and found.label.holder.owner == owner and not found.ended else None

    def watch(self, id: str, *, by: str) -> Terminal:  # noqa: A002 - its name everywhere
        """Any running terminal, to look on; that somebody does is noted."""
        found = self._all.get(id)
        if found is None or found.ended:
            raise NotFound(
                "This terminal is no longer running", hint="The lab's page lists those that are."
            )
        terminals.note(
            self._tools, found.label.lab, f"terminal on {found.label.node} watched", by=by
        )
        return found

    def of(self, *, lab: str | None = None, owner: str | None = None) -> list[Terminal]:
        """Those running, oldest first."""
        return [
            one
            for one in list(self._all.values())
            if not one.ended
            and lab in {None, one.label.lab}
            and owner in {None, one.label.holder.owner}
        ]

    def end_all(self, owner: str) -> None:
        """When their owner leaves labmgr."""
        for one in self.of(owner=owner):
            one.end(Ending.LEFT)

    @contextmanager
    def line(self) -> Iterator[None]:
        """One browser's connection; refused before they starve the ordinary pages."""
        if not self._lines.acquire(blocking=False):
            raise Refused(
                "Too many terminals are open on this server",
                hint="Close those you do not need, then try again.",
            )
        try:
            yield
        finally:
            self._lines.release()

    @contextmanager
    def _room_for(self, owner: str) -> Iterator[None]:
        """Place for one more, if need be in the stead of one that nobody looks at."""
        with self._lock:
            running = self.of(owner=owner)
            if len(running) + self._opening[owner] >= MOST_EACH:
                left = next((one for one in running if not one.attended), None)
                if left is None:
                    raise Refused(
                        f"You already have {MOST_EACH} terminals",
                        hint="Close one of them, then try again.",
                    )
                left.end(Ending.ABANDONED)
            self._opening[owner] += 1
        try:
            yield
        finally:
            with self._lock:
                self._opening[owner] -= 1

    def _recording(self, label: Label, size: Size) -> Recording | None:
        name = f"{label.holder.by}-{label.node}"
        title = f"{label.login}@{label.node}, {label.lab}, {label.holder.by}"
        try:
            return self._tools.recordings.start(label.lab, name, size, title)
        except StoreError as failure:
            self._untaped(label, str(failure))
            return None

    def _untaped(self, label: Label, why: str) -> None:
        self._remember(label, f"the recording of the terminal on {label.node} has stopped", why)

    def _run(self, terminal: Terminal) -> None:
        label = terminal.label
        try:
            terminal.run(lambda: self._overdue(terminal), lambda why: self._untaped(label, why))
        finally:
            terminal.end(Ending.LOST)  # nothing, unless the loop itself failed
            self._all.pop(label.id, None)
        self._remember(label, f"terminal on {label.node} ended: {_why(terminal.ended)}")

    def _overdue(self, terminal: Terminal) -> Ending | None:
        try:
            lab = self._tools.store.lab(terminal.label.lab)
            terminals.check_open(lab, terminal.label.holder.audience)
        except StoreError:
            return terminal.expired()  # no answer is no reason to cut a candidate off
        except LabmgrError:
            return Ending.CLOSED
        return terminal.expired()

    def _remember(self, label: Label, what: str, why: str = "") -> None:
        """A journal that cannot be written (a full disk) must not end a candidate's shell."""
        try:
            terminals.note(self._tools, label.lab, what, by=label.holder.by, why=why)
        except StoreError as failure:
            log.error("%s: %s: %s (%s)", label.lab, what, why, failure)  # noqa: TRY400 - said


def _why(ending: Ending | None) -> str:
    match ending:
        case Ending.EXITED:
            return "the shell was left"
        case Ending.CLOSED:
            return "the lab was closed"
        case Ending.LEFT:
            return "its user closed it"
        case Ending.ABANDONED:
            return "no page came back to it"
        case Ending.IDLE:
            return "nothing happened in it for two hours"
        case _:
            return "the line was cut"
