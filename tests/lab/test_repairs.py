"""Repairs on a real engine: accesses rotated in an hour, a node restarted, a lab put away."""

from __future__ import annotations

import time

import pytest

from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.services.day import repairs
from labmgr.services.lab import away, labs, snapshots
from labmgr.services.passage import attendance, choices, interruptions, passages
from labmgr.services.session import forms
from labmgr.store.files.file_library import FileLibrary
from tests import free
from tests.browser.conftest import leave
from tests.lab.clients import Visitor, wait_for
from tests.lab.house import BY, PATIENCE, House
from tests.lab.own_engine import NODE, write_templates

HOUR = 600  # seconds: brought to its end once it is known how fast this machine is
ASK = "GET / HTTP/1.0\r\nHost: web\r\n\r\n"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A house with a template of two small pages, made of the gateway's own image."""
    folder = write_templates(tmp_path_factory.mktemp("small") / "templates")
    compose = folder / "petit" / "compose.yaml"
    image = FileLibrary(folder).own_images()["gateway"].tag
    compose.write_text(compose.read_text().replace(NODE, image))
    settings = {
        "LABMGR_TEMPLATES": str(folder),
        "LABMGR_NET_BASE": free.net_base(4),
        "LABMGR_PORT_BASE": str(free.port_base()),
        "LABMGR_BUILD_DEADLINE": "120",
    }
    made = House(tmp_path_factory.mktemp("home"), settings)
    try:
        made.build_images()
        yield made
    finally:
        made.clean()


def built(house, name):
    """A candidate of a session of their own, before the hour; the id of the lab."""
    tools = house.tools
    lab = house.planned(name, "petit", number="1")
    forms.set_form(tools, name, durations=dict.fromkeys(Phase, 2) | {Phase.HOUR: HOUR}, by=BY)
    forms.keep_realisation(tools, Realisation(name, "1", 1, "petit"), by=BY)
    tools.store.keep_passages([Passage(name, "1")], by=BY)
    for job in labs.order_build(tools, [lab], by=BY):
        house.wait(job)
    attendance.arrive(tools, name, "1", by=BY)
    choices.choose(tools, name, "1", 1, by=BY)
    for phase in Phase.PHASE_1, Phase.INTERVIEW_1:
        passages.start(tools, name, "1", phase, by=BY)
    attendance.acknowledge(tools, name, "1")
    return lab


def gets_through(visitor):
    """Whether this password opens the jump host to the lab's page."""
    port = visitor.jump.rsplit(":", 1)[1]
    config = ("ssh", "-F", str(visitor.folder / "config"), "-p", port, "-W", "web:80")
    return "200 OK" in visitor.call(*config, "candidat@127.0.0.1", say=ASK).stdout


def since(house, lab):
    boxes = {node: house.container(lab, node) for node in ("web", "db", "gateway")}
    return {node: (box.id, box.attrs["State"]["StartedAt"]) for node, box in boxes.items()}


def test_rotated_in_the_hour_the_old_password_is_refused_and_the_end_stays(small, tmp_path):
    with small.working():
        lab = built(small, "rotation")
        begun = time.monotonic()
        passages.start(small.tools, "rotation", "1", Phase.HOUR, by=BY)
        seen = lambda: small.tools.store.passage("rotation", "1")  # noqa: E731
        assert wait_for(lambda: seen().state is PassageState.HOUR, PATIENCE)
        before, stood = Visitor.of(small, lab, tmp_path / "before"), since(small, lab)
        assert gets_through(before)
        leave(small.tools, "1", 12 + 8 * (time.monotonic() - begun), "rotation")
        code = small.tools.store.code("rotation", "1")
        fresh, (job,) = repairs.rotate(small.tools, "rotation", "1", by=BY, why="fiche perdue")
        small.wait(job)
        assert fresh == small.tools.store.code("rotation", "1") != code
        after = Visitor.of(small, lab, tmp_path / "after")
        assert gets_through(after), "as open as before, with the host key known before"
        assert not gets_through(before)
        now = since(small, lab)
        assert (now["web"], now["db"]) == (stood["web"], stood["db"]), "the nodes ran on"
        assert now["gateway"] != stood["gateway"]
        rest = seen().clock.left(small.tools.clock())
    assert rest > 0
    time.sleep(rest)
    assert wait_for(lambda: not gets_through(after)), (
        "no worker: the new gateway itself kept the end"
    )


def test_a_node_is_restarted_and_a_lab_put_away_comes_back_under_its_addresses(small):
    tools = small.tools
    with small.working():
        lab = built(small, "rangement")
        small.run(lab, "web", "sh", "-c", "echo mine > /srv/data/row; echo mine > /root/note")
        before, addresses = since(small, lab), small.plan(lab).nodes[0].addresses
        small.wait(repairs.order_restart(tools, lab, "web", by=BY, why="figé"))
        now = since(small, lab)
        assert now["web"][0] == before["web"][0]
        assert now["web"][1] > before["web"][1]
        assert (now["db"], now["gateway"]) == (before["db"], before["gateway"])
        assert small.run(lab, "web", "cat", "/srv/data/row", "/root/note").split() == ["mine"] * 2
        small.wait(snapshots.order_take(tools, lab, SnapshotKind.OWN, by=BY))
        interruptions.suspend(tools, "rangement", "1", by=BY, why="fin de l'essai")
        passages.close(tools, "rangement", "1", by=BY, why="fin de l'essai")
        small.wait(away.put_away(tools, lab, by=BY))
        assert lab not in tools.engine.look_all()
        ours = {"label": f"labmgr.lab={lab}"}
        assert small.docker.networks.list(filters=ours) == []
        assert small.docker.volumes.list(filters=ours) == []
        own = snapshots.latest(tools, lab, SnapshotKind.OWN)
        small.wait(labs.order_restore(tools, lab, own.id, by=BY, why="contestation"))
        assert small.lab(lab).state is LabState.READY
        assert small.run(lab, "web", "cat", "/srv/data/row", "/root/note").split() == ["mine"] * 2
        assert small.plan(lab).nodes[0].addresses == addresses
        nets = small.container(lab, "web").attrs["NetworkSettings"]["Networks"].values()
        assert {net["IPAddress"] for net in nets} == set(addresses.values())
        kept = {one.id for one in tools.store.snapshots(lab)}
        assert {name for at, name in tools.engine.snapshots() if at == lab} == kept
