"""Real equipment on the panel: places ready or why not, previews before anything is sent."""

import re
import threading

import pytest

from labmgr.domain.devices import Answer
from labmgr.domain.equipment import Stage
from labmgr.domain.words import Role
from labmgr.errors import DeviceHung
from labmgr.panel.app import create_app
from labmgr.panel.equipment.equipment_words import changes
from labmgr.services.equipment import asking, configs
from tests.lab.clients import wait_for
from tests.panel.conftest import Visitor, said
from tests.panel.room import DEVICES, LEFT, SECRET, furnish, write_inventory
from tests.panel.test_doors import seated
from tests.panel.world import KEY, a_world, opened, with_session

A, T, C, G, E = Role.ADMIN, Role.TEACHER, Role.COMMISSION, Role.INVIGILATOR, Role.TECHNICIAN
ROOM = "/equipements"
SWITCH = "/equipements/commutateur-1"


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    home = tmp_path_factory.mktemp("room")
    write_inventory(home / "inventory")
    world = a_world(home)
    with_session(world)
    furnish(world)
    world.ready()
    world.tools.store.close()
    return home, world


@pytest.fixture
def world(seed, tmp_path):
    import shutil  # noqa: PLC0415

    home, old = seed
    shutil.copytree(home, tmp_path / "home")
    made = opened(tmp_path / "home", old.passwords, engine=old.engine)
    furnish_again(made)
    yield made
    made.close()


def furnish_again(world):
    """Devices live in memory: each test has its own."""
    world.tools.devices.running["commutateur-1"] = LEFT
    furnish(world)


@pytest.fixture
def app(world):
    return create_app(world.tools, secret_key=KEY)


@pytest.fixture
def come_in(world, app):
    def sit(role):
        visitor = Visitor(app)
        with visitor.http.session_transaction() as cookie:
            cookie.update(seated(world, role))
        return visitor

    return sit


def section(page, place):
    """One place's part of the page, in plain words."""
    return said(page.split(f'id="place-{place}"')[1].split("</section>")[0])


def settled(app):
    """Wait for the talks that the panel has begun."""
    errands = app.extensions["errands"]
    assert wait_for(lambda: not errands.under_way()), [one.kind for one in errands.under_way()]


def ask_all(app, client):
    client.post(f"{ROOM}/interrogation", "/mot-de-passe")
    settled(app)


def talk_of(answer):
    return answer.request.path


def device(world, name="commutateur-1"):
    return world.tools.inventory.read().device(name)


def state(world, name="commutateur-1"):
    return world.tools.store.device_state(name)


def test_every_place_tells_what_it_has_and_why_it_is_not_ready(world, app, come_in):
    page = come_in(E).text(ROOM)
    first = section(page, "a1")
    for words in (
        "Place A1 – Près de la fenêtre",
        "pas prête",
        "commutateur-1 n'est pas préparé pour ce candidat",
        "candidat 1, Lefèvre Zoé",
        "physique",
        "déclaré par M. Durand, technicien",
        "jamais interrogé",
        "pc-1 (poste de travail, physique, déclaré par M. Durand, technicien)",
        "salle (eth1, VLAN 101)",
        "Systèmes (IIE-1.1-e) Pas encore lu : serveur-1",
    ):
        assert words in first, words
    assert "libre" in section(page, "a4")
    assert "pare-feu" in said(page.split('id="others-title"')[1])


def test_real_equipment_is_physical_and_answered_just_now(world, app, come_in):
    client = come_in(E)
    assert "pas de réponse dans les 10 dernières minutes" in section(client.text(ROOM), "a1")
    ask_all(app, client)
    page = client.text(ROOM)
    assert re.search(
        r"Équipement réel : oui \(commutateur-1, vu à \d\d:\d\d\)", section(page, "a1")
    )
    assert "simulé seulement ; IIE-2.0 demande un équipement réel" in section(page, "a2")
    third = section(page, "a3")
    assert "muet" in third
    assert "commutateur-3 ne répond pas à 192.0.2.13:22 (pas de réponse à temps)" in third
    assert "does not" not in third
    assert "Cisco IOS WS-C2960 15.0(2)SE11" in section(page, "a1")
    assert "clé pas encore approuvée" in said(page)
    overview = said(page.split('id="all-title"')[1].split("</nav>")[0])
    assert "A1 pas prête · réel A2 pas prête A3 en rouge A4 libre" in overview


def test_asking_never_holds_the_page_and_tells_how_far_it_is(world, app, come_in):
    answers, go_on = world.tools.devices.look, threading.Event()

    def look(one, keys):
        assert go_on.wait(120)
        return answers(one, keys)

    world.tools.devices.look = look
    client = come_in(E)
    answer = client.post(f"{ROOM}/interrogation", "/mot-de-passe", place="A1")  # returns at once
    assert "2 équipements interrogés ; au pire, la dernière réponse arrive dans 20 s." in said(
        answer
    )
    assert "interrogé…" in section(answer.get_data(as_text=True), "a1")
    client.post(f"{ROOM}/interrogation", "/mot-de-passe", place="A1")
    assert len(app.extensions["errands"].latest()) == 1  # the one under way answers both
    assert "0 sur 2" in said(client.text(ROOM))
    go_on.set()
    settled(app)
    assert "2 sur 2" in said(client.text(ROOM))


def test_a_place_is_prepared_after_its_differences_were_seen(world, app, come_in):
    client = come_in(E)
    answer = client.post(f"{ROOM}/places/A1/apercu", "/mot-de-passe")
    settled(app)
    page = client.text(talk_of(answer))
    assert "<del>" in page
    assert "-vlan 66" in said(page)
    assert "+ name candidat-1" in said(page)
    assert SECRET not in page
    assert "Configurer maintenant : commutateur-1" in said(page)
    assert "Pris comme ils sont, faute de configuration de référence : serveur-1" in said(page)
    assert state(world).stage is Stage.UNKNOWN
    lab = re.search(r'name="lab" value="([^"]+)"', page)[1]
    order = f"{ROOM}/places/A1/preparation"
    refused = said(client.post(order, "/mot-de-passe", lab=lab))
    assert "La confirmation manque" in refused
    assert "Quelqu'un d'autre" in said(client.post(order, "/mot-de-passe", lab="x", sure="yes"))
    assert not world.tools.store.jobs(unended=True)
    done = client.post(order, "/mot-de-passe", lab=lab, sure="yes")
    assert "Préparation de la place A1 demandée" in said(done)
    assert "préparation de la place : en attente" in section(done.get_data(as_text=True), "a1")
    world.work()
    first = section(client.text(ROOM), "a1")
    assert "pas prête" not in first
    assert "prête" in first
    assert state(world).stage is Stage.SET
    assert "vlan 66" not in world.tools.devices.running["commutateur-1"]


def test_a_push_by_hand_is_looked_at_confirmed_and_told_in_the_journal(world, app, come_in):
    client = come_in(T)
    list(configs.back_up(world.tools, [device(world)], by="t"))
    (kept,) = world.tools.configs.backups("commutateur-1")
    answer = client.post(f"{SWITCH}/apercu", "/mot-de-passe")
    settled(app)
    talk = talk_of(answer).rsplit("/", 1)[1]
    page = said(client.text(talk_of(answer)))
    assert "Envoyer la configuration de référence à commutateur-1 pour le candidat 1" in page
    for lacking in ({}, {"sure": "yes"}, {"why": "essai"}):
        client.post(f"{SWITCH}/envoi", "/mot-de-passe", talk=talk, **lacking)
    assert not world.tools.devices.pushed
    answer = client.post(f"{SWITCH}/envoi", "/mot-de-passe", talk=talk, sure="yes", why="essai")
    settled(app)
    assert "Envoyée, enregistrée, relue" in said(client.text(talk_of(answer)))
    assert state(world).stage is Stage.SET
    assert state(world).lab == "e6-1-1"
    assert [one.kind for one in world.tools.store.kept_configs(device="commutateur-1")] == ["start"]
    assert "envoi de la configuration de référence demandé essai" in said(client.text(SWITCH))
    back = client.post(f"{SWITCH}/apercu", "/mot-de-passe", backup=kept.name)
    settled(app)
    page = said(client.text(talk_of(back)))
    assert "Sa place ne sera plus prête" in page
    talk = talk_of(back).rsplit("/", 1)[1]
    client.post(f"{SWITCH}/envoi", "/mot-de-passe", talk=talk, sure="yes", why="retour")
    settled(app)
    assert "vlan 66" in world.tools.devices.running["commutateur-1"]
    assert state(world).lab == ""


def test_what_changed_since_it_was_looked_at_is_not_overwritten(world, app, come_in):
    client = come_in(T)
    answer = client.post(f"{SWITCH}/apercu", "/mot-de-passe")
    settled(app)
    talk = talk_of(answer).rsplit("/", 1)[1]
    world.tools.devices.running["commutateur-1"] += "vlan 77\n"
    answer = client.post(f"{SWITCH}/envoi", "/mot-de-passe", talk=talk, sure="yes", why="essai")
    settled(app)
    assert "commutateur-1 a changé depuis l'aperçu" in said(client.text(talk_of(answer)))
    assert not world.tools.devices.pushed
    assert not state(world).red
    answer = client.post(f"{SWITCH}/apercu", "/mot-de-passe")
    settled(app)
    talk = talk_of(answer).rsplit("/", 1)[1]
    base = world.home / "inventory" / "baselines" / "acces"
    base.write_text(base.read_text() + "vlan 88\n")
    answer = client.post(f"{SWITCH}/envoi", "/mot-de-passe", talk=talk, sure="yes", why="essai")
    assert "La configuration de référence de commutateur-1 a changé depuis l'aperçu" in said(answer)
    assert not world.tools.devices.pushed


def test_a_push_that_broke_leaves_the_device_named_and_says_what_to_do(world, app, come_in):
    client = come_in(T)
    answer = client.post(f"{SWITCH}/apercu", "/mot-de-passe")
    settled(app)
    talk = talk_of(answer).rsplit("/", 1)[1]
    world.tools.devices.trouble["push commutateur-1"] = DeviceHung(
        "commutateur-1 stopped answering in the middle", hint=""
    )
    answer = client.post(f"{SWITCH}/envoi", "/mot-de-passe", talk=talk, sure="yes", why="essai")
    settled(app)
    assert "L'envoi s'est arrêté" in said(client.text(talk_of(answer)))
    page = said(client.text(SWITCH))
    assert "Cet équipement est à moitié configuré" in page
    assert "commutateur-1 a cessé de répondre au milieu" in page
    assert "commutateur-1 est à moitié configuré" in section(client.text(ROOM), "a1")


def test_configurations_are_compared_and_read_but_never_downloaded(world, app, come_in):
    client = come_in(E)
    list(configs.back_up(world.tools, [device(world)], by="t"))
    world.tools.devices.running["commutateur-1"] = LEFT.replace("vlan 66", "vlan 67")
    list(configs.back_up(world.tools, [device(world)], by="t"))
    new, old = (one.name for one in world.tools.configs.backups("commutateur-1"))
    page = client.text(f"{SWITCH}?de={old}&a={new}")
    assert "1 ligne ajoutée, 1 retirée" in said(page)
    assert "retiré : -vlan 66" in said(page)
    assert "ajouté : +vlan 67" in said(page)
    assert SECRET not in page
    assert "n'a pas de sauvegarde" in said(client.text(f"{SWITCH}?de={old}&a=nothing"))
    answer = client.get(f"{SWITCH}/configurations/{new}")
    assert "enable secret 5 ***" in said(answer)
    assert SECRET not in answer.get_data(as_text=True)
    assert "Content-Disposition" not in answer.headers
    assert client.get(f"{SWITCH}/configurations/none").status_code == 404


def test_a_key_is_approved_only_as_it_was_compared(world, app, come_in):
    client = come_in(E)
    path = "/equipements/pare-feu"
    assert "pas encore approuvée" in said(client.text(path))
    answer = client.post(f"{path}/cle", "/mot-de-passe")
    settled(app)
    talk = talk_of(answer).rsplit("/", 1)[1]
    assert "SHA256:" in said(client.text(talk_of(answer)))
    world.tools.devices.keys["pare-feu"] = "ssh-ed25519 " + "QQ" * 20
    done = client.post(f"{path}/approbation", "/mot-de-passe", talk=talk, sure="yes")
    settled(app)
    assert "montre maintenant la clé d'hôte" in said(client.text(talk_of(done)))
    assert world.tools.store.secret("device-key:pare-feu") is None
    del world.tools.devices.keys["pare-feu"]
    client.post(f"{path}/approbation", "/mot-de-passe", talk=talk, sure="yes")
    settled(app)
    assert "approuvée SHA256:" in said(client.text(path))
    answer = client.post(f"{path}/cle", "/mot-de-passe")
    settled(app)
    assert "Une clé est déjà approuvée" in said(client.text(talk_of(answer)))


def test_a_device_set_aside_needs_a_reason_and_comes_back(world, app, come_in):
    client = come_in(T)
    assert "motif" in said(client.post(f"{SWITCH}/de-cote", "/mot-de-passe", why=" ")).lower()
    assert not state(world).aside
    page = said(client.post(f"{SWITCH}/de-cote", "/mot-de-passe", why="port brûlé"))
    assert "Sa place va sans lui, pour ce motif : port brûlé" in page
    assert "mis de côté" in section(client.text(ROOM), "a1")
    client.post(f"{SWITCH}/reprise", "/mot-de-passe")
    assert not state(world).aside


def test_a_faulty_inventory_shows_every_fault_and_nothing_crashes(world, app, come_in):
    client = come_in(T)
    file = world.home / "inventory" / "devices.yaml"
    file.write_text(DEVICES.replace("nature: physical", "nature: real").replace("eth1", "eth 1"))
    page = said(client.text(ROOM))
    assert "L'inventaire comporte des fautes" in page
    assert re.search(r"[2-9] fautes", page), page
    assert "devices.yaml:3 groups.cisco.nature 'real' est inconnu ici" in page
    assert "Write" not in page
    assert "L'inventaire comporte des fautes" in said(client.text(SWITCH))
    for path in ("/", "/sessions/e6/journee", "/sessions/e6/planning", "/sessions/e6/passages/1"):
        assert client.get(path).status_code == 200, path


def test_an_empty_inventory_says_how_to_begin(world, app, come_in):
    (world.home / "inventory" / "devices.yaml").unlink()
    page = said(come_in(T).text(ROOM))
    assert "Aucun équipement n'est déclaré" in page
    assert "docs/howto/declarer-les-equipements.md" in page


def test_those_who_only_look_have_no_buttons(world, app, come_in):
    for role in (G, C):
        page = come_in(role).text(ROOM)
        assert "Place A1" in said(page)
        assert "Interroger" not in said(page)
        assert SWITCH not in page


def test_the_day_marks_a_place_that_is_not_ready(world, app, come_in):
    list(asking.check(world.tools, [device(world), device(world, "commutateur-3")]))
    client = come_in(C)
    page = client.text("/sessions/e6/journee")
    assert 'href="/equipements#place-a1"' in page
    assert "place A1 pas prête" in said(page)
    assert "place A3 en rouge" in said(page)


def test_the_timetable_offers_places_that_are_not_red(world, app, come_in):
    list(asking.check(world.tools, [device(world, "commutateur-3")]))
    page = come_in(T).text("/sessions/e6/planning")
    assert '<option value="A1, A2, A4">' in page
    assert "A3 n'est pas proposée" in said(page)
    one = come_in(T).text("/sessions/e6/planning/passage/1")
    assert '<option value="A2">' in one
    assert '<option value="A3">' not in one


def test_a_labs_page_says_which_systems_were_read(world, app, come_in):
    client = come_in(C)
    page = said(client.text("/labs/e6-1-1"))
    assert "Pas encore lu : serveur-1" in page
    assert "Un seul noyau." in page
    answer = Answer("", "Windows NT 10.0", "Windows Server 2022", "srv")
    world.tools.devices.answers["serveur-1"] = answer
    list(asking.check(world.tools, [device(world, "serveur-1")]))
    page = said(client.text("/labs/e6-1-1"))
    assert "Deux systèmes différents : Linux, Windows" in page
    assert "Un seul noyau." not in page
    assert "serveur-1 virtuel Windows Windows Server 2022" in page


def test_a_line_that_looks_like_a_heading_of_a_difference_is_counted():
    assert changes(["--- a", "+++ b", "@@ -1 +1 @@", "--- trait", "+++ croix"]) == (1, 1)
    assert changes([]) == (0, 0)
