"""Wires of a place: whose they are now, handed on from lab to lab, looked after while labs run."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache, partial
from typing import Final

from labmgr.domain.inventory import Place
from labmgr.domain.lab import STANDING, Lab
from labmgr.domain.passage import Passage
from labmgr.domain.plan import LabPlan, Port, Wired
from labmgr.domain.ports import Tell, Tools
from labmgr.domain.snapshot import Part
from labmgr.domain.work import JobKind
from labmgr.errors import LabmgrError, NotFound, Refused, WireTaken, WireUnfit
from labmgr.services.lab import sitting
from labmgr.services.lab.blueprint import plan_of

log = logging.getLogger(__name__)

BY = "reconcile"
PAUSE: Final = timedelta(minutes=1)  # between two tries to plug a wire in again
TROUBLE = "wire "  # begins the journal row of a wire that is not as it should be


def silent(node: str, doing: str, share: float) -> None:
    """Tell nobody."""


def wired_plan_of(tools: Tools, lab: Lab) -> LabPlan:
    """The lab's plan with its ports. Raises BadFile for a lab with a place and a faulty inventory.

    Only for what builds: whatever reads, saves or closes a lab takes `plan_of`, which asks nothing
    of the inventory.
    """
    plan = plan_of(tools, lab)
    return plan.plugged(_ports_of(tools, lab)) if has_wires(tools, lab) else plan


def has_wires(tools: Tools, lab: Lab) -> bool:
    """Whether its template joins a network to real equipment."""
    return _is_wired(tools, lab.template)


def undeclared(tools: Tools, lab: Lab, place: Place) -> list[str]:
    """Wires that the lab's template names and its place does not have."""
    wanted = {one.wire for one in tools.library.read(lab.template).networks if one.wire}
    return sorted(wanted - {one.name for one in place.wires})


def build(
    tools: Tools, lab: Lab, plan: LabPlan, *, parts: Sequence[Part] = (), tell: Tell = silent
) -> None:
    """Build *plan*; a port that a lab before this one still holds is taken over from it.

    Raises what the engine's `build` does: WireTaken for a port that is another's by right.
    """
    for _ in plan.ports:
        try:
            return tools.engine.build(plan, parts=parts, tell=tell)
        except WireTaken as taken:
            if not taken.lab or _is_due(tools, taken.lab):
                raise
            tools.engine.unwire(taken.lab)
            words = f"its wires go to lab {lab.id}"
            tools.store.write(f"lab:{taken.lab}", words, by=BY, why="its turn is over")
    return tools.engine.build(plan, parts=parts, tell=tell)


def rebuild(
    tools: Tools, lab: Lab, *, parts: Sequence[Part] = (), tell: Tell = silent
) -> LabmgrError | None:
    """Build a lab that holds work: what is wrong with its wires is given back, not raised.

    Without the inventory it keeps the wires that it has.
    """
    try:
        plan = wired_plan_of(tools, lab)
    except LabmgrError as trouble:
        build(tools, lab, plan_of(tools, lab), parts=parts, tell=tell)
        return trouble
    try:
        build(tools, lab, plan, parts=parts, tell=tell)
    except WireUnfit as trouble:
        return trouble
    return None


def raise_unless_at_work(tools: Tools, lab: Lab, trouble: LabmgrError) -> None:
    """In its hour a lab goes on without its wire: the journal says so, staff see to the cable."""
    passage = sitting.passage_of(tools, lab.id)
    if passage is None or passage.state not in sitting.AT_WORK:
        raise trouble
    tools.store.write(f"lab:{lab.id}", "goes on without its wires", by=BY, why=str(trouble))


def look(tools: Tools, labs: Iterable[Lab]) -> Sequence[Wired]:
    """What is in the bridge of each wired network of these labs; one helper for all of them."""
    wired = cache(partial(_is_wired, tools))  # a template is read once, not for each of its labs
    plans = [wired_plan_of(tools, lab) for lab in labs if wired(lab.template)]
    ported = [plan for plan in plans if plan.ports]
    return tools.engine.wired(*ported) if ported else ()


def look_after(tools: Tools, labs: Iterable[Lab]) -> None:
    """A standing lab that lost its port gets it back; what keeps it from that is said once.

    A vain attempt is repeated as soon as the host has the interface again.
    """
    for seen in look(tools, [lab for lab in labs if lab.state in STANDING]):
        words = _trouble(seen)
        last = tools.store.entries(f"lab:{seen.lab}", limit=1)
        if seen.right:
            continue
        if last and last[-1].what == words:
            _try_again(tools, seen)
        else:
            tools.store.order(JobKind.WAKE, seen.lab, by=BY)
            tools.store.write(f"lab:{seen.lab}", words, by=BY)  # the last word, unless it helps


def _try_again(tools: Tools, seen: Wired) -> None:
    wakes = (job for job in tools.store.jobs(lab=seen.lab) if job.kind is JobKind.WAKE)
    last = next(wakes, None)
    if last is None or last.ended is None or abs(tools.now() - last.ended) < PAUSE:
        return
    if seen.port.interface in tools.engine.facts().interfaces:
        tools.store.repeat(last, last.args)


def trouble(tools: Tools, lab: Lab) -> str:
    """What the last round found wrong with the lab's wires; empty when nothing, asks nobody."""
    last = tools.store.entries(f"lab:{lab.id}", limit=1)
    return last[-1].what if last and last[-1].what.startswith(TROUBLE) else ""


def refuse_wrong(tools: Tools, lab: Lab) -> None:
    """No hour on a wire that leads elsewhere, or nowhere; the engine is asked now."""
    _refuse_others(tools, lab)
    wrong = [_trouble(seen) for seen in look(tools, [lab]) if not seen.right]
    if wrong:
        raise Refused(
            f"Lab {lab.id}: {'; '.join(wrong)}",
            hint="`labmgr place prepare` plugs it in again; see to the cable and the interface.",
        )


def _refuse_others(tools: Tools, lab: Lab) -> None:
    """While somebody's passage goes on there the place's wires are theirs, done or not."""
    passage = sitting.passage_of(tools, lab.id)
    if passage is None or not has_wires(tools, lab):
        return
    sits = sitting.sits(sitting.expected(tools), passage.place)
    if sits and sits.id != passage.id and tools.inventory.read().place(passage.place).wires:
        raise Refused(
            f"Place {passage.place} is candidate {sits.candidate}'s, whose passage is in "
            f"{sits.state}",
            hint="Close that passage, then prepare the place.",
        )


def _is_wired(tools: Tools, template: str) -> bool:
    return any(network.wire for network in tools.library.read(template).networks)


def _trouble(seen: Wired) -> str:
    return f"{TROUBLE}{seen.port.wire} of place {seen.port.place}: {seen.seen}"


def _ports_of(tools: Tools, lab: Lab) -> dict[str, Port]:
    """By the wire's name; none without a place, or while the place is another candidate's."""
    passage = _due_at(tools, lab)
    if passage is None:
        return {}
    place = tools.inventory.read().place(passage.place)
    return {
        wire.name: Port(place.name, wire.name, wire.interface, wire.vlan) for wire in place.wires
    }


def _is_due(tools: Tools, lab_id: str) -> bool:
    try:
        return _due_at(tools, tools.store.lab(lab_id)) is not None
    except NotFound:
        return False  # its row is gone: nobody has a right to it


def _due_at(tools: Tools, lab: Lab) -> Passage | None:
    """The passage for which this lab has its place now.

    Of a candidate's two labs none has it before phase 1: it would tell the choice.
    """
    mine = (one for one in tools.store.passages(lab.session) if one.candidate == lab.candidate)
    passage = sitting.passage_of(tools, lab.id) or next(mine, None)
    if (
        passage is None
        or not passage.place
        or sitting.sits(sitting.expected(tools), passage.place) != passage
    ):
        return None
    if passage.lab:
        return passage if passage.lab == lab.id else None
    labs = sitting.distinct(tools, passage.session, passage.candidate)
    return passage if [one.id for one in labs] == [lab.id] else None
