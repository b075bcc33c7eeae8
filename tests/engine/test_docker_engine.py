"""What only the real engine can show: rights, secrets, addresses, the guard, a deaf gateway."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from labmgr.domain.plan import SecretFile
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.snapshot import PartKind
from labmgr.domain.template import ImageSpec, Init
from labmgr.domain.words import Audience
from labmgr.engines import helper, naming
from labmgr.engines.docker_engine import DockerEngine
from labmgr.engines.reach import Reach
from labmgr.errors import AddressTaken, EngineError, EngineUnreachable, GuardMissing
from tests.engine.bench import SECRET, check
from tests.lab.clients import wait_for

pytestmark = pytest.mark.docker

CANDIDATE, COMMISSION = Audience.CANDIDATE, Audience.COMMISSION
SEEDED = "/var/seeded/seed"  # in a volume that the trial image itself declares


@pytest.fixture(scope="module")
def bench(docker_bench):
    return docker_bench


@pytest.fixture(scope="module")
def engine(bench):
    return bench.engine


@pytest.fixture(scope="module")
def lab(bench, engine):
    """A built lab that tests leave as it was."""
    plan = bench.plan()
    engine.build(plan)
    assert bench.has_booted(plan.lab, "web")
    yield plan
    engine.remove(plan.lab)


@pytest.fixture
def plan(bench, engine):
    """A second lab, not built, of which nothing is left afterwards."""
    made = bench.plan(3)
    yield made
    engine.remove(made.lab)


def inspected(bench, lab, node):
    return bench.docker.api.inspect_container(bench.container(lab, node).id)


def test_a_node_gets_its_limits_and_no_right_beyond_the_plan(bench, lab):
    node = lab.nodes[0]
    host = inspected(bench, lab.lab, "web")["HostConfig"]
    assert host["Memory"] == host["MemorySwap"] == node.memory
    assert (host["PidsLimit"], host["NanoCpus"]) == (node.pids, int(node.cpus * 1e9))
    assert host["LogConfig"] == {
        "Type": "json-file",
        "Config": {"max-size": "1m", "max-file": "1"},
    }
    assert host["RestartPolicy"]["Name"] in {"", "no"}
    assert not host["CapAdd"]
    assert not host["Binds"]
    assert not host["Privileged"]
    assert host["Sysctls"]["net.ipv4.ip_forward"] == "0"


def test_everything_carries_the_labels_and_bridges_are_named_by_kind(bench, lab, instance):
    ours = {"label": [f"labmgr.instance={instance}", f"labmgr.lab={lab.lab}"]}
    bridges = {
        network.attrs["Options"]["com.docker.network.bridge.name"]: network.attrs["Internal"]
        for network in bench.docker.networks.list(filters=ours)
    }
    assert {name[:3]: internal for name, internal in bridges.items()} == {"lmi": True, "lmf": False}
    assert all(len(name) == 15 for name in bridges)
    assert bench.docker.volumes.list(filters=ours)
    for container in bench.docker.containers.list(filters=ours):
        labels = container.labels
        assert labels["labmgr.template"] == "try@0"
        assert (labels["labmgr.session"], labels["labmgr.candidate"]) == ("try", "42")
        assert SECRET not in json.dumps(container.attrs)


def test_a_node_has_no_way_to_the_host_and_knows_its_neighbours(bench, engine, lab):
    net = bench.net_base
    script = (
        "import socket\n"
        "print(socket.gethostbyname('db'), socket.gethostbyname('db.lab.lan'))\n"
        f"for host, port in (('{net}.10.1', 22), ('{net}.255.1', 22)):\n"
        "    s = socket.socket(); s.settimeout(0.7)\n"
        "    print(s.connect_ex((host, port)) != 0)\n"
    )
    status, said = engine.run(lab.lab, "web", ["python3", "-c", script])
    assert status == 0
    assert said.splitlines() == [f"{net}.10.20 {net}.10.20", "True", "True"]


def test_another_instance_on_the_host_sees_nothing(engine, lab, own):
    stranger = DockerEngine(
        None, instance="tother", probe_image=own["probe"], guard_image=own["guard"]
    )
    assert lab.lab not in stranger.look_all()
    assert stranger.look(lab.lab) == {}
    stranger.remove(lab.lab)
    assert engine.look(lab.lab)["web"] is Seen.RUNNING
    owner = stranger.facts().used_ranges[lab.networks[0].subnet]
    assert lab.lab in owner
    assert "instance t" in owner
    stranger.close()


def test_published_ports_and_ranges_are_told_with_their_owner(bench, engine, lab):
    facts = engine.facts(guard=True)
    assert facts.used_ports[bench.port_base] == f"lab {lab.lab}"
    assert facts.used_ranges[lab.networks[0].subnet] == f"lab {lab.lab}"
    assert facts.guard == "laid"
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        assert "127.0.0.1" in engine.facts().used_ports[busy.getsockname()[1]]


def test_a_port_of_somebody_else_is_named(bench, engine, plan):
    port = bench.port_base + 48
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        busy.bind(("127.0.0.1", port))
        busy.listen()
        with pytest.raises(AddressTaken, match=str(port)):
            engine.build(plan)
    engine.build(plan)  # what stands is gone on with
    assert set(engine.look(plan.lab).values()) == {Seen.RUNNING}
    engine.remove(plan.lab)


def test_restoring_keeps_macs_and_brings_back_volumes_that_the_image_declares(bench, engine, plan):
    engine.build(plan)
    mac = ["cat", "/sys/class/net/eth0/address"]
    before = engine.run(plan.lab, "web", mac)
    assert before[1] == naming.mac(plan.nodes[0].addresses["lan"])
    assert bench.has_booted(plan.lab, "web")
    engine.run(plan.lab, "web", ["sh", "-c", f"rm {SEEDED}; echo mine > /var/seeded/own"])
    engine.run(plan.lab, "web", ["sh", "-c", "chown 33:44 /srv/data; chmod 2750 /srv/data"])
    parts = engine.save(plan, "start-1")
    assert {part.path for part in parts if part.node == "web"} == {"", "/srv/data", "/var/seeded"}
    engine.remove(plan.lab)
    engine.build(plan, parts=parts)
    assert engine.run(plan.lab, "web", ["grep", "-rl", SECRET, "/etc", "/root", "/var"])[0] == 1
    assert engine.run(plan.lab, "web", mac) == before
    assert bench.read(plan.lab, "web", "/var/seeded/own") == "mine"
    assert bench.read(plan.lab, "web", SEEDED) is None
    stat = ["stat", "-c", "%u %g %a", "/srv/data"]
    assert engine.run(plan.lab, "web", stat) == (0, "33 44 2750")
    again = engine.save(plan, "end-1")
    assert [part.name for part in again] == [part.name for part in parts]
    engine.remove(plan.lab)
    assert not leftovers(bench, plan.lab)


def test_a_container_never_started_is_made_again_with_its_first_boot(bench, engine, plan):
    engine.build(plan)
    node = inspected(bench, plan.lab, "web")
    bench.container(plan.lab, "web").remove(force=True)
    bench.docker.api.create_container(
        plan.nodes[0].image, name=node["Name"].lstrip("/"), labels=node["Config"]["Labels"]
    )
    assert engine.look(plan.lab)["web"] is Seen.CREATED
    engine.build(plan)
    assert engine.look(plan.lab)["web"] is Seen.RUNNING
    assert bench.has_booted(plan.lab, "web")
    engine.remove(plan.lab)


def test_a_gateway_that_does_not_obey_is_killed_and_examiners_go_on(bench, engine, lab):
    engine.open_access(lab.lab, CANDIDATE, datetime.now(UTC) + timedelta(minutes=5))
    engine.open_access(lab.lab, COMMISSION, datetime.now(UTC) + timedelta(minutes=5))
    first = inspected(bench, lab.lab, GATEWAY)["State"]["Pid"]
    engine.run(lab.lab, GATEWAY, ["sh", "-c", "sleep 5.5"])  # past the time of a careful closing
    os.kill(first, signal.SIGSTOP)
    engine.close_access(lab.lab, CANDIDATE)
    assert inspected(bench, lab.lab, GATEWAY)["State"]["Pid"] != first
    assert not engine.is_open(lab.lab, CANDIDATE)
    assert wait_for(lambda: engine.is_open(lab.lab, COMMISSION))
    assert not engine.is_open(lab.lab, CANDIDATE)
    engine.close_access(lab.lab, COMMISSION)


def test_a_stopped_gateway_that_is_closed_stays_closed_when_it_wakes(bench, engine, lab):
    engine.open_access(lab.lab, CANDIDATE, datetime.now(UTC) + timedelta(minutes=5))
    bench.tamper(lab.lab, GATEWAY, Seen.STOPPED)
    engine.close_access(lab.lab, CANDIDATE)
    engine.build(lab)
    time.sleep(1.5)
    assert not engine.is_open(lab.lab, CANDIDATE)


def test_the_gateway_closes_by_itself_at_the_instant_it_was_given(engine, lab):
    begun = time.monotonic()
    engine.open_access(lab.lab, CANDIDATE)
    assert engine.is_open(lab.lab, CANDIDATE)
    pace = 4 * timedelta(seconds=time.monotonic() - begun)  # by how fast the engine is just now
    end = datetime.now(UTC) + timedelta(seconds=4) + pace
    engine.open_access(lab.lab, CANDIDATE, end)
    assert engine.is_open(lab.lab, CANDIDATE)
    assert wait_for(lambda: not engine.is_open(lab.lab, CANDIDATE))
    assert timedelta(seconds=-0.5) < datetime.now(UTC) - end < timedelta(seconds=10) + pace


def test_a_reader_who_goes_away_ends_the_probe(bench, engine, lab):
    never = check("web", lab.nodes[0].addresses["lan"], port=81)
    findings = engine.probe(lab.lab, [never], deadline=600)
    next(findings)
    start = time.monotonic()
    findings.close()
    assert time.monotonic() - start < 300  # of the 600 that it would have gone on
    assert not helpers(bench, lab.lab)


def test_a_probe_container_that_is_killed_leaves_red_findings(bench, engine, lab):
    never = check("web", lab.nodes[0].addresses["lan"], port=81)
    findings = engine.probe(lab.lab, [never], deadline=60)
    next(findings)
    for container in helpers(bench, lab.lab):
        container.kill()
    last = list(findings)[-1]
    assert last.final
    assert not last.green
    assert not helpers(bench, lab.lab)


def test_a_removal_that_was_cut_short_leaves_no_volume_to_the_next_lab(bench, engine, plan):
    engine.build(plan)
    bench.write(plan.lab, "web", "/srv/data/row", "lost")
    bench.docker.api.remove_container(bench.container(plan.lab, "web").id, force=True)
    engine.remove(plan.lab, ["web"])
    engine.build(plan)
    assert bench.read(plan.lab, "web", "/srv/data/row") is None


def test_a_command_that_does_not_end_is_given_up(engine, lab):
    with pytest.raises(EngineError, match="did not end"):
        engine.run(lab.lab, "web", ["sleep", "3"], timeout=0.5)


def test_tidy_takes_the_helpers_of_the_dead_alone(bench, engine, lab, instance, own):
    reach = Reach(None, instance)
    mine = helper.create(reach, helper.Task(own["guard"], ["check"], lab.lab))
    dead = reach.names.helper_labels(lab.lab, "999999-1")
    theirs = bench.docker.api.create_container(own["guard"], labels=dead)["Id"]
    engine.tidy()
    there = {container.id for container in helpers(bench, lab.lab)}
    assert mine in there
    assert theirs not in there
    helper.drop(reach, mine)
    reach.close()
    assert engine.look(lab.lab)["web"] is Seen.RUNNING


def test_without_a_guard_no_lab_is_built_and_none_is_opened(own, instance, plan):
    bare = DockerEngine(None, instance=instance, probe_image=own["probe"], guard_image=own["node"])
    for order in (bare.guard, lambda: bare.build(plan), lambda: bare.open_access("x", CANDIDATE)):
        with pytest.raises(GuardMissing) as trouble:
            order()
        assert "labmgr doctor" in trouble.value.hint
    assert bare.look(plan.lab) == {}
    assert bare.facts().guard == ""  # nobody asked
    assert bare.facts(guard=True).guard not in {"", "laid"}
    bare.close()


def test_a_node_with_systemd_runs_without_any_extra_right(engine, library, images, instance, plan):
    recipe = library.recipe(ImageSpec(recipe="debian-systemd"))
    images.build(recipe)
    files = {"lab.env": "LAB_NO='1'\nLAB_NET='10.101'\nLAB_DOMAIN='lab.lan'\nNODE='web'\n"}
    for who in ("etudiant", "labmgr"):
        files |= {f"credentials/{who}/login": who, f"credentials/{who}/password": SECRET}
    first = replace(
        plan.nodes[0],
        image=recipe.tag,
        init=Init.SYSTEMD,
        memory=192 << 20,
        first_boot=tuple(
            SecretFile(f"/etc/labmgr/first-boot/{name}", text.encode())
            for name, text in files.items()
        ),
    )
    plan = replace(plan, nodes=(first, plan.nodes[1]))
    engine.build(plan)
    ask = ["systemctl", "is-system-running"]
    assert wait_for(lambda: engine.run(plan.lab, "web", ask)[1] == "running"), engine.last_words(
        plan.lab, "web"
    )
    rights = engine.run(plan.lab, "web", ["grep", "CapEff", "/proc/self/status"])[1]
    assert int(rights.split()[1], 16) & (1 << 21 | 1 << 12 | 1 << 19 | 1 << 16) == 0
    parts = engine.save(plan, "start-1")
    engine.remove(plan.lab)
    name = naming.Names(instance).thing(plan.lab, "web")
    assert not [at for at in os.walk("/sys/fs/cgroup") if name in at[1]]
    engine.build(plan, parts=parts)
    assert engine.look(plan.lab)["web"] is Seen.RUNNING
    assert [part.kind for part in parts].count(PartKind.NODE) == 2
    engine.remove(plan.lab)


def test_an_engine_that_is_down_is_said_to_be_down_when_asked():
    engine = DockerEngine("unix:///no/such.sock", instance="t", probe_image="p", guard_image="g")
    for ask in (engine.facts, engine.guard, engine.look_all, engine.snapshots):
        with pytest.raises(EngineUnreachable) as trouble:
            ask()
        assert trouble.value.passing
        assert "labmgr doctor" in trouble.value.hint


def helpers(bench, lab):
    ours = {"label": [f"labmgr.lab={lab}", "labmgr.role=helper"]}
    return bench.docker.containers.list(all=True, filters=ours)


def leftovers(bench, lab):
    ours = {"label": f"labmgr.lab={lab}"}
    return [
        *bench.docker.containers.list(all=True, filters=ours),
        *bench.docker.networks.list(filters=ours),
        *bench.docker.volumes.list(filters=ours),
    ]
