"""A stream under a passphrase: scrypt, then ChaCha20-Poly1305 by pieces, the last one marked."""

from __future__ import annotations

import os
from io import RawIOBase
from typing import TYPE_CHECKING, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from labmgr.domain.backup import Sealed
from labmgr.errors import VaultError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

KIND: Final = b"labmgr backup "
MAGIC: Final = KIND + b"1\n"
COST: Final = 17  # scrypt's N as a power of two: 128 MiB and half a second a guess
MOST: Final = 20  # of a file that nobody has vouched for yet
SALT: Final = 16
HEAD: Final = len(MAGIC) + 1 + SALT
TAG: Final = 16
PIECE: Final = 1 << 18
_CHECK: Final = b"\xff" * 12  # no piece has this nonce


class PassphraseBox:
    def __init__(self, cost: int = COST) -> None:
        self._cost = cost

    def seal(self, file: BinaryIO, passphrase: str) -> Sealed:
        return _Sealing(file, passphrase, self._cost)

    def unseal(self, file: BinaryIO, passphrase: str) -> RawIOBase:
        return _Unsealing(file, passphrase)


class _Sealing(Sealed):
    def __init__(self, file: BinaryIO, passphrase: str, cost: int) -> None:
        self._file = file
        self._head = MAGIC + bytes([cost]) + os.urandom(SALT)
        self._cipher = _cipher(self._head, passphrase)
        self._held = bytearray()
        self._count = 0
        # Tells a wrong passphrase from a damaged file.
        file.write(self._head + self._cipher.encrypt(_CHECK, b"", self._head))

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        given = bytes(data)
        self._held += given
        while len(self._held) > PIECE:  # one piece is always held back: it may be the last
            self._put(bytes(self._held[:PIECE]), last=False)
            del self._held[:PIECE]
        return len(given)

    def finish(self) -> None:
        self._put(bytes(self._held), last=True)
        self._held.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        nonce = _nonce(self._count, last=last)
        self._file.write(self._cipher.encrypt(nonce, piece, self._head))
        self._count += 1


class _Unsealing(RawIOBase):
    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._file = file
        self._head = file.read(HEAD)
        _refuse_foreign(self._head)
        self._cipher = _cipher(self._head, passphrase)
        try:
            self._cipher.decrypt(_CHECK, file.read(TAG), self._head)
        except InvalidTag as e:
            raise VaultError(
                "The passphrase does not open this backup",
                hint="Type it again as it was noted; if it is right, the file's beginning is "
                "damaged: use another backup.",
            ) from e
        self._next = file.read(PIECE + TAG)
        self._open = memoryview(b"")
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if not self._open and (self._next or not self._count):
            self._open = memoryview(self._piece())
        into = memoryview(buffer)
        size = min(len(into), len(self._open))
        into[:size] = self._open[:size]
        self._open = self._open[size:]
        return size

    def _piece(self) -> bytes:
        sealed, self._next = self._next, self._file.read(PIECE + TAG)
        nonce = _nonce(self._count, last=not self._next)
        self._count += 1
        try:
            return self._cipher.decrypt(nonce, sealed, self._head)
        except InvalidTag as e:
            raise VaultError(
                "The backup is damaged: it was altered, or its end is missing",
                hint="Copy it again from where it was kept, or use another backup.",
            ) from e


def _refuse_foreign(head: bytes) -> None:
    if head.startswith(KIND) and not head.startswith(MAGIC):
        raise VaultError("A newer labmgr made this backup", hint="Restore it with that labmgr.")
    if len(head) < HEAD or not head.startswith(MAGIC) or not 1 <= head[len(MAGIC)] <= MOST:
        raise VaultError(
            "This file is not a backup of labmgr's, or its beginning is damaged",
            hint="Name a file that `labmgr backup create` wrote.",
        )


def _cipher(head: bytes, passphrase: str) -> ChaCha20Poly1305:
    cost, salt = head[len(MAGIC)], head[len(MAGIC) + 1 :]
    key = Scrypt(salt=salt, length=32, n=1 << cost, r=8, p=1).derive(passphrase.encode())
    return ChaCha20Poly1305(key)


def _nonce(count: int, *, last: bool) -> bytes:
    """Each piece has its place, and only the last one may be last."""
    return count.to_bytes(11, "big") + bytes([last])
