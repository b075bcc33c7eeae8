"""The engine's attached streams: frames of standard output and error, read against a deadline."""

from __future__ import annotations

import selectors
import socket
import struct
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

HEADER = struct.Struct(">BxxxL")
OUT, ERR = 1, 2
PIECE = 65536
BLINK = 0.5  # seconds between two looks at whether the reader has gone


class Frames:
    """What a container without a terminal says, piece by piece."""

    def __init__(self, line: Any) -> None:  # noqa: ANN401 - docker-py's socket has no type
        self._holder = line
        self._socket: socket.socket = getattr(line, "_sock", line)
        self._pending = bytearray(self._read_too_far())

    def __enter__(self) -> Self:
        return self

    def _read_too_far(self) -> bytes:
        """What came in one piece with the HTTP headers: it lies in a buffer above the socket."""
        response = getattr(self._holder, "_response", None)
        if response is None:
            return b""
        self._socket.setblocking(False)
        held: bytes = response.raw._fp.fp.peek()  # noqa: SLF001 - nothing public leads there
        self._socket.setblocking(True)
        return held or b""

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, at: TracebackType | None
    ) -> None:
        getattr(self._holder, "_response", self._holder).close()

    def say(self, content: bytes) -> None:
        """Hand over standard input, whole, and end it."""
        self._socket.sendall(content)
        self._socket.shutdown(socket.SHUT_WR)

    def until(
        self, deadline: float, enough: threading.Event | None = None
    ) -> Iterator[tuple[int, bytes]]:
        """(stream, content) as they come, to the end or until *enough*; TimesUp at the deadline."""
        yield from self._whole()
        with selectors.DefaultSelector() as ready:
            ready.register(self._socket, selectors.EVENT_READ)
            while True:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimesUp
                if enough and enough.is_set():
                    return
                if not ready.select(min(left, BLINK)):
                    continue
                piece = self._socket.recv(PIECE)
                if not piece:
                    return
                self._pending += piece
                yield from self._whole()

    def _whole(self) -> Iterator[tuple[int, bytes]]:
        while len(self._pending) >= HEADER.size:
            stream, size = HEADER.unpack_from(self._pending)
            if len(self._pending) < HEADER.size + size:
                return
            content = bytes(self._pending[HEADER.size : HEADER.size + size])
            del self._pending[: HEADER.size + size]
            yield stream, content


class TimesUp(Exception):
    """The deadline passed before the container ended. Not an OSError: no engine is to blame."""
