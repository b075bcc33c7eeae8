"""The gateway's two doors: opened by order, closed and seen to be closed."""

from __future__ import annotations

import json
import tarfile
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from labmgr.domain.plan import SecretFile
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.words import Audience
from labmgr.engines import archive, doorbell
from labmgr.engines.execute import execute
from labmgr.engines.gateway import BIND_LABEL, PORTS_LABEL, WHO
from labmgr.engines.naming import Role
from labmgr.engines.reach import Box, Reach
from labmgr.engines.translate import in_our_words
from labmgr.errors import EngineError, EngineUnreachable, NotFound

STATE_FOLDER, STATE = "/var/lib/labmgr", "gate.json"
STARTING = 5.0  # seconds after which a gateway surely listens to signals and orders
OPENING = 30.0  # seconds for the gateway to say that its door is open, or why not
CLOSING = 15.0  # seconds for it to say that a door is closed; then it is killed
PATIENCE = 1.0  # seconds for a signal to close the door, before the gateway is killed


def open_door(reach: Reach, lab: str, audience: Audience, until: datetime | None) -> None:
    box = reach.box(lab, GATEWAY)
    if box is None or box.seen is not Seen.RUNNING:
        raise NotFound(
            f"The gateway of lab {lab} is not running",
            hint="Wake the lab first (`labmgr lab build`); its nodes keep their work.",
        )
    command = ["labmgr-gate", "open", WHO[audience]]
    if until is not None:
        left = (until - datetime.now(UTC)).total_seconds()
        command += ["--for", f"{left:.3f}", "--until", until.astimezone(UTC).isoformat()]
    status, said = _when_ready(reach, box, command, OPENING)
    if status != 0:
        raise EngineError(
            f"The gateway of lab {lab} did not open for {WHO[audience]}: {said}",
            hint="Its log says more: `labmgr lab show`; resetting the lab makes it anew.",
        )


def close_door(reach: Reach, lab: str, audience: Audience) -> None:
    """Close and see for oneself that it is closed; a gateway that does not obey is killed."""
    box = reach.box(lab, GATEWAY)
    if box is None:
        return
    if box.seen is Seen.RUNNING:
        _tell_to_close(reach, box, audience)
        if doorbell.goes_quiet(*_doors(box, audience), PATIENCE):
            return
    with in_our_words(reach.host):
        if box.awake:
            reach.api.kill(box.id)
            reach.api.wait(box.id, timeout=10)
        _remember_closed(reach, box, audience)
        if box.awake:
            reach.api.start(box.id)
    if not doorbell.goes_quiet(*_doors(box, audience), PATIENCE):
        raise EngineError(
            f"The gateway of lab {lab} still lets {WHO[audience]} in",
            hint="Stop it by hand at once: `docker kill` " + reach.names.thing(lab, GATEWAY),
        )


def is_open(reach: Reach, lab: str, audience: Audience) -> bool:
    box = reach.box(lab, GATEWAY)
    return box is not None and _answers(box, audience)


def open_doors(reach: Reach, labs: Collection[str], audience: Audience) -> Collection[str]:
    gateways = reach.boxes(role=Role.GATEWAY)
    return [box.lab for box in gateways if box.lab in labs and _answers(box, audience)]


def _answers(box: Box, audience: Audience) -> bool:
    if box.seen is not Seen.RUNNING:
        return False
    bind, ports = _doors(box, audience)
    return doorbell.answers(bind, ports[0])


def _tell_to_close(reach: Reach, box: Box, audience: Audience) -> None:
    """A signal is the fastest way, and the candidates' is the one that counts at the bell.

    A gateway that has only just started may miss it, and open what it had open before.
    """
    if audience is Audience.CANDIDATE and not _just_started(reach, box):
        with in_our_words(reach.host):
            reach.api.kill(box.id, "SIGUSR1")
    else:
        _when_ready(reach, box, ["labmgr-gate", "close", WHO[audience]], CLOSING)


def _when_ready(reach: Reach, box: Box, command: Sequence[str], timeout: float) -> tuple[int, str]:
    """Give an order as soon as the gateway listens to orders."""
    deadline = time.monotonic() + STARTING
    while True:
        status, said = execute(reach, box.id, command, timeout=timeout)
        if status == 0 or "Errno" not in said or time.monotonic() > deadline:
            return status, said
        time.sleep(0.1)


def _just_started(reach: Reach, box: Box) -> bool:
    with in_our_words(reach.host):
        started = reach.api.inspect_container(box.id)["State"]["StartedAt"]
    age = datetime.now(UTC) - datetime.fromisoformat(started[:19]).replace(tzinfo=UTC)
    return age.total_seconds() < STARTING


def _remember_closed(reach: Reach, box: Box, audience: Audience) -> None:
    """A gateway goes on with what it wrote down; so that must say closed before it starts."""
    document = _written_down(reach, box)
    document.pop(WHO[audience], None)
    if others := [who for who in WHO.values() if who in document]:
        document |= {WHO[audience]: {"open": False, "end": None, "until": None}}
    content = json.dumps(document if others else {}).encode()
    put = archive.of_secrets([SecretFile(STATE, content)])
    with in_our_words(reach.host):
        reach.api.put_archive(box.id, STATE_FOLDER, put)


def _written_down(reach: Reach, box: Box) -> dict[str, Any]:
    """Empty when there is nothing, or nothing that can be read: all doors closed then."""
    try:
        with reach.archive(box.id, f"{STATE_FOLDER}/{STATE}") as pieces:
            document = json.loads(next(archive.entries(pieces))[1])
    except EngineUnreachable:
        raise
    except (EngineError, tarfile.TarError, StopIteration, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _doors(box: Box, audience: Audience) -> tuple[str, tuple[int, ...]]:
    ports = box.labels[PORTS_LABEL + WHO[audience]].split()
    return box.labels[BIND_LABEL], tuple(map(int, ports))
