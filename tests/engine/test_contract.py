"""What every engine promises (labmgr/domain/ports.py): the fake and Docker sit the same exam."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from labmgr.domain.probe import ProbeKind
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.snapshot import PartKind
from labmgr.domain.template import Quiesce
from labmgr.domain.words import Audience
from labmgr.engines.fake_engine import FakeEngine
from labmgr.errors import (
    AddressTaken,
    EngineError,
    ImageMissing,
    NotFound,
    SnapshotBroken,
    WireTaken,
    WireUnfit,
)
from tests.engine.bench import check

UP = {"web": Seen.RUNNING, "db": Seen.RUNNING, GATEWAY: Seen.RUNNING}
CANDIDATE, COMMISSION = Audience.CANDIDATE, Audience.COMMISSION


@pytest.fixture(scope="module")
def engine(bench):
    return bench.engine


@pytest.fixture(scope="module")
def standing(bench, engine):
    """A built lab for tests that leave it as it was."""
    made = bench.plan(1)
    engine.build(made)
    yield made
    engine.remove(made.lab)


@pytest.fixture
def plan(bench, engine):
    made = bench.plan()
    yield made
    engine.remove(made.lab)


@pytest.fixture
def port(bench):
    with bench.port() as made:
        yield made


def test_a_built_lab_runs_whole_and_building_twice_changes_nothing(bench, engine, plan):
    told = []
    engine.build(plan, tell=lambda *words: told.append(words))
    assert engine.look(plan.lab) == UP
    assert {node for node, _, share in told if share == 1.0} == UP.keys()
    assert bench.has_booted(plan.lab, "web")
    bench.write(plan.lab, "web", "/root/note", "work")
    engine.build(plan)
    assert engine.look(plan.lab) == UP
    assert bench.read(plan.lab, "web", "/root/note") == "work"
    assert engine.look_all()[plan.lab] == UP


def test_what_stopped_or_was_paused_is_woken_with_its_work(bench, engine, plan):
    engine.build(plan)
    assert bench.has_booted(plan.lab, "web")
    bench.write(plan.lab, "web", "/root/note", "work")
    bench.tamper(plan.lab, "web", Seen.STOPPED)
    bench.tamper(plan.lab, "db", Seen.PAUSED)
    bench.tamper(plan.lab, GATEWAY, None)
    assert engine.look(plan.lab) == {"web": Seen.STOPPED, "db": Seen.PAUSED}
    engine.build(plan)
    assert engine.look(plan.lab) == UP
    assert bench.read(plan.lab, "web", "/root/note") == "work"


def test_a_node_held_still_keeps_its_work_is_saved_and_goes_on(bench, engine, plan):
    engine.build(plan)
    bench.write(plan.lab, "web", "/root/note", "work")
    engine.pause(plan.lab, "web")
    engine.pause(plan.lab, "web")
    assert engine.look(plan.lab) == UP | {"web": Seen.PAUSED}
    engine.build(plan)
    assert engine.look(plan.lab) == UP
    engine.pause(plan.lab, "db")
    engine.verify(engine.save(plan, "own-1"))
    assert engine.look(plan.lab) == UP
    assert bench.read(plan.lab, "web", "/root/note") == "work"
    with pytest.raises(NotFound):
        engine.pause(plan.lab, "none")


def test_a_node_is_restarted_with_its_data_paused_stopped_or_running(bench, engine, plan):
    engine.build(plan)
    assert bench.has_booted(plan.lab, "web")
    for path in ("/root/note", "/srv/data/row"):
        bench.write(plan.lab, "web", path, "work")
    for seen in (None, Seen.STOPPED, "held"):
        if seen == "held":
            engine.pause(plan.lab, "web")
        elif seen:
            bench.tamper(plan.lab, "web", seen)
        engine.restart(plan.lab, "web")
        assert engine.look(plan.lab) == UP
        for path in ("/root/note", "/srv/data/row"):
            assert bench.read(plan.lab, "web", path) == "work"
    for lab, node in ((plan.lab, "none"), ("no-such-lab", "web")):
        with pytest.raises(NotFound):
            engine.restart(lab, node)


def test_a_gateway_that_is_named_is_removed_and_made_again_closed(bench, engine, plan):
    engine.build(plan)
    bench.write(plan.lab, "web", "/root/note", "work")
    engine.open_access(plan.lab, CANDIDATE)
    engine.remove(plan.lab, [GATEWAY])
    assert engine.look(plan.lab) == {"web": Seen.RUNNING, "db": Seen.RUNNING}
    engine.build(plan)
    assert engine.look(plan.lab) == UP
    assert not engine.is_open(plan.lab, CANDIDATE)
    assert bench.read(plan.lab, "web", "/root/note") == "work"


def test_a_lab_that_is_not_there_is_empty_and_can_be_closed_and_removed(engine):
    assert engine.look("no-such-lab") == {}
    assert "no-such-lab" not in engine.look_all()
    engine.close_access("no-such-lab", CANDIDATE)
    assert not engine.is_open("no-such-lab", CANDIDATE)
    engine.remove("no-such-lab")
    engine.remove("no-such-lab", ["web"])
    engine.discard("no-such-lab", "s1")
    with pytest.raises(NotFound):
        engine.run("no-such-lab", "web", ["true"])


def test_a_missing_image_is_named_with_a_way_out_and_nothing_is_made(engine, plan):
    nodes = (replace(plan.nodes[0], image="labmgr/none:1"), plan.nodes[1])
    with pytest.raises(ImageMissing, match="labmgr/none:1 is not on local") as trouble:
        engine.build(replace(plan, nodes=nodes))
    assert "labmgr image import" in trouble.value.hint
    assert engine.look(plan.lab) == {}


@pytest.mark.parametrize("capability", ["SYS_ADMIN", "cap_sys_ptrace", "ALL", "SYS_MODULE"])
def test_a_capability_that_opens_the_host_is_never_given(engine, plan, capability):
    nodes = (replace(plan.nodes[0], capabilities=(capability,)), plan.nodes[1])
    with pytest.raises(EngineError, match="asks for"):
        engine.build(replace(plan, nodes=nodes))
    assert engine.look(plan.lab) == {}


def test_a_snapshot_brings_files_and_volumes_back_without_a_first_boot(bench, engine, plan):
    engine.build(plan)
    assert bench.has_booted(plan.lab, "web")
    for path in ("/root/note", "/srv/data/row"):
        bench.write(plan.lab, "web", path, "before")
    parts = engine.save(plan, "start-1")
    assert engine.look(plan.lab) == UP
    assert {part.node for part in parts if part.kind is PartKind.NODE} == {"web", "db"}
    assert [(part.name, part.path) for part in parts if part.name == "data"] == [
        ("data", "/srv/data")
    ]
    for path in ("/root/note", "/srv/data/row", "/srv/data/new"):
        bench.write(plan.lab, "web", path, "after")
    engine.remove(plan.lab)
    assert engine.look(plan.lab) == {}
    engine.verify(parts)
    engine.build(plan, parts=parts)
    assert engine.look(plan.lab) == UP
    assert bench.read(plan.lab, "web", "/root/note") == "before"
    assert bench.read(plan.lab, "web", "/srv/data/row") == "before"
    assert bench.read(plan.lab, "web", "/srv/data/new") is None
    assert bench.read(plan.lab, "web", "/etc/labmgr/first-boot/word") is None


def test_one_node_can_be_put_back_alone(bench, engine, plan):
    engine.build(plan)
    parts = engine.save(plan, "start-1")
    bench.write(plan.lab, "web", "/root/note", "lost")
    bench.write(plan.lab, "web", "/srv/data/row", "lost")
    bench.write(plan.lab, "db", "/root/note", "kept")
    engine.remove(plan.lab, ["web"])
    assert engine.look(plan.lab) == {"db": Seen.RUNNING, GATEWAY: Seen.RUNNING}
    engine.build(plan, parts=[part for part in parts if part.node == "web"])
    assert engine.look(plan.lab) == UP
    assert bench.read(plan.lab, "web", "/root/note") is None
    assert bench.read(plan.lab, "web", "/srv/data/row") is None
    assert bench.read(plan.lab, "db", "/root/note") == "kept"


def test_snapshots_are_listed_taken_again_and_discarded(engine, plan):
    engine.build(plan)
    engine.save(plan, "own-1")
    parts = engine.save(plan, "own-1")
    other = engine.save(plan, "own-2")
    assert {(plan.lab, "own-1"), (plan.lab, "own-2")} <= set(engine.snapshots())
    engine.verify([*parts, *other])
    engine.discard(plan.lab, "own-1")
    engine.discard(plan.lab, "own-1")
    with pytest.raises(SnapshotBroken):
        engine.verify(parts)
    engine.verify(other)
    assert (plan.lab, "own-1") not in engine.snapshots()


def test_snapshots_survive_their_lab_and_an_altered_part_is_not_restored(engine, plan):
    engine.build(plan)
    parts = engine.save(plan, "end-1")
    engine.remove(plan.lab)
    engine.tidy()
    engine.verify(parts)
    assert (plan.lab, "end-1") in engine.snapshots()
    altered = (replace(parts[0], digest="sha256:" + "0" * 64), *parts[1:])
    with pytest.raises(SnapshotBroken):
        engine.verify(altered)
    with pytest.raises(SnapshotBroken):
        engine.build(plan, parts=altered)


def test_a_failed_snapshot_leaves_nothing_and_the_nodes_run(engine, plan):
    if isinstance(engine, FakeEngine):
        engine.answers["/bin/sh", "-c", "exit 3"] = (3, "")
    first, second = plan.nodes
    hooks = Quiesce(before=("exit 3",))
    bad = replace(plan, nodes=(first, replace(second, quiesce=hooks)))
    engine.build(bad)
    kept = engine.save(plan, "start-1")
    with pytest.raises(EngineError, match="exit 3"):
        engine.save(bad, "end-1")
    assert engine.look(plan.lab) == UP
    assert (plan.lab, "end-1") not in engine.snapshots()
    engine.verify(kept)


def test_what_vanished_is_missed(bench, engine, plan):
    engine.build(plan)
    bench.tamper(plan.lab, "db", None)
    with pytest.raises(NotFound, match="db"):
        engine.save(plan, "end-1")
    assert (plan.lab, "end-1") not in engine.snapshots()
    bench.tamper(plan.lab, GATEWAY, None)
    with pytest.raises(NotFound, match="gateway"):
        engine.open_access(plan.lab, CANDIDATE)
    engine.close_access(plan.lab, CANDIDATE)
    assert not engine.is_open(plan.lab, CANDIDATE)
    assert engine.look(plan.lab) == {"web": Seen.RUNNING}


def test_access_is_closed_at_first_and_each_audience_has_its_own_door(engine, standing):
    assert not engine.is_open(standing.lab, CANDIDATE)
    engine.open_access(standing.lab, CANDIDATE)
    engine.open_access(standing.lab, CANDIDATE)
    assert engine.is_open(standing.lab, CANDIDATE)
    assert not engine.is_open(standing.lab, COMMISSION)
    both = [standing.lab, "no-such-lab"]
    assert list(engine.open_doors(both, CANDIDATE)) == [standing.lab]
    assert not engine.open_doors(both, COMMISSION)
    assert not engine.open_doors(["another"], CANDIDATE)
    engine.open_access(standing.lab, COMMISSION, datetime.now(UTC) + timedelta(hours=1))
    engine.close_access(standing.lab, CANDIDATE)
    engine.close_access(standing.lab, CANDIDATE)
    assert not engine.is_open(standing.lab, CANDIDATE)
    assert engine.is_open(standing.lab, COMMISSION)
    engine.close_access(standing.lab, COMMISSION)
    assert not engine.is_open(standing.lab, COMMISSION)


def test_a_door_does_not_open_until_an_instant_that_is_past(engine, standing):
    with pytest.raises(EngineError):
        engine.open_access(standing.lab, CANDIDATE, datetime.now(UTC) - timedelta(seconds=1))
    assert not engine.is_open(standing.lab, CANDIDATE)


def test_probes_end_with_one_final_finding_each(bench, engine, standing):
    good = check("web", standing.nodes[0].addresses["lan"])
    bad = check("db", standing.nodes[1].addresses["lan"], port=81)
    beside = check("web", standing.nodes[0].addresses["lan"], id="web/beside", vantage="db")
    if isinstance(engine, FakeEngine):
        engine.red[bad.id] = "port 81 closed"
    findings = list(engine.probe(standing.lab, [good, bad, beside], deadline=4))
    final = {finding.check: finding for finding in findings if finding.final}
    assert len([one for one in findings if one.final]) == len(final) == 3
    assert final[good.id].green
    assert final[beside.id].green
    assert not final[bad.id].green
    assert final[bad.id].node == "db"
    assert final[bad.id].evidence


def test_probes_of_a_node_that_is_down_are_red(bench, engine, plan):
    engine.build(plan)
    bench.tamper(plan.lab, "db", Seen.STOPPED)
    one = check("db", plan.nodes[1].addresses["lan"], vantage="db")
    (finding,) = engine.probe(plan.lab, [one], deadline=2)
    assert finding.final
    assert not finding.green


def test_a_ping_from_a_node_and_from_the_gateway(bench, engine, standing):
    web, db = (node.addresses["lan"] for node in standing.nodes)
    nobody = f"{web.rpartition('.')[0]}.99"
    ping = {"kind": ProbeKind.PING, "args": {}}
    checks = [
        check("web", web, id="near", vantage="db", **ping),
        check("db", db, id="gate", **ping),
        check("web", nobody, id="nobody", vantage="db", **ping),
    ]
    if isinstance(engine, FakeEngine):
        engine.red["nobody"] = "nobody answers"
    green = {one.check: one.green for one in engine.probe(standing.lab, checks, deadline=0)}
    assert green == {"near": True, "gate": True, "nobody": False}


def test_nobody_can_look_from_a_node_that_is_down(bench, engine, plan):
    engine.build(plan)
    bench.tamper(plan.lab, "db", Seen.STOPPED)
    one = check("web", plan.nodes[0].addresses["lan"], vantage="db")
    (finding,) = engine.probe(plan.lab, [one], deadline=0)
    assert not finding.green
    assert "db is stopped" in finding.evidence
    assert finding.tries == 0  # nothing was seen: red, but no proof that a way is shut


def test_addresses_of_another_lab_are_refused_and_named(bench, engine, standing):
    other = replace(bench.plan(1), gateway=bench.plan(2).gateway)
    with pytest.raises(AddressTaken, match=standing.lab):
        engine.build(other)
    engine.remove(other.lab)
    assert engine.look(standing.lab) == UP


def test_a_wired_lab_is_joined_to_its_port_and_leaves_it_when_removed(bench, engine, port):
    made, other = (bench.wired(bench.plan(nth), port) for nth in (2, 3))
    try:
        engine.build(made)
        engine.build(made)
        (seen,) = engine.wired(made)
        assert (seen.network, seen.port, seen.right, seen.link) == ("lan", port, True, True)
        with pytest.raises(WireTaken, match=f"lab {made.lab}") as taken:
            engine.build(other)
        assert taken.value.lab == made.lab
        assert engine.look(other.lab) == {}
        for _ in range(2):
            engine.unwire(made.lab)
        assert [one.right for one in engine.wired(made)] == [False]
        assert engine.look(made.lab) == UP
        engine.build(other)
        engine.remove(other.lab)
        engine.build(made)
        assert [one.right for one in engine.wired(made)] == [True]
    finally:
        engine.remove(made.lab)
        engine.remove(other.lab)


def test_a_port_that_is_not_there_builds_nothing_and_still_wakes_what_stands(bench, engine, port):
    plan = bench.plan(2)
    absent = bench.wired(plan, replace(port, interface=bench.absent))
    try:
        with pytest.raises(WireUnfit, match=bench.absent) as unfit:
            engine.build(absent)
        assert unfit.value.hint
        assert engine.look(plan.lab) == {}
        engine.build(bench.wired(plan, None))
        assert list(engine.wired(plan)) == []
        bench.tamper(plan.lab, "web", Seen.STOPPED)
        with pytest.raises(WireUnfit):
            engine.build(absent)
        assert engine.look(plan.lab) == UP
        assert [one.right for one in engine.wired(absent)] == [False]
    finally:
        engine.remove(plan.lab)


def test_removing_a_lab_leaves_its_neighbour_alone(bench, engine, plan, standing):
    engine.build(plan)
    engine.remove(plan.lab)
    assert engine.look(plan.lab) == {}
    assert engine.look(standing.lab) == UP


def test_a_command_gives_its_status_and_its_words(bench, engine, standing):
    bench.write(standing.lab, "web", "/root/note", "words")
    assert engine.run(standing.lab, "web", ["cat", "/root/note"]) == (0, "words")
    status, said = engine.run(standing.lab, "web", ["cat", "/root/none"])
    assert status == 1
    assert "No such file" in said
    assert set(engine.written(standing.lab)) == {"web", "db"}
    assert "running" in engine.last_words(standing.lab, "web")


def test_facts_are_those_of_a_host_that_can_do_it(engine):
    facts = engine.facts()
    engine.guard()
    assert facts.cpus > 0
    assert 0 < facts.memory_free <= facts.memory_total
    assert facts.disk_free > 0
    assert engine.disk_free() > 0
    assert facts.systemd_nodes or facts.systemd_refusal


def test_a_reserve_is_held_in_one_size_and_given_up_once(engine):
    assert engine.reserve() == 0
    labs = engine.look_all()
    try:
        for size in (8 << 20, 8 << 20, 4 << 20):
            engine.hold_reserve(size)
            assert engine.reserve() == size
        assert engine.look_all() == labs, "it is no lab"
        engine.tidy()
        assert engine.reserve() == 4 << 20
    finally:
        given = engine.give_up_reserve()
    assert given
    assert not engine.give_up_reserve()
    assert engine.reserve() == 0
