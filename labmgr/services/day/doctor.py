"""Go or no-go: everything a day depends on, each with a word on how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from labmgr.domain.inventory import Device
from labmgr.domain.ports import Tools
from labmgr.domain.record import LOCAL
from labmgr.domain.site import HostFacts
from labmgr.errors import LabmgrError
from labmgr.services.equipment.asking import keys_of
from labmgr.services.instance import pulse
from labmgr.services.lab import reserve
from labmgr.services.lab.capacity import MIB, address_faults, capacity
from labmgr.services.lab.images import missing
from labmgr.services.lab.reserve import Held
from labmgr.services.lab.snapshots import REHEARSAL
from labmgr.services.lab.stock import stock

INOTIFY_WANTED = 8192
OLDEST_CLOCK = 2026  # a server whose clock battery is dead starts in 1970 or 2000


class Verdict(StrEnum):
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True)
class Sign:
    """One thing looked at: what was seen, and the mend when it is not good."""

    what: str
    verdict: Verdict
    seen: str
    mend: str = ""


def examine(tools: Tools) -> list[Sign]:
    """Look at everything; a look that fails is itself a sign, never an exception."""
    signs = list(_guarded("database", lambda: _database(tools)))
    signs += _guarded("templates", lambda: _templates(tools))
    signs += _guarded("clock", lambda: _clock(tools))
    signs += _guarded("worker", lambda: _worker(tools))
    signs += _guarded("recordings", lambda: _recordings(tools))
    signs += _guarded("devices", lambda: _devices(tools))
    try:
        facts = tools.engine.facts(guard=True)
    except LabmgrError as trouble:
        return [*signs, Sign("engine", Verdict.BAD, str(trouble), trouble.hint)]
    signs += _guarded("engine", lambda: _engine(facts))
    signs += _guarded("images", lambda: _images(tools))
    signs += _guarded("room", lambda: _room(tools, facts))
    signs += _guarded("disk reserve", lambda: _reserve(tools))
    signs += _guarded("addresses", lambda: _addresses(tools, facts))
    signs += _guarded("wires", lambda: _wires(tools, facts))
    signs += _guarded("strays", lambda: _strays(tools))
    return signs


def go(signs: list[Sign]) -> bool:
    """No-go as soon as one sign is bad."""
    return all(sign.verdict is not Verdict.BAD for sign in signs)


def _guarded(what: str, look: Callable[[], Iterator[Sign]]) -> list[Sign]:
    try:
        return list(look())
    except LabmgrError as trouble:
        return [Sign(what, Verdict.BAD, str(trouble), trouble.hint)]


def _database(tools: Tools) -> Iterator[Sign]:
    sessions = tools.store.sessions()
    yield Sign("database", Verdict.GOOD, f"{len(sessions)} session(s)")


def _templates(tools: Tools) -> Iterator[Sign]:
    found = stock(tools)
    names = ", ".join(one.name for one in found.sound)
    good = Verdict.GOOD if names else Verdict.BAD
    yield Sign("templates", good, names or "none", "" if names else "Add one.")
    for name, trouble in found.faulty.items():
        mend = f"Mend the file or take the template away; `labmgr template check {name}` reads it."
        yield Sign(f"template {name}", Verdict.BAD, str(trouble), mend)


def _clock(tools: Tools) -> Iterator[Sign]:
    """Only a clock that cannot be right is noticed: a server without Internet has no other."""
    now, last = tools.now(), tools.store.entries(limit=1)
    here = now.astimezone(LOCAL)  # to be held against the clock on the wall
    if now.year < OLDEST_CLOCK or (last and last[-1].at > now + timedelta(minutes=1)):
        yield Sign(
            "clock",
            Verdict.BAD,
            f"{here:%Y-%m-%d %H:%M} Paris time is before labmgr's last act",
            "Set the server's clock (`timedatectl set-time`), then restart labmgr.",
        )
    else:
        yield Sign("clock", Verdict.GOOD, f"{here:%Y-%m-%d %H:%M} Paris time")


def _worker(tools: Tools) -> Iterator[Sign]:
    beat = tools.store.last_beat()
    if pulse.is_silent(tools):
        since = beat and beat.at.astimezone(LOCAL)
        seen = f"silent since {since:%H:%M:%S}" if since else "never started"
        yield Sign("worker", Verdict.WARNING, seen, "Start it: `labmgr serve`.")
    else:
        yield Sign("worker", Verdict.GOOD, "at work")


def _recordings(tools: Tools) -> Iterator[Sign]:
    """Of terminals: beyond their limit shells run on unrecorded."""
    space = tools.recordings.space()
    seen = f"{space.used // MIB} of {space.most // MIB} MiB" if space.most else "no limit"
    if space.low:
        mend = "Put records of past sessions elsewhere, or raise LABMGR_RECORDINGS_MIB."
        yield Sign("recordings", Verdict.WARNING, seen, mend)
    else:
        yield Sign("recordings", Verdict.GOOD, seen)


def _engine(facts: HostFacts) -> Iterator[Sign]:
    yield Sign("engine", Verdict.GOOD, f"{facts.engine}, {facts.storage}, cgroup {facts.cgroup}")
    if facts.systemd_nodes:
        yield Sign("systemd nodes", Verdict.GOOD, facts.systemd_nodes)
    else:
        yield Sign("systemd nodes", Verdict.BAD, facts.systemd_refusal, "See docs: init.")
    laid = facts.guard == "laid"
    yield Sign(
        "guard",
        Verdict.GOOD if laid else Verdict.WARNING,
        facts.guard,
        "" if laid else "It is laid when a lab is built or opened.",
    )
    if 0 < facts.inotify_instances < INOTIFY_WANTED:
        yield Sign(
            "inotify",
            Verdict.WARNING,
            f"fs.inotify.max_user_instances={facts.inotify_instances}",
            f"sysctl -w fs.inotify.max_user_instances={INOTIFY_WANTED}",
        )


def _images(tools: Tools) -> Iterator[Sign]:
    lacking = missing(tools)
    if lacking:
        yield Sign(
            "images",
            Verdict.BAD,
            f"missing: {', '.join(lacking)}",
            "`labmgr image build`, or `labmgr image import FILE` without Internet.",
        )
    else:
        yield Sign("images", Verdict.GOOD, "all there")


def _room(tools: Tools, facts: HostFacts) -> Iterator[Sign]:
    found = capacity(tools)
    words = (
        f"{found.memory_free // MIB} of {found.memory_total // MIB} MiB memory free, "
        f"{found.disk_free // MIB} MiB disk free; room for {found.labs_more} more lab(s)"
    )
    low = facts.disk_free < tools.site.disk_reserve
    yield Sign(
        "room",
        Verdict.BAD if low else Verdict.GOOD,
        words,
        "Free some disk: remove labs of past sessions." if low else "",
    )


def _reserve(tools: Tools) -> Iterator[Sign]:
    """The engine says whether it is there; the journal says why it is not."""
    what, size = "disk reserve", tools.engine.reserve()
    told = reserve.told(tools)
    if told.held is Held.OFF:
        yield Sign(what, Verdict.GOOD, "off (LABMGR_END_RESERVE_MIB is 0)")
    elif size:
        yield Sign(what, Verdict.GOOD, f"{size // MIB} MiB, given up if an end snapshot needs it")
    elif told.held in {Held.GIVEN_UP, Held.IMPOSSIBLE}:
        seen = "given up" if told.held is Held.GIVEN_UP else "cannot be made"
        again = reserve.wanted(tools)
        mend = f"Free some disk: it is made by itself once {again // MIB} MiB are free."
        if tools.engine.disk_free() >= again:
            mend = "It is tried again each minute; LABMGR_END_RESERVE_MIB=0 does without."
        yield Sign(what, Verdict.WARNING, f"{seen}: {told.why}", mend)
    else:
        mend = "The worker makes it within a minute: `labmgr serve`."
        yield Sign(what, Verdict.WARNING, "not made yet", mend)


def _addresses(tools: Tools, facts: HostFacts) -> Iterator[Sign]:
    ranges = tools.site.ranges
    numbers = {lab.number: lab.id for lab in tools.store.labs()} or {1: ""}
    if clashes := address_faults(tools, facts, numbers):
        yield Sign(
            "addresses",
            Verdict.BAD,
            "; ".join(clashes),
            "Set LABMGR_NET_BASE or LABMGR_PORT_BASE to a free range.",
        )
    else:
        yield Sign("addresses", Verdict.GOOD, f"from {ranges.net}.0.0 and port {ranges.port} up")


def _devices(tools: Tools) -> Iterator[Sign]:
    """Asks none of them: what each needs to be asked, and what was heard of it last."""
    devices = tools.inventory.read().devices
    closed = {one.name: trouble for one in devices if (trouble := _closed(tools, one))}
    states = {one.device: one for one in tools.store.device_states()}
    red = [one.name for one in devices if one.name in states and states[one.name].red]
    if closed:
        seen = f"{len(closed)} of {len(devices)} cannot be asked: {', '.join(closed)}"
        mend = "; ".join(dict.fromkeys(one.hint for one in closed.values()))
        yield Sign("devices", Verdict.WARNING, seen, mend)
    if red := [name for name in red if name not in closed]:
        mend = "Mend and check each, or set it aside with its reason: its place is not offered."
        yield Sign("devices", Verdict.WARNING, f"red: {', '.join(red)}", mend)
    unwritten = list(_unwritten(tools, devices))
    yield from unwritten
    if devices and not closed and not red and not unwritten:
        yield Sign("devices", Verdict.GOOD, f"{len(devices)} device(s), none red")


def _unwritten(tools: Tools, devices: Iterable[Device]) -> Iterator[Sign]:
    """Files under baselines/ that devices are to be set with, and that cannot be read."""
    for name in sorted({name for one in devices for name in one.files}):
        try:
            tools.inventory.baseline(name)
        except LabmgrError as trouble:
            yield Sign("devices", Verdict.BAD, str(trouble), trouble.hint)


def _closed(tools: Tools, device: Device) -> LabmgrError | None:
    """Its key is not pinned, or a secret of it is nowhere."""
    try:
        keys_of(tools, device)
    except LabmgrError as trouble:
        return trouble
    return None


def _wires(tools: Tools, facts: HostFacts) -> Iterator[Sign]:
    """Nothing is said in a room without wires."""
    wires = [(place, wire) for place in tools.inventory.read().places for wire in place.wires]
    absent = [
        f"{wire.interface} (wire {wire.name} of place {place.name})"
        for place, wire in wires
        if wire.interface not in facts.interfaces
    ]
    if absent:
        mend = "Is the adapter in? `ip link` lists them; correct `wires` in devices.yaml."
        yield Sign("wires", Verdict.BAD, f"the host has no {', '.join(absent)}", mend)
    elif wires:
        yield Sign("wires", Verdict.GOOD, f"{len(wires)} wire(s), every interface is there")


def _strays(tools: Tools) -> Iterator[Sign]:
    """Containers of labs without a row hold work that labmgr will not throw away by itself."""
    known = {lab.id for lab in tools.store.labs()}
    found = [lab for lab in tools.engine.look_all() if lab.removesuffix(REHEARSAL) not in known]
    if found:
        yield Sign(
            "strays",
            Verdict.WARNING,
            f"containers of labs that the database does not know: {', '.join(sorted(found))}",
            "Was the database restored from a backup? Otherwise remove them by their label: "
            f"`docker rm -fv $(docker ps -aq --filter label=labmgr.lab={min(found)})`.",
        )
