"""A world outside this host for nodes to miss: a network namespace one router hop away."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests import free
from tests.lab.clients import wait_for
from tests.lab.own_engine import ip

PORTS = (53, 80, 443)
SERVE = """
import socket, sys, time
lines = [socket.create_server(("", int(port))) for port in sys.argv[1:]]
print("up", flush=True)
time.sleep(3600)
"""


@contextmanager
def outside() -> Iterator[str]:
    """Its address, where these ports accept whoever finds a way there. Needs root."""
    name = f"lmo{secrets.token_hex(3)}"
    third = next(one for one in free.shuffled(range(256)) if free.hold(f"outside-{one}"))
    here, there = (f"198.18.{third}.{last}" for last in (1, 2))  # RFC 2544: never routed
    ip("netns", "add", name)
    try:
        ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        ip("addr", "add", f"{here}/30", "dev", name)
        ip("link", "set", name, "up")
        for words in (
            ("addr", "add", f"{there}/30", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("route", "add", "default", "via", here),
        ):
            ip("-n", name, *words)
        with _serving(name):
            yield there
    finally:
        ip("netns", "del", name)


@contextmanager
def _serving(name: str) -> Iterator[None]:
    command = ["ip", "netns", "exec", name, sys.executable, "-c", SERVE, *map(str, PORTS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as server:
        try:
            assert wait_for(lambda: server.stdout.readline() == b"up\n")
            yield
        finally:
            server.kill()
