"""Which devices a lab has at its place, and the orders to them that go with its life."""

from __future__ import annotations

import logging
from typing import Final

from labmgr.domain.inventory import Device, Place
from labmgr.domain.lab import Lab
from labmgr.domain.passage import Passage
from labmgr.domain.ports import Tools
from labmgr.domain.work import Job, JobKind, JobState, Order
from labmgr.errors import LabmgrError, Refused
from labmgr.services.lab import sitting

AFTER: Final = "after"  # in a job's args: the number of the job that ordered it
_SETS: Final = frozenset({JobKind.PREPARE, JobKind.RESTORE_DEVICES})
log = logging.getLogger(__name__)


def passage_at(tools: Tools, lab: Lab) -> Passage | None:
    """Whose lab this is, or will be: the choice of a réalisation may not have been made yet."""
    mine = (one for one in tools.store.passages(lab.session) if one.candidate == lab.candidate)
    return sitting.passage_of(tools, lab.id) or next(mine, None)


def place_of(tools: Tools, lab: Lab) -> Place:
    """The seat of the lab's candidate; one without a name when there is none."""
    passage = passage_at(tools, lab)
    return tools.inventory.read().place(passage.place if passage else "")


def taking_part(tools: Tools, place: Place) -> list[Device]:
    """Its devices but those that staff set aside."""
    return [one for one in place.devices if not tools.store.device_state(one.name).aside]


def order_prepare(tools: Tools, lab_id: str, *, by: str) -> Job:
    """Have the place's devices set to their baseline for this lab's candidate.

    Refused while somebody works on one of them.
    """
    lab = tools.store.lab(lab_id)
    place = place_of(tools, lab)
    if not place.devices and not place.wires:
        raise Refused(
            f"Lab {lab_id} has no place with devices or wires",
            hint="Give the passage a place in the timetable, and devices to it in devices.yaml.",
        )
    refuse_at_work(tools, place)
    return tools.store.order(JobKind.PREPARE, lab_id, by=by)


def order_in_time(tools: Tools, passage: Passage) -> list[Order]:
    """Orders that go with phase 1: the lab is known now, and its hour comes in half an hour.

    What keeps the devices from being set does not keep the passage from beginning: the place's
    page says it, and the hour is refused there.
    """
    try:
        place = tools.inventory.read().place(passage.place) if passage.place else Place("")
        refuse_at_work(tools, place)
    except LabmgrError as trouble:
        log.warning("place %s is not prepared: %s", passage.place, trouble)
        return []
    known = {one.device for one in tools.store.device_states(passage.lab)}
    missing = [one for one in taking_part(tools, place) if one.name not in known]
    needed = missing or place.wires
    return [Order(JobKind.PREPARE, passage.lab)] if passage.lab and needed else []


def heard(tools: Tools, job: Job) -> tuple[int, int]:
    """How many of the lab's devices have answered, or failed, since this job began; of how many."""
    theirs = [one for one in tools.store.device_states(job.lab) if not one.aside]
    since = job.started
    return sum(bool(since and one.asked and one.asked >= since) for one in theirs), len(theirs)


def being_set(tools: Tools, lab_id: str) -> bool:
    """Whether the lab's devices are just being set, or wait for it."""
    return any(one.kind in _SETS for one in tools.store.jobs(lab=lab_id, unended=True))


def refuse_being_set(tools: Tools, lab_id: str) -> None:
    """Nobody is let in while labmgr still types on a device."""
    if being_set(tools, lab_id):
        raise Refused(
            f"The devices of lab {lab_id} are being set",
            hint="Wait until that is done; the place's page shows it.",
        )


def refuse_in_the_middle(tools: Tools, lab_id: str) -> None:
    """What is just being typed on a device is for this lab, and would be kept as its start."""
    jobs = tools.store.jobs(lab=lab_id, unended=True)
    if any(one.kind in _SETS and one.state is JobState.DOING for one in jobs):
        raise Refused(
            f"The devices of lab {lab_id} are being set",
            hint="Wait until that is done; the place's page shows it.",
        )


def order_open(tools: Tools, lab_id: str) -> list[Order]:
    """Orders that go with the hour's beginning; rows only, whatever the inventory has become."""
    return _with(tools, lab_id, JobKind.OPEN_DEVICES)


def order_close(tools: Tools, lab_id: str) -> list[Order]:
    """Orders that go with the bell, or with a suspension."""
    return _with(tools, lab_id, JobKind.CLOSE_DEVICES)


def order_keep(tools: Tools, lab_id: str) -> list[Order]:
    """Orders that go with the candidate's own save point."""
    return _with(tools, lab_id, JobKind.KEEP_CONFIGS)


def order_restore(tools: Tools, reset: Job) -> list[Job]:
    """Given with a lab's reset once it is done, and known by it: see `following`."""
    orders = _with(tools, reset.lab, JobKind.RESTORE_DEVICES)
    after = {AFTER: str(reset.id)}
    return [tools.store.order(one.kind, one.lab, by=reset.by, args=after) for one in orders]


def following(tools: Tools, job: Job) -> list[Job]:
    """What a job that is done has ordered from the devices; who waits for it waits for this too."""
    theirs = tools.store.jobs(lab=job.lab) if job.kind is JobKind.RESET else []
    return [one for one in theirs if one.args.get(AFTER) == str(job.id)]


def held(tools: Tools, lab_id: str) -> list[Device]:
    """The devices that are set for this lab's candidate and still declared."""
    names = {one.device for one in tools.store.device_states(lab_id) if not one.aside}
    return [one for one in tools.inventory.read().devices if one.name in names]


def refuse_at_work(tools: Tools, place: Place) -> None:
    """A device that somebody works on is set for nobody else."""
    for device in place.devices:
        refuse_in_use(tools, device)


def refuse_in_use(tools: Tools, device: Device) -> None:
    """Its candidate's hour has begun and the passage is not done."""
    state = tools.store.device_state(device.name)
    passage = sitting.passage_of(tools, state.lab) if state.lab else None
    if passage and passage.state in sitting.AT_WORK:
        raise Refused(
            f"{device.name} is set for candidate {passage.candidate}, whose passage is in "
            f"{passage.state}",
            hint="Wait until that passage is done, or close it with its reason.",
        )


def _with(tools: Tools, lab_id: str, kind: JobKind) -> list[Order]:
    return [Order(kind, lab_id)] if lab_id and tools.store.device_states(lab_id) else []
