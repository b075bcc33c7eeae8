"""Commands in a running container, with a deadline that the engine itself does not have."""

from __future__ import annotations

import time
from collections.abc import Sequence

from labmgr.engines.reach import Reach
from labmgr.engines.stream import Frames, TimesUp
from labmgr.engines.translate import in_our_words
from labmgr.errors import EngineError

OUTPUT_LIMIT = 1 << 20


def execute(
    reach: Reach, container: str, command: Sequence[str], *, timeout: float
) -> tuple[int, str]:
    """Exit status and output of *command* run as root.

    Raises EngineError when it has not ended after *timeout* seconds; it may then go on, since
    the engine has no way to end it.
    """
    deadline = time.monotonic() + timeout
    with in_our_words(reach.host):
        order = reach.api.exec_create(container, list(command), user="root")["Id"]
        line = reach.api.exec_start(order, socket=True)
    heard = bytearray()
    try:
        with in_our_words(reach.host), Frames(line) as frames:
            for _, content in frames.until(deadline):
                heard += content[: OUTPUT_LIMIT - len(heard)]
    except TimesUp as e:
        raise EngineError(
            f"`{command[0]}` did not end within {timeout:.0f} s: {_text(heard)[-200:]}",
            hint="The node may be overloaded; look at it before repeating.",
        ) from e
    with in_our_words(reach.host):
        status = reach.api.exec_inspect(order)["ExitCode"]
    return int(status if status is not None else -1), _text(heard)


def _text(heard: bytearray) -> str:
    return heard.decode(errors="replace").strip()
