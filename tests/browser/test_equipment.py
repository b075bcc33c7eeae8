"""Real equipment in a browser: a place asked, prepared, a device brought back; at both widths."""

import hashlib
from dataclasses import replace

import pytest

from labmgr.domain.equipment import KeptConfig, Stage
from labmgr.domain.passage import PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.services.equipment import states
from tests.browser.conftest import Served, faults_of, settled
from tests.panel.room import DEVICES, SECRET, furnish, write_inventory
from tests.panel.world import a_world, with_session

pytestmark = pytest.mark.browser

WIDTHS = (1280, 360)
SCHEMES = ("light", "dark")
SWITCH = "/equipements/commutateur-1"


@pytest.fixture
def room(tmp_path):
    write_inventory(tmp_path / "inventory")
    world = a_world(tmp_path)
    with_session(world)
    world.ready()
    made = Served(furnish(world))
    yield made
    made.stop()


@pytest.fixture
def page(room, browser_context, log_in):
    # The policy against inline scripts keeps axe out too.
    context = browser_context(room.url, bypass_csp=True)
    return log_in(context, room.world, "technician", "/equipements")


@pytest.fixture
def look(shoot):
    def check(page, name):
        settled(page)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert too_wide <= 0, f"{name} at {width} px sticks out by {too_wide} px"
                faults = faults_of(page)
                said = [(one["id"], [node["html"] for node in one["nodes"]]) for one in faults]
                assert not said, (name, width, scheme, said)
                shoot(page, f"equipment-{name}" + ("-dark" if scheme == "dark" else ""))
        assert page.locator("h1").count() == 1, name
        page.set_viewport_size({"width": 1280, "height": 900})

    return check


def place(page, name):
    return page.locator(f"#place-{name}")


def test_a_place_is_asked_prepared_and_a_device_brought_back(room, page, look):
    look(page, "not-asked")
    page.get_by_role("button", name="Tout interroger").press("Enter")
    place(page, "a1").get_by_text("Équipement réel : oui (commutateur-1").wait_for()
    place(page, "a3").get_by_text("muet").first.wait_for()
    look(page, "asked")
    page.get_by_role("button", name="Tout sauvegarder").click()
    page.get_by_text("5 sur 5").nth(1).wait_for()
    place(page, "a1").get_by_role("button", name="Préparer la place… A1").press("Enter")
    page.get_by_role("region", name="Différence sur commutateur-1").wait_for()
    look(page, "preview")
    page.get_by_label("Configurer maintenant : commutateur-1").press("Space")
    page.get_by_role("button", name="Préparer la place").press("Enter")
    place(page, "a1").get_by_text("préparation de la place : terminé").wait_for()
    assert place(page, "a1").locator(".state").first.inner_text() == "prête"
    look(page, "ready")
    page.get_by_role("link", name="commutateur-1").click()
    page.get_by_role("button", name="Comparer les deux").click()
    page.get_by_role("region", name="Différence entre les deux configurations").wait_for()
    assert SECRET not in page.content()
    look(page, "device")
    page.get_by_role("button", name="Remettre…").last.click()
    page.get_by_label("Motif").fill("le candidat reprend son projet")
    page.get_by_label("Changer maintenant").check()
    look(page, "restore")
    page.get_by_role("button", name="Envoyer").click()
    page.get_by_text("Envoyée, enregistrée, relue").wait_for()
    look(page, "sent")
    assert "vlan 66" in room.world.tools.devices.running["commutateur-1"]


def test_a_key_is_compared_a_half_device_is_red_and_faults_are_listed(room, page, look):
    tools = room.world.tools
    page.goto("/equipements/pare-feu")
    page.get_by_role("button", name="Lire celle qu'il montre…").click()
    page.get_by_label("J'ai comparé").check()
    look(page, "key")
    page.get_by_role("button", name="Approuver cette clé").click()
    page.get_by_role("link", name="Page de pare-feu").click()
    page.get_by_text("approuvée", exact=True).wait_for()
    look(page, "device-trusted")
    states.stage(tools, "commutateur-1", Stage.HALF, lab="", by="t", why="it hung")
    page.goto(SWITCH)
    page.get_by_text("Cet équipement est à moitié configuré").wait_for()
    look(page, "device-half")
    page.goto("/sessions/e6/journee")
    page.get_by_role("link", name="place A1 en rouge").wait_for()
    look(page, "day")
    page.get_by_role("link", name="place A1 en rouge").click()
    page.wait_for_url("**/equipements#place-a1")
    file = room.world.home / "inventory" / "devices.yaml"
    file.write_text(DEVICES.replace("nature: physical", "nature: real"), encoding="utf-8")
    page.goto("/equipements")
    page.get_by_role("heading", name="L'inventaire comporte des fautes").wait_for()
    look(page, "faulty")
    file.unlink()
    page.goto("/equipements")
    page.get_by_role("heading", name="Aucun équipement n'est déclaré").wait_for()
    look(page, "empty")


def test_the_examiners_part_of_a_passage(room, page, look):
    world, tools = room.world, room.world.tools
    lab = next(one for one in world.labs() if one.candidate == "1")
    text = tools.devices.running["commutateur-1"]
    for kind, said in (
        (SnapshotKind.START, text),
        (SnapshotKind.END, text.replace("pirate", "compta")),
    ):
        backup = tools.configs.keep("commutateur-1", said)
        digest = hashlib.sha256(said.encode()).hexdigest()
        kept = KeptConfig("commutateur-1", lab.id, kind, tools.now(), backup.name, digest)
        tools.store.keep_config(kept, by="t")
    before = tools.store.passage("e6", "1")
    begun = replace(before, lab=lab.id, state=PassageState.DONE)
    tools.store.change_passage(before, begun, what="done", by="t")
    page.goto("/sessions/e6/passages/1")
    page.get_by_role("region", name="Différence sur commutateur-1").wait_for()
    look(page, "passage")


def test_pages_of_equipment_work_without_a_script(room, browser_context, log_in):
    context = browser_context(room.url, java_script_enabled=False)
    page = log_in(context, room.world, "teacher", "/equipements")
    place(page, "a1").get_by_role("button", name="Préparer la place… A1").click()
    for _ in range(200):
        if page.get_by_label("Configurer maintenant").count():
            break
        page.wait_for_timeout(100)
        page.reload()
    page.get_by_label("Configurer maintenant").check()
    page.get_by_role("button", name="Préparer la place").click()
    for _ in range(200):
        if place(page, "a1").get_by_text("prête", exact=True).count():
            break
        page.wait_for_timeout(100)
        page.get_by_role("link", name="Rafraîchir").click()
    place(page, "a1").get_by_text("prête", exact=True).wait_for()
