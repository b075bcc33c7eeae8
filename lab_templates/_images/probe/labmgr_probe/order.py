"""The one document on standard input: read whole, refused whole, before anything is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from labmgr_probe import git, liveness, logins, network, web
from labmgr_probe.hand import Hand
from labmgr_probe.model import Answer, Check

Look = Callable[[Check, Hand], Answer]
EXPECTED = ("success", "refused")
NUMBERS = {"port", "status", "at_least"}
FLAGS = {"tls", "sudo", "push", "ticket", "available", "resolver"}
LISTS = {"hosts"}


class BadOrder(Exception):
    """The document cannot be used; the text says which entry and why."""


@dataclass(frozen=True)
class Kind:
    """How to look, and which arguments say what to look for."""

    look: Look
    needs: frozenset[str] = frozenset()
    takes: frozenset[str] = frozenset()


def _kind(look: Look, needs: str = "", takes: str = "") -> Kind:
    return Kind(look, frozenset(needs.split()), frozenset(f"{needs} {takes}".split()))


KINDS: Mapping[str, Kind] = {
    "ping": _kind(network.ping),
    "tcp": _kind(network.tcp, "port"),
    "udp": _kind(network.udp, "port", "send contains"),
    "http": _kind(web.http, "", "path port tls status contains"),
    "tls": _kind(network.tls, "", "port name"),
    "dns": _kind(network.dns, "name", "type answer port resolver"),
    "ldap": _kind(logins.ldap, "", "base filter at_least port tls"),
    "sql": _kind(logins.sql, "dialect", "database query at_least prints port"),
    "ssh": _kind(logins.ssh, "", "run prints sudo port"),
    "git": _kind(git.git, "over repository", "push port"),
    "smb": _kind(logins.smb, "share", "contains"),
    "snmp": _kind(network.snmp, "oid", "community contains port"),
    "mail": _kind(network.mail, "protocol", "port tls"),
    "command": _kind(logins.command, "run", "prints"),
    "redmine": _kind(web.redmine, "project", "ticket at_least port"),
    "zabbix": _kind(web.zabbix, "", "hosts available port"),
}


@dataclass(frozen=True)
class Order:
    """Look at all *checks*, again at the red ones every *retry* seconds until *deadline*."""

    checks: tuple[Check, ...]
    deadline: float = 0.0
    retry: float = 0.5
    parallel: int = 10


def read(text: str) -> Order:
    try:
        document = json.loads(text)
    except ValueError as e:
        raise BadOrder(f"not JSON: {e}") from e
    if not isinstance(document, dict) or not isinstance(document.get("checks"), list):
        raise BadOrder('an object with a list "checks" is needed')
    checks = tuple(_check(row, f"checks[{n}]") for n, row in enumerate(document["checks"]))
    if len({check.id for check in checks}) < len(checks):
        raise BadOrder("two checks have one id")
    return Order(
        checks,
        deadline=_seconds(document, "deadline", Order.deadline),
        retry=_seconds(document, "retry", Order.retry),
        parallel=max(1, int(_seconds(document, "parallel", Order.parallel))),
    )


def _seconds(document: Mapping[str, Any], key: str, usual: float) -> float:
    value = document.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise BadOrder(f"{key} must be a number from 0 up")
    return float(value)


def _check(row: object, place: str) -> Check:
    if not isinstance(row, dict):
        raise BadOrder(f"{place} must be an object")
    texts = {key: _text(row, key, place) for key in ("id", "host", "kind")}
    if texts["kind"] not in KINDS:
        raise BadOrder(f"{place}: unknown kind {texts['kind']!r}; known: {', '.join(KINDS)}")
    if row.get("expect", "success") not in EXPECTED:
        raise BadOrder(f"{place}.expect must be one of {', '.join(EXPECTED)}")
    alive = row.get("liveness") is True
    return Check(
        **texts,
        args=_args(row.get("args") or {}, KINDS[texts["kind"]], f"{place}.args", alive=alive),
        refused=row.get("expect") == "refused",
        login=_optional(row, "login", place) or "",
        password=_optional(row, "password", place),
        key=_optional(row, "key", place),
        liveness=alive,
    )


def _args(args: object, kind: Kind, place: str, *, alive: bool) -> Mapping[str, Any]:
    if not isinstance(args, dict):
        raise BadOrder(f"{place} must be an object")
    if unknown := args.keys() - kind.takes:
        raise BadOrder(f"{place}: unknown {', '.join(sorted(unknown))}")
    if not alive and (missing := kind.needs - args.keys()):
        raise BadOrder(f"{place}: {', '.join(sorted(missing))} is missing")
    for key, value in args.items():
        wanted = _type_of(key)
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            raise BadOrder(f"{place}.{key} must be of type {wanted.__name__}")
    if "protocol" in args and args["protocol"] not in network.MAIL_PORTS:
        raise BadOrder(f"{place}.protocol must be one of {', '.join(network.MAIL_PORTS)}")
    return args


def _type_of(key: str) -> type:
    return int if key in NUMBERS else bool if key in FLAGS else list if key in LISTS else str


def _text(row: Mapping[str, Any], key: str, place: str) -> str:
    value = _optional(row, key, place)
    if not value:
        raise BadOrder(f"{place}.{key} is missing")
    return value


def _optional(row: Mapping[str, Any], key: str, place: str) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise BadOrder(f"{place}.{key} must be a text")
    return value


def look_of(check: Check) -> Look:
    if check.liveness and check.kind in liveness.LOOKS:
        return liveness.LOOKS[check.kind]
    return KINDS[check.kind].look
