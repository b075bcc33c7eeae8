"""Both templates come from a list to ready, proven green and with a verified start snapshot."""

from __future__ import annotations

from labmgr.domain.journal import first_altered
from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import PartKind, SnapshotKind
from labmgr.services.lab import labs, snapshots
from tests.lab.house import BY


def test_every_probe_is_green_and_the_start_snapshot_is_there(house, each_lab):
    lab = house.lab(each_lab)
    assert lab.state == "ready"
    findings = house.tools.store.findings(each_lab)
    assert len(findings) >= 20
    assert [one for one in findings if not one.green] == []
    assert {one.node for one in findings} == {node.name for node in house.plan(each_lab).nodes}
    start = snapshots.latest(house.tools, each_lab, SnapshotKind.START)
    nodes = {part.node for part in start.parts if part.kind is PartKind.NODE}
    assert nodes == {node.name for node in house.plan(each_lab).nodes}
    snapshots.verify(house.tools, start.id, by=BY)


def test_what_a_snapshot_costs_is_what_the_design_allows(house, each_lab):
    allowed = {"db": 120, "sup": 120}
    start = snapshots.latest(house.tools, each_lab, SnapshotKind.START)
    sizes = {part.node: part.size >> 20 for part in start.parts}
    assert all(size <= allowed.get(node, 20) for node, size in sizes.items()), sizes


def test_all_nodes_run_and_building_again_changes_nothing(house, each_lab):
    ids = {node: house.container(each_lab, node).id for node in house.tools.engine.look(each_lab)}
    assert labs.order_build(house.tools, [each_lab], by=BY) == []
    house.tools.engine.build(house.plan(each_lab))
    assert set(house.tools.engine.look(each_lab).values()) == {Seen.RUNNING}
    assert ids == {node: house.container(each_lab, node).id for node in ids}


def test_no_secret_is_in_what_the_engine_shows(house, each_lab):
    secrets = [one.secret for one in house.tools.store.credentials(each_lab)]
    secrets += [house.plan(each_lab).gateway.candidate_password]
    for node in house.tools.engine.look(each_lab):
        box = house.container(each_lab, node)
        shown = str(box.attrs) + str(box.image.attrs) + box.logs().decode(errors="replace")
        shown += str(box.image.history())
        assert not [secret for secret in secrets if secret in shown], node
        status, _ = house.tools.engine.run(each_lab, node, ["test", "-e", "/etc/labmgr/first-boot"])
        assert status != 0 or node == "gateway", node


def test_the_journal_tells_it_all_and_holds(house, each_lab):
    what = [entry.what for entry in house.tools.store.entries(f"lab:{each_lab}")]
    steps = [word for word in what if "->" in word]
    assert steps[:2] == ["planned -> building", "building -> ready"]
    assert first_altered(house.tools.store.entries()) is None
