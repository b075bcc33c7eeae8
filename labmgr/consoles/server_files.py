"""Files of a server by SFTP: laid down whole or not at all, and read within bounds."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePosixPath
from typing import Any, Final

import paramiko
from paramiko.sftp import CMD_EXTENDED, CMD_EXTENDED_REPLY

from labmgr.consoles.server_talk import is_lost, logged_in, lost
from labmgr.consoles.talk import Talk
from labmgr.errors import ConsoleError

FETCH_MOST: Final = 64 << 20
_CHUNK: Final = 1 << 18  # more at once costs paramiko ever more copies of what it has


def put(talk: Talk, path: str, content: bytes) -> None:
    """Written beside in a closed folder, made certain on the disk, then renamed over *path*."""
    transport = logged_in(talk)
    with _sftp(talk, transport) as files, _in_our_words(talk, transport, path):
        aside = f"{path}.labmgr-{secrets.token_hex(4)}"
        _refuse_full(talk, files, path, len(content))
        # A file has its mode only after it was opened: until then the folder's counts.
        files.mkdir(aside, 0o700)
        try:
            _write(files, f"{aside}/new", content)
            files.posix_rename(f"{aside}/new", path)
        except OSError:
            if transport.is_active():
                _refuse_full(talk, files, path, len(content))
            raise
        finally:
            with suppress(OSError, EOFError, paramiko.SSHException):
                _remove(files, aside)


def fetch(talk: Talk, path: str) -> bytes:
    transport = logged_in(talk)
    return read(talk, transport, path, FETCH_MOST)


def read(talk: Talk, transport: paramiko.Transport, path: str, most: int) -> bytes:
    """All of a file, or a refusal when it holds more than *most* bytes."""
    words = _in_our_words(talk, transport, path, read=True)
    with _sftp(talk, transport) as files, words, files.open(path, "rb") as file:
        size = file.stat().st_size or 0
        if size > most:
            raise _too_much(talk, path, most)
        if size:  # what a system makes up as it is read has none
            file.prefetch(size)
        content = bytearray()
        while len(content) <= most and (data := file.read(_CHUNK)):
            content += data
    if len(content) > most:
        raise _too_much(talk, path, most)
    return bytes(content)


def _too_much(talk: Talk, path: str, most: int) -> ConsoleError:
    return ConsoleError(
        f"{talk.device.name}: {path} holds more than {most >> 20} MiB",
        hint="Name a smaller file, or have a script cut it.",
    )


def _write(files: paramiko.SFTPClient, path: str, content: bytes) -> None:
    with files.open(path, "wb") as file:
        file.chmod(0o600)
        for at in range(0, len(content), _CHUNK):
            file.write(content[at : at + _CHUNK])
        file.flush()
        _sync(files, file)


def _sync(files: paramiko.SFTPClient, file: paramiko.SFTPFile) -> None:
    """By OpenSSH's extension; others say that they do not know it, and then it is left."""
    try:
        _extended(files, "fsync@openssh.com", file.handle)
    except OSError as trouble:
        if "unsupported" not in str(trouble).lower():
            raise


def _room(files: paramiko.SFTPClient, folder: str) -> int | None:
    """Bytes free there for this account; None when the server does not say."""
    try:
        kind, reply = _extended(files, "statvfs@openssh.com", folder)
    except OSError:
        return None
    if kind != CMD_EXTENDED_REPLY:
        return None
    _, block, blocks, _, free = (reply.get_int64() for _ in range(5))
    return int(block * free) if blocks else None  # a system's own files have no room to speak of


def _extended(files: Any, what: str, *given: object) -> tuple[int, paramiko.Message]:  # noqa: ANN401 - see below
    """OpenSSH's own requests, for which paramiko has no public word."""
    kind, reply = files._request(CMD_EXTENDED, what, *given)  # noqa: SLF001
    return kind, reply


def _refuse_full(talk: Talk, files: paramiko.SFTPClient, path: str, wanted: int) -> None:
    folder = str(PurePosixPath(path).parent)
    room = _room(files, folder)
    if room is not None and room < wanted:
        raise ConsoleError(
            f"{talk.device.name}: the disk of {folder} is full ({room >> 10} KiB free, "
            f"{(wanted >> 10) + 1} KiB wanted)",
            hint="Nothing was changed. Free some space there, then repeat.",
        )


def _remove(files: paramiko.SFTPClient, aside: str) -> None:
    for name in files.listdir(aside):
        files.remove(f"{aside}/{name}")
    files.rmdir(aside)


@contextmanager
def _sftp(talk: Talk, transport: paramiko.Transport) -> Iterator[paramiko.SFTPClient]:
    try:
        files = transport.open_sftp_client()
    except paramiko.SSHException as trouble:
        if is_lost(transport):
            raise lost(talk, "no file was transferred") from trouble
        raise ConsoleError(
            f"{talk.device.name} transfers no files (SFTP)",
            hint="Enable `Subsystem sftp` in its sshd_config.",
        ) from trouble
    with files:
        yield files


@contextmanager
def _in_our_words(
    talk: Talk, transport: paramiko.Transport, path: str, *, read: bool = False
) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, paramiko.SSHException) as trouble:
        if is_lost(transport):
            left = "nothing was read" if read else f"{path} is the older or the newer one, whole"
            raise lost(talk, left) from trouble
        raise _named(talk, path, trouble, read=read) from trouble


def _named(talk: Talk, path: str, trouble: Exception, *, read: bool) -> ConsoleError:
    name, user = talk.device.name, talk.device.user
    number = getattr(trouble, "errno", None)
    if number == errno.EACCES:
        what = f"{user} may not {'read' if read else 'write'} {path}"
        mend = "Give labmgr's account the right to it, or name another path."
    elif number == errno.ENOENT:
        what = f"{path if read else f'the folder of {path}'} is not there"
        mend = "Name one that is there."
    else:
        what = f"{path} cannot be {'read' if read else 'written'}"
        mend = "Is it a folder, or its disk read only? Try it by hand with labmgr's account."
    return ConsoleError(f"{name}: {what}", hint=mend)
