"""Two candidates at their desks at once, one with extra time: the clock is the server's."""

import re
import time
from contextlib import contextmanager
from fractions import Fraction

import pytest

from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.services.lab import labs
from labmgr.services.passage import attendance, choices, interruptions, passages
from labmgr.services.session import forms
from tests.browser.conftest import leave
from tests.panel.world import with_session

pytestmark = pytest.mark.browser

BY = "commission"
NEAR = 2.0  # seconds: how far a page may be from the server
# In a sleep no clock of the page goes on but the date: this one lost so many seconds.
SLEPT = """(seconds) => {
  const real = performance.now.bind(performance);
  performance.now = () => real() - seconds * 1000;
}"""
WRONG_CLOCK = """{
  const off = 7 * 3600 * 1000, real = Date;
  const Wrong = class extends real {
    constructor(...given) { super(...(given.length ? given : [real.now() + off])); }
    static now() { return real.now() + off; }
  };
  window.Date = Wrong;
}"""


@pytest.fixture
def sitting(served):
    """Candidates 1 and 2 in their hours; the second has a third more."""
    world, tools = served.world, served.world.tools
    with_session(world)
    forms.set_extra_time(tools, "e6", "2", {Phase.HOUR: Fraction(1, 3)}, by=BY)
    for number in "12":
        forms.keep_realisation(tools, Realisation("e6", number, 1, "sisr-core"), by=BY)
    labs.order_build(tools, ["e6-1-1", "e6-2-1"], by=BY)
    tools.store.keep_passages([Passage("e6", number) for number in "12"], by=BY)
    until(lambda: all(tools.store.lab(f"e6-{n}-1").state is LabState.READY for n in "12"))
    return served


def until(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it takes too long"
        time.sleep(0.1)


def to_hour(world, number):
    tools = world.tools
    choices.choose(tools, "e6", number, 1, by=BY)
    attendance.arrive(tools, "e6", number, by=BY)
    for phase in (Phase.PHASE_1, Phase.INTERVIEW_1):
        passages.start(tools, "e6", number, phase, by=BY)
    attendance.acknowledge(tools, "e6", number)
    passages.start(tools, "e6", number, Phase.HOUR, by=BY)
    until(lambda: tools.store.passage("e6", number).state is PassageState.HOUR)


def sit_down(context, world, number):
    page = context.new_page()
    page.goto("/portail")
    page.get_by_label("Numéro de candidat").fill(number)
    page.get_by_label("Code personnel").fill(world.code(number, "e6"))
    page.get_by_role("button", name="Entrer").click()
    page.get_by_role("button", name="Quitter").wait_for()
    return page


def shown(page):
    return seconds_of(page.locator("#clock").inner_text())


def seconds_of(text):
    hours, minutes, seconds = re.fullmatch(r"(?:(\d+) h )?(\d+) min (\d+) s", text).groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)


@contextmanager
def asleep(page, seconds):
    """The computer of this page sleeps for so long."""
    lid = page.context.new_cdp_session(page)
    lid.send("Debugger.enable")
    page.evaluate(SLEPT, seconds)
    lid.send("Debugger.pause")  # not a step is done by the page until it wakes
    time.sleep(seconds)
    yield lid
    lid.send("Debugger.resume")
    lid.send("Debugger.disable")


def server(world, number):
    return world.tools.store.passage("e6", number).clock.left(world.tools.clock())


def is_near(page, world, number):
    """Between what the server said before it was read, and after."""
    before, on_page, after = server(world, number), shown(page), server(world, number)
    return after - NEAR <= on_page <= before + NEAR


def near(page, world, number):
    """By itself; a busy machine may show a second too late."""
    page.locator("#clock").wait_for()
    until(lambda: is_near(page, world, number))


def stays_near(page, world, number):
    until(lambda: all(is_near_after(second, page, world, number) for second in (0, 1)))


def is_near_after(seconds, page, world, number):
    time.sleep(seconds)
    return is_near(page, world, number)


def test_two_clocks_are_the_servers_through_sleep_reload_and_a_wrong_date(sitting, browser_context):
    world = sitting.world
    one = sit_down(browser_context(sitting.url), world, "1")
    wrong = browser_context(sitting.url)
    wrong.add_init_script(WRONG_CLOCK)
    two = sit_down(wrong, world, "2")
    for page in (one, two):
        page.get_by_role("heading", name="Votre passage n'a pas encore commencé").wait_for()
    to_hour(world, "1")
    to_hour(world, "2")
    for page, number, most in ((one, "1", 3600), (two, "2", 4800)):
        page.get_by_role("heading", name="Mon labo").wait_for()  # without a reload
        near(page, world, number)
        assert most - 600 < shown(page) <= most
    assert two.evaluate("Date.now()") - time.time() * 1000 > 6 * 3600 * 1000
    with asleep(one, 6) as lid:
        look = {"expression": "document.getElementById('clock').textContent"}
        stale = lid.send("Runtime.evaluate", look)["result"]["value"]
        assert seconds_of(stale) - server(world, "1") > NEAR
    stays_near(one, world, "1")
    for page, number in ((one, "1"), (two, "2")):
        page.reload()
        near(page, world, number)
        stays_near(page, world, number)
    leave(world.tools, "2", 2000)  # moved by the server alone: the next look tells
    stays_near(two, world, "2")
    near(one, world, "1")


def test_warnings_the_end_and_a_stopped_clock_are_told(sitting, browser_context):
    world = sitting.world
    page = sit_down(browser_context(sitting.url), world, "1")
    to_hour(world, "1")
    page.get_by_role("heading", name="Mon labo").wait_for()
    secret = page.locator(".secret").first.inner_text()
    leave(world.tools, "1", 600)
    page.get_by_text("Moins de 10 minutes.").first.wait_for()
    assert "Moins de 10 minutes" in page.locator("#said").inner_text()
    interruptions.suspend(world.tools, "e6", "1", by=BY, why="réseau")
    page.get_by_role("heading", name="Votre temps est arrêté").wait_for()
    stood = shown(page)
    assert secret not in page.content()
    time.sleep(3)
    assert shown(page) == stood
    until(lambda: world.tools.store.lab("e6-1-1").state is LabState.READY)
    interruptions.resume(world.tools, "e6", "1", by=BY)
    page.get_by_role("heading", name="Mon labo").wait_for()
    near(page, world, "1")
    leave(world.tools, "1", 299)
    page.get_by_text("Moins de 5 minutes.").first.wait_for()
    page.evaluate("window.loadedOnce = true")
    leave(world.tools, "1", 4)
    page.get_by_role("heading", name="L'heure est terminée").wait_for()
    assert page.evaluate("window.loadedOnce"), "at its end, not at somebody's next reload"
    assert secret not in page.content()
    assert "La commission vous appelle" in page.locator("main").inner_text()
    assert "L'heure est terminée" in page.locator("#said").inner_text()


def test_a_save_point_is_taken_and_gone_back_to_by_keyboard(sitting, browser_context):
    world = sitting.world
    page = sit_down(browser_context(sitting.url), world, "1")
    page.get_by_role("button", name="J'ai lu").press("Enter")
    page.get_by_text("Votre lecture est notée").wait_for()
    to_hour(world, "1")
    page.get_by_role("button", name="Prendre un point de sauvegarde").wait_for()
    page.get_by_role("button", name="Prendre un point de sauvegarde").press("Enter")
    page.get_by_role("link", name="Y revenir").wait_for()
    page.get_by_role("link", name="Y revenir").press("Enter")
    page.get_by_role("heading", name="Revenir à ce point de sauvegarde ?").wait_for()
    near(page, world, "1")
    page.get_by_role("button", name="Revenir en arrière").press("Enter")
    page.get_by_role("heading", name="Votre labo revient en arrière").wait_for()
    page.get_by_role("heading", name="Mon labo").wait_for()
    page.get_by_text("Vous êtes revenu en arrière 1 fois").wait_for()
    near(page, world, "1")


def test_without_a_script_the_page_reloads_and_says_what_is_left(sitting, browser_context):
    world = sitting.world
    context = browser_context(sitting.url, java_script_enabled=False)
    page = sit_down(context, world, "1")
    to_hour(world, "1")
    leave(world.tools, "1", 20)
    page.goto("/portail")
    near(page, world, "1")
    page.get_by_role("heading", name="L'heure est terminée").wait_for()  # by its own reload
    assert page.locator("#clock").count() == 0
