"""A candidate helped on from the panel: a spare, one node restarted, new accesses."""

import re

import pytest

from labmgr.domain.exam import Realisation
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.words import Role
from labmgr.errors import EngineUnreachable
from labmgr.services.day import spares, waves
from labmgr.services.instance import accounts
from labmgr.services.passage import interruptions
from labmgr.services.session import forms
from tests.panel.conftest import logged_in, said
from tests.services.test_spares import NAMED, begin, seen, to_the_hour
from tests.services.world import World, write_templates

P = PassageState
MINE = "/sessions/e6/passages/1"
A, T, C, G, E = Role.ADMIN, Role.TEACHER, Role.COMMISSION, Role.INVIGILATOR, Role.TECHNICIAN


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    """Candidates 1 (its own VLAN) and 2 after their first interview, and one spare, all built."""
    templates = write_templates(tmp_path_factory.mktemp("templates"))
    (templates / "named").mkdir()
    (templates / "named" / "compose.yaml").write_text(NAMED, encoding="utf-8")
    made = World(tmp_path_factory.mktemp("home"), templates)
    tools = made.tools
    made.session(count=3)
    for role in Role:
        accounts.add_account(tools, str(role), role, by="t")
    for number in "12":
        values = {"VLAN": "20"} if number == "1" else {}
        one = Realisation("e6", number, 1, "named", variables=values)
        forms.keep_realisation(tools, one, by="t")
    tools.store.keep_passages([Passage("e6", number) for number in "123"], by="t")
    waves.prepare(tools, "e6", 1, by="t")
    spares.build(tools, "e6", "named", by="t")
    made.work()
    for number in "12":
        begin(made, number)
    yield made
    made.close()


@pytest.fixture
def world(seed, tmp_path):
    made = seed.copied(tmp_path / "home")
    yield made
    made.close()


@pytest.fixture
def come_in(world):
    return logged_in(world)


def ask(client, path, number="1", **fields):
    return client.post(f"/sessions/e6/passages/{number}/{path}", "/mot-de-passe", **fields)


def offered_on(page):
    return set(re.findall(r'id="(spare|restart|rotate)-\d+" class', page))


def test_a_spare_is_given_after_what_differs_was_read(world, come_in):
    client = come_in(E)
    page = client.text(f"{MINE}/reserve")
    assert "e6-reserve-1-1" in said(page)
    assert "Paramètres qui diffèrent VLAN" in said(page)
    assert seen(world).lab == "e6-1-1"
    answer = said(ask(client, "reserve", why="labo en panne"))
    assert "travaille maintenant dans le labo de réserve e6-reserve-1-1" in answer
    assert "ces paramètres diffèrent : VLAN" in answer
    assert seen(world).lab == "e6-reserve-1-1"
    assert world.tools.store.entries("passage:e6/1")[-1].why == "labo en panne"


def test_without_a_spare_that_fits_the_page_says_so_and_has_no_button(world, come_in):
    spares.take(world.tools, "e6", "2", by="t")
    page = come_in(T).text(f"{MINE}/reserve")
    assert "n'a pas de labo de réserve libre" in said(page) or "aucun labo" in said(page)
    assert 'class="danger full"' not in page
    assert ask(come_in(T), "reserve").status_code == 409
    assert seen(world).lab == "e6-1-1"


def test_in_the_hour_a_spare_is_offered_only_once_the_passage_is_suspended(world, come_in):
    to_the_hour(world)
    client = come_in(T)
    assert offered_on(client.text(MINE)) == {"restart", "rotate"}
    assert "suspendez d'abord le passage" in said(ask(client, "reserve"))
    interruptions.suspend(world.tools, "e6", "1", by="t", why="panne")
    assert offered_on(client.text(MINE)) == {"spare", "restart", "rotate"}
    ask(client, "reserve")
    assert seen(world).lab == "e6-reserve-1-1"


def test_one_node_is_restarted_and_how_it_went_is_seen(world, come_in):
    to_the_hour(world)
    world.engine.labs["e6-1-1"].nodes["db"].seen = Seen.STOPPED
    client = come_in(E)
    page = said(client.text(f"{MINE}/redemarrage"))
    assert "db Base arrêté" in page
    assert "web Site en marche" in page
    assert ask(client, "redemarrage").status_code == 400
    answer = said(ask(client, "redemarrage", node="db"))
    assert "redémarrage du nœud db ordonné" in answer
    assert "redémarrage d'un nœud : en attente" in answer
    world.work()
    assert world.engine.look("e6-1-1")["db"] is Seen.RUNNING
    assert "redémarrage d'un nœud : terminé" in said(client.text(MINE))
    assert ask(client, "redemarrage", node="none").status_code == 404


def test_the_live_part_follows_an_order_to_the_lab(world, come_in):
    client = come_in(E)
    ask(client, "redemarrage", node="db")
    vu = re.search(r"vu=(\w+)", client.text(MINE))[1]
    world.clock.at = world.clock.at.replace(second=0)
    vu = re.search(r"vu=(\w+)", client.text(MINE))[1]
    assert client.get(f"{MINE}/_live?vu={vu}").status_code == 204
    world.work()
    world.clock.at = world.clock.at.replace(second=0)
    assert "terminé" in said(client.get(f"{MINE}/_live?vu={vu}"))


def test_a_silent_engine_is_said_on_the_page_and_nothing_is_ordered(world, come_in, monkeypatch):
    def silent(_lab):
        raise EngineUnreachable("local")

    monkeypatch.setattr(world.engine, "look", silent)
    page = come_in(T).text(f"{MINE}/redemarrage")
    assert 'class="note error"' in page
    assert 'class="danger full"' not in page


def test_new_accesses_want_a_reason_and_show_no_code(world, come_in):
    to_the_hour(world)
    before = world.tools.store.code("e6", "1")
    client = come_in(T)
    assert "imprimez la nouvelle fiche" in said(client.text(f"{MINE}/acces"))
    assert ask(client, "acces", why=" ").status_code == 400
    assert world.tools.store.code("e6", "1") == before
    page = ask(client, "acces", why="code vu par un autre")
    assert "nouveau mot de passe de la porte ordonné" in said(page)
    code = world.tools.store.code("e6", "1")
    assert code != before
    assert code not in page.get_data(as_text=True)
    world.work()
    assert world.engine.look("e6-1-1")[GATEWAY] is Seen.RUNNING
    assert "changement d'accès : terminé" in said(client.text(MINE))


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (A, {"spare", "restart", "rotate"}),
        (T, {"spare", "restart", "rotate"}),
        (E, {"spare", "restart"}),
        (C, set()),
        (G, set()),
    ],
)
def test_each_role_is_offered_what_it_may(world, come_in, role, may):
    client = come_in(role)
    assert offered_on(client.text(MINE)) == may
    assert offered_on(client.text("/sessions/e6/passages/3")) == set()


def test_before_phase_1_nothing_tells_or_touches_a_lab(world, come_in):
    client = come_in(T)
    for path in ("reserve", "redemarrage"):
        assert client.get(f"/sessions/e6/passages/3/{path}").status_code == 200
        assert ask(client, path, "3", node="db").status_code in {404, 409}
    assert world.tools.store.jobs(unended=True) == []


def test_the_sessions_page_counts_its_spares_and_builds_one_more(world, come_in):
    client = come_in(E)
    page = said(client.text("/sessions/e6").split('id="reserves"')[1])
    assert "1 labo de réserve, 1 libre." in page
    assert "e6-reserve-1-1" in page
    spares.take(world.tools, "e6", "1", by="t")
    page = said(client.text("/sessions/e6/reserves/_live"))
    assert "1 labo de réserve, 0 libre" in page
    assert "Labo de réserve e6-reserve-1-1" in said(client.text("/labs/e6-reserve-1-1"))
    assert "candidat 1" in page
    answer = client.post("/sessions/e6/reserves/construction", "/mot-de-passe", template="named")
    assert "Labo de réserve e6-reserve-2-1 : construction ordonnée." in said(answer)
    assert "construction : en attente" in said(client.text("/sessions/e6/reserves/_live"))
    world.work()
    assert "2 labos de réserve, 1 libre" in said(client.text("/sessions/e6/reserves/_live"))


def test_a_spare_that_is_not_fit_says_why_in_french(world, come_in):
    for one in world.tools.store.snapshots("e6-reserve-1-1"):
        world.tools.store.forget_snapshot(one.id, by="t", why="perdu")
    page = said(come_in(E).text("/sessions/e6/reserves/_live"))
    assert "sans instantané de départ vérifié" in page


def test_a_spare_that_the_machine_cannot_carry_is_refused_with_numbers(world, come_in):
    world.facts(memory_free=1100 << 20)
    client = come_in(T)
    answer = client.post("/sessions/e6/reserves/construction", "/mot-de-passe", template="named")
    assert "mémoire : 128 Mio voulus" in said(answer)
    assert [one.lab.id for one in spares.spares(world.tools, "e6")][:1] == ["e6-reserve-1-1"]
    page = come_in(C).text("/sessions/e6")
    assert "Construire un labo de réserve" not in said(page)
