"""A day rehearsed from the panel: no request waits for it, its verdict stays."""

import threading
import time

import pytest

from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.passage import Passage
from labmgr.domain.words import Role
from labmgr.panel.app import create_app
from labmgr.panel.gate import mark
from labmgr.services.instance import accounts
from labmgr.services.passage import attendance, choices, hours, passages
from labmgr.services.session import forms
from tests.lab.clients import wait_for
from tests.panel.conftest import Visitor, said
from tests.panel.world import KEY
from tests.services.world import World, write_templates

PAGE = "/sessions/e6/repetition"


@pytest.fixture(scope="module")
def seed(tmp_path_factory):
    """One candidate whose two réalisations are alike."""
    templates = write_templates(tmp_path_factory.mktemp("templates"))
    made = World(tmp_path_factory.mktemp("home"), templates)
    made.session(count=1)
    for role in Role:
        accounts.add_account(made.tools, str(role), role, by="t")
    for which in (1, 2):
        forms.keep_realisation(made.tools, Realisation("e6", "1", which, "mini"), by="t")
    made.tools.store.keep_passages([Passage("e6", "1")], by="t")
    yield made
    made.close()


@pytest.fixture
def world(seed, tmp_path):
    made = seed.copied(tmp_path / "home")
    made.tools.store.beat("worker", made.tools.clock())
    yield made
    made.close()


@pytest.fixture
def app(world):
    app = create_app(world.tools, secret_key=KEY)
    app.extensions["rehearsals"].pause = lambda: a_second(world)
    return app


def a_second(world):
    """What a worker does meanwhile."""
    world.clock.passes(1)
    hours.answer(world.tools)
    world.work()
    world.tools.store.beat("worker", world.tools.clock())


@pytest.fixture
def client(world, app):
    return come_in(world, app, "technician")


def come_in(world, app, login):
    visitor = Visitor(app)
    with visitor.http.session_transaction() as cookie:
        cookie.update({"operator": login, "pass": mark(world.tools.store.account(login))})
    return visitor


def begin(client, hour="30"):
    return client.post(PAGE, "/mot-de-passe", hour=hour)


def settled(app):
    runs = app.extensions["rehearsals"]
    assert wait_for(lambda: runs.last("e6").ended), runs.last("e6").steps
    return runs.last("e6")


def test_a_rehearsal_is_followed_and_ends_in_a_verdict_that_stays(world, app, client):
    assert "n'a pas encore été répétée" in said(client.text(PAGE))
    rest, seen = app.extensions["rehearsals"].pause, threading.Event()

    def later():
        seen.wait(60)
        rest()

    app.extensions["rehearsals"].pause = later
    begun = time.monotonic()
    answer = begin(client)
    assert time.monotonic() - begun < 30, "no request waits for it"
    assert "La répétition a commencé." in said(answer)
    assert "Répétition en cours" in said(answer)
    assert 'hx-trigger="every 2s"' in answer.get_data(as_text=True)
    assert "Une autre répétition est en cours" in said(begin(client))
    seen.set()
    settled(app)
    page = client.text(PAGE)
    assert "vague 1, labos à construire : 1" in said(page)
    assert "la journée peut se tenir (go)" in said(page)
    assert "e6-essai-1-1" in page
    assert "hx-trigger" not in page
    assert [one.name for one in world.tools.store.sessions()] == ["e6"]
    restarted = come_in(world, create_app(world.tools, secret_key=KEY), "admin")
    page = said(restarted.text(PAGE))
    assert "la journée peut se tenir (go)" in page
    assert "e6-essai-1-1" in page, "its table outlives the process"
    assert "go le" in said(restarted.text("/sessions/e6"))


def test_a_no_go_names_its_reasons_in_french(world, app, client):
    tag = next(iter(world.stock.present))
    world.stock.present.remove(tag)
    begin(client)
    settled(app)
    world.stock.present.add(tag)  # shared with the next test's world
    page = said(client.text(PAGE))
    assert "la journée ne peut pas se tenir ainsi" in page
    assert f"images manquantes : {tag}" in page


def test_nothing_is_begun_without_a_worker_on_the_day_or_with_a_wrong_hour(world, app, client):
    for typed in ("", "dix", "2", "-5", "999999"):
        assert begin(client, typed).status_code == 400
    world.clock.passes(3600)
    answer = begin(client)
    assert answer.status_code == 409
    assert "Aucun exécutant n'est au travail" in said(answer)
    world.tools.store.beat("worker", world.tools.clock())
    choices.choose(world.tools, "e6", "1", 1, by="t")
    attendance.arrive(world.tools, "e6", "1", by="t")
    passages.start(world.tools, "e6", "1", Phase.PHASE_1, by="t")
    assert begin(client).status_code == 409
    assert app.extensions["rehearsals"].last("e6") is None


def test_one_that_another_process_runs_is_not_disturbed(world, app, client):
    with world.tools.store.lock("rehearsal"):
        begin(client)
        settled(app)
    page = said(client.text(PAGE))
    assert "Non fait. Une autre répétition est en cours" in page


def test_a_worker_that_falls_silent_ends_it(world, app, client):
    app.extensions["rehearsals"].pause = lambda: world.clock.passes(10)
    begin(client)
    run = settled(app)
    assert run.report is None
    assert "Aucun exécutant n'est au travail" in said(client.text(PAGE))
