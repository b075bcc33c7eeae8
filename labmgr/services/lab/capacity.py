"""Whether the machine can carry what is asked for, with the numbers, before anything is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from labmgr.domain.addressing import collisions
from labmgr.domain.lab import STANDING, Lab, LabState
from labmgr.domain.ports import Tools
from labmgr.domain.site import HostFacts
from labmgr.domain.template import Init, Template
from labmgr.errors import Refused
from labmgr.services.lab.images import missing
from labmgr.services.lab.stock import stock

MIB = 1 << 20
WRITTEN_PER_LAB = 400 * MIB  # nodes, start and end snapshots of a six-node lab, measured
INOTIFY_PER_SYSTEMD = 5  # instances that a node with systemd takes; 128 end at about 28 nodes
INOTIFY_OTHERS = 128  # what the rest of a server is assumed to hold


@dataclass(frozen=True)
class Capacity:
    """What is there and what is left. Sizes in bytes."""

    memory_total: int
    memory_free: int
    disk_free: int
    labs_standing: int
    labs_more: int  # how many more of the largest template fit


def capacity(tools: Tools) -> Capacity:
    """For the dashboard and `doctor`. Raises EngineUnreachable."""
    facts = tools.engine.facts()
    largest = max((one.expected_memory for one in stock(tools).sound), default=0)
    room = facts.memory_free - tools.site.memory_reserve
    disk = (facts.disk_free - tools.site.disk_reserve) // WRITTEN_PER_LAB
    more = min(room // largest, disk) if largest else 0
    standing = sum(lab.state in STANDING for lab in tools.store.labs())
    return Capacity(
        facts.memory_total, facts.memory_free, facts.disk_free, standing, max(0, int(more))
    )


def admit(tools: Tools, labs: Sequence[Lab], *, leaving: Sequence[Lab] = ()) -> None:
    """Refuse, with every number that does not fit at once, labs this machine cannot carry.

    What labs that are *leaving* were expected to use counts as free already.
    """
    if not labs:
        return
    facts = _without(tools, tools.engine.facts(), leaving)
    templates = {name: tools.library.read(name) for name in {lab.template for lab in labs}}
    reasons = [
        *_images(tools, list(templates)),
        *_memory(tools, facts, labs, templates),
        *_disk(tools, facts, labs),
        *address_faults(tools, facts, {lab.number: lab.id for lab in labs}),
        *_kernel(facts, labs, templates),
    ]
    if reasons:
        raise Refused(
            f"{len(labs)} lab(s) cannot be built here: {'; '.join(reasons)}",
            hint="`labmgr doctor` shows what is there; build fewer labs or mend what is named.",
        )


def memory_of(tools: Tools, labs: Sequence[Lab]) -> int:
    """Bytes that these labs are expected to use together."""
    return sum(tools.library.read(lab.template).expected_memory for lab in labs)


def _without(tools: Tools, facts: HostFacts, leaving: Sequence[Lab]) -> HostFacts:
    free = facts.memory_free + memory_of(tools, [lab for lab in leaving if lab.state in STANDING])
    return replace(facts, memory_free=min(free, facts.memory_total))


def _images(tools: Tools, templates: Sequence[str]) -> list[str]:
    lacking = missing(tools, templates)
    return [f"images missing: {', '.join(lacking)} (`labmgr image build`)"] if lacking else []


def _memory(
    tools: Tools, facts: HostFacts, labs: Sequence[Lab], templates: dict[str, Template]
) -> list[str]:
    need = sum(templates[lab.template].expected_memory for lab in labs)
    room = facts.memory_free - tools.site.memory_reserve
    if need <= room:
        return []
    fit = max(0, room // (need // len(labs)))
    reserve = tools.site.memory_reserve // MIB
    wanted = f"memory: {need // MIB} MiB wanted, {max(0, room) // MIB} MiB free"
    return [f"{wanted} beside the reserve of {reserve} MiB: {fit} lab(s) fit"]


def _disk(tools: Tools, facts: HostFacts, labs: Sequence[Lab]) -> list[str]:
    need = len(labs) * WRITTEN_PER_LAB
    room = facts.disk_free - tools.site.disk_reserve
    if need <= room:
        return []
    return [f"disk: {need // MIB} MiB wanted, {max(0, room) // MIB} MiB free beside the reserve"]


def address_faults(tools: Tools, facts: HostFacts, numbers: Mapping[int, str]) -> list[str]:
    """Whose ranges and ports stand in the way of these lab numbers, each with its lab's id."""
    ranges = tools.site.ranges
    mine = {f"lab {lab_id}" for lab_id in numbers.values()}
    others = {net: who for net, who in facts.used_ranges.items() if who not in mine}
    clashes = collisions([f"{ranges.net_of(number)}.0.0/16" for number in numbers], others)
    taken = [
        f"port {port} is taken by {facts.used_ports[port]}"
        for number in numbers
        for port in ranges.ports_of(number)
        if port in facts.used_ports and facts.used_ports[port] not in mine
    ]
    mend = "set LABMGR_NET_BASE or LABMGR_PORT_BASE to a free range"
    return [f"{fault} ({mend})" for fault in (*clashes, *taken)]


def _kernel(facts: HostFacts, labs: Sequence[Lab], templates: dict[str, Template]) -> list[str]:
    def systemd(lab: Lab) -> int:
        return sum(node.init is Init.SYSTEMD for node in templates[lab.template].nodes)

    nodes = sum(systemd(lab) for lab in labs)
    faults = [facts.systemd_refusal] if nodes and not facts.systemd_nodes else []
    need = INOTIFY_OTHERS + INOTIFY_PER_SYSTEMD * nodes
    if facts.inotify_instances and need > facts.inotify_instances:
        faults.append(
            f"fs.inotify.max_user_instances is {facts.inotify_instances}, {need} wanted "
            "(`sysctl -w fs.inotify.max_user_instances=8192`)"
        )
    return faults


def to_build(labs: Sequence[Lab]) -> list[Lab]:
    """Those of *labs* for which a build has something to do."""
    return [lab for lab in labs if lab.state in {LabState.PLANNED, LabState.BROKEN, LabState.GONE}]
