"""A short exam day on an engine of its own: two candidates at the end of interview 1."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from labmgr.domain.exam import Form, Member, Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Option, Role
from labmgr.errors import LostRace, Refused
from labmgr.services.instance import accounts
from labmgr.services.lab import access, labs
from labmgr.services.passage import attendance, choices, interruptions, passages
from labmgr.services.session import forms, rosters
from tests.browser.conftest import leave
from tests.lab.clients import wait_for
from tests.lab.place import SECONDS, Place

BY = "jury"
P = PassageState
HOUR = 600  # seconds: a test has it end when it is ready for it
LIST = b"numero;nom;majoration\n1;Un;\n2;Deux;1/3\n"


def add_commission(place: Place) -> None:
    for login in ("jury", "autre"):
        accounts.add_account(place.tools, login, Role.COMMISSION, by="t")


@contextmanager
def short_day(place: Place, name: str, *, hour: int = HOUR) -> Iterator[Day]:
    """Labs that stand, a worker at work; put away afterwards, whatever was left running."""
    tools = place.tools
    place.start_worker()
    rosters.create_session(tools, name, "petit", by=BY)
    rosters.import_file(tools, name, "l.csv", LIST, by=BY)
    short = dict.fromkeys(Phase, 2) | {Phase.HOUR: hour}
    forms.set_form(tools, name, form=Form.PONCTUELLE, durations=short, by=BY)
    members = [Member("jury", Option.SISR), Member("autre", Option.SLAM)]
    forms.keep_commission(tools, name, "A", members, by=BY)
    for number in "12":
        forms.keep_realisation(tools, Realisation(name, number, 1, "petit"), by=BY)
    for job in labs.order_build(tools, [lab.id for lab in tools.store.labs(name)], by=BY):
        place.ends(job)
    tools.store.keep_passages([Passage(name, n, commission="a") for n in "12"], by=BY)
    for number in "12":
        choices.choose(tools, name, number, 1, by=BY)
        attendance.arrive(tools, name, number, by=BY)
        passages.start(tools, name, number, Phase.PHASE_1, by=BY)
        passages.start(tools, name, number, Phase.INTERVIEW_1, by=BY)
        attendance.acknowledge(tools, name, number)
    yield Day(place, name)
    put_away(place, name)


def put_away(place, name):
    place.kill_worker()
    place.start_worker()
    for one in place.tools.store.passages(name):
        if one.state not in {P.DONE, P.INTERVIEW_1}:
            assert wait_for(lambda one=one: let_go(place.tools, name, one.candidate))
    for lab in place.tools.store.labs(name):
        assert wait_for(
            lambda lab=lab: (
                place.tools.store.lab(lab.id).state is not LabState.OPEN
                and not place.tools.store.jobs(lab=lab.id, unended=True)
            ),
            SECONDS,
        )
        place.ends(labs.order_remove(place.tools, lab.id, by=BY))
    place.worker.stop()


def let_go(tools, name, number) -> bool:
    """False where the worker wrote of the passage at the same moment."""
    with suppress(Refused):
        try:
            interruptions.suspend(tools, name, number, by=BY, why="test over")
            passages.close(tools, name, number, by=BY, why="test over")
        except LostRace:
            return False
    return True


class Day:
    """What the tests ask of it."""

    def __init__(self, place, name):
        self.place, self.tools, self.name = place, place.tools, name

    def seen(self, number="1"):
        return self.tools.store.passage(self.name, number)

    def lab(self, number="1"):
        return self.tools.store.lab(self.seen(number).lab)

    def start(self, number="1"):
        passages.start(self.tools, self.name, number, Phase.HOUR, by=BY)
        assert self.becomes(P.HOUR, number), self.place.log()
        assert wait_for(lambda: self.is_told_its_end(number), SECONDS), self.place.log()

    def is_told_its_end(self, number):
        """The order to open is over: the gateway knows the clock's own end, without the margin."""
        return not self.tools.store.jobs(lab=self.lab(number).id, unended=True)

    def becomes(self, state, number="1"):
        return wait_for(lambda: self.seen(number).state is state, SECONDS)

    def is_frozen(self, number="1"):
        return wait_for(lambda: self.lab(number).state is LabState.FROZEN, SECONDS)

    def used(self, number="1"):
        return self.seen(number).clocks[Phase.HOUR].used(self.tools.clock())

    def left(self, number="1"):
        return self.seen(number).clocks[Phase.HOUR].left(self.tools.clock())

    def leave(self, seconds, number="1"):
        """Have the hour begun so early that it ends in so many seconds."""
        leave(self.tools, number, seconds, self.name)

    def page(self, number="1") -> int:
        """What a candidate's browser gets of the lab's page; 0 when the door is shut."""
        found = access.for_staff(self.tools, self.lab(number), by="t")
        link = next(door.link for node in found.nodes for door in node.doors if door.link)
        curl = ["curl", "-ks", "-m", "30", "-o", "/dev/null", "-w", "%{http_code}", link]
        asked = subprocess.run(
            self.place.engine.inside(*curl), check=False, capture_output=True, text=True
        )
        return int(asked.stdout)

    def ends(self, number="1"):
        """The end snapshots of the lab that can be restored."""
        kept = self.tools.store.snapshots(self.lab(number).id)
        return [one for one in kept if one.kind is SnapshotKind.END and one.verified]
