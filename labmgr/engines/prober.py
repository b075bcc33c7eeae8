"""Probes: labmgr's own container looks at the lab from inside a node's network."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from labmgr.domain.probe import Check, Finding, ProbeKind
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.engines import helper
from labmgr.engines.reach import Box, Reach
from labmgr.engines.stream import ERR, OUT, Frames, TimesUp
from labmgr.engines.translate import in_our_words
from labmgr.errors import EngineError, LabmgrError

TRY = 20.0  # seconds, the most that the image gives to one try
GRACE = 5.0  # seconds for the container to start and to say its last
MEMORY, PIDS = 256 << 20, 256


class Prober:
    """Runs checks, one container for each vantage."""

    def __init__(self, reach: Reach, image: str) -> None:
        self._reach = reach
        self._image = image

    def probe(self, lab: str, checks: Sequence[Check], *, deadline: float) -> Iterator[Finding]:
        """Findings as they come. All containers end when the reader goes away."""
        boxes = {box.node: box for box in self._reach.parts_of(lab)}
        groups: dict[str, list[Check]] = {}
        for check in checks:
            groups.setdefault(check.vantage or GATEWAY, []).append(check)
        heard: queue.SimpleQueue[Finding | LabmgrError | None] = queue.SimpleQueue()
        enough = threading.Event()
        looks = [
            Look(self._reach, self._image, lab, vantage, boxes.get(vantage), group, deadline)
            for vantage, group in groups.items()
        ]
        threads = [
            threading.Thread(target=_listen, args=(look, heard, enough), daemon=True)
            for look in looks
        ]
        for thread in threads:
            thread.start()
        try:
            yield from _merged(heard, len(threads))
        finally:
            enough.set()
            for thread in threads:
                thread.join()


Heard = queue.SimpleQueue["Finding | LabmgrError | None"]


def _merged(heard: Heard, speakers: int) -> Iterator[Finding]:
    """What all of them say, until each has ended; then the first failure, if any."""
    failure: LabmgrError | None = None
    while speakers:
        match heard.get():
            case None:
                speakers -= 1
            case LabmgrError() as error:
                failure = failure or error
            case finding:
                yield finding
    if failure:
        raise failure


def _listen(look: Look, heard: Heard, enough: threading.Event) -> None:
    try:
        for finding in look.findings(enough):
            heard.put(finding)
    except LabmgrError as error:
        heard.put(error)
    finally:
        heard.put(None)


@dataclass
class Look:
    """One probe container: the checks of one vantage."""

    reach: Reach
    image: str
    lab: str
    vantage: str
    box: Box | None
    checks: Sequence[Check]
    deadline: float

    def findings(self, enough: threading.Event) -> Iterator[Finding]:
        """Each check ends with one final finding, whatever becomes of the container."""
        if self.box is None or self.box.seen is not Seen.RUNNING:
            state = self.box.seen if self.box else "missing"
            yield from self._given_up(self.checks, f"{self.vantage} is {state}: no way to look")
            return
        open_ones = {check.id: check for check in self.checks}
        trouble = bytearray()
        for finding in self._spoken(self.box, enough, trouble):
            if finding.check in open_ones:
                yield finding
            if finding.final:
                open_ones.pop(finding.check, None)
        said = trouble.decode(errors="replace").strip()[-300:]
        why = f"the probe ended without an answer {said}".strip()
        yield from self._given_up(list(open_ones.values()), why)

    def _spoken(self, box: Box, enough: threading.Event, trouble: bytearray) -> Iterator[Finding]:
        container = helper.create(
            self.reach, self._task(box), OpenStdin=True, StdinOnce=True, AttachStdin=True
        )
        try:
            with in_our_words(self.reach.host), self._attached(container) as frames:
                self.reach.api.start(container)
                frames.say(self._question())
                yield from self._lines(frames, enough, trouble)
        finally:
            helper.drop(self.reach, container)

    def _attached(self, container: str) -> Frames:
        wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        return Frames(self.reach.api.attach_socket(container, params=wanted))

    def _lines(
        self, frames: Frames, enough: threading.Event, trouble: bytearray
    ) -> Iterator[Finding]:
        pending = b""
        try:
            for stream, content in frames.until(
                time.monotonic() + (self.deadline or TRY) + GRACE, enough
            ):
                if stream == ERR:
                    trouble += content
                if stream == OUT:
                    *whole, pending = (pending + content).split(b"\n")
                    yield from (self._finding(json.loads(line)) for line in whole if line.strip())
        except TimesUp:
            trouble += b"(stopped at the deadline)"
        except ValueError as e:
            raise EngineError(
                f"The probe image {self.image} does not speak as agreed: {e}",
                hint="Build it again with `labmgr image build`.",
            ) from e

    def _task(self, box: Box) -> helper.Task:
        rights = {
            "NetworkMode": f"container:{box.id}",
            "Memory": MEMORY,
            "MemorySwap": MEMORY,
            "PidsLimit": PIDS,
            "Tmpfs": {"/tmp": "mode=1777", "/run": ""},  # noqa: S108 - in a fresh container
            "ReadonlyRootfs": True,
        }
        if any(check.kind is ProbeKind.PING for check in self.checks):
            # Most engines let everybody send echoes; where one does not, this right is needed.
            rights["CapAdd"] = ["NET_RAW"]
        return helper.Task(self.image, (), self.lab, host_config=rights)

    def _question(self) -> bytes:
        document = {
            "deadline": self.deadline,
            "checks": [question(check) for check in self.checks],
        }
        return json.dumps(document).encode() + b"\n"

    def _finding(self, row: Mapping[str, Any]) -> Finding:
        check = next((check for check in self.checks if check.id == row["id"]), None)
        if check is None:
            raise ValueError(f"a finding for {row['id']}, which nobody asked")
        return Finding(
            check=check.id,
            node=check.node,
            kind=check.kind,
            green=bool(row["green"]),
            evidence=words_of(row),
            command=str(row["command"]),
            tries=int(row["tries"]),
            took=float(row["took"]),
            final=bool(row["final"]),
            at=datetime.now(UTC),
        )

    def _given_up(self, checks: Sequence[Check], why: str) -> Iterator[Finding]:
        now = datetime.now(UTC)
        for check in checks:
            yield Finding(check.id, check.node, check.kind, False, why, "", 0, 0.0, True, now)


def words_of(row: Mapping[str, Any]) -> str:
    """What a probe saw. A client that was cut off says nothing: a red probe never does."""
    return str(row["evidence"]) or ("" if row["green"] else "the client ended without a word")


def question(check: Check) -> dict[str, object]:
    """A check as the probe image reads it; secrets travel nowhere else."""
    return {
        "id": check.id,
        "host": check.host,
        "kind": check.kind.value,
        "args": dict(check.args),
        "expect": check.expect.value,
        "login": check.login,
        "password": check.password,
        "key": check.key,
        "liveness": check.liveness,
    }
