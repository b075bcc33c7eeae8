"""The x-labmgr blocks of a template: what Compose has no word for."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from labmgr.domain.words import Option
from labmgr.store.files.model_types import (
    AbsolutePath,
    Identifier,
    Name,
    OneOrMore,
    Port,
    Shape,
    Strict,
    Text,
    TextModel,
    Value,
    VariableName,
    wrong,
)
from labmgr.store.files.probe_model import ProbeEntry

Protocol = Annotated[
    str,
    Shape(
        "[a-z][a-z0-9+-]{0,15}",
        "is not a protocol",
        "Use small letters, as in ssh, http, https, ldap, mariadb, git.",
    ),
]


class CredentialEntry(Strict):
    """An account, made anew for each candidate."""

    id: Identifier = Field(description="its name in the template")
    login: str = Field("", description="who logs in")
    for_: Literal["candidate", "commission", "labmgr"] | None = Field(
        None, alias="for", description="who may see it; `labmgr`: for probes, shown to nobody"
    )
    kind: Literal["password", "ssh-key"] = Field("password", description="what is made")
    from_: str = Field(
        "", alias="from", description="`node.id`: the same secret as there, instead of a new one"
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.from_ and "kind" in self.model_fields_set:
            raise wrong("`from` and `kind` together", "Leave kind out: it is the other's.")
        if not self.from_ and not self.login:
            raise wrong("the account has no login", "Add `login:`, or `from: node.id`.")
        if not self.from_ and not self.for_:
            raise wrong("nobody is named for the account", "Add `for: candidate`, or labmgr.")
        return self


class EndpointEntry(Strict):
    """A port that the candidate reaches through the gateway."""

    name: Identifier = Field(description="its name on the candidate's page")
    port: Port = Field(description="port of the node")
    protocol: Protocol = Field(description="http and https get a page of the gateway")
    path: AbsolutePath = Field("/", description="first page, or the repository")
    title: Text | None = Field(None, description="what the candidate reads")
    as_: str = Field("", alias="as", description="credential of this node to enter with")


class QuiesceBlock(Strict):
    """Commands run in the node around the instant of a snapshot."""

    before: OneOrMore = Field(default_factory=list, description="before it")
    after: OneOrMore = Field(default_factory=list, description="after it, whatever happened")


class NodeBlock(Strict):
    """`x-labmgr` of a service."""

    title: Text | None = Field(None, description="what people read; else the service's name")
    init: Literal["none", "systemd", "openrc"] = Field(
        "none", description="what runs as the first process"
    )
    provides: list[str] = Field(
        default_factory=list, description="items of annexe II.E that the node provides"
    )
    credentials: list[CredentialEntry] = Field(default_factory=list, description="its accounts")
    endpoints: list[EndpointEntry] = Field(
        default_factory=list, description="its ports that the candidate reaches"
    )
    probes: list[ProbeEntry] = Field(
        default_factory=list, description="what must be green before the lab is ready"
    )
    quiesce: QuiesceBlock = Field(
        default_factory=QuiesceBlock, description="hooks around a snapshot"
    )


class ExternalEntry(Strict):
    """Real equipment that a device of the inventory stands for at each place."""

    title: Text | None = Field(None, description="what people read; else its name")
    kind: Literal["switch", "router", "firewall", "access-point", "server"] = Field(
        description="switch, router, firewall, access-point or server"
    )
    provides: list[str] = Field(
        default_factory=list, description="items of annexe II.E that it provides"
    )
    credentials: list[CredentialEntry] = Field(
        default_factory=list,
        description="its accounts; baselines use them as `${LOGIN_…}` and `${PASSWORD_…}`",
    )


class NetworkBlock(Strict):
    """`x-labmgr` of a network."""

    uplink: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="the lab's only way out, closed unless the session opens it"
    )
    wire: Identifier = Field(
        "",
        description="wire of the candidate's place that joins it to real equipment",
        validate_default=False,
    )


class VariableEntry(Strict):
    """A value of its own for each candidate, given in a column of the list."""

    default: Value = Field(description="value of who has none in the list")
    title: Text | None = Field(None, description="what it is")


class LabBlock(Strict):
    """`x-labmgr` of the file."""

    title: Text = Field(description="the lab's title, in both languages or one for both")
    summary: Text = Field(TextModel(fr="", en=""), description="what the lab holds")
    option: Option = Field(description="SISR or SLAM")
    variables: dict[VariableName, VariableEntry] = Field(
        default_factory=dict, description="variables that differ for each candidate"
    )
    externals: dict[Name, ExternalEntry] = Field(
        default_factory=dict,
        description="equipment outside the engine; the inventory's `node:` takes this name",
    )
