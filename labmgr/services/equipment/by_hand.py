"""What staff does to one device from its page: looked at first, then sent as it was looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from labmgr.domain.devices import Outcome, outcome_of
from labmgr.domain.inventory import Device
from labmgr.domain.journal import need
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.errors import ConsoleError, Refused
from labmgr.services.equipment import (
    asking,
    baselines,
    evidence,
    keyring,
    lives,
    orders,
    places,
    together,
)
from labmgr.services.equipment.asking import Report
from labmgr.services.equipment.baselines import is_server
from labmgr.services.equipment.errands import Errand, Errands, Kind


def preview_place(errands: Errands, name: str, *, by: str) -> Errand:
    """What preparing the place would change on each device; nothing is sent that changes it."""
    tools = errands.tools
    standing = places.place(tools, name)
    lab = places.next_lab(standing)
    orders.refuse_at_work(tools, standing.place)
    chosen = [one for one in orders.taking_part(tools, standing.place) if one.has_baseline]

    def work(made: Errand) -> Iterator[Report]:
        pairs = [(one, lab) for one in made.devices]
        for report, preview in together.previews(tools, pairs):
            if preview:
                made.previews[report.device.name] = preview
            yield report

    return errands.begin(Kind.PREPARE, chosen, work, by=by, place=name, lab=lab)


def preview_baseline(errands: Errands, device: Device, *, by: str) -> Errand:
    """For whoever comes next at its place."""
    tools = errands.tools
    ((_, lab),) = together.targets(tools, [device])

    def work(made: Errand) -> Iterator[Report]:
        if not is_server(device):
            made.wanted[device.name] = baselines.baseline_for(tools, lab, device)
        for report, preview in together.previews(tools, [(device, lab)]):
            if preview:
                made.previews[device.name] = preview
            yield report

    return errands.begin(Kind.PREVIEW, [device], work, by=by, place=device.place, lab=lab)


def preview_kept(errands: Errands, device: Device, backup: str, *, by: str) -> Errand:
    """What bringing the device back to a kept configuration would change."""
    tools = errands.tools
    orders.refuse_in_use(tools, device)
    wanted = tools.configs.text(device.name, backup)

    def work(made: Errand) -> Iterator[Report]:
        made.wanted[device.name] = wanted

        def look(one: Device) -> Report:
            made.previews[one.name] = baselines.preview(tools, one, wanted)
            return Report(one, Outcome.ANSWERS)

        yield from _one(tools, device, look)

    started = started_from(tools, device, backup)
    lab = tools.store.lab(started) if started else None
    return errands.begin(Kind.PREVIEW, [device], work, by=by, lab=lab, source=backup)


def push(errands: Errands, seen: Errand, device: Device, *, by: str, why: str) -> Errand:
    """Send what *seen* has shown, unless the device or its baseline has changed since."""
    tools = errands.tools
    need(why)
    preview = seen.previews.get(device.name)
    if seen.kind is not Kind.PREVIEW or preview is None or seen.ended is None:
        raise Refused(
            f"Nobody has looked at what would change on {device.name}",
            hint="Ask for the difference first, then push.",
        )
    orders.refuse_in_use(tools, device)
    if not seen.source:
        _refuse_other_baseline(tools, seen, device)
    what = f"configuration {seen.source} to be sent" if seen.source else "baseline to be sent"

    def send(one: Device) -> Report:
        tools.store.write(f"device:{one.name}", what, by=by, why=why.strip())
        if not seen.source and seen.lab:
            return lives.prepare_one(tools, seen.lab, one, by=by, seen=preview.seen)
        lab = seen.lab.id if seen.lab else ""
        wanted = seen.wanted[one.name]
        return baselines.push(tools, one, wanted, by=by, lab=lab, seen=preview.seen)

    return errands.begin(
        Kind.PUSH,
        [device],
        lambda _made: _one(tools, device, send),
        by=by,
        place=seen.place,
        lab=seen.lab,
        source=seen.source,
        same=seen.id,
    )


def show_key(errands: Errands, device: Device, *, by: str) -> Errand:
    """The fingerprint that it shows now, for a person to compare."""
    tools = errands.tools

    def work(made: Errand) -> Iterator[Report]:
        def look(one: Device) -> Report:
            made.prints[one.name] = keyring.fingerprint(tools.devices.host_key(one))
            return Report(one, Outcome.ANSWERS)

        yield from asking.all_at_once([device], look)  # a key alone is no answer to note

    return errands.begin(Kind.KEY, [device], work, by=by)


def trust(errands: Errands, seen: Errand, device: Device, *, by: str, why: str) -> Errand:
    """Pin the key whose fingerprint *seen* has shown; one that replaces another needs a reason."""
    tools = errands.tools
    shown = seen.prints.get(device.name)
    if seen.kind is not Kind.KEY or not shown:
        raise Refused(
            f"Nobody has looked at the host key of {device.name}",
            hint="Ask for its fingerprint first, and compare it with the device's own console.",
        )
    replace = tools.store.secret(f"device-key:{device.name}") is not None
    if replace:
        need(why)

    def pin(one: Device) -> Report:
        keyring.trust(tools, one, replace=replace, why=why, by=by, expected=shown)
        answer = tools.devices.look(one, asking.keys_of(tools, one))
        return Report(one, Outcome.ANSWERS, answer)

    return errands.begin(
        Kind.TRUST, [device], lambda _made: _one(tools, device, pin), by=by, same=seen.id
    )


def _one(tools: Tools, device: Device, work: Callable[[Device], Report]) -> Iterator[Report]:
    """What the device did wrong is noted of it; what labmgr refuses is the talk's own trouble."""
    try:
        report = work(device)
    except ConsoleError as trouble:
        report = Report(device, outcome_of(trouble), said=str(trouble), mend=trouble.hint)
    yield asking.noted(tools, report)


def _refuse_other_baseline(tools: Tools, seen: Errand, device: Device) -> None:
    wanted = seen.wanted.get(device.name)
    if wanted is None or seen.lab is None:
        return  # a server's script: there is nothing to compare
    if baselines.baseline_for(tools, seen.lab, device) != wanted:
        raise Refused(
            f"The baseline of {device.name} was changed since it was looked at",
            hint="Nothing was sent. Look at the difference again, then push.",
        )


def started_from(tools: Tools, device: Device, backup: str) -> str:
    """The lab that the device stays set for, when the configuration is its start there."""
    lab = tools.store.device_state(device.name).lab
    started = evidence.latest(tools, lab, device.name, SnapshotKind.START) if lab else None
    return lab if started and started.backup == backup.removesuffix(".cfg") else ""
