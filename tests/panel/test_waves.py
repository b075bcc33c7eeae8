"""Waves from the panel: looked at, prepared, turned after reading what follows."""

import re

import pytest

from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.words import Role
from labmgr.errors import EngineUnreachable
from labmgr.services.day import waves
from labmgr.services.instance import accounts
from labmgr.services.passage import attendance, choices, passages
from labmgr.services.session import forms
from tests.panel.conftest import logged_in, said
from tests.services.test_waves import OTHER
from tests.services.world import World, write_templates

P = PassageState
WAVES = "/sessions/e6/vagues"
TURN = f"{WAVES}/rotation"
A, T, C, G, E = Role.ADMIN, Role.TEACHER, Role.COMMISSION, Role.INVIGILATOR, Role.TECHNICIAN


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    """Two waves: candidates 1 and 2, then 3 and 4; 4 brings an environment of their own."""
    templates = write_templates(tmp_path_factory.mktemp("templates"))
    (templates / "other").mkdir()
    (templates / "other" / "compose.yaml").write_text(OTHER, encoding="utf-8")
    made = World(tmp_path_factory.mktemp("home"), templates)
    tools = made.tools
    made.session(count=4)
    for role in Role:
        accounts.add_account(tools, str(role), role, by="t")
    for number in "123":
        for which, template in ((1, "mini"), (2, "other")):
            forms.keep_realisation(tools, Realisation("e6", number, which, template), by="t")
    plan = [Passage("e6", number, wave=wave) for number, wave in (("1", 1), ("2", 1), ("3", 2))]
    tools.store.keep_passages([*plan, Passage("e6", "4", wave=2, own_tools=True)], by="t")
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


def confirm(client, path, **fields):
    """Read what follows, then say yes to what was read."""
    read = re.search(r'name="seen" value="(\w+)"', client.text(path))[1]
    return client.post(path, "/mot-de-passe", **{"seen": read, **fields})


def jobs(world):
    return [(job.kind, job.lab) for job in world.tools.store.jobs(unended=True)][::-1]


def to_the_hour(world, number):
    tools = world.tools
    attendance.arrive(tools, "e6", number, by="t")
    choices.choose(tools, "e6", number, 2, by="t")
    for phase in (Phase.PHASE_1, Phase.INTERVIEW_1):
        passages.start(tools, "e6", number, phase, by="t")
    attendance.acknowledge(tools, "e6", number)
    passages.start(tools, "e6", number, Phase.HOUR, by="t")
    world.work()


def whole(world, number):
    to_the_hour(world, number)
    passages.finish_hour(world.tools, "e6", number, by="t", why="fini")
    world.work()
    passages.start(world.tools, "e6", number, Phase.INTERVIEW_2, by="t")
    world.work()
    passages.close(world.tools, "e6", number, by="t")
    world.work()


def test_each_wave_tells_who_sits_what_stands_and_what_memory_it_wants(world, come_in):
    page = said(come_in(C).text(WAVES))
    first, second = page.split("Vague 1 ")[1].split("Vague 2 ")[:2]
    assert "Candidats 1 inscrit 2 inscrit" in first
    assert "0 sur 4" in first
    assert "Mémoire encore voulue 512 Mio" in first
    assert "4 inscrit environnement personnel" in second
    assert "Mémoire encore voulue 256 Mio" in second
    assert "Tourner" not in page
    assert "Préparer" not in page
    world.facts(memory_free=1400 << 20)
    page = said(come_in(E).text(WAVES))
    assert "512 Mio ne tient pas maintenant (libre hors de la réserve : 376 Mio)" in page
    assert "Tourner…" in page


def test_an_engine_that_is_away_hides_no_wave(world, come_in):
    waves.prepare(world.tools, "e6", 1, by="t")
    world.work()

    def away():
        raise EngineUnreachable("localhost")

    world.engine.facts = away
    client = come_in(E)
    for page in (client.text(WAVES), client.text(f"{WAVES}/_live")):
        assert "Le moteur de conteneurs ne répond pas" in said(page)
        assert "4 sur 4" in said(page)
        assert "(libre : on ne sait pas)" in said(page)
    assert confirm(client, f"{WAVES}/2/preparation").status_code == 502
    assert jobs(world) == []


def test_a_wave_is_prepared_after_its_labs_were_read(world, come_in):
    client = come_in(E)
    path = f"{WAVES}/1/preparation"
    page = said(client.text(path))
    assert "4 labos sont préparés pour la vague 1. Mémoire voulue : 512 Mio." in page
    assert "e6-2-2" in page
    assert client.post(path, "/mot-de-passe").status_code == 409
    assert jobs(world) == []
    answer = said(confirm(client, path))
    assert "Vague 1 : 4 labos se préparent." in answer
    assert answer.count("construction : en attente") == 4
    assert 'hx-trigger="every 2s"' in client.text(WAVES)
    world.work()
    live = said(client.text(f"{WAVES}/_live"))
    assert live.count("Préparer la vague…") == 1
    assert "4 sur 4" in live
    assert "construction : terminé" in live
    page = client.text(path)
    assert "Il n'y a rien à faire" in said(page)
    assert "<button>" not in page.split("<h1")[1]
    assert client.get(f"{WAVES}/9/preparation").status_code == 404


def test_what_does_not_fit_is_refused_with_its_numbers_where_it_was_asked(world, come_in):
    world.facts(memory_free=1400 << 20)
    answer = confirm(come_in(T), f"{WAVES}/1/preparation")
    assert answer.status_code == 409
    assert "mémoire : 512 Mio voulus, 376 Mio libres" in said(answer)
    assert jobs(world) == []


def test_a_turn_says_what_goes_and_what_comes_and_then_does_it(world, come_in):
    waves.turn(world.tools, "e6", by="t")
    world.work()
    for number in "12":
        whole(world, number)
    client = come_in(E)
    page = said(client.text(TURN))
    assert "4 labos sont rangés : leurs conteneurs disparaissent" in page
    assert "2 labos sont préparés pour la vague 2. Mémoire voulue : 256 Mio." in page
    assert "Les labos rangés en rendent environ 512 Mio" in page
    assert "Motif" not in page
    answer = said(confirm(client, TURN))
    assert "Ordres donnés : 4 labos à ranger, 2 à préparer." in answer
    world.work()
    assert world.lab("e6-1-2").state is LabState.GONE
    assert world.tools.store.snapshots("e6-1-2")
    assert world.lab("e6-3-1").state is LabState.READY
    assert "Il n'y a rien à faire" in said(client.text(TURN))
    assert "rangé rangement : terminé" in said(client.text(WAVES))
    assert "labo rangé" in said(client.text("/sessions/e6/journee"))
    assert "e6-1-2 rangé" in said(client.text("/sessions/e6/passages/1"))


def test_while_passages_run_a_turn_wants_a_reason_and_leaves_them_their_labs(world, come_in):
    waves.turn(world.tools, "e6", by="t")
    world.work()
    whole(world, "1")
    to_the_hour(world, "2")
    client = come_in(T)
    page = client.text(TURN)
    assert "Des passages sont encore en cours : 2." in said(page)
    assert 'name="why"' in page
    assert "e6-2-2" not in said(page)
    refused = confirm(client, TURN, why=" ")
    assert refused.status_code == 400
    assert jobs(world) == []
    assert "3 labos à ranger, 2 à préparer" in said(confirm(client, TURN, why="retard du jury"))
    world.work()
    assert world.lab("e6-2-2").state is LabState.OPEN
    assert "retard du jury" in [one.why for one in world.tools.store.entries("session:e6")]


def test_what_changed_since_it_was_read_is_read_again(world, come_in):
    waves.turn(world.tools, "e6", by="t")
    world.work()
    whole(world, "1")
    whole(world, "2")
    client = come_in(E)
    read = re.search(r'name="seen" value="(\w+)"', client.text(TURN))[1]
    waves.prepare(world.tools, "e6", 2, by="t")
    answer = client.post(TURN, "/mot-de-passe", seen=read)
    assert answer.status_code == 409
    assert "Ce qui suivrait a changé" in said(answer)
    assert not [one for one in jobs(world) if one[0] == "remove"]


@pytest.mark.parametrize("role", list(Role))
def test_nothing_on_the_page_tells_the_choice_before_phase_1(world, come_in, role):
    seen = []
    for which in (1, 2):
        choices.choose(world.tools, "e6", "1", which, by="commission")
        if role is not G:
            page = come_in(role).text(WAVES)
            seen.append(re.sub(r'csrf_token" value="[^"]*"', "", page))
    assert len(set(seen)) <= 1


def test_a_session_without_a_timetable_says_what_to_do(world, come_in):
    world.session(title="Autre", count=1)
    client = come_in(T)
    assert "faites d'abord son planning" in said(client.text("/sessions/autre/vagues"))
    assert "Il n'y a rien à faire" in said(client.text("/sessions/autre/vagues/rotation"))
    assert "Les vagues" in said(client.text("/sessions/e6"))
    assert "Les vagues" in said(client.text("/sessions/e6/journee"))
