"""The probes a template may ask for, one model a kind (DESIGN §9)."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from labmgr.store.files.model_types import AbsolutePath, Count, Flag, Port, Strict, wrong

# How a template spells what a ProbeSpec holds in fields of its own.
COMMON = frozenset({"as", "bind", "password", "expect", "from"})

Words = Annotated[str, Field(min_length=1)]


class Probe(Strict):
    """What every probe understands."""

    expect: Literal["success", "refused"] = Field(
        "success", description="`refused`: green only when the service answers and says no"
    )
    from_: str = Field("", alias="from", description="node to look from; else the gateway")

    @property
    def account(self) -> str:
        return ""

    @property
    def wrong_password(self) -> bool:
        return False


class Login(Probe):
    """A probe that may log in."""

    as_: str = Field("", alias="as", description="credential: its id, or node.id")
    password: Literal["wrong", ""] = Field("", description="`wrong`: try a password that is not it")

    @property
    def account(self) -> str:
        return self.as_

    @property
    def wrong_password(self) -> bool:
        return self.password == "wrong"  # noqa: S105 - a word of the template

    @model_validator(mode="after")
    def _wrong_is_refused(self) -> Self:
        if self.wrong_password and self.expect != "refused":
            raise wrong(
                "a wrong password is expected to succeed", "Add `expect: refused` to this probe."
            )
        if self.wrong_password and not self.account:
            raise wrong("a wrong password of no account", "Say whose: add `as:` (ldap: `bind:`).")
        return self


class Ping(Probe):
    pass


class Tcp(Probe):
    port: Port = Field(description="port to connect to")


class Udp(Probe):
    port: Port = Field(description="port to send to")
    send: str = Field("", description="text to send")
    contains: str = Field("", description="text that the answer holds")


class Http(Login):
    path: AbsolutePath = Field("/", description="page to ask for")
    port: Port = Field(80, description="443 is usual with tls")
    tls: Flag = Field(default=False, description="https")
    status: Annotated[int, Field(strict=True, ge=100, le=599)] = Field(
        200, description="status of the answer"
    )
    contains: str = Field("", description="text that the page holds")


class Tls(Probe):
    port: Port = Field(443, description="port that speaks TLS")
    name: str = Field("", description="host name that the certificate is for")


class Dns(Probe):
    name: Words = Field(description="name to resolve")
    type: Literal["A", "AAAA", "CNAME", "MX", "NS", "PTR", "SRV", "TXT"] = Field(
        "A", description="kind of record"
    )
    answer: str = Field("", description="text that the answer holds")
    port: Port = Field(53, description="port of the server")
    resolver: Flag = Field(
        default=False, description="ask the resolver of the node looked from, not this host"
    )


class Ldap(Login):
    bind: str = Field("", description="credential to bind with: its id, or node.id")
    base: str = Field("", description="where to search; else only the bind is tried")
    filter: str = Field("(objectClass=*)", description="what to search for")
    at_least: Count = Field(0, description="entries to find")
    port: Port = Field(389, description="636 is usual with tls")
    tls: Flag = Field(default=False, description="ldaps")

    @property
    def account(self) -> str:
        return self.bind or self.as_


class Sql(Login):
    dialect: Literal["mariadb", "postgresql"] = Field(description="which client to use")
    database: str = Field("", description="database to open")
    query: str = Field("SELECT 1", description="what to ask")
    at_least: Count = Field(0, description="least number that the first field may be")
    prints: str = Field("", description="text that the answer holds")
    port: Annotated[int | None, Field(strict=True, ge=1, le=65535)] = Field(
        None, description="else the dialect's own"
    )


class Ssh(Login):
    as_: Words = Field(alias="as", description="credential: its id, or node.id")
    run: str = Field("true", description="command to run once logged in")
    prints: str = Field("", description="text that it prints")
    sudo: Flag = Field(default=False, description="the command asks for the password (sudo)")
    port: Port = Field(22, description="port of the server")


class Git(Login):
    over: Literal["http", "ssh"] = Field(description="how to reach the repository")
    repository: AbsolutePath = Field(description="its path on the server")
    push: Flag = Field(default=False, description="push a branch and take it away again")
    port: Annotated[int | None, Field(strict=True, ge=1, le=65535)] = Field(
        None, description="else 80 or 22"
    )


class Smb(Login):
    share: Words = Field(description="share to open")
    contains: str = Field("", description="name in its first folder")


class Snmp(Probe):
    oid: Words = Field(description="object to read")
    community: str = Field("public", description="SNMP v2c community")
    contains: str = Field("", description="text that the answer holds")
    port: Port = Field(161, description="port of the agent")


class Mail(Login):
    protocol: Literal["smtp", "imap", "pop3"] = Field(description="which service")
    port: Annotated[int | None, Field(strict=True, ge=1, le=65535)] = Field(
        None, description="else the protocol's own"
    )
    tls: Flag = Field(default=False, description="TLS from the first byte")


class Command(Probe):
    run: Words = Field(description="command to run, with the probe's clients")
    prints: str = Field("", description="text that it prints")


class Redmine(Login):
    as_: Words = Field(alias="as", description="credential: its id, or node.id")
    project: Words = Field(description="identifier of the project")
    ticket: Flag = Field(default=False, description="open a ticket and close it again")
    at_least: Count = Field(0, description="open tickets to find")
    port: Port = Field(80, description="port of the server")


class Zabbix(Login):
    as_: Words = Field(alias="as", description="credential: its id, or node.id")
    hosts: list[str] = Field(default_factory=list, description="hosts that it supervises")
    available: Flag = Field(default=False, description="each of them answers it")
    port: Port = Field(80, description="port of the server")


class ProbeEntry(Strict):
    """One line of `probes`: exactly one kind."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    ping: Ping | None = Field(None, description="a host that answers an echo")
    tcp: Tcp | None = Field(None, description="a port that answers")
    udp: Udp | None = Field(None, description="a datagram that is answered")
    http: Http | None = Field(None, description="a web page")
    tls: Tls | None = Field(None, description="a TLS handshake")
    dns: Dns | None = Field(None, description="a name that resolves")
    ldap: Ldap | None = Field(None, description="a directory: bind, search")
    sql: Sql | None = Field(None, description="a database: log in, query")
    ssh: Ssh | None = Field(None, description="a shell: log in, run")
    git: Git | None = Field(None, description="a repository: clone, push")
    smb: Smb | None = Field(None, description="a Windows share")
    snmp: Snmp | None = Field(None, description="an SNMP agent")
    mail: Mail | None = Field(None, description="a mail server")
    command: Command | None = Field(
        None, description="a command beside the lab, in the probe's container"
    )
    redmine: Redmine | None = Field(None, description="Redmine: projects and tickets")
    zabbix: Zabbix | None = Field(None, description="Zabbix: its view of the hosts")

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [getattr(self, kind) for kind in self.kinds]
        if len(given) != 1 or None in given:
            raise wrong(
                "a probe is of exactly one kind, with its arguments",
                "Write one line for each probe, as in `- {tcp: {port: 22}}`.",
            )
        return self

    @property
    def kinds(self) -> list[str]:
        """The kinds that are written; one, in a sound file."""
        return [kind for kind in self.model_fields_set if kind in _KINDS]

    @property
    def kind(self) -> str:
        return self.kinds[0]

    @property
    def probe(self) -> Probe:
        chosen: Any = getattr(self, self.kind)
        assert isinstance(chosen, Probe)  # noqa: S101 - every field is one
        return chosen


_KINDS = frozenset(ProbeEntry.model_fields)
