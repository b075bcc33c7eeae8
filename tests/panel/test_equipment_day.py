"""A passage with its place's switch from end to end, told to the examiners by its page."""

import re
from dataclasses import replace

import pytest

from labmgr.consoles.fake_devices import KEY as HOST_KEY
from labmgr.consoles.fake_devices import FakeDevices
from labmgr.domain.devices import Ran
from labmgr.domain.exam import Form, Member, Phase
from labmgr.domain.passage import Passage
from labmgr.domain.words import Option, Role
from labmgr.services.equipment import orders
from labmgr.services.instance import accounts
from labmgr.services.lab import labs
from labmgr.services.passage import attendance, hours, passages
from labmgr.services.session import forms
from tests.lab.clients import wait_for
from tests.panel.conftest import logged_in, said
from tests.services.world import World, write_templates

DEVICES = """\
devices:
  sw1:
    kind: switch
    driver: cisco_ios
    address: 127.0.0.1
    user: labmgr
    password: env:SWITCH
    nature: simulated
    declared_by: technicien
    place: P1
    baseline: switch
"""
SERVER = """\
devices:
  srv:
    kind: server
    driver: ssh
    address: 127.0.0.1
    user: labmgr
    password: env:SWITCH
    nature: virtual
    declared_by: technicien
    place: P1
    collect: look.sh
"""
BASELINE = "hostname ${HOSTNAME}\nvlan ${LAB_NO}\n name candidat-${CANDIDATE_NO}\n"
MINE = "/sessions/e6/passages/1"
T, C, G = Role.TEACHER, Role.COMMISSION, Role.INVIGILATOR


@pytest.fixture
def world(tmp_path):
    home = tmp_path / "home"
    (home / "inventory" / "baselines").mkdir(parents=True)
    (home / "inventory" / "devices.yaml").write_text(DEVICES, encoding="utf-8")
    (home / "inventory" / "baselines" / "switch").write_text(BASELINE, encoding="utf-8")
    made = World(home, write_templates(tmp_path / "templates"), env={"SWITCH": "x"})
    devices = FakeDevices(running={"sw1": "hostname sw1\nsnmp-server community tres-secret\nend\n"})
    made.tools = replace(made.tools, devices=devices)
    made.tools.store.keep_secret("device-key:sw1", HOST_KEY)
    seated(made)
    yield made
    made.close()


def seated(world):
    tools = world.tools
    world.session(count=2)
    for role in (T, C, G):
        accounts.add_account(tools, str(role), role, by="t")
    accounts.add_account(tools, "second", C, by="t")
    forms.set_form(tools, "e6", form=Form.PONCTUELLE, by="t")
    members = [Member("commission", Option.SISR), Member("second", Option.SLAM)]
    forms.keep_commission(tools, "e6", "A", members, by="t")
    labs.order_build(tools, [lab.id for lab in tools.store.labs()], by="t")
    world.work()
    seats = [Passage("e6", number, commission="a", place="P1") for number in "12"]
    tools.store.keep_passages(seats, by="t")


@pytest.fixture
def come_in(world):
    return logged_in(world)


def to_hour(world):
    tools = world.tools
    before = tools.store.passage("e6", "1")
    lab = next(one for one in tools.store.labs("e6") if one.candidate == "1")
    chosen = replace(before, choice=lab.realisation)
    tools.store.change_passage(before, chosen, what="chosen", by="t")
    attendance.arrive(tools, "e6", "1", by="t")
    passages.start(tools, "e6", "1", Phase.PHASE_1, by="t")
    world.work()
    passages.start(tools, "e6", "1", Phase.INTERVIEW_1, by="t")
    attendance.acknowledge(tools, "e6", "1")
    passages.start(tools, "e6", "1", Phase.HOUR, by="t")
    world.work()


def test_the_examiners_read_what_the_candidate_changed(world, come_in):
    jury, room = come_in(C), come_in(G)
    assert "place P1 pas prête" in said(jury.text("/sessions/e6/journee"))
    to_hour(world)
    page = said(jury.text(MINE))
    assert "Équipements de la place" in page
    assert "Pas de différence : son heure n'est pas finie" in page
    devices = world.tools.devices
    devices.running["sw1"] = devices.running["sw1"].replace("candidat-1", "comptabilite")
    world.clock.passes(3600)
    hours.answer(world.tools)
    world.work()
    html = jury.text(MINE)
    page = said(html)
    assert "1 ligne ajoutée, 1 retirée" in page
    assert "retiré : - name candidat-1" in page
    assert "ajouté : + name comptabilite" in page
    assert "tres-secret" not in html
    seen = said(room.text(MINE))
    assert "1 ligne ajoutée, 1 retirée" in seen
    assert "comptabilite" not in seen


def test_a_place_in_use_is_prepared_for_nobody_else(world, come_in):
    to_hour(world)
    teacher = come_in(T)
    page = said(teacher.text("/equipements"))
    assert "Maintenant : candidat 1" in page
    answer = teacher.post("/equipements/places/P1/apercu", "/mot-de-passe")
    assert "sw1 est préparé pour le candidat 1" in said(answer.get_data(as_text=True))
    answer = teacher.post("/equipements/sw1/apercu", "/mot-de-passe")
    assert "sw1 est préparé pour le candidat 1" in said(answer.get_data(as_text=True))


def test_the_day_page_follows_a_place_that_becomes_ready(world, come_in):
    lab = next(one for one in world.tools.store.labs("e6") if one.candidate == "1")
    client = come_in(C)
    page = client.text("/sessions/e6/journee")
    seen = re.search(r"vu=(\w+)", page)[1]
    orders.order_prepare(world.tools, lab.id, by="t")
    world.work()
    assert client.get(f"/sessions/e6/journee/_live?vu={seen}").status_code == 200
    assert "pas prête" not in said(client.text("/sessions/e6/journee"))


def test_the_examiners_read_what_was_collected_on_a_server(world, come_in):
    folder = world.home / "inventory"
    (folder / "devices.yaml").write_text(SERVER, encoding="utf-8")
    (folder / "baselines" / "look.sh").write_text("true\n", encoding="utf-8")
    world.tools.store.keep_secret("device-key:srv", HOST_KEY)
    world.tools.devices.outputs["srv"] = Ran(0, "utilisateurs : 12\npassword: tres-secret\n")
    jury, room = come_in(C), come_in(G)
    lab = next(one for one in world.tools.store.labs("e6") if one.candidate == "1")
    orders.order_prepare(world.tools, lab.id, by="t")
    to_hour(world)
    assert jury.get(f"{MINE}/collecte/srv.collected").status_code == 404
    world.clock.passes(3600)
    hours.answer(world.tools)
    world.work()
    assert "Relevés des serveurs à la fin" in said(jury.text(MINE))
    html = jury.text(f"{MINE}/collecte/srv.collected")
    assert "utilisateurs : 12" in said(html)
    assert "tres-secret" not in html
    assert "collecte/srv.collected" not in room.text(MINE)
    assert room.get(f"{MINE}/collecte/srv.collected").status_code == 403


def test_files_that_a_server_is_given_are_seen_before_they_are_laid_down(world, come_in):
    folder = world.home / "inventory"
    put = "    put: {/etc/motd: motd}\n"
    (folder / "devices.yaml").write_text(SERVER.replace("    collect: look.sh\n", put))
    (folder / "baselines" / "motd").write_text("Candidat ${CANDIDATE_NO}\npassword: secret-9\n")
    world.tools.store.keep_secret("device-key:srv", HOST_KEY)
    teacher = come_in(T)
    assert "baselines/motd" in said(teacher.text("/equipements/srv"))
    talk = teacher.post("/equipements/places/P1/apercu", "/mot-de-passe").request.path
    assert wait_for(lambda: "Configurer maintenant : srv" in said(teacher.text(talk)))
    page = said(teacher.text(talk))
    assert "### /etc/motd (baselines/motd)" in page
    assert "Candidat 1" in page
    assert "secret-9" not in page
    assert "Pris comme ils sont" not in page
    assert world.tools.devices.files == {}


def test_who_resets_a_lab_is_told_which_devices_go_back_too(world, come_in):
    lab = next(one for one in world.tools.store.labs("e6") if one.candidate == "1")
    orders.order_prepare(world.tools, lab.id, by="t")
    world.work()
    asked = {"verb": "reset", "lab": lab.id, "session": "e6"}
    page = said(come_in(T).post("/labs/ordre", "/mot-de-passe", **asked))
    assert "Et sur leurs équipements, qui reviennent à leur configuration de départ : sw1." in page
