"""The panel on a real server, a real worker behind it, and Debian's Chromium in front."""

import os
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from labmgr.errors import LostRace
from labmgr.services.desk.live_terminal import Ending
from labmgr.services.lab import doors, labs
from labmgr.services.session import rosters
from labmgr.worker.loop import Worker
from tests.panel.compiled import panel
from tests.panel.world import KEY, SlowEngine, a_world, opened, with_session

PATIENCE = 60_000  # ms: the machine may be busy with other labs
SHOTS = os.environ.get("LABMGR_SCREENSHOTS", "")
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")


def faults_of(page):
    """What axe-core has to say. It is long: a page is given it once."""
    if page.evaluate("!window.axe"):
        page.evaluate(AXE)
    only = "{resultTypes: ['violations']}"  # of what is well it tells less, and is faster
    return page.evaluate(f"axe.run({only}).then((found) => found.violations)")


def settled(page):
    """All of it is there, with what it asks for by itself."""
    page.wait_for_load_state("load")
    page.wait_for_function("!document.querySelector('.htmx-request')")


def leave(tools, number, left, session="e6"):
    """Have the candidate's phase begun so early that it has so many seconds left."""
    while True:
        before = tools.store.passage(session, number)
        gone = before.clock.left(tools.clock()) - left
        first, *rest = before.clock.stretches
        start = replace(first.start, ticks=first.start.ticks - gone)
        clock = replace(before.clock, stretches=(replace(first, start=start), *rest))
        after = before.with_clock(before.phase, clock)
        with suppress(LostRace):  # the worker writes as well
            tools.store.change_passage(before, after, what="shortened", by="t")
            return


class Quiet(WSGIRequestHandler):
    def log(self, type, message, *args):  # noqa: A002 - werkzeug's own name
        """Nothing: a test that fails says what it saw."""


class Served:
    """A world, its panel on a free port, its worker at work."""

    def __init__(self, world):
        self.world = world
        app = panel(world.tools, secret_key=KEY)
        self._terminals = app.extensions["terminals"]
        self._server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
        self._worker = Worker(world.tools)
        self._threads = [
            threading.Thread(target=self._server.serve_forever),
            threading.Thread(target=self._worker.run),
        ]
        for thread in self._threads:
            thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self):
        for one in self._terminals.of():
            one.end(Ending.LEFT)
        self._worker.stop()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()
        self._server.server_close()
        self.world.close()


@pytest.fixture
def served(tmp_path):
    """Empty but for its accounts; nodes and probes take a moment, so that progress is seen."""
    engine = SlowEngine()
    engine.pace = 0.15
    made = Served(a_world(tmp_path, engine=engine))
    yield made
    made.stop()


@pytest.fixture(scope="session")
def stage(tmp_path_factory):
    """One session with labs in several states, for tests that only look."""
    home = tmp_path_factory.mktemp("stage")
    world = a_world(home)
    with_session(world, "E6 SISR – juin 2027")
    set_the_stage(world)
    world.tools.store.close()
    made = Served(opened(home, world.passwords, engine=world.engine))
    made.world.images.present.update(world.images.present)
    yield made
    made.stop()


def set_the_stage(world):
    name = "e6-sisr-juin-2027"
    more = "numéro;nom;prénom;place\n4;Garnier;Inès;A4\n5;Diallo;Awa;B1\n6;Rossi;Enzo;B2\n"
    rosters.import_file(world.tools, name, "suite.csv", more.encode(), by="teacher")
    one, two, three, four, five, _ = (lab.id for lab in world.labs(name))
    labs.order_build(world.tools, [one, two, three, four], by="teacher")
    world.work()
    doors.order_open(world.tools, one, by="teacher")
    doors.order_open(world.tools, two, by="teacher")
    world.work()
    doors.order_close(world.tools, two, by="teacher", freeze=True)
    world.engine.red["sup/2"] = "HTTP 500: the database is not ready"
    labs.order_build(world.tools, [five], by="teacher")
    world.work()
    world.engine.red.clear()


@pytest.fixture
def browser_context(chromium):
    """A fresh browser: its own cookies. What its console complains of fails the test."""
    opened_contexts = []
    complaints = []

    def complain(error):
        complaints.append(error)

    def start(url, **more):
        context = chromium.new_context(base_url=url, locale="fr-FR", **more)
        context.set_default_timeout(PATIENCE)
        context.on("console", lambda said: complaints.append(said) if is_bad(said) else None)
        context.on("weberror", complain)
        opened_contexts.append(context)
        return context

    yield start
    for context in opened_contexts:
        context.close()
    assert not [str(getattr(one, "text", one)) for one in complaints]


def is_bad(said):
    """Errors and warnings, but for the browser's own line on a page that is meant to refuse."""
    meant = ("status of 401", "status of 404", "status of 409")
    return said.type in {"error", "warning"} and not any(one in said.text for one in meant)


@pytest.fixture
def log_in():
    def come_in(context, world, role="teacher", target="/"):
        page = context.new_page()
        page.goto("/connexion?next=" + target)
        page.get_by_label("Identifiant").fill(role)
        page.get_by_label("Mot de passe").fill(world.passwords[role])
        page.get_by_role("button", name="Se connecter").click()
        page.get_by_role("button", name="Déconnexion").wait_for()
        return page

    return come_in


@pytest.fixture
def shoot():
    """Keep a picture of the page, when somebody asked for pictures."""

    def shot(page, name):
        if SHOTS:
            width = page.viewport_size["width"]
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)

    return shot
