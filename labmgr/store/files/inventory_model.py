"""What inventory/hosts.yaml and inventory/devices.yaml may hold."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from labmgr.domain.inventory import STORE_NAME
from labmgr.store.files.model_types import Identifier, Port, Strict, Value, wrong

_REFERENCE = re.compile(r"env:[A-Za-z_]\w*|file:/\S+|store:" + STORE_NAME)
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_MOST_SECONDS = 600


def _reference(value: object) -> object:
    """A secret by reference. The refusal never repeats what stands there: it may be the secret."""
    if isinstance(value, str) and _REFERENCE.fullmatch(value):
        return value
    raise wrong(
        "a secret stands in the file itself",
        "Change it on the device, since others may have read it; then write env:NAME, file:/path "
        "or store:name (`labmgr device secret name` keeps it).",
    )


def _address(value: object) -> object:
    text = str(value)
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    if isinstance(value, str) and _HOST.fullmatch(text) and not re.fullmatch(r"[\d.]+", text):
        return text
    raise wrong("this is no address", "Write an IP address or a host name, the port apart.")


Reference = Annotated[str, BeforeValidator(_reference)]
Address = Annotated[str, BeforeValidator(_address)]
NatureWord = Literal["physical", "virtual", "simulated"]
BaselineName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,60}$")]
Interface = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$")]


def _patterns(value: object) -> object:
    for one in value if isinstance(value, list) else []:
        try:
            re.compile(str(one))
        except re.error as trouble:
            what = f"{one!r} is no regular expression: {trouble}"
            raise wrong(what, r"Write one that matches the line, such as ^username\b.") from None
    return value


Patterns = Annotated[list[Value], BeforeValidator(_patterns)]


class PieceEntry(Strict):
    file: str | None = Field(None, description="path of a file to keep")
    command: str | None = Field(None, description="command whose output is kept; not as root")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.file) == bool(self.command):
            raise wrong("a piece is a file or a command", "Write one of the two.")
        return self


class Placed(Strict):
    """What hosts, devices and terminals share."""

    title: Value | None = Field(None, description="what people call it")
    site: Value | None = Field(None, description="building or centre")


class Declared(Placed):
    place: Value | None = Field(None, description="the seat it belongs to, as in the timetable")
    nature: NatureWord | None = Field(
        None, description="physical, virtual or simulated; only physical counts as real equipment"
    )
    declared_by: Value | None = Field(None, description="who says so")


class GroupEntry(Declared):
    """Values that members take over where they say nothing themselves."""

    group: Identifier | None = Field(None, description="group whose values are taken over")
    driver: Value | None = Field(
        None, description="`ssh` for a server, else netmiko's name of the command line"
    )
    port: Port | None = Field(None, description="SSH port, 22 unless said")
    user: Value | None = Field(None, description="login of labmgr's own account there")
    password: Reference | None = Field(None, description="reference to its password")
    key: Reference | None = Field(None, description="reference to its private key (OpenSSH)")
    enable: Reference | None = Field(None, description="reference to the second password")
    deadline: int | None = Field(
        None, description="seconds for one question, 20 unless said", ge=1, le=_MOST_SECONDS
    )
    keep: dict[Identifier, PieceEntry] | None = Field(
        None, description="of a server: what a backup keeps, by a name of your choice"
    )
    node: Identifier | None = Field(
        None, description="external node of a template that it stands for at its place"
    )
    baseline: BaselineName | None = Field(
        None, description="file under `baselines/`: what it is set to before each candidate"
    )
    push_deadline: int | None = Field(
        None, description="seconds for one push or script, 120 unless said", ge=1, le=3600
    )
    leave: Patterns | None = Field(
        None, description="of a network device: patterns of lines that no push touches"
    )
    open: list[Value] | None = Field(
        None, description="of a network device: lines sent when the candidate is let in"
    )
    close: list[Value] | None = Field(
        None, description="of a network device: lines sent at the bell"
    )
    collect: BaselineName | None = Field(
        None, description="of a server: script under `baselines/` whose output is kept at the end"
    )
    put: dict[Value, BaselineName] | None = Field(
        None, description="of a server: files laid down before its baseline, path: baselines' file"
    )


class DeviceEntry(GroupEntry):
    kind: Literal["switch", "router", "firewall", "access-point", "server"] = Field(
        description="switch, router, firewall, access-point or server"
    )
    address: Address = Field(description="IP address or host name")


class TerminalEntry(Declared):
    kind: Literal["pc", "tablet", "phone"] = Field(description="pc, tablet or phone")
    group: Identifier | None = Field(None, description="group whose site, place… are taken over")


class WireEntry(Strict):
    interface: Interface = Field(description="the host's interface that leads to the place")
    vlan: int | None = Field(None, description="its VLAN on a trunk; none: untagged", ge=1, le=4094)


class PlaceEntry(Placed):
    """A seat; its devices and terminals name it themselves."""

    wires: dict[Identifier, WireEntry] = Field(
        default_factory=dict, description="ports of the host that lead here, by a template's word"
    )


class HostEntry(Placed):
    address: Address = Field(description="IP address or host name")


def _some(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    """`devices:` with nothing below is an empty list of them."""
    return {} if value is None else value


class DevicesFile(Strict):
    """`inventory/devices.yaml`."""

    groups: Annotated[dict[Identifier, GroupEntry], BeforeValidator(_some)] = Field(
        default_factory=dict, description="values that several devices share"
    )
    devices: Annotated[dict[Identifier, DeviceEntry], BeforeValidator(_some)] = Field(
        default_factory=dict, description="what labmgr logs in to"
    )
    terminals: Annotated[dict[Identifier, TerminalEntry], BeforeValidator(_some)] = Field(
        default_factory=dict, description="PCs, tablets and telephones of the seats (IIE-1.1-h)"
    )
    places: Annotated[dict[Value, PlaceEntry], BeforeValidator(_some)] = Field(
        default_factory=dict, description="seats: their title, and the wires that lead there"
    )


class HostsFile(Strict):
    """`inventory/hosts.yaml`."""

    hosts: Annotated[dict[Identifier, HostEntry], BeforeValidator(_some)] = Field(
        default_factory=dict, description="machines with a container engine"
    )
