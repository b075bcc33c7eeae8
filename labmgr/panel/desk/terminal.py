"""What goes over a terminal's WebSocket: bytes both ways as they are, and a few words as JSON."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from flask import Response, abort, current_app, make_response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from labmgr.domain.lab import Lab
from labmgr.domain.terminals import Size
from labmgr.errors import LabmgrError, LoginRefused, Refused
from labmgr.panel.desk.websocket import Line, Upgraded, is_handshake
from labmgr.panel.filters import tell
from labmgr.services.desk.live_terminal import Ending, Holder, Terminal
from labmgr.services.desk.live_terminals import Terminals

AT_ONCE: Final = 32 << 10  # bytes a message
STILL: Final = 5.0  # seconds between two questions whether the browser may stay
HELLO: Final = 15.0  # seconds for a browser to say what it wants
TYPING: Final = 60.0  # seconds to type a password
TRIES: Final = 3
# xterm.js writes its own <style> elements, which carry the page's nonce, and colours as style
# attributes, which no nonce can cover: so only terminal pages allow those.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
    "style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ENDINGS: Final[Mapping[Ending, Any]] = {
    Ending.EXITED: _l("La session est terminée."),
    Ending.LOST: _l("La liaison avec la machine est coupée : elle redémarre ou ne répond plus."),
    Ending.CLOSED: _l("Le labo est fermé : l'accès est coupé. Votre travail y reste."),
    Ending.LEFT: _l("Ce terminal est fermé."),
    Ending.ABANDONED: _l("Ce terminal est resté trop longtemps sans page ouverte : il est fermé."),
    Ending.IDLE: _l("Rien ne s'y est passé depuis deux heures : ce terminal est fermé."),
}


@dataclass(frozen=True)
class Desk:
    """Who sits before which node; `stays` asks again whether they may."""

    lab: Lab
    node: str
    holder: Holder
    stays: Callable[[], bool]


class Bye(Exception):
    """The conversation is over; the words say why."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def running() -> Terminals:
    """The register of this application."""
    return cast("Terminals", current_app.extensions["terminals"])


def page(template: str, **values: object) -> Response:
    """A page on which xterm.js draws."""
    nonce = secrets.token_urlsafe(16)
    made = make_response(render_template(template, nonce=nonce, **values))
    made.headers["Content-Security-Policy"] = POLICY.format(nonce=nonce)
    return made


def at_desk(desk: Desk) -> ResponseReturnValue:
    """The line of a terminal's own user."""

    def talk(line: Line) -> None:
        hello = _next(line, HELLO)
        terminal = _terminal(line, desk, hello)
        place = hello.get("at", 0) if hello.get("terminal") == terminal.label.id else 0
        Carrier(line, terminal, typing=True, stays=desk.stays).run(place)

    return _upgraded(talk)


def looking_on(find: Callable[[], Terminal], stays: Callable[[], bool]) -> ResponseReturnValue:
    """The line of somebody who watches; what they send is not even read."""

    def talk(line: Line) -> None:
        hello = _next(line, HELLO)
        Carrier(line, find(), typing=False, stays=stays).run(hello.get("at", 0))

    return _upgraded(talk)


def _upgraded(talk: Callable[[Line], None]) -> ResponseReturnValue:
    if not is_handshake():
        abort(400)

    def serve(line: Line) -> None:
        try:
            with running().line():
                talk(line)
        except Bye as bye:
            _say(line, end=bye.code, text=str(bye))
        except LabmgrError as refusal:
            _say(line, end="refused", text=tell(refusal))

    return Upgraded(serve)


def _terminal(line: Line, desk: Desk, hello: Mapping[str, Any]) -> Terminal:
    """The one this browser had, or a new one; a browser that comes back never gets another."""
    wanted = hello.get("terminal")
    found = running().find(wanted, desk.holder.owner) if isinstance(wanted, str) else None
    if found and (found.label.lab, found.label.node) == (desk.lab.id, desk.node):
        found.resize(_size(hello))
        return found
    if hello.get("again"):
        raise Bye("gone", _("Ce terminal a pris fin pendant la coupure."))
    return _opened(line, desk, hello)


def _opened(line: Line, desk: Desk, hello: Mapping[str, Any]) -> Terminal:
    """Asks for the account's password when it is no longer the one on the slip."""
    password = ""
    for rank in range(TRIES + 1):
        try:
            return running().open(desk.lab, desk.node, _size(hello), desk.holder, password=password)
        except LoginRefused as refused:
            if rank == TRIES:
                raise
            _say(line, ask=tell(refused))
            password = str(_next(line, TYPING).get("password", ""))
    raise AssertionError  # the loop returns or raises


class Carrier:
    """Between one browser and one terminal, until one of them is over."""

    def __init__(
        self, line: Line, terminal: Terminal, *, typing: bool, stays: Callable[[], bool]
    ) -> None:
        self._line, self._terminal, self._typing, self._stays = line, terminal, typing, stays
        self._size: Size | None = None
        self._place = -1

    def run(self, place: object) -> None:
        wanted = place if isinstance(place, int) else 0
        with self._terminal.viewed(typing=self._typing) as bell:
            self._welcome(wanted)
            asked = time.monotonic()
            while not self._news():
                for message in self._line.receive(bell, STILL):
                    self._heed(message)
                _drain(bell)
                if time.monotonic() - asked > STILL:
                    asked = time.monotonic()
                    if not self._stays():
                        text = _("Vous n'êtes plus connecté à labmgr : entrez de nouveau.")
                        raise Bye("out", text)
        assert self._terminal.ended is not None  # noqa: S101 - what `_news` has seen
        raise Bye(str(self._terminal.ended), str(ENDINGS[self._terminal.ended]))

    def _welcome(self, wanted: int) -> None:
        label = self._terminal.label
        _say(
            self._line,
            terminal=label.id,
            login=label.login,
            recorded=self._terminal.recorded,
        )
        self._go_to(wanted)

    def _go_to(self, wanted: int) -> None:
        """Say from where the bytes follow; what is shown again must not be answered again."""
        place, _data, end = self._terminal.since(wanted, 0)
        self._place = place
        _say(self._line, at=place, reset=place != wanted or place == 0, replay=end - place)

    def _news(self) -> bool:
        """Send what is new, as far as the browser takes it; True when all is said and over."""
        ended = self._terminal.ended  # asked first: nothing is added to an ended terminal
        if self._size != self._terminal.size:
            self._size = self._terminal.size
            _say(self._line, size=[self._size.columns, self._size.rows])
        while self._line.idle:
            place, data, _end = self._terminal.since(self._place, AT_ONCE)
            if place != self._place:
                self._go_to(self._place)  # too slow: the bytes between are gone
                continue
            if not data:
                return ended is not None
            self._line.send(data)
            self._place += len(data)
        return False

    def _heed(self, message: bytes | str) -> None:
        if isinstance(message, bytes):
            if self._typing:
                self._terminal.type(message)
            return
        words = _read(message)
        if "ping" in words:
            _say(self._line, pong=1)
        if self._typing and "size" in words:
            self._terminal.resize(_size(words))
        if self._typing and "leave" in words:
            self._terminal.end(Ending.LEFT)


def _next(line: Line, patience: float) -> dict[str, Any]:
    """The next words of the browser; it sends nothing else until it is answered."""
    deadline = time.monotonic() + patience
    while (left := deadline - time.monotonic()) > 0:
        for message in line.receive(None, left):
            if isinstance(message, str) and "ping" not in (words := _read(message)):
                return words
    raise Refused("The browser said nothing", hint="Reload the page.")


def _say(line: Line, **words: object) -> None:
    line.send(json.dumps(words))


def _read(text: str) -> dict[str, Any]:
    """Nothing, when it is not what our own page sends."""
    try:
        words = json.loads(text)
    except ValueError:
        return {}
    return words if isinstance(words, dict) else {}


def _size(words: Mapping[str, Any]) -> Size:
    match words.get("size"):
        case [int(columns), int(rows)]:
            return Size.of(columns, rows)
        case _:
            return Size()


def _drain(bell: int) -> None:
    try:
        os.eventfd_read(bell)
    except BlockingIOError:
        return
