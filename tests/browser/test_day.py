"""The exam day from the staff's pages: a live picture, two passages told to their end."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from labmgr.domain.exam import Form, Member, Phase, Realisation
from labmgr.domain.passage import Passage
from labmgr.domain.words import Option, Role
from labmgr.services.instance import accounts
from labmgr.services.lab import labs
from labmgr.services.passage import attendance, choices, interruptions, passages
from labmgr.services.session import forms, rosters
from tests.browser.conftest import Served, faults_of, leave
from tests.panel.world import a_world, with_session

pytestmark = pytest.mark.browser

MORE = "numéro;nom;prénom;place\n4;Garnier;Inès;A4\n5;Diallo;Awa;B1\n6;Rossi;Enzo;B2\n"
DAY = "/sessions/e6/journee"
BY = "commission"
PAGES = {
    "day": DAY,
    "day-suspend": f"{DAY}/suspension",
    "passage-hour": "/sessions/e6/passages/1",
    "passage-suspended": "/sessions/e6/passages/2",
    "passage-absent": "/sessions/e6/passages/3",
    "passage-done": "/sessions/e6/passages/4",
    "passage-choose": "/sessions/e6/passages/3/choix",
    "passage-start": "/sessions/e6/passages/5/debut",
    "passage-extra": "/sessions/e6/passages/1/majoration",
    "passage-extend": "/sessions/e6/passages/1/prolongation",
    "passage-finish": "/sessions/e6/passages/1/fin-anticipee",
    "passage-say-absent": "/sessions/e6/passages/3/absence",
    "passage-adjust": "/sessions/e6/passages/5/ajustement",
    "incident": "/sessions/e6/passages/1/incidents/1?proposition=give",
    "session-with-day": "/sessions/e6",
    "dashboard-with-day": "/",
}


def prepared(home):
    """Six candidates, two commissions, labs built; nothing has begun."""
    world = a_world(home)
    with_session(world)
    tools = world.tools
    rosters.import_file(tools, "e6", "suite.csv", MORE.encode(), by=BY)
    world.passwords["autre"] = accounts.add_account(tools, "autre", Role.COMMISSION, by="t")
    forms.set_form(tools, "e6", form=Form.PONCTUELLE, by="t")
    for title, room in (("Jury A", "salle 12"), ("Jury B", "salle 14")):
        members = [Member("commission", Option.SISR), Member("autre", Option.SLAM)]
        forms.keep_commission(tools, "e6", title, members, room=room, by="t")
    for number in "123456":
        one = Realisation("e6", number, 1, "sisr-core", "Supervision")
        forms.keep_realisation(tools, one, by="t")
    labs.order_build(tools, [lab.id for lab in world.labs()], by="t")
    world.work()
    return world


@contextmanager
def ago(world, minutes):
    """As if what follows had happened so many minutes earlier."""
    real, engine, back = world.tools, world.engine.now, timedelta(minutes=minutes)

    def clock():
        now = real.clock()
        return replace(now, at=now.at - back, ticks=now.ticks - back.total_seconds())

    world.tools = replace(real, clock=clock, now=lambda: real.now() - back)
    world.engine.now = world.tools.now  # a gateway does not open until an instant that is past
    yield world.tools
    world.work()
    world.tools, world.engine.now = real, engine


def planned(world, number, minutes, home="jury-a"):
    """A passage that was to begin so many minutes ago."""
    at = world.tools.now().replace(second=0) - timedelta(minutes=minutes)
    starts = dict(zip(Phase, (0, 30, 50, 110), strict=True))
    plan = {phase: at + timedelta(minutes=later) for phase, later in starts.items()}
    place = world.tools.store.candidate("e6", number).place
    return Passage("e6", number, commission=home, place=place, planned=plan)


def begun(world, number, *, arrived, talk=None, hour=None):
    """Present, in phase 1, and on as far as minutes ago are given."""
    choices.choose(world.tools, "e6", number, 1, by=BY)
    with ago(world, arrived) as then:
        attendance.arrive(then, "e6", number, by="invigilator")
    with ago(world, arrived - 3) as then:
        passages.start(then, "e6", number, Phase.PHASE_1, by=BY)
    if talk:
        with ago(world, talk) as then:
            passages.start(then, "e6", number, Phase.INTERVIEW_1, by=BY)
            attendance.acknowledge(then, "e6", number)
    if hour:
        with ago(world, hour) as then:
            passages.start(then, "e6", number, Phase.HOUR, by=BY)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """1 works, 2 was cut off, 3 is awaited, 4 is done, 5 is interviewed, 6 is not conforming."""
    world = prepared(tmp_path_factory.mktemp("day"))
    tools = world.tools
    starts = {"1": 95, "2": 70, "3": 20, "4": 190, "5": 45, "6": -30}
    homes = {number: "jury-a" if number in "123" else "jury-b" for number in starts}
    plan = [planned(world, number, at, homes[number]) for number, at in starts.items()]
    tools.store.keep_passages(plan, by="t")
    begun(world, "4", arrived=200, talk=165, hour=140)
    with ago(world, 85) as then:
        passages.finish_hour(then, "e6", "4", by=BY, why="le candidat a terminé")
    with ago(world, 70) as then:
        passages.start(then, "e6", "4", Phase.INTERVIEW_2, by=BY)
    with ago(world, 52) as then:
        passages.close(then, "e6", "4", by=BY)
    begun(world, "1", arrived=100, talk=66, hour=40)
    forms.set_extra_time(tools, "e6", "2", {Phase.HOUR: Fraction(1, 3)}, by="t")
    begun(world, "2", arrived=75, talk=40, hour=20)
    dead = tools.store.open_incident("e6", "1", "node db does not run", by="watch")
    tools.store.end_incident(dead.id, seconds=245, by="watch")
    with ago(world, 8) as then:
        interruptions.suspend(then, "e6", "2", by="invigilator", why="plus de réseau à la place A2")
    begun(world, "5", arrived=50, talk=12)
    attendance.say_absent(tools, "e6", "3", by="invigilator")
    attendance.block(tools, "e6", "6", "La fiche de la réalisation 2 manque.", by="teacher")
    made = Served(world)
    yield made
    made.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_the_day(day, browser_context, log_in, shoot, scheme):
    context = browser_context(day.url, bypass_csp=True, color_scheme=scheme)
    page = log_in(context, day.world, "admin")
    for name, path in PAGES.items():
        page.goto(path)
        page.wait_for_load_state("load")
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert too_wide <= 0, f"{name} at {width} px sticks out by {too_wide} px"
            faults = faults_of(page)
            assert not faults, "\n".join(words(name, width, fault) for fault in faults)
            shoot(page, name if scheme == "light" else f"{name}-{scheme}")
        assert page.locator("h1").count() == 1, name


def words(name, width, fault):
    nodes = "; ".join(one["html"] for one in fault["nodes"])
    return f"{name} at {width} px: {fault['id']}: {fault['help']}: {nodes}"


# Seconds: the phases whose end is looked at are brought to it when the test is there.
SHORT = dict(zip(Phase, (600, 2, 600, 600), strict=True))


@pytest.fixture
def rehearsal(tmp_path):
    """Two candidates in training, the second with more time in the hour."""
    world = a_world(tmp_path)
    with_session(world)
    tools = world.tools
    forms.set_form(tools, "e6", form=Form.TRAINING, durations=SHORT, by="t")
    forms.keep_commission(tools, "e6", "Jury A", [], by="t")
    forms.set_extra_time(tools, "e6", "2", {Phase.HOUR: Fraction(2, 1)}, by="t")
    for number in "12":
        forms.keep_realisation(tools, Realisation("e6", number, 1, "sisr-core"), by="t")
    labs.order_build(tools, ["e6-1-1", "e6-2-1"], by="t")
    world.work()
    tools.store.keep_passages([planned(world, number, 0) for number in "12"], by="t")
    made = Served(world)
    yield made
    made.stop()


def test_two_passages_from_the_days_page(rehearsal, browser_context, log_in):
    world = rehearsal.world
    room = log_in(browser_context(rehearsal.url), world, "invigilator", DAY)
    jury = log_in(browser_context(rehearsal.url), world, "commission", DAY)
    for number in "12":
        row(room, number).get_by_role("button", name="Noter présent").click()
        row(room, number).get_by_text("présent", exact=True).wait_for()
        assert room.get_by_text("Commencer").count() == 0  # not the invigilator's
    for number in "12":
        jury.goto(f"/sessions/e6/passages/{number}")
        jury.get_by_role("link", name="Choisir la réalisation").click()
        jury.get_by_label("n° 1").check()
        jury.get_by_role("button", name="Choisir la réalisation").click()
        jury.get_by_text("choix enregistré").wait_for()
    jury.goto(DAY)
    for number in "12":
        row(jury, number).get_by_role("link", name="Commencer la première phase").click()
        jury.get_by_text("Cela ne se défait pas").wait_for()
        jury.get_by_role("button", name="Commencer la première phase").click()
        row(jury, number).get_by_text("première phase", exact=True).first.wait_for()
    for number in "12":
        leave(world.tools, number, 1)
        row(room, number).get_by_text("attend l'entretien 1").wait_for()  # by itself, at the bell
    for number in "12":
        row(jury, number).get_by_role("button", name="Commencer l'entretien 1").click()
        jury.get_by_text(f"Candidat {number} : phase commencée").wait_for()
    row(jury, "1").get_by_role("link", name="Commencer l'heure").click()
    jury.get_by_role("button", name="Commencer l'heure").click()
    jury.get_by_text("n'a pas reconnu le texte sur sa responsabilité").wait_for()
    for number in "12":
        attendance.acknowledge(world.tools, "e6", number)
        jury.goto(f"/sessions/e6/passages/{number}/debut?from=day")
        jury.get_by_role("button", name="Commencer l'heure").click()
        jury.get_by_text("ouverture du labo ordonnée").wait_for()
        row(room, number).locator(".state.hour").wait_for()
    leave(world.tools, "1", 1)
    row(room, "1").get_by_text("heure finie, accès coupé").wait_for()
    assert row(room, "2").locator(".state.hour").is_visible()  # has more time
    assert "reste" in row(room, "2").inner_text()
    row(jury, "1").get_by_role("button", name="Commencer l'entretien 2").click()
    row(jury, "1").get_by_role("link", name="Terminer le passage").click()
    jury.get_by_role("button", name="Terminer le passage").click()
    row(room, "1").get_by_text("terminé", exact=True).wait_for()
    leave(world.tools, "2", 1)
    row(room, "2").get_by_text("heure finie, accès coupé").wait_for()
    assert said_politely(room)


def row(page, number):
    return page.get_by_role("row").filter(has=page.locator(f"#p-{number}"))


def said_politely(page):
    """What a screen reader was told last, in the one region that is live."""
    return page.locator("#said").inner_text() or page.locator("#said").text_content()
