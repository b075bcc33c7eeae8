"""A server's shell: logged in, a command asked, and what is read until it has ended."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

import paramiko

from labmgr.consoles.talk import Talk, pinned, private_key
from labmgr.errors import ConsoleError, DeviceLost

ANSWER_MOST: Final = 8 << 20
_CHUNK: Final = 32 << 10
_TICK: Final = 0.2  # seconds between two looks whether it has ended
_LEAST: Final = 0.1  # of `Talk.left`
# A Unix-like shell on Windows answers `uname` too, and is no Unix.
_NO_UNIX: Final = re.compile(r"(?i)windows|mingw|msys|cygwin")


def logged_in(talk: Talk) -> paramiko.Transport:
    transport = pinned(talk)
    transport.auth_timeout = talk.step
    if talk.keys.key:
        transport.auth_publickey(talk.device.user, private_key(talk.keys.key, talk.device))
    else:
        transport.auth_password(talk.device.user, talk.keys.password)
    talk.heard.write(b"\n")  # it is in: from here on silence means that it hangs
    return transport


def kernel(talk: Talk, transport: paramiko.Transport) -> str:
    """What `uname` says; empty when this is no Unix."""
    status, said = asked(talk, transport, "uname -srm")
    return "" if status or _NO_UNIX.search(said) else said.strip()


def asked(talk: Talk, transport: paramiko.Transport, command: str) -> tuple[int, str]:
    """Exit status and output, errors apart. The deadline is the talk's."""
    pieces = bytearray()

    def take(data: bytes) -> None:
        pieces.extend(data)
        talk.heard.write(data)
        if len(pieces) > ANSWER_MOST:
            raise ConsoleError(
                f"{talk.device.name} gives more than {ANSWER_MOST >> 20} MiB",
                hint="Name a narrower command in the inventory.",
            )

    status = ended(talk, started(talk, transport, command), take)
    if status == -1 and is_lost(transport):
        raise lost(talk, "it was only asked, and nothing was changed")
    return status, pieces.decode(errors="replace")


def started(talk: Talk, transport: paramiko.Transport, command: str) -> paramiko.Channel:
    channel = transport.open_session(timeout=talk.step)
    channel.settimeout(talk.left)
    channel.exec_command(command)
    return channel


def ended(talk: Talk, channel: paramiko.Channel, take: Callable[[bytes], None]) -> int:
    """Its exit status; -1 when there is none: a signal ended it, or the connection broke.

    What it left running in the background may hold the channel open: nobody waits for that. What
    it said came before its status, but perhaps after the last look at what it says.
    """
    channel.settimeout(_TICK)
    while True:
        try:
            data = channel.recv(_CHUNK)
        except TimeoutError:
            if channel.exit_status_ready() and not channel.recv_ready():
                break
            continue
        if not data:
            break
        take(data)
    while not channel.exit_status_ready() and talk.left > _LEAST:
        time.sleep(0.01)
    return channel.exit_status


def is_lost(transport: paramiko.Transport) -> bool:
    """Whether the line is gone; it takes an instant to be known."""
    transport.join(0.5)
    return not transport.is_active()


def lost(talk: Talk, what: str) -> DeviceLost:
    return DeviceLost(
        f"The connection to {talk.device.name} broke in the middle: {what}",
        hint="Look at its cable and its load, then repeat.",
    )
