"""Servers of a place: files laid down, scripts run with the candidate's values, outputs kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from labmgr.domain.devices import Backup, Outcome, Ran
from labmgr.domain.dialects import MASK, masked
from labmgr.domain.equipment import Stage
from labmgr.domain.inventory import Device
from labmgr.domain.ports import Tools
from labmgr.domain.variables import fill, names_in
from labmgr.errors import BadInput, ConsoleError, NotFound
from labmgr.services.equipment import states
from labmgr.services.equipment.asking import Report, keys_of
from labmgr.services.equipment.values import PASSWORD

BASELINE: Final = "baseline"
COLLECTED: Final = "collected"
_SHOWN: Final = 200  # characters of the line that a failed script ended with
# A quote or a semicolon in somebody's parameter would be read by the server's shell.
_PLAIN: Final = re.compile(r"[\w .,:/@+=%-]*")


def kept_as(device: Device, what: str) -> str:
    """Under which name the outputs of a server's scripts stand among the configurations."""
    return f"{device.name}.{what}"  # no device's own name has a dot


def set_server(
    tools: Tools, device: Device, values: Mapping[str, str], *, by: str, lab: str = ""
) -> Report:
    """Lay its files down, then run its baseline script; also what a reset does.

    Everything is filled in before anything is sent. The script's output is kept, passwords
    covered. Raises what the port raises; a script that ends with another status than 0 is a
    ConsoleError. Whatever stops it on its way leaves the device named as half configured.
    """
    files = {
        path: filled(tools, name, values).encode() for path, name in sorted(device.put.items())
    }
    script = _script(tools, device.baseline, values) if device.baseline else ""
    with states.in_hand(tools, device):
        answer = tools.devices.look(device, keys_of(tools, device))
        states.stage(tools, device.name, Stage.SETTING, lab=lab, by=by)
        try:
            for path, content in files.items():
                put(tools, device, path, content, by=by)
            if script:
                _run_baseline(tools, device, script, values, by=by)
        except Exception as trouble:
            states.stage(tools, device.name, Stage.HALF, lab=lab, by=by, why=states.why(trouble))
            raise
        states.stage(tools, device.name, Stage.SET, lab=lab, by=by)
    return Report(device, Outcome.ANSWERS, answer)


def collect(tools: Tools, device: Device, values: Mapping[str, str], *, by: str) -> Backup:
    """Run its `collect` script and keep the output whole: it is what the examiners look at.

    Raises as `set_server` does; the output of a script that failed is kept before.
    """
    script = _script(tools, device.collect, values)
    ran = tools.devices.run(device, keys_of(tools, device), script)
    backup = _keep(tools, device, COLLECTED, ran, ran.output, by=by)
    _refuse_failed(device, device.collect, ran, values)
    return backup


def put(tools: Tools, device: Device, path: str, content: bytes, *, by: str) -> None:
    """One file by hand; its hash goes into the journal."""
    tools.devices.put_file(device, keys_of(tools, device), path, content)
    digest = hashlib.sha256(content).hexdigest()
    tools.store.write(f"device:{device.name}", f"{path} laid down, sha256 {digest}", by=by)


def fetch(tools: Tools, device: Device, path: str) -> bytes:
    """One file by hand."""
    return tools.devices.fetch_file(device, keys_of(tools, device), path)


def last_output(tools: Tools, device: Device, what: str) -> tuple[Backup, str]:
    """What its BASELINE or COLLECTED script printed last, covered."""
    kept = tools.configs.backups(kept_as(device, what))
    if not kept:
        raise NotFound(
            f"{device.name} has run no such script yet",
            hint="Scripts run when its place is prepared, and when an hour ends.",
        )
    return kept[0], masked(tools.configs.text(kept_as(device, what), kept[0].name))


def filled(tools: Tools, name: str, values: Mapping[str, str]) -> str:
    """A file under baselines/ with the values in it. Raises BadInput, which names the file."""
    text = tools.inventory.baseline(name)
    try:
        return fill(text, values)
    except BadInput as trouble:
        raise BadInput(
            f"baselines/{name}: {trouble}",
            hint="Write $$ for a dollar that is meant. Variables with a value here: "
            f"{', '.join(sorted(values))}.",
        ) from None


def covered(text: str, values: Mapping[str, str]) -> str:
    """Without the passwords that were given, nor what looks like another."""
    for name, value in values.items():
        if name.startswith(PASSWORD) and value:
            text = text.replace(value, MASK)
    return masked(text)


def _run_baseline(
    tools: Tools, device: Device, script: str, values: Mapping[str, str], *, by: str
) -> None:
    ran = tools.devices.run(device, keys_of(tools, device), script)
    _keep(tools, device, BASELINE, ran, covered(ran.output, values), by=by)
    _refuse_failed(device, device.baseline, ran, values)


def _script(tools: Tools, name: str, values: Mapping[str, str]) -> str:
    text = filled(tools, name, values)
    for variable in dict.fromkeys(names_in(tools.inventory.baseline(name))):
        if not _PLAIN.fullmatch(values.get(variable, "")):
            raise BadInput(
                f"baselines/{name}: the value of {variable} has a character that a shell would "
                "read as its own",
                hint="Letters, digits, spaces and . , : / @ + = % _ - are taken. Change it in the "
                "list, or lay it down with `put:` in a file.",
            )
    return text


def _keep(tools: Tools, device: Device, what: str, ran: Ran, text: str, *, by: str) -> Backup:
    backup = tools.configs.keep(kept_as(device, what), text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    told = f"{what} ended with status {ran.status}, output {backup.name} kept, sha256 {digest}"
    tools.store.write(f"device:{device.name}", told, by=by)
    return backup


def _refuse_failed(device: Device, name: str, ran: Ran, values: Mapping[str, str]) -> None:
    if ran.status == 0:
        return
    lines = [line.strip() for line in covered(ran.output, values).splitlines() if line.strip()]
    last = f": {lines[-1][:_SHOWN]}" if lines else ", and said nothing"
    raise ConsoleError(
        f"{device.name}: {name} ended with status {ran.status}{last}",
        hint="Its whole output is kept. Mend the script or the server, then repeat.",
    )
