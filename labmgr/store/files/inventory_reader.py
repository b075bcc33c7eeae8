"""Reads hosts.yaml and devices.yaml: every fault with its line, key and mend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from labmgr.domain.dialects import DIALECTS
from labmgr.domain.inventory import (
    SSH,
    Device,
    DeviceKind,
    Host,
    Nature,
    Piece,
    Place,
    Terminal,
    TerminalKind,
    Wire,
)
from labmgr.errors import BadFile
from labmgr.store.files.compose_reader import problem_of
from labmgr.store.files.inventory_model import (
    DeviceEntry,
    DevicesFile,
    GroupEntry,
    HostsFile,
    TerminalEntry,
)
from labmgr.store.files.remarks import Notes
from labmgr.store.files.template_schema import Accepted
from labmgr.store.files.yaml_lines import Path, read_yaml

DEVICES = Accepted(DevicesFile, "labmgr inventory: devices")
HOSTS = Accepted(HostsFile, "labmgr inventory: hosts")
_NEEDED = {
    "nature": "Add `nature:` physical, virtual or simulated.",
    "declared_by": "Add `declared_by:` with the name of whoever says so.",
}
_NEEDED_TO_LOG_IN = {
    "driver": f"Add `driver: {SSH}` for a server, else one of: {', '.join(DIALECTS)}.",
    "user": "Add `user:`, the login of labmgr's own account there.",
    **_NEEDED,
}
Values = dict[str, Any]
Model = TypeVar("Model", bound=BaseModel)


def read_hosts(shown: str, raw: bytes) -> tuple[Host, ...]:
    """Raises BadFile with every problem."""
    file, notes = _read(shown, raw, HostsFile, HOSTS)
    _finish(notes)
    return tuple(Host(name, **_said(one)) for name, one in file.hosts.items())


def read_devices(
    shown: str, raw: bytes
) -> tuple[tuple[Device, ...], tuple[Terminal, ...], tuple[Place, ...]]:
    """Raises BadFile with every problem."""
    file, notes = _read(shown, raw, DevicesFile, DEVICES)
    groups = {name: _group(notes, name, file.groups) for name in file.groups}
    devices = []
    for name, entry in file.devices.items():
        values = _inherited(notes, ("devices", name), entry, groups)
        if _complete(notes, ("devices", name), values, _NEEDED_TO_LOG_IN):
            _check_login(notes, ("devices", name), values)
            devices.append(values | {"name": name})
    terminals = []
    for name, terminal in file.terminals.items():
        values = _inherited(notes, ("terminals", name), terminal, groups)
        if _complete(notes, ("terminals", name), values, _NEEDED):
            terminals.append(values | {"name": name})
    _check_wires(notes, file)
    _finish(notes)
    found, seats = tuple(map(_device, devices)), tuple(map(_terminal, terminals))
    return found, seats, _places(file, found, seats)


def _places(
    file: DevicesFile, devices: Sequence[Device], terminals: Sequence[Terminal]
) -> tuple[Place, ...]:
    """Those described first, then those that only devices and terminals name."""
    named = [one.place for one in devices] + [one.place for one in terminals]
    return tuple(
        Place(
            name,
            **_described(file, name),
            devices=tuple(one for one in devices if one.place == name),
            terminals=tuple(one for one in terminals if one.place == name),
        )
        for name in dict.fromkeys([*file.places, *filter(None, named)])
    )


def _described(file: DevicesFile, name: str) -> Values:
    if name not in file.places:
        return {}
    return _said(file.places[name]) | {"wires": _wires(file, name)}


def _wires(file: DevicesFile, place: str) -> tuple[Wire, ...]:
    return tuple(
        Wire(name, one.interface, one.vlan or 0) for name, one in file.places[place].wires.items()
    )


def _check_wires(notes: Notes, file: DevicesFile) -> None:
    """Two places on one port would be one segment: their candidates could reach each other."""
    taken: dict[tuple[str, int], str] = {}
    untagged: dict[str, str] = {}
    for place, entry in file.places.items():
        for name, wire in entry.wires.items():
            port = wire.interface, wire.vlan or 0
            clash = taken.get(port) or untagged.get(wire.interface)
            if not wire.vlan:
                clash = clash or next((p for (i, _), p in taken.items() if i == wire.interface), "")
                untagged[wire.interface] = place
            if clash:
                what = f"{wire.interface} leads to place {clash} already"
                mend = "Give each wire an interface or a VLAN of its own."
                notes.add(("places", place, "wires", name), what, mend)
            taken[port] = place


def _read(shown: str, raw: bytes, model: type[Model], accepted: Accepted) -> tuple[Model, Notes]:
    document, problems = read_yaml(shown, raw)
    try:
        return model.model_validate(document.data), Notes(document, problems=problems)
    except ValidationError as e:
        errors = e.errors(include_url=False)
    # Outside the block: pydantic's own text holds what stands in the file, be it a password.
    problems += [problem_of(document, error, accepted.at) for error in errors]
    raise BadFile(shown, problems)


def _finish(notes: Notes) -> None:
    if notes.problems:
        raise BadFile(notes.document.file, notes.problems)


def _group(notes: Notes, name: str, groups: Mapping[str, GroupEntry]) -> Values:
    """A group's values over those of the groups it belongs to."""
    values: Values = {}
    seen: list[str] = []
    while name in groups and name not in seen:
        seen.append(name)
        values = _said(groups[name]) | values
        name = groups[name].group or ""
    place: Path = ("groups", seen[-1], "group")
    if name in seen:
        notes.add(place, f"group {name} belongs to itself", "Take one `group:` out of the ring.")
    elif name:
        notes.add(place, f"there is no group {name}", _known(groups))
    return values


def _inherited(
    notes: Notes,
    place: Path,
    entry: DeviceEntry | TerminalEntry,
    groups: Mapping[str, Values],
) -> Values:
    if entry.group and entry.group not in groups:
        notes.add((*place, "group"), f"there is no group {entry.group}", _known(groups))
    values = groups.get(entry.group or "", {}) | _said(entry)
    return {key: value for key, value in values.items() if key in type(entry).model_fields}


def _known(groups: Mapping[str, object]) -> str:
    return f"Known are: {', '.join(groups) or 'none'}."


def _complete(notes: Notes, place: Path, values: Values, needed: Mapping[str, str]) -> bool:
    missing = [key for key in needed if not values.get(key)]
    for key in missing:
        what = f"{key} is said neither here nor by a group"
        notes.add((*place, key), what, needed[key])
    return not missing


def _check_login(notes: Notes, place: Path, values: Values) -> None:
    driver = values["driver"]
    if driver != SSH and driver not in DIALECTS:
        what = f"labmgr has no driver {driver}"
        notes.add((*place, "driver"), what, f"Known are: {', '.join((SSH, *DIALECTS))}.")
    if not values.get("password") and not values.get("key"):
        mend = "Add `password:` or `key:`, each a reference such as store:room."
        notes.add((*place, "password"), "nothing says how to log in", mend)
    if values.get("keep") and driver != SSH:
        mend = "Leave it out: of network devices the whole running configuration is kept."
        notes.add((*place, "keep"), "keep is for servers", mend)
    servers, vendors = ("collect", "put"), ("leave", "open", "close")
    for key in vendors if driver == SSH else servers:
        if values.get(key):
            whose = "network devices" if key in vendors else "servers"
            notes.add((*place, key), f"{key} is for {whose}", "Leave it out.")


def _said(entry: BaseModel) -> Values:
    return entry.model_dump(exclude_none=True, exclude={"group"})


def _device(values: Values) -> Device:
    values["keep"] = tuple(Piece(name, **one) for name, one in values.get("keep", {}).items())
    values |= {"kind": DeviceKind(values["kind"]), "nature": Nature(values["nature"])}
    values |= {key: tuple(values.get(key, ())) for key in ("leave", "open", "close")}
    return Device(**values)


def _terminal(values: Values) -> Terminal:
    values |= {"kind": TerminalKind(values["kind"]), "nature": Nature(values["nature"])}
    return Terminal(**values)
