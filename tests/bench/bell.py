"""The bell: candidates at work through every gateway, and how soon each of them is out."""

from __future__ import annotations

import http.client
import os
import select
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.services.lab import access, doors
from tests.bench.classroom import BY, Classroom

PATIENCE = 20.0  # seconds after which a connection counts as never cut
BANNER = b"SSH-"


class StillAliveError(Exception):
    """A figure about cutting is worth nothing unless the connection lived, and died."""


class Candidate:
    """One live ssh through the jump host, one page kept alive."""

    def __init__(self, found: access.LabAccess, folder: Path) -> None:
        doors = [door for node in found.nodes for door in node.doors]
        target = next(door for door in doors if door.protocol == "ssh")
        self._page = _page(next(door.link for door in doors if door.link))
        self._jump = subprocess.Popen(
            _jump(found, f"{target.address}:{target.port}"),
            env=_ask_pass(folder / found.lab.id, found.jump_password),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )

    def assure_alive(self) -> None:
        """The greeting of a node behind the gateway has come through."""
        if self._said().read(len(BANNER)) != BANNER:
            raise StillAliveError("no ssh through the gateway")
        select.select([self._said()], [], [], 1.0)
        os.read(self._said().fileno(), 4096)  # the rest of the greeting

    def _said(self) -> IO[bytes]:
        if self._jump.stdout is None:
            raise StillAliveError("no pipe")
        return self._jump.stdout

    @property
    def lines(self) -> list[IO[bytes] | socket.socket]:
        return [self._said(), self._page.sock]

    def leave(self) -> None:
        self._jump.kill()
        self._jump.communicate()
        self._page.close()


def strike(room: Classroom) -> dict[str, float]:
    """Seconds until every connection is dead: by order rows through the worker, and by the verb."""
    tools = room.tools

    def by_order() -> None:
        jobs = [doors.order_close(tools, lab.id, by=BY) for lab in room.labs]
        room.follow(jobs)

    def by_verb() -> None:
        ids = [lab.id for lab in room.labs]
        with ThreadPoolExecutor(len(ids)) as pool:
            list(pool.map(lambda one: doors.carry_out_close(tools, one, by=BY), ids))

    return {"from order": _cut(room, by_order), "by the verb": _cut(room, by_verb)}


def _cut(room: Classroom, close: Callable[[], None]) -> float:
    room.done(lambda lab: doors.order_open(room.tools, lab.id, by=BY))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as at_the_end:
        candidates = [_seated(room.tools, lab, Path(folder), at_the_end) for lab in room.labs]
        start = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            closing = pool.submit(close)
            last = _all_dead([line for one in candidates for line in one.lines])
        closing.result()
    return last - start


def _seated(tools: Tools, lab: Lab, folder: Path, at_the_end: ExitStack) -> Candidate:
    one = Candidate(access.for_candidate(tools, tools.store.lab(lab.id)), folder)
    at_the_end.callback(one.leave)
    one.assure_alive()
    return one


def _all_dead(lines: list[IO[bytes] | socket.socket]) -> float:
    """The instant at which the last one died."""
    waiting, give_up = list(lines), time.monotonic() + PATIENCE
    while waiting:
        ready = select.select(waiting, [], [], max(0.0, give_up - time.monotonic()))[0]
        if not ready:
            raise StillAliveError(f"{len(waiting)} connections live after {PATIENCE:.0f} s")
        for line in ready:
            if _is_cut(line):
                waiting.remove(line)
    return time.monotonic()


def _is_cut(line: IO[bytes] | socket.socket) -> bool:
    try:
        heard = line.recv(4096) if isinstance(line, socket.socket) else line.read(4096)
    except OSError:
        return True
    return not heard


def _jump(found: access.LabAccess, target: str) -> list[str]:
    login = found.jump.partition("@")[0]
    return [
        *("ssh", "-F", "none", "-p", str(found.jump_port), "-W", target),
        *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
        *("-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1", f"{login}@127.0.0.1"),
    ]


def _ask_pass(script: Path, password: str) -> dict[str, str]:
    script.write_text(f"#!/bin/sh\necho '{password}'\n", encoding="utf-8")
    script.chmod(0o700)
    return {**os.environ, "SSH_ASKPASS": str(script), "SSH_ASKPASS_REQUIRE": "force"}


def _page(link: str) -> http.client.HTTPSConnection:
    parts = urlsplit(link)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    page = http.client.HTTPSConnection("127.0.0.1", parts.port, context=context, timeout=10)
    page.request("GET", parts.path or "/")
    page.getresponse().read()
    if page.sock is None:
        raise StillAliveError(f"{link}: not kept alive")
    return page
