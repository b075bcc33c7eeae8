"""Short hours on real labs: doors that follow the clock, the end snapshot, a power cut."""

from __future__ import annotations

import subprocess
import time
from contextlib import suppress

import pytest

from labmgr.domain.exam import Form, Member, Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Option, Role
from labmgr.errors import Refused
from labmgr.services.instance import accounts
from labmgr.services.lab import access, doors, labs
from labmgr.services.passage import attendance, choices, interruptions, passages
from labmgr.services.session import forms, rosters
from tests.lab.clients import wait_for
from tests.lab.place import SECONDS, own_place

# docker-py leaves a socket to the collector whenever an engine does not answer.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
BY = "jury"
P = PassageState
HOUR = 25  # seconds
LIST = b"numero;nom;majoration\n1;Un;\n2;Deux;1/3\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with own_place(tmp_path_factory.mktemp("exam")) as made:
        for login in ("jury", "autre"):
            accounts.add_account(made.tools, login, Role.COMMISSION, by="t")
        yield made


@pytest.fixture
def day(place, request):
    """Two candidates whose labs stand, at the end of their first interview."""
    tools, name = place.tools, f"s{abs(hash(request.node.name)) % 10**6}"
    place.start_worker()
    rosters.create_session(tools, name, "petit", by=BY)
    rosters.import_file(tools, name, "l.csv", LIST, by=BY)
    short = dict.fromkeys(Phase, 2) | {Phase.HOUR: HOUR}
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
            with suppress(Refused):
                interruptions.suspend(place.tools, name, one.candidate, by=BY, why="test over")
                passages.close(place.tools, name, one.candidate, by=BY, why="test over")
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

    def page(self, number="1") -> int:
        """What a candidate's browser gets of the lab's page; 0 when the door is shut."""
        found = access.for_staff(self.tools, self.lab(number), by="t")
        link = next(door.link for node in found.nodes for door in node.doors if door.link)
        curl = ["curl", "-ks", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", link]
        asked = subprocess.run(
            self.place.engine.inside(*curl), check=False, capture_output=True, text=True
        )
        return int(asked.stdout)

    def ends(self, number="1"):
        """The end snapshots of the lab that can be restored."""
        kept = self.tools.store.snapshots(self.lab(number).id)
        return [one for one in kept if one.kind is SnapshotKind.END and one.verified]


def test_the_hour_opens_closes_and_is_kept_while_services_go_on(day):
    assert day.page() == 0
    day.start("1")
    day.start("2")
    assert (day.page("1"), day.page("2")) == (200, 200)
    assert day.is_frozen("1")
    assert day.page("1") == 0
    assert day.page("2") == 200, "extra time: the other hour goes on"
    assert day.used("1") == pytest.approx(HOUR)
    assert wait_for(lambda: day.ends("1"), SECONDS)
    assert set(day.tools.engine.look(day.lab("1").id).values()) == {Seen.RUNNING}
    assert day.is_frozen("2")
    assert day.used("2") == pytest.approx(HOUR * 4 / 3)
    with pytest.raises(Refused, match="by hand"):
        doors.order_open(day.tools, day.lab("1").id, by=BY)
    passages.start(day.tools, day.name, "1", Phase.INTERVIEW_2, by=BY)
    assert wait_for(lambda: day.lab().state is LabState.RECETTE, SECONDS)
    assert day.page("1") == 0, "the candidate's own door stays shut"


def test_a_suspension_cuts_and_gives_back_what_was_left(day):
    day.start()
    interruptions.suspend(day.tools, day.name, "1", by=BY, why="alarme")
    left = day.left()
    assert wait_for(lambda: day.page() == 0)
    time.sleep(3)
    assert day.left() == left
    interruptions.resume(day.tools, day.name, "1", by=BY)
    assert day.becomes(P.HOUR)
    assert day.page() == 200
    assert day.is_frozen()
    assert day.used() == pytest.approx(HOUR)


def test_the_gateway_closes_at_the_end_without_any_worker(day):
    day.start()
    day.place.kill_worker()
    time.sleep(day.left() + 2)
    assert day.page() == 0
    assert day.lab().state is LabState.OPEN, "the row waits for the bell"
    day.place.start_worker()
    assert day.is_frozen()
    assert day.used() == pytest.approx(HOUR)
    assert wait_for(lambda: len(day.ends()) == 1, SECONDS)
    said = [entry.what for entry in day.tools.store.entries(f"passage:{day.name}/1")]
    assert said.count("hour: time is up") == 1


def test_a_power_cut_keeps_the_work_and_the_time(day):
    """Worker and engine end at once; what starts again believes in another boot."""
    day.start()
    day.start("2")
    script = "echo mine > /root/work"
    assert day.tools.engine.run(day.lab().id, "web", ["sh", "-c", script])[0] == 0
    time.sleep(6)  # a heartbeat with the hours running
    day.place.kill_worker()
    day.place.engine.stop()
    time.sleep(8)
    day.place.engine.start()
    day.place.start_worker(boot="00000000-after-the-cut")
    for number in "12":
        assert day.becomes(P.SUSPENDED, number), day.place.log()
    running = {Seen.RUNNING}
    assert wait_for(lambda: set(looked(day).values()) == running, SECONDS), day.place.log()
    assert day.page() == 0, "shut until staff decide"
    used = day.used()
    assert 0 < used < HOUR
    interruptions.resume(day.tools, day.name, "1", by=BY)
    assert day.becomes(P.HOUR)
    assert day.page() == 200
    read = ["cat", "/root/work"]
    assert day.tools.engine.run(day.lab().id, "web", read)[1].strip() == "mine"
    first, second = day.seen().clocks[Phase.HOUR].stretches
    assert first.end.boot != second.start.boot
    assert day.is_frozen()
    (incident,) = day.tools.store.incidents(day.name, "1")
    assert incident.seconds > 8
    assert "power cut" in incident.what


def looked(day):
    with suppress(Exception):
        return day.tools.engine.look(day.lab().id)
    return {}
