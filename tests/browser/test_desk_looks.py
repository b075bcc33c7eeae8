"""The desk at each stage of a passage, at both widths and in both schemes."""

from dataclasses import replace

import pytest

from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.passage import Passage
from labmgr.services.desk import savepoints
from labmgr.services.lab import labs
from labmgr.services.passage import attendance, choices, hours, interruptions, passages
from labmgr.services.session import forms
from tests.browser.conftest import Served
from tests.browser.test_looks import look, scheme  # noqa: F401 - fixtures
from tests.panel.world import a_world, opened, with_session

pytestmark = pytest.mark.browser

BY = "commission"
ROSTER = "numéro;nom;prénom;place\n" + "".join(f"{n};Nom{n};Prénom{n};A{n}\n" for n in range(1, 9))
PAPER = b"%PDF-1.7 expression des besoins"
# Who stands where; the second is how the page says so.
STAGES = {
    "1": "Votre passage n'a pas encore commencé",
    "2": "Préparation (première phase)",
    "3": "Mon labo",
    "4": "Votre temps est arrêté",
    "5": "L'heure est terminée",
    "6": "Votre dossier ne permet pas de commencer",
    "7": "Recette et entretien avec la commission",
    "8": "Entretien avec la commission",
}


@pytest.fixture(scope="module")
def desks(tmp_path_factory):
    """Eight candidates, each at another stage."""
    home = tmp_path_factory.mktemp("desks")
    world = a_world(home)
    with_session(world, roster=ROSTER)
    set_the_desks(world)
    world.tools.store.close()
    made = Served(opened(home, world.passwords, engine=world.engine))
    yield made
    made.stop()


def set_the_desks(world):
    tools = world.tools
    for number in STAGES:
        forms.keep_realisation(tools, Realisation("e6", number, 1, "sisr-core"), by=BY)
        forms.keep_document(tools, "e6", number, 1, name="besoins.pdf", data=PAPER, by=BY)
    labs.order_build(tools, [lab.id for lab in world.labs()], by=BY)
    world.work()
    begins = {Phase.PHASE_1: tools.now()}
    tools.store.keep_passages([Passage("e6", n, planned=begins) for n in STAGES], by=BY)
    attendance.block(tools, "e6", "6", "Il manque la fiche descriptive n° 2.", by=BY)
    go(world, "28", Phase.PHASE_1)
    go(world, "8", Phase.INTERVIEW_1)
    go(world, "3457", Phase.PHASE_1, Phase.INTERVIEW_1, Phase.HOUR)
    for _ in range(2):
        savepoints.order_save(tools, "e6", "3")
        world.work()
    leave(tools, "3", 250)
    interruptions.suspend(tools, "e6", "4", by=BY, why="réseau")
    leave(tools, "5", 0)
    leave(tools, "7", 0)
    hours.answer(tools)
    world.work()
    go(world, "7", Phase.INTERVIEW_2)


def go(world, numbers, *phases):
    tools = world.tools
    for number in numbers:
        if tools.store.passage("e6", number).choice == 0:
            choices.choose(tools, "e6", number, 1, by=BY)
            attendance.arrive(tools, "e6", number, by=BY)
        if Phase.HOUR in phases:
            attendance.acknowledge(tools, "e6", number)
        for phase in phases:
            passages.start(tools, "e6", number, phase, by=BY)
    world.work()


def leave(tools, number, left):
    """Have the hour begun so early that it has so many seconds left."""
    before = tools.store.passage("e6", number)
    gone = before.clock.left(tools.clock()) - left
    first, *rest = before.clock.stretches
    start = replace(first.start, ticks=first.start.ticks - gone)
    clock = replace(before.clock, stretches=(replace(first, start=start), *rest))
    after = before.with_clock(Phase.HOUR, clock)
    tools.store.change_passage(before, after, what="shortened", by="t")


@pytest.fixture
def context(scheme, desks, browser_context):  # noqa: F811 - the fixture of that name
    return browser_context(desks.url, bypass_csp=True, color_scheme=scheme)


def sit_down(page, world, number):
    page.goto("/portail")
    page.get_by_label("Numéro de candidat").fill(number)
    page.get_by_label("Code personnel").fill(world.code(number))
    page.get_by_role("button", name="Entrer").click()
    page.get_by_role("heading", name=STAGES[number], exact=True).wait_for()


def test_every_stage_of_the_desk(desks, context, look):  # noqa: F811 - the fixture of that name
    page = context.new_page()
    for number in STAGES:
        sit_down(page, desks.world, number)
        look(page, f"desk-{number}")
        if number == "3":
            page.get_by_role("link", name="Revenir à l'état initial").click()
            page.get_by_role("heading", name="Revenir à l'état initial ?").wait_for()
            look(page, "desk-return")
            page.get_by_role("link", name="Ne rien changer").click()
            page.wait_for_load_state("networkidle")
        page.get_by_role("button", name="Quitter").click()
        page.wait_for_load_state("networkidle")  # nothing is left half read on the server


def test_the_commissions_accesses(desks, context, log_in, look):  # noqa: F811 - as above
    page = log_in(context, desks.world, "commission", "/labs/e6-7-1")
    page.get_by_role("button", name="Accès de la commission").click()
    page.get_by_role("heading", name="Accès de la commission au labo").wait_for()
    look(page, "lab-commission-access")
