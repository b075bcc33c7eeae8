"""Several devices at once, each for the lab of whoever comes next at its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from labmgr.domain.devices import Outcome
from labmgr.domain.inventory import Device
from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.errors import Refused
from labmgr.services.equipment import baselines, lives, orders, places
from labmgr.services.equipment.asking import Report, all_at_once, noted
from labmgr.services.equipment.baselines import Preview
from labmgr.services.equipment.servers import covered, filled
from labmgr.services.equipment.values import values_for

Target = tuple[Device, Lab]


def targets(tools: Tools, devices: Sequence[Device], lab_id: str = "") -> list[Target]:
    """Each device with the lab that it is to be set for. Refused when nobody comes, or works."""
    found = []
    for device in devices:
        orders.refuse_in_use(tools, device)
        lab = tools.store.lab(lab_id) if lab_id else _next_lab(tools, device)
        found.append((device, lab))
    return found


def previews(tools: Tools, chosen: Sequence[Target]) -> Iterator[tuple[Report, Preview | None]]:
    """What setting each would change; nothing is changed. A silent one says so."""
    labs = {device.name: lab for device, lab in chosen}
    found: dict[str, Preview] = {}

    def look(device: Device) -> Report:
        found[device.name] = preview(tools, device, labs[device.name])
        return Report(device, Outcome.ANSWERS)

    for report in all_at_once([device for device, _ in chosen], look):
        yield noted(tools, report), found.get(report.device.name)


def preview(tools: Tools, device: Device, lab: Lab) -> Preview:
    """Of a server: its files, and the script that would run, secrets covered."""
    if not baselines.is_server(device):
        return baselines.preview(tools, device, baselines.baseline_for(tools, lab, device))
    values = values_for(tools, lab, device)
    texts = {f"{path} (baselines/{name})": name for path, name in sorted(device.put.items())}
    if device.baseline:
        texts[f"baselines/{device.baseline}"] = device.baseline
    lines = [
        line
        for title, name in texts.items()
        for line in (f"### {title}", *covered(filled(tools, name, values), values).splitlines())
    ]
    return Preview(device, "", tuple(lines), ())


def set_all(tools: Tools, chosen: Sequence[Target], *, by: str) -> Iterator[Report]:
    """Set all of them; one that fails keeps no other from being set."""
    labs = {device.name: lab for device, lab in chosen}

    def work(device: Device) -> Report:
        return lives.prepare_one(tools, labs[device.name], device, by=by)

    for report in all_at_once([device for device, _ in chosen], work):
        yield noted(tools, report)


def _next_lab(tools: Tools, device: Device) -> Lab:
    if not device.place:
        raise Refused(
            f"{device.name} belongs to no place: for which lab is it to be set?",
            hint="Name it with --lab, or give the device a place in devices.yaml.",
        )
    return places.next_lab(places.place(tools, device.place))
