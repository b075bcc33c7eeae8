"""What recette.yaml may hold: one line a row of the sheet, with the probes of compose files."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from labmgr.store.files.model_types import Shape, Strict, Text, accepting, wrong
from labmgr.store.files.probe_model import Dns, Ping, Probe, ProbeEntry, Tcp, Udp, Words

MOST_LINES = 200
_YES = (True, "yes", "oui")
_OF_THE_LINE = frozenset({"expect", "from"})


class LineDns(Dns):
    name: str = Field("", description="name to resolve; else the destination's own host name")


def _ping(value: object) -> object:
    return {} if value in _YES else value


def _dns(value: object) -> object:
    """`yes`, or a name: the source's own resolver is asked, the destination's address awaited."""
    if isinstance(value, str) and value not in _YES:
        return {"name": value, "resolver": True}
    return {"resolver": True} if value in _YES else value


def _port(value: object) -> object:
    return {"port": value} if isinstance(value, int) and not isinstance(value, bool) else value


Service = Annotated[
    str,
    Shape(
        "(TCP|UDP|tcp|udp)/[1-9][0-9]{0,4}",
        "is not a service",
        "Write it like TCP/22 or UDP/161; other clients have words of their own (http, ldap…).",
    ),
]


class LineEntry(ProbeEntry):
    """One row: where from, where to, what, and what is expected."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [{"required": [kind]} for kind in (*ProbeEntry.model_fields, "service")]
        }
    )

    from_: Words = Field(alias="from", description="node to look from, or `gateway`")
    to: Words = Field(description="node, `gateway`, or an address as in `${LAB_NET}.10.30`")
    expect: Literal["success", "refused", "blocked"] = Field(
        "success",
        description="`refused`: it answers and says no; `blocked`: nothing passes, "
        "though the service answers the gateway",
    )
    title: Text | None = Field(None, description="what people read; else made from the rest")
    group: Text | None = Field(None, description="heading under which the line stands")
    service: Service | None = Field(None, description="`TCP/22`: short for `tcp: {port: 22}`")
    ping: Annotated[Ping | None, accepting(Ping | bool | None, _ping)] = Field(
        None, description="`yes`: the host answers an echo"
    )
    dns: Annotated[LineDns | None, accepting(LineDns | str | bool | None, _dns)] = Field(
        None, description="`yes` or a name: the source's resolver gives the destination's address"
    )
    tcp: Annotated[Tcp | None, accepting(Tcp | int | None, _port)] = Field(
        None, description="a port that answers: `tcp: 22`"
    )

    @model_validator(mode="before")
    @classmethod
    def _expected_inside(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
        """The probe itself must know of a refusal; people say it once, on the line."""
        if not isinstance(value, dict):
            return value
        changed = dict(value)
        for kind in value.keys() & ProbeEntry.model_fields.keys():
            inner = value[kind]
            if not isinstance(inner, dict):
                continue
            if twice := sorted(inner.keys() & _OF_THE_LINE):
                raise wrong(
                    f"{twice[0]} stands inside {kind}",
                    f"Write `{twice[0]}:` on the line itself, beside from and to.",
                )
            if value.get("expect") == "refused":
                changed[kind] = {**inner, "expect": "refused"}
        return changed

    @property
    def kinds(self) -> list[str]:
        if "service" not in self.model_fields_set:
            return super().kinds
        return [*super().kinds, "service"]

    @property
    def kind(self) -> str:
        return self.service.lower().partition("/")[0] if self.service else super().kind

    @property
    def probe(self) -> Probe:
        if not self.service:
            return super().probe
        port = int(self.service.partition("/")[2])
        return (Udp if self.kind == "udp" else Tcp).model_validate({"port": port})

    @model_validator(mode="after")
    def _a_real_port(self) -> Self:
        if self.service and int(self.service.partition("/")[2]) > 65535:  # noqa: PLR2004 - of IP
            raise wrong(f"{self.service} is no port", "The highest is 65535.")
        return self


class RecetteFile(Strict):
    """`lab_templates/<name>/recette.yaml`."""

    title: Text | None = Field(None, description="heading of the sheet")
    lines: list[LineEntry] = Field(
        description="the rows, in the order they are replayed", min_length=1, max_length=MOST_LINES
    )
