"""Threads that outlive the call which began them: labmgr's own, and what they write to."""

from __future__ import annotations

import threading

NAMES = ("terminal", "rehearsal", "errand")
SECONDS = 60


def let_finish() -> None:
    """Work of its own threads writes to the end: its folder must not go away under it."""
    for one in threading.enumerate():
        if one.name in NAMES:
            one.join(SECONDS)
            assert not one.is_alive(), f"{one.name} still works after its test"
