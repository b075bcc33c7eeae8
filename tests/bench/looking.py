"""The same probes for floor and rival: one probe container a lab, spoken to without ceremony."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

from docker import APIClient

from labmgr.domain.probe import Check
from labmgr.engines.prober import question
from labmgr.engines.stream import OUT, Frames
from tests.bench.recording import LabScript, create

DEADLINE = 240.0  # seconds until all must be green


class NotGreenError(Exception):
    """A contender whose lab does not work has no time worth noting."""


def until_green(api: APIClient, script: LabScript, checks: Sequence[Check], vantage: str) -> None:
    """Ask from the network of the container *vantage* until every check is green."""
    host = script.probe["HostConfig"] | {"NetworkMode": f"container:{vantage}"}
    container = create(api, script.probe | {"HostConfig": host})
    try:
        said = _conversation(api, container, checks)
    finally:
        api.remove_container(container, v=True, force=True)
    final = {row["id"]: row for row in map(json.loads, said.splitlines()) if row["final"]}
    red = [check.id for check in checks if not final.get(check.id, {}).get("green")]
    if red:
        words = "; ".join(f"{one}: {final.get(one, {}).get('evidence')}" for one in red)
        raise NotGreenError(f"{script.lab}: {words}")


def _conversation(api: APIClient, container: str, checks: Sequence[Check]) -> bytes:
    order = {"deadline": DEADLINE, "checks": [question(check) for check in checks]}
    wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
    with Frames(api.attach_socket(container, params=wanted)) as frames:
        api.start(container)
        frames.say(json.dumps(order).encode() + b"\n")
        heard = frames.until(time.monotonic() + DEADLINE)
        return b"".join(content for stream, content in heard if stream == OUT)
