"""A WebSocket on the server's own socket: one thread, nothing sent twice, nothing unbounded.

The thread that serves the request stays with it. Reading and writing happen in that one thread
(an SSL connection may not be read and written by two at once), and what a slow browser does not
take is not piled up: its reader asks `idle` before it sends more.
"""

from __future__ import annotations

import select
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, cast

from flask import Response, request
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

PATIENCE: Final = 20.0  # seconds between pings; without an answer until the next, it is gone
CHUNK: Final = 16 << 10
LONGEST_TEXT: Final = 4096  # bytes of a control message; terminals' own bytes have no limit
FAREWELL: Final = 2.0  # seconds to get the last words out
NOT_NOW: Final = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Gone(Exception):
    """The browser left, or never understood."""


def is_handshake() -> bool:
    """Whether this request asks for a WebSocket, and comes from one of our own pages."""
    if request.headers.get("Upgrade", "").lower() != "websocket":
        return False
    scheme = "https" if request.is_secure else "http"
    return request.headers.get("Origin") == f"{scheme}://{request.host}"


class Line:
    """One browser's WebSocket."""

    def __init__(self, environ: dict[str, Any]) -> None:
        found = environ.get("gunicorn.socket") or environ["werkzeug.socket"]
        self._sock = cast("socket.socket", found)
        self._sock.setblocking(False)
        self._ws = WSConnection(ConnectionType.SERVER)
        self._out = bytearray()
        self._text = ""
        self._heard = self._pinged = time.monotonic()
        self._open = True
        self._greet(environ)

    @property
    def idle(self) -> bool:
        """Whether everything given to `send` has left."""
        return not self._out

    def send(self, data: bytes | str) -> None:
        message = BytesMessage(data=data) if isinstance(data, bytes) else TextMessage(data=data)
        self._out += self._ws.send(message)
        self._flush()

    def receive(self, bell: int | None, patience: float = PATIENCE) -> Iterator[bytes | str]:
        """What came in; waits until something does, *bell* rings, or there is room again.

        Raises Gone when the browser has left or gives no sign of life.
        """
        yield from self._taken()  # TLS may hold bytes that no select would tell of
        readers: list[Any] = [self._sock, *([bell] if bell is not None else [])]
        writers = [self._sock] if self._out else []
        select.select(readers, writers, [], min(patience, PATIENCE))
        self._keep_alive()
        self._flush()
        yield from self._taken()

    def close(self) -> None:
        """Say goodbye and hear the browser's, if it still listens; then nobody reads on."""
        deadline = time.monotonic() + FAREWELL
        with suppress(Gone, OSError, LocalProtocolError):
            if self._open:
                self._open = False
                self._out += self._ws.send(CloseConnection(code=1000))
            while time.monotonic() < deadline:  # its answer ends this with Gone
                list(self.receive(None, 0.2))
        # Else gunicorn's one accepting thread lingers two seconds on each line that died: a switch
        # that fails would stop the whole panel.
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def _greet(self, environ: dict[str, Any]) -> None:
        """Let wsproto read the request, though the server has read it already."""
        lines = [
            f"{key[5:].replace('_', '-')}: {value}"
            for key, value in environ.items()
            if key.startswith("HTTP_") and key != "HTTP_SEC_WEBSOCKET_EXTENSIONS"
        ]
        head = "\r\n".join(["GET / HTTP/1.1", *lines, "", ""])
        try:
            self._ws.receive_data(head.encode("latin-1"))
            for event in self._ws.events():
                if isinstance(event, Request):
                    self._out += self._ws.send(AcceptConnection())
        except RemoteProtocolError as wrong:
            raise Gone from wrong
        self._flush()

    def _taken(self) -> Iterator[bytes | str]:
        while (data := self._read()) is not None:
            if not data:
                raise Gone
            self._heard = time.monotonic()
            try:
                self._ws.receive_data(data)
                yield from self._messages()
            except RemoteProtocolError as wrong:
                raise Gone from wrong

    def _read(self) -> bytes | None:
        try:
            return self._sock.recv(CHUNK)
        except NOT_NOW:
            return None
        except OSError as cut:
            raise Gone from cut

    def _messages(self) -> Iterator[bytes | str]:
        for event in self._ws.events():
            if isinstance(event, BytesMessage):
                yield bytes(event.data)
            elif isinstance(event, TextMessage):
                self._text += event.data
                if len(self._text) > LONGEST_TEXT:
                    raise Gone
                if event.message_finished:
                    text, self._text = self._text, ""
                    yield text
            elif isinstance(event, Ping):
                self._out += self._ws.send(event.response())
            elif isinstance(event, CloseConnection):
                if self._open:
                    self._open = False
                    self._out += self._ws.send(event.response())
                    self._flush()
                raise Gone
            elif not isinstance(event, Pong):
                raise Gone

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if now - self._pinged < PATIENCE:
            return
        if self._heard < self._pinged:
            raise Gone
        self._pinged = now
        self._out += self._ws.send(Ping())

    def _flush(self) -> None:
        try:
            while self._out:
                sent = self._sock.send(self._out)
                del self._out[:sent]
        except NOT_NOW:
            return
        except OSError as cut:
            raise Gone from cut


class Upgraded(Response):
    """Takes the connection over from the server for as long as *serve* runs."""

    def __init__(self, serve: Any) -> None:  # noqa: ANN401 - Callable[[Line], None]
        super().__init__(status=101)
        self._serve = serve

    def __call__(self, environ: Any, _start: Any) -> Any:  # noqa: ANN401 - WSGI
        try:
            line = Line(environ)
            try:
                self._serve(line)
            finally:
                line.close()
        except Gone:
            pass
        # Nothing is left to answer; each server has its own word for that.
        if "gunicorn.socket" in environ:
            raise StopIteration
        raise ConnectionError
