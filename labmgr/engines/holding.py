"""Holding a container still, and letting it go on.

An engine that cannot write to its disk lists a container as it was before; asked about this one
it says how it is.
"""

from __future__ import annotations

import time

from labmgr.engines.reach import Box, Reach
from labmgr.engines.translate import in_our_words
from labmgr.errors import EngineError

TRIES, SLIPPED = 6, "unable to freeze"


def hold(reach: Reach, box: Box) -> None:
    """On cgroup v1 a busy node sometimes slips out of the freezer; the next try holds it."""
    for tries_left in reversed(range(TRIES)):
        try:
            with in_our_words(reach.host):
                reach.api.pause(box.id)
        except EngineError as e:
            if is_held(reach, box.id):
                return
            if not tries_left or SLIPPED not in str(e):
                raise
            time.sleep(0.1)
        else:
            return


def release(reach: Reach, container: str) -> None:
    """Let it go on; one that runs is left alone."""
    if is_held(reach, container):
        with in_our_words(reach.host):
            reach.api.unpause(container)


def is_held(reach: Reach, container: str) -> bool:
    with in_our_words(reach.host):
        return bool(reach.api.inspect_container(container)["State"]["Paused"])
