"""Servers by paramiko: which system runs there, and the pieces that a backup keeps."""

from __future__ import annotations

import re

import paramiko

from labmgr.consoles import server_files, server_script
from labmgr.consoles.server_talk import ANSWER_MOST, asked, kernel, logged_in
from labmgr.consoles.talk import Talk
from labmgr.domain.devices import Answer, Keys, Ran
from labmgr.domain.inventory import Device, Piece
from labmgr.errors import ConsoleError, Refused


class ServerConsole:
    """One login a question."""

    def look(self, device: Device, keys: Keys) -> Answer:
        talk = Talk(device, keys)
        return talk.run(lambda: _look(talk))

    def running_config(self, device: Device, keys: Keys) -> str:
        if not device.keep:
            raise Refused(
                f"The inventory names nothing to keep of {device.name}",
                hint="Add `keep:` with files or commands.",
            )
        talk = Talk(device, keys)
        return talk.run(lambda: _pieces(talk))

    def run(self, device: Device, keys: Keys, script: str) -> Ran:
        talk = Talk(device, keys, deadline=device.push_deadline)
        return talk.run(lambda: server_script.run(talk, script))

    def put_file(self, device: Device, keys: Keys, path: str, content: bytes) -> None:
        talk = Talk(device, keys, deadline=device.push_deadline)
        talk.run(lambda: server_files.put(talk, path, content))

    def fetch_file(self, device: Device, keys: Keys, path: str) -> bytes:
        talk = Talk(device, keys, deadline=device.push_deadline)
        return talk.run(lambda: server_files.fetch(talk, path))


def _look(talk: Talk) -> Answer:
    transport = logged_in(talk)
    unix = kernel(talk, transport)
    _, name = asked(talk, transport, "uname -n" if unix else "hostname")
    if not unix:
        _, windows = asked(talk, transport, "cmd /c ver")
        version = re.search(r"\d+\.\d+[.\d]*", windows)
        return Answer(
            version=version[0] if version else "", os=windows.strip(), hostname=name.strip()
        )
    _, release = asked(talk, transport, "cat /etc/os-release")
    _, model = asked(talk, transport, "cat /sys/class/dmi/id/product_name")
    pretty = re.search(r'^PRETTY_NAME="?([^"\n]+)', release, re.MULTILINE)
    return Answer(
        model=model.strip(),
        version=unix,
        os=pretty[1] if pretty else unix.partition(" ")[0],
        hostname=name.strip(),
    )


def _pieces(talk: Talk) -> str:
    transport = logged_in(talk)
    return "".join(
        f"### {piece.name}: {piece.file or piece.command}\n{_piece(talk, transport, piece)}\n"
        for piece in talk.device.keep
    )


def _piece(talk: Talk, transport: paramiko.Transport, piece: Piece) -> str:
    if not piece.command:
        content = server_files.read(talk, transport, piece.file, ANSWER_MOST)
        return content.decode(errors="replace")
    status, said = asked(talk, transport, piece.command)
    if status:
        raise ConsoleError(
            f"{talk.device.name}: the command of {piece.name} ended with status {status}",
            hint="Try it by hand with labmgr's account there.",
        )
    return said
