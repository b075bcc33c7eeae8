"""Whatever a candidate changes, a reset puts back; names, addresses, keys, passwords stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labmgr.config import ROOT
from labmgr.domain.snapshot import PartKind, SnapshotKind
from labmgr.services.lab import labs, snapshots
from labmgr.store.files.file_library import FileLibrary
from tests.lab.changes import Work
from tests.lab.house import BY

ALL = {"file", "row", "entry", "commit", "ticket", "host"}


@pytest.fixture(params=["sisr", "slam"])
def work(request, house, visitor):
    lab = request.getfixturevalue(request.param)
    server, database = {"sisr": ("srv", "mariadb"), "slam": ("dev", "psql")}[request.param]
    return lab, Work(visitor(lab), server, database)


def identity(house, lab):
    """What must be the same after a reset, as the engine and the nodes themselves tell it."""
    found = {}
    for node in house.plan(lab).nodes:
        attrs = house.container(lab, node.name).attrs
        nets = attrs["NetworkSettings"]["Networks"].values()
        keys = "cat /etc/ssh/ssh_host_*_key.pub /etc/dropbear/*key* 2>/dev/null | sha256sum"
        found[node.name] = (
            attrs["Name"],
            attrs["Config"]["Hostname"],
            [(net["IPAddress"], net["MacAddress"]) for net in nets],
            house.run(lab, node.name, "sh", "-c", keys),
        )
    return found


def test_everything_a_candidate_changed_is_as_before(house, work):
    lab, me = work
    before, secrets = identity(house, lab), house.tools.store.credentials(lab)
    with house.opened(lab):
        assert not any(me.seen().values())
        me.do()
        assert {what for what, there in me.seen().items() if there} == ALL
    house.wait(labs.order_reset(house.tools, lab, by=BY))
    assert house.lab(lab).state == "ready"
    assert not me.me.gets_in(), "a lab that was reset is closed"
    with house.opened(lab):
        assert not any(me.seen().values())  # with the same passwords and known host keys
    assert identity(house, lab) == before
    assert house.tools.store.credentials(lab) == secrets


def test_one_node_alone_is_put_back(house, sisr):
    for node in ("srv", "alp"):
        house.run(sisr, node, "sh", "-c", "echo changed > /root/trace")
    house.wait(labs.order_reset(house.tools, sisr, by=BY, nodes=["srv"]))
    status, _ = house.tools.engine.run(sisr, "srv", ["cat", "/root/trace"])
    assert status != 0
    assert house.run(sisr, "alp", "cat", "/root/trace") == "changed"
    house.run(sisr, "alp", "rm", "/root/trace")


def test_a_rehearsal_restores_beside_the_lab_and_leaves_no_trace(house, sisr):
    house.run(sisr, "alp", "sh", "-c", "echo work > /root/trace")
    before = snapshots.latest(house.tools, sisr, SnapshotKind.START).verified
    house.wait(snapshots.order_rehearse(house.tools, sisr, by=BY))
    assert snapshots.latest(house.tools, sisr, SnapshotKind.START).verified > before
    assert set(house.tools.engine.look_all()) >= {sisr}
    assert f"{sisr}-rehearsal" not in house.tools.engine.look_all()
    assert house.run(sisr, "alp", "cat", "/root/trace") == "work"
    house.run(sisr, "alp", "rm", "/root/trace")


def test_a_candidates_own_snapshot_comes_back_with_its_work(house, sisr):
    house.run(sisr, "srv", "sh", "-c", "echo mine > /root/mine")
    house.wait(snapshots.order_take(house.tools, sisr, SnapshotKind.OWN, by=BY))
    own = snapshots.latest(house.tools, sisr, SnapshotKind.OWN)
    house.run(sisr, "srv", "rm", "/root/mine")
    house.wait(labs.order_restore(house.tools, sisr, own.id, by=BY, why="asked for"))
    assert house.run(sisr, "srv", "cat", "/root/mine") == "mine"
    house.wait(labs.order_reset(house.tools, sisr, by=BY))


OWN_PROJECT = """# A candidate's own Compose file, with a volume.
x-labmgr:
  title: {fr: Projet, en: Project}
  summary: {fr: Projet d'un candidat, en: A candidate's project}
  option: SLAM
services:
  web:
    build: ../_images/alpine-server
    hostname: web
    networks: {lan: {ipv4_address: "${LAB_NET}.10.10"}}
    mem_limit: 96m
    volumes: ["data:/srv/data"]
    x-labmgr:
      title: {fr: Site, en: Site}
      init: openrc
      credentials:
        - {id: etudiant, login: etudiant, for: candidate}
        - {id: labmgr, login: labmgr, for: labmgr}
      endpoints: [{name: web, port: 80, protocol: http}]
      probes: [{http: {path: /, status: 200}}]
networks:
  lan: {internal: true, ipam: {config: [{subnet: "${LAB_NET}.10.0/24"}]}}
volumes:
  data: {}
"""


@pytest.fixture
def own_project(house, tmp_path):
    """The product's templates and one more; another library for the same house."""
    (tmp_path / "_images").symlink_to(ROOT / "lab_templates" / "_images")
    (tmp_path / "projet").mkdir()
    (tmp_path / "projet" / "compose.yaml").write_text(OWN_PROJECT)
    before = house.tools
    house.tools = replace(before, library=FileLibrary(tmp_path))
    yield house
    house.tools = before


def test_what_lies_in_a_volume_is_part_of_the_lab(own_project):
    house = own_project
    lab = house.planned("projet", "projet", "301")
    labs.carry_out_build(house.tools, lab, by=BY)
    kept = snapshots.latest(house.tools, lab, SnapshotKind.START).parts
    assert [part.path for part in kept if part.kind is PartKind.VOLUME] == ["/srv/data"]
    house.run(lab, "web", "sh", "-c", "echo row > /srv/data/row; echo file > /root/file")
    snapshots.take(house.tools, house.lab(lab), SnapshotKind.OWN, by=BY)
    labs.carry_out_reset(house.tools, lab, by=BY)
    status, _ = house.tools.engine.run(lab, "web", ["cat", "/srv/data/row"])
    assert status != 0
    own = snapshots.latest(house.tools, lab, SnapshotKind.OWN)
    labs.carry_out_restore(house.tools, lab, own.id, by=BY)
    assert house.run(lab, "web", "cat", "/srv/data/row", "/root/file") == "row\nfile"
    labs.carry_out_remove(house.tools, lab, by=BY)
    mine = {"label": f"labmgr.lab={lab}"}
    assert house.docker.volumes.list(filters=mine) == []
    assert house.docker.containers.list(all=True, filters=mine) == []
    assert house.docker.networks.list(filters=mine) == []
