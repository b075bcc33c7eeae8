"""The panel's pages with devices that really speak SSH: trusted, asked, prepared, cut short."""

from __future__ import annotations

import re
from html import unescape

import pytest

from labmgr.domain.equipment import Stage
from labmgr.domain.passage import Passage
from labmgr.domain.words import Role
from labmgr.panel.app import create_app
from labmgr.panel.gate import mark
from labmgr.services.equipment import keyring
from labmgr.services.instance import accounts
from tests.devices.conftest import DEADLINE
from tests.lab.clients import wait_for
from tests.panel.conftest import Visitor
from tests.panel.world import KEY

BASELINE = """\
hostname ${HOSTNAME}
interface Vlan10
 ip address 10.0.10.1 255.255.255.0
vlan ${LAB_NO}
 name candidat-${CANDIDATE_NO}
"""


@pytest.fixture
def app(room):
    folder = room.world.home / "inventory" / "baselines"
    folder.mkdir(parents=True)
    (folder / "acces").write_text(BASELINE, encoding="utf-8")
    room.world.session(count=2)
    accounts.add_account(room.tools, "technician", Role.TECHNICIAN, by="t")
    seats = [Passage("e6", number, place=f"P{number}") for number in "12"]
    room.tools.store.keep_passages(seats, by="t")
    return create_app(room.tools, secret_key=KEY)


@pytest.fixture
def client(room, app):
    visitor = Visitor(app)
    account = room.tools.store.account("technician")
    with visitor.http.session_transaction() as cookie:
        cookie.update({"operator": "technician", "pass": mark(account)})
    return visitor


def said(answer):
    page = answer if isinstance(answer, str) else answer.get_data(as_text=True)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def ordered(app, client, path, **fields):
    """Ask for a talk, wait for its end, read its page."""
    answer = client.post(path, "/mot-de-passe", **fields)
    errands = app.extensions["errands"]
    assert wait_for(lambda: not errands.under_way(), 120)
    here = answer.request.path
    return here.rsplit("/", 1)[1], client.text(here)


def switch(room, deadline=DEADLINE, **how):
    more = {"nature": "physical", "deadline": deadline, "more": "    baseline: acces\n"}
    return room.switch("sw1", told=more, **how)


def test_a_switch_is_trusted_asked_set_and_read_back_from_the_pages(room, app, client):
    device = switch(room)
    talk, page = ordered(app, client, "/equipements/sw1/cle")
    assert keyring.fingerprint(f"ssh-rsa {device.key.get_base64()}") in said(page)
    ordered(app, client, "/equipements/sw1/approbation", talk=talk, sure="yes")
    assert "Équipement réel : oui (sw1" in said(client.text("/equipements"))
    assert "Cisco IOS 15.0(2)SE11" in said(client.text("/equipements/sw1"))
    ordered(app, client, "/equipements/sauvegarde", device="sw1")
    page = client.text("/equipements/sw1")
    kept = re.search(r"/configurations/([0-9T.]+)\"", page)[1]
    text = client.text(f"/equipements/sw1/configurations/{kept}")
    assert "enable secret 5 ***" in said(text)
    for secret in ("$1$mERr$hx5rVt7rPNoS4wqbXKX7m0", "tresSecrete", "0822455D0A16"):
        assert secret not in text
    talk, page = ordered(app, client, "/equipements/sw1/apercu")
    assert "+ name candidat-1" in said(page)
    assert "tresSecrete" not in page
    _, page = ordered(app, client, "/equipements/sw1/envoi", talk=talk, sure="yes", why="veille")
    assert "Envoyée, enregistrée, relue" in said(page), said(page)
    assert "name candidat-1" in device.config
    assert room.tools.store.device_state("sw1").stage is Stage.SET


def test_a_switch_that_hangs_in_the_push_is_left_red_and_a_mute_one_holds_nobody_up(
    room, app, client
):
    switch(room, deadline=6, at={"vlan 1": ["hangs"]})
    room.switch("sw2", told={"place": "P2", "deadline": 6}, manner="mute")
    keyring.trust(room.tools, room.devices("sw1")[0], by="t")
    room.tools.store.keep_secret("device-key:sw2", "ssh-ed25519 AAAA")
    client.post("/equipements/interrogation", "/mot-de-passe")
    assert app.extensions["errands"].under_way(), "nobody waited for the mute one"
    ordered(app, client, "/equipements/interrogation")
    page = said(client.text("/equipements"))
    assert "muet" in page
    assert "sw2 ne répond pas à 127.0.0.1" in page
    talk, _ = ordered(app, client, "/equipements/sw1/apercu")
    _, page = ordered(app, client, "/equipements/sw1/envoi", talk=talk, sure="yes", why="veille")
    assert "L'envoi s'est arrêté" in said(page)
    page = said(client.text("/equipements/sw1"))
    assert "Cet équipement est à moitié configuré" in page
    assert "a cessé de répondre au milieu" in page
