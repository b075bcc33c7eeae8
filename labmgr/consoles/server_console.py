"""Servers by paramiko: which system runs there, and the pieces that a backup keeps."""

from __future__ import annotations

import re
import time

import paramiko

from labmgr.consoles.talk import Talk, pinned, private_key
from labmgr.domain.devices import Answer, Keys, Ran
from labmgr.domain.inventory import Device, Piece
from labmgr.errors import ConsoleError

_PIECE_MOST = 8 << 20


class ServerConsole:
    """One login a question."""

    def look(self, device: Device, keys: Keys) -> Answer:
        talk = Talk(device, keys)
        return talk.run(lambda: _look(talk))

    def running_config(self, device: Device, keys: Keys) -> str:
        if not device.keep:
            raise ConsoleError(
                f"The inventory names nothing to keep of {device.name}",
                hint="Add `keep:` with files or commands.",
            )
        talk = Talk(device, keys)
        return talk.run(lambda: _pieces(talk))

    def run(self, device: Device, keys: Keys, script: str) -> Ran:
        talk = Talk(device, keys, deadline=device.push_deadline)
        return talk.run(lambda: Ran(*_run(talk, _logged_in(talk), "sh -s 2>&1", script.encode())))

    def put_file(self, device: Device, keys: Keys, path: str, content: bytes) -> None:
        talk = Talk(device, keys, deadline=device.push_deadline)
        talk.run(lambda: _put(talk, path, content))

    def fetch_file(self, device: Device, keys: Keys, path: str) -> bytes:
        talk = Talk(device, keys, deadline=device.push_deadline)
        return talk.run(lambda: _fetch(talk, path))


def _put(talk: Talk, path: str, content: bytes) -> None:
    beside = f"{path}.labmgr"
    with _logged_in(talk).open_sftp_client() as files:
        with files.open(beside, "w") as file:
            file.chmod(0o600)
            file.write(content)
        files.posix_rename(beside, path)


def _fetch(talk: Talk, path: str) -> bytes:
    with _logged_in(talk).open_sftp_client() as files, files.open(path) as file:
        return file.read(_PIECE_MOST)


def _look(talk: Talk) -> Answer:
    transport = _logged_in(talk)
    status, kernel = _run(talk, transport, "uname -srm")
    if status:  # no Unix: Windows answers this one
        _, windows = _run(talk, transport, "cmd /c ver")
        _, name = _run(talk, transport, "hostname")
        version = re.search(r"\d+\.\d+[.\d]*", windows)
        return Answer(
            version=version[0] if version else "", os=windows.strip(), hostname=name.strip()
        )
    _, release = _run(talk, transport, "cat /etc/os-release")
    _, model = _run(talk, transport, "cat /sys/class/dmi/id/product_name")
    _, name = _run(talk, transport, "uname -n")
    pretty = re.search(r'^PRETTY_NAME="?([^"\n]+)', release, re.MULTILINE)
    return Answer(
        model=model.strip(),
        version=kernel.strip(),
        os=pretty[1] if pretty else kernel.partition(" ")[0],
        hostname=name.strip(),
    )


def _pieces(talk: Talk) -> str:
    transport = _logged_in(talk)
    return "".join(
        f"### {piece.name}: {piece.file or piece.command}\n{_piece(talk, transport, piece)}\n"
        for piece in talk.device.keep
    )


def _piece(talk: Talk, transport: paramiko.Transport, piece: Piece) -> str:
    if piece.command:
        status, said = _run(talk, transport, piece.command)
        if status:
            raise ConsoleError(
                f"{talk.device.name}: the command of {piece.name} ended with status {status}",
                hint="Try it by hand with labmgr's account there.",
            )
        return said
    try:
        with transport.open_sftp_client() as files, files.open(piece.file) as file:
            return file.read(_PIECE_MOST).decode(errors="replace")
    except OSError as trouble:
        raise ConsoleError(
            f"{talk.device.name}: {piece.file} cannot be read",
            hint="Is it there, and may labmgr's account read it?",
        ) from trouble


def _logged_in(talk: Talk) -> paramiko.Transport:
    transport = pinned(talk)
    transport.auth_timeout = talk.step
    if talk.keys.key:
        transport.auth_publickey(talk.device.user, private_key(talk.keys.key, talk.device))
    else:
        transport.auth_password(talk.device.user, talk.keys.password)
    return transport


def _run(
    talk: Talk, transport: paramiko.Transport, command: str, given: bytes = b""
) -> tuple[int, str]:
    """Exit status and output, errors apart. The deadline is the talk's."""
    channel = transport.open_session(timeout=talk.step)
    channel.settimeout(talk.left)
    talk.heard.write(b"\n")  # it is in: from here on silence means that it hangs
    channel.exec_command(command)
    if given:
        channel.sendall(given)
        channel.shutdown_write()
    pieces = bytearray()
    while data := channel.recv(32 << 10):
        pieces += data
        talk.heard.write(data)
        if len(pieces) > _PIECE_MOST:
            raise ConsoleError(
                f"{talk.device.name} gives more than {_PIECE_MOST >> 20} MiB",
                hint="Name a narrower command in the inventory.",
            )
    while not channel.exit_status_ready() and talk.left > 0.1:  # noqa: PLR2004 - its least
        time.sleep(0.01)
    return channel.exit_status, pieces.decode(errors="replace")
