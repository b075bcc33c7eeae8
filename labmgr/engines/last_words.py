"""What a node said last, for a person who wants to know why it is red."""

from __future__ import annotations

from typing import Any

from labmgr.domain.repair import Seen
from labmgr.engines.execute import execute
from labmgr.engines.reach import Box, Reach
from labmgr.engines.translate import in_our_words
from labmgr.errors import EngineError

# A node with an init keeps its log inside: the journal of systemd, or syslog's file.
INNER = """systemctl --failed --no-legend --plain --no-pager 2>/dev/null
journalctl -q --no-pager -p notice -n "$0" 2>/dev/null || tail -n "$0" /var/log/messages"""
PATIENCE = 5.0


def of(reach: Reach, box: Box, lines: int) -> str:
    with in_our_words(reach.host):
        state: dict[str, Any] = reach.api.inspect_container(box.id)["State"]
        said = reach.api.logs(box.id, tail=lines, stream=False).decode(errors="replace").strip()
    told = [words_of(state), said]
    if box.seen is Seen.RUNNING and said.count("\n") + 1 < lines:
        told.append(_inner(reach, box, lines))
    return "\n".join(words for words in told if words)


def words_of(state: dict[str, Any]) -> str:
    if state["Status"] == "running":
        words = "running"
    elif state.get("OOMKilled"):
        words = "ended for using more memory than its limit"
    else:
        words = f"{state['Status']}, exit code {state['ExitCode']}"
    return f"{words}: {state['Error']}" if state.get("Error") else words


def _inner(reach: Reach, box: Box, lines: int) -> str:
    try:
        status, said = execute(
            reach, box.id, ["/bin/sh", "-c", INNER, str(lines)], timeout=PATIENCE
        )
    except EngineError as e:
        return f"(its own log cannot be read: {e})"
    return "\n".join(said.splitlines()[-lines:]) if status == 0 else ""
