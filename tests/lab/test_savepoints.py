"""The hour's own save points and the two doors, with real clients on the real engine."""

from __future__ import annotations

import pytest

from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.services.desk import savepoints
from labmgr.services.lab import access, labs
from labmgr.services.passage import attendance, choices, interruptions, passages
from labmgr.services.session import forms
from tests.lab.clients import Visitor, wait_for
from tests.lab.house import BY, PATIENCE

SESSION, NUMBER = "heure", "101"


@pytest.fixture
def hour(empty_house, tmp_path):
    """One candidate in the running hour, in a lab of their own."""
    house, tools = empty_house, empty_house.tools
    lab = house.planned("heure", "sisr-core", NUMBER)
    forms.keep_realisation(tools, Realisation(SESSION, NUMBER, 1, "sisr-core"), by=BY)
    for job in labs.order_build(tools, [lab], by=BY):
        house.wait(job)
    tools.store.keep_passages([Passage(SESSION, NUMBER)], by=BY)
    choices.choose(tools, SESSION, NUMBER, 1, by=BY)
    attendance.arrive(tools, SESSION, NUMBER, by=BY)
    passages.start(tools, SESSION, NUMBER, Phase.PHASE_1, by=BY)
    passages.start(tools, SESSION, NUMBER, Phase.INTERVIEW_1, by=BY)
    attendance.acknowledge(tools, SESSION, NUMBER)
    passages.start(tools, SESSION, NUMBER, Phase.HOUR, by=BY)
    assert wait_for(lambda: seen(house).state is PassageState.HOUR)
    yield house, lab
    if seen(house).state is not PassageState.DONE:  # the test failed on the way
        interruptions.suspend(tools, SESSION, NUMBER, by=BY, why="test over")
        passages.close(tools, SESSION, NUMBER, by=BY, why="test over")
    settled(house, lab)
    house.wait(labs.order_remove(tools, lab, by=BY))


def seen(house):
    return house.tools.store.passage(SESSION, NUMBER)


def settled(house, lab):
    store = house.tools.store
    assert wait_for(lambda: not store.jobs(lab=lab, unended=True), PATIENCE)
    return house.lab(lab).state


def test_back_to_a_save_point_then_the_bell_in_the_middle_of_the_next(hour, tmp_path):
    house, lab = hour
    tools = house.tools
    me = Visitor.by(house, access.for_candidate(tools, house.lab(lab)), tmp_path / "candidate")
    me.ssh("srv", "echo good > note")
    house.wait(savepoints.order_save(tools, SESSION, NUMBER))
    (point,) = savepoints.of(tools, seen(house)).kept
    me.ssh("srv", "echo bad > note")
    house.wait(savepoints.order_return(tools, SESSION, NUMBER, point.id))
    assert settled(house, lab) is LabState.OPEN
    assert me.comes_to_read("srv", "cat", "note") == "good\n"
    assert seen(house).clock.running

    job = savepoints.order_return(tools, SESSION, NUMBER, point.id)
    assert wait_for(lambda: house.lab(lab).state is LabState.BUILDING)
    passages.finish_hour(tools, SESSION, NUMBER, by=BY, why="as the bell does")
    house.wait(job)
    assert settled(house, lab) is LabState.FROZEN
    assert not me.gets_in()
    kinds = [one.kind for one in tools.store.snapshots(lab) if one.verified]
    assert kinds.count(SnapshotKind.END) == 1

    passages.start(tools, SESSION, NUMBER, Phase.INTERVIEW_2, by=BY)
    assert settled(house, lab) is LabState.RECETTE
    ways = access.for_commission(tools, house.lab(lab), by=BY)
    jury = Visitor.by(house, ways, tmp_path / "jury")
    assert jury.comes_to_read("srv", "cat", "note") == "good\n"
    assert "Zabbix" in jury.page(jury.link("sup", "zabbix"))
    assert not me.gets_in(), "the candidate's door stays shut while the commission's works"
    page = me.link("sup", "zabbix")
    assert me.call("curl", "-sS", "-k", "-m", "5", page).returncode != 0
    passages.close(tools, SESSION, NUMBER, by=BY)
    settled(house, lab)
    assert not jury.gets_in()
