"""Short hours on real labs: doors that follow the clock, the end snapshot, a power cut."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from labmgr.domain.exam import Phase
from labmgr.domain.lab import LabState
from labmgr.domain.repair import Seen
from labmgr.errors import Refused
from labmgr.services.lab import doors
from labmgr.services.passage import interruptions, passages
from tests.lab.clients import wait_for
from tests.lab.place import SECONDS, place_on
from tests.lab.short_day import BY, HOUR, P, add_commission, short_day

# docker-py leaves a socket to the collector whenever an engine does not answer.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="module")
def place(spare_engine, tmp_path_factory):
    with place_on(spare_engine, tmp_path_factory.mktemp("exam")) as made:
        add_commission(made)
        yield made


OFF = 4  # seconds without power
COUNT = iter(range(1, 100))
SHORT = 25  # seconds: for the gateway, which knows no other end than it was told


@pytest.fixture
def day(place, request):
    with short_day(place, f"s{next(COUNT)}", hour=getattr(request, "param", HOUR)) as made:
        yield made


def test_the_hour_opens_closes_and_is_kept_while_services_go_on(day):
    assert day.page() == 0
    day.start("1")
    day.start("2")
    assert (day.page("1"), day.page("2")) == (200, 200)
    day.leave(1, "1")
    assert day.is_frozen("1")
    assert day.page("1") == 0
    assert day.page("2") == 200, "extra time: the other hour goes on"
    assert day.used("1") == pytest.approx(HOUR)
    assert wait_for(lambda: day.ends("1"), SECONDS)
    assert set(day.tools.engine.look(day.lab("1").id).values()) == {Seen.RUNNING}
    day.leave(1, "2")
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
    time.sleep(2)
    assert day.left() == left
    day.leave(20)
    interruptions.resume(day.tools, day.name, "1", by=BY)
    assert day.becomes(P.HOUR)
    assert day.page() == 200
    assert day.is_frozen()
    assert day.used() == pytest.approx(HOUR)


@pytest.mark.parametrize("day", [SHORT], indirect=True)
def test_the_gateway_closes_at_the_end_without_any_worker(day):
    day.start()
    day.place.kill_worker()
    time.sleep(day.left())
    assert wait_for(lambda: day.page() == 0, SECONDS)
    assert day.lab().state is LabState.OPEN, "the row waits for the bell"
    day.place.start_worker()
    assert day.is_frozen()
    assert day.used() == pytest.approx(SHORT)
    assert wait_for(lambda: len(day.ends()) == 1, SECONDS)
    said = [entry.what for entry in day.tools.store.entries(f"passage:{day.name}/1")]
    assert said.count("hour: time is up") == 1


def test_a_power_cut_keeps_the_work_and_the_time(day):
    """Worker and engine end at once; what starts again believes in another boot."""
    day.start()
    day.start("2")
    script = "echo mine > /root/work"
    assert day.tools.engine.run(day.lab().id, "web", ["sh", "-c", script])[0] == 0
    now = day.tools.clock().ticks
    assert wait_for(lambda: day.tools.store.last_beat().ticks > now, SECONDS), day.place.log()
    day.place.kill_worker()
    day.place.engine.stop()
    time.sleep(OFF)
    day.place.engine.start()
    day.place.start_worker(boot="00000000-after-the-cut")
    for number in "12":
        assert day.becomes(P.SUSPENDED, number), day.place.log()
    running = {Seen.RUNNING}
    assert wait_for(lambda: set(looked(day).values()) == running, SECONDS), day.place.log()
    assert day.page() == 0, "shut until staff decide"
    used = day.used()
    assert 0 < used < HOUR
    day.leave(20)
    interruptions.resume(day.tools, day.name, "1", by=BY)
    assert day.becomes(P.HOUR)
    assert day.page() == 200
    read = ["cat", "/root/work"]
    assert day.tools.engine.run(day.lab().id, "web", read)[1].strip() == "mine"
    first, second = day.seen().clocks[Phase.HOUR].stretches
    assert first.end.boot != second.start.boot
    assert day.is_frozen()
    (incident,) = day.tools.store.incidents(day.name, "1")
    assert incident.seconds > OFF
    assert "power cut" in incident.what


def looked(day):
    with suppress(Exception):
        return day.tools.engine.look(day.lab().id)
    return {}
