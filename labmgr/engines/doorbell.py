"""Whether somebody answers on a published port: asked from outside, as a candidate would."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

from labmgr.engines.parallel import each

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared only
CONNECT, LISTEN = 1.0, 0.3  # seconds


def answers(bind: str, port: int) -> bool:
    """Whether a connection is taken and kept.

    The engine's own proxy takes every connection and drops it at once when nobody listens behind
    it, so an end of file counts as a refusal.
    """
    try:
        with socket.create_connection((ANYWHERE.get(bind, bind), port), CONNECT) as line:
            line.settimeout(LISTEN)
            return line.recv(1) != b""
    except TimeoutError:
        return True  # taken, and waiting for us to speak; or no word at all, which proves nothing
    except OSError:
        return False


def goes_quiet(bind: str, ports: Sequence[int], patience: float) -> bool:
    """Whether all *ports* refuse within *patience* seconds."""
    deadline = time.monotonic() + patience
    while any(each(lambda port: answers(bind, port), ports)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
