"""gateway.json, read once at start. Whatever goes into another program's file is checked here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

AUDIENCES = ("candidate", "examiner")
HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")
LOGIN = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class BadConfig(Exception):
    """gateway.json cannot be used; the text says which entry and why."""


@dataclass(frozen=True)
class Login:
    """One audience's account on the jump host."""

    port: int
    name: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Forward:
    """An endpoint that the jump host may connect to."""

    name: str
    address: str
    port: int


@dataclass(frozen=True)
class Web:
    """A node's web page and the port on which each audience finds it."""

    node: str
    address: str
    port: int
    ports: Mapping[str, int]
    tls: bool = False
    secure_cookies: bool = True


@dataclass(frozen=True)
class Config:
    front: IPv4Network
    domain: str
    names: Mapping[str, str]
    logins: Mapping[str, Login]
    forwards: tuple[Forward, ...]
    webs: tuple[Web, ...]
    certificate: str
    certificate_key: str = field(repr=False)
    host_key: str = field(repr=False)

    def ports(self, audience: str) -> tuple[int, ...]:
        return (self.logins[audience].port, *(web.ports[audience] for web in self.webs))


class Entry:
    """One object of the file, which names itself in errors."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise BadConfig(f"{place} must be an object")
        self._value, self._place = value, place

    def get(self, key: str, read: Callable[[Any], Any], default: object = None) -> Any:  # noqa: ANN401
        value = self._value.get(key, default)
        try:
            return read(value)
        except (TypeError, ValueError) as e:
            raise BadConfig(f"{self._place}.{key}: {e}") from e

    def part(self, key: str) -> Entry:
        return Entry(self._value.get(key), f"{self._place}.{key}")

    def parts(self, key: str) -> list[Entry]:
        value = self._value.get(key, [])
        if not isinstance(value, list):
            raise BadConfig(f"{self._place}.{key} must be a list")
        return [Entry(item, f"{self._place}.{key}[{n}]") for n, item in enumerate(value)]


def read(path: Path) -> Config:
    try:
        return parse(json.loads(path.read_text()))
    except (OSError, ValueError) as e:
        raise BadConfig(f"{path}: {e}") from e


def parse(document: object) -> Config:
    top = Entry(document, "gateway.json")
    config = Config(
        front=top.get("front", IPv4Network),
        domain=top.get("domain", _matching(DOMAIN)),
        names=dict(_name(entry) for entry in top.parts("names")),
        logins={who: _login(top.part("ssh").part(who)) for who in AUDIENCES},
        forwards=tuple(_forward(entry) for entry in top.parts("forward")),
        webs=tuple(_web(entry) for entry in top.parts("web")),
        certificate=top.part("tls").get("certificate", _text),
        certificate_key=top.part("tls").get("key", _text),
        host_key=top.get("host_key", _text),
    )
    _refuse_doubles(config)
    return config


def _name(entry: Entry) -> tuple[str, str]:
    return entry.get("name", _matching(HOST_NAME)), entry.get("address", _address)


def _login(entry: Entry) -> Login:
    name = entry.get("login", _matching(LOGIN))
    return Login(entry.get("port", _port), name, entry.get("password", _line))


def _forward(entry: Entry) -> Forward:
    return Forward(*_name(entry), entry.get("port", _port))


def _web(entry: Entry) -> Web:
    return Web(
        node=entry.get("node", _matching(HOST_NAME)),
        address=entry.get("address", _address),
        port=entry.get("port", _port),
        ports={who: entry.get(f"{who}_port", _port) for who in AUDIENCES},
        tls=entry.get("tls", _yes_or_no, default=False),
        secure_cookies=entry.get("secure_cookies", _yes_or_no, default=True),
    )


def _refuse_doubles(config: Config) -> None:
    ports = [port for who in AUDIENCES for port in config.ports(who)]
    if double := {port for port in ports if ports.count(port) > 1}:
        raise BadConfig(f"gateway.json: ports given twice: {sorted(double)}")
    names = {login.name for login in config.logins.values()}
    if len(names) < len(AUDIENCES) or "root" in names:
        raise BadConfig("gateway.json.ssh: the audiences need two logins, neither of them root")


def _matching(pattern: re.Pattern[str]) -> Callable[[Any], str]:
    def read_text(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(f"{value!r} is not of the form {pattern.pattern}")
        return value

    return read_text


def _address(value: object) -> str:
    return str(IPv4Address(_text(value)))


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("a text is needed")
    return value


def _line(value: object) -> str:
    if "\n" in (text := _text(value)):
        raise ValueError("one line is needed")
    return text


def _port(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 1 << 16:
        raise ValueError(f"{value!r} is not a port")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise TypeError("true or false is needed")
    return value
