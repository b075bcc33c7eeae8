"""Probes: what is asked of a node (spec), made concrete for one lab (check), and seen (finding)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class ProbeKind(StrEnum):
    """The one vocabulary of readiness, conformity and recette (DESIGN §9)."""

    PING = "ping"
    TCP = "tcp"
    UDP = "udp"
    HTTP = "http"
    TLS = "tls"
    DNS = "dns"
    LDAP = "ldap"
    SQL = "sql"
    SSH = "ssh"
    GIT = "git"
    SMB = "smb"
    SNMP = "snmp"
    MAIL = "mail"
    COMMAND = "command"
    REDMINE = "redmine"
    ZABBIX = "zabbix"


class Expect(StrEnum):
    """A refusal is an answer: an unreachable port never counts as one."""

    SUCCESS = "success"
    REFUSED = "refused"


@dataclass(frozen=True)
class ProbeSpec:
    """A line of a template's `probes`."""

    kind: ProbeKind
    args: Mapping[str, object] = field(default_factory=dict)
    credential: str = ""  # id in the same node, or "node.id"
    wrong_password: bool = False
    expect: Expect = Expect.SUCCESS
    vantage: str = ""  # node to look from; the lab's gateway when empty
    line: int = 0


@dataclass(frozen=True)
class Check:
    """A probe with its address and secrets filled in, ready to be run. `host` is an address."""

    id: str  # "<node>/<rank>"
    node: str
    host: str
    kind: ProbeKind
    args: Mapping[str, object]
    expect: Expect
    login: str = ""
    password: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)
    vantage: str = ""
    liveness: bool = False  # only that the service answers: passwords are the candidate's to change


@dataclass(frozen=True)
class Finding:
    """What one check saw. `took` in seconds; `command` is what was run, without secrets."""

    check: str
    node: str
    kind: str
    green: bool
    evidence: str
    command: str
    tries: int
    took: float
    final: bool
    at: datetime
