"""A whole day from the panel in a browser, on real labs: two commissions, eight candidates.

One has extra time, one is late, one has an incident, and there is a power cut. Phases are short,
and most of the hours passes while the power is cut: nothing hangs on how fast the machine is.
Nothing else is short: every step is a click, and the record has to tell all of it.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from labmgr.domain.exam import Form, Member, Phase, Realisation
from labmgr.domain.journal import first_altered
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Option, Role
from labmgr.services.instance import accounts
from labmgr.services.lab import labs
from labmgr.services.session import forms, rosters
from tests import free
from tests.browser.conftest import PATIENCE, leave
from tests.lab.clients import wait_for
from tests.lab.place import SECONDS, place_on

# docker-py leaves a socket to the collector whenever an engine does not answer.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
NAME, HOUR = "jour", 600  # seconds: all eight begin, and things go wrong, before the first end
LEFT = 25  # seconds, of each hour that goes on after the power cut
LATE, EXTRA, HURT = "5", "3", "2"
LIST = "numero;nom;place;majoration\n" + "".join(
    f"{n};Essai{n};{n};{'1/3' if str(n) == EXTRA else ''}\n" for n in range(1, 9)
)
ALL = [str(n) for n in range(1, 9)]
SHOTS = os.environ.get("LABMGR_SCREENSHOTS", "")
P = PassageState


@pytest.fixture(scope="module")
def place(spare_engine, tmp_path_factory):
    with place_on(spare_engine, tmp_path_factory.mktemp("day")) as made:
        yield made


@pytest.fixture(scope="module")
def people(place):
    """Staff and their passwords; the candidates' list, labs and timetable are ready."""
    tools = place.tools
    roles = {"chef": Role.ADMIN, "accueil": Role.INVIGILATOR}
    roles |= dict.fromkeys(("jury-a1", "jury-a2", "jury-b1", "jury-b2"), Role.COMMISSION)
    found = {who: accounts.add_account(tools, who, role, by="t") for who, role in roles.items()}
    place.start_worker()
    rosters.create_session(tools, NAME, "petit", by="chef")
    rosters.import_file(tools, NAME, "l.csv", LIST.encode(), by="chef")
    short = {Phase.PHASE_1: 2, Phase.INTERVIEW_1: 2, Phase.HOUR: HOUR, Phase.INTERVIEW_2: 30}
    forms.set_form(tools, NAME, form=Form.PONCTUELLE, durations=short, by="chef")
    for letter in "ab":
        members = [Member(f"jury-{letter}{n}", Option.SISR) for n in (1, 2)]
        forms.keep_commission(tools, NAME, letter.upper(), members, by="chef")
    for number in ALL:
        for which in (1, 2):
            forms.keep_realisation(tools, Realisation(NAME, number, which, "petit"), by="chef")
    sits = {number: "a" if int(number) % 2 else "b" for number in ALL}
    plan = [
        Passage(NAME, n, commission=sits[n], place=n, planned={Phase.PHASE_1: tools.now()})
        for n in ALL
    ]
    tools.store.keep_passages(plan, by="chef")
    built = [f"{NAME}-{number}-1" for number in ALL]
    for job in labs.order_build(tools, built, by="chef"):
        place.ends(job)
    return found


class Room:
    """The staff's browsers, and what is asked of the rows to know when to go on."""

    def __init__(self, place, people, browser):
        self.place, self.tools, self.people, self.browser = place, place.tools, people, browser
        self.url = f"http://127.0.0.1:{free.port()}"
        self.panel = None
        self.pages = {}

    def opens(self, boot=""):
        port = int(self.url.rsplit(":", 1)[1])
        self.panel = self.place.start_panel(port, boot=boot)
        log = self.place.folder / "panel.log"
        assert wait_for(self.answers, SECONDS), log.read_text()[-3000:]

    def answers(self):
        with suppress(OSError), urllib.request.urlopen(f"{self.url}/health", timeout=5):
            return True
        return False

    def as_(self, who):
        """This person's own browser, logged in."""
        if who not in self.pages:
            context = self.browser.new_context(base_url=self.url, locale="fr-FR")
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.goto("/connexion")
            page.get_by_label("Identifiant").fill(who)
            page.get_by_label("Mot de passe").fill(self.people[who])
            page.get_by_role("button", name="Se connecter").click()
            page.get_by_role("button", name="Déconnexion").wait_for()
            self.pages[who] = page
        return self.pages[who]

    def does(self, who, number, verb, **fields):
        """Open the verb's page, fill what it asks, press its button; what the panel then says."""
        page = self.as_(who)
        page.goto(f"/sessions/{NAME}/passages/{number}/{verb}")
        for label, value in fields.items():
            page.locator(f"#{label}").fill(value)
        if verb == "choix":
            page.locator("#r1").check()
        self.press(page)
        return page

    def press(self, page):
        page.locator("main form.sheet button").first.click()
        page.wait_for_load_state()
        assert page.locator(".note.bad, .flash.error").count() == 0, page.inner_text("main")

    def leaves(self):
        for page in self.pages.values():
            page.context.close()

    def arrives(self, number):
        page = self.as_("accueil")
        page.goto(f"/sessions/{NAME}/passages/{number}")
        page.get_by_role("button", name="Noter présent").click()
        assert wait_for(lambda: self.seen(number).state is P.PRESENT, SECONDS)

    def acknowledges(self, number):
        """The candidate, in a browser of their own."""
        context = self.browser.new_context(base_url=self.url, locale="fr-FR")
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto("/portail/entree")
        page.get_by_label("Numéro de candidat").fill(number)
        page.get_by_label("Code personnel").fill(self.tools.store.code(NAME, number))
        page.get_by_role("button", name="Entrer").click()
        page.get_by_role("button", name="J'ai lu").click()
        page.get_by_text("Vous avez lu").wait_for()
        self.pages[f"candidat {number}"] = page

    def starts_hour(self, number):
        jury = self.jury(number)
        for verb in ("choix", "debut", "debut"):
            self.does(jury, number, verb)
        self.acknowledges(number)
        self.does(jury, number, "debut")
        assert wait_for(lambda: self.seen(number).state is P.HOUR, SECONDS), self.place.log()

    def jury(self, number):
        return f"jury-{self.seen(number).commission}1"

    def seen(self, number):
        return self.tools.store.passage(NAME, number)

    def clock(self, number):
        return self.seen(number).clocks[Phase.HOUR]

    def shoot(self, who, name):
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.as_(who).screenshot(path=f"{SHOTS}/{name}.png", full_page=True)

    def paper(self, path, folder) -> str:
        """A PDF of the panel's, as text."""
        answer = self.as_("chef").request.get(path)
        assert answer.ok, answer.status
        file = folder / "paper.pdf"
        file.write_bytes(answer.body())
        told = subprocess.run(
            ["pdftotext", "-layout", str(file), "-"], check=True, capture_output=True, text=True
        )
        return told.stdout


@pytest.fixture
def room(place, people, chromium):
    made = Room(place, people, chromium)
    made.opens()
    yield made
    made.panel.kill()
    made.leaves()


def test_a_day_of_two_commissions_and_eight_candidates(room, tmp_path):
    for number in ALL:
        if number != LATE:
            room.arrives(number)
    for number in ALL:
        if number != LATE:
            room.starts_hour(number)
    room.arrives(LATE)  # when the others are at work already
    room.starts_hour(LATE)
    see_the_incident(room)
    cut_the_power(room)
    see_the_ends(room)
    finish(room)
    read_the_record(room, tmp_path)


def see_the_incident(room):
    """A node dies, the day's page says so within seconds, staff give time back."""
    lab = room.seen(HURT).lab
    with room.place.engine.client() as client:
        ours = {"label": [f"labmgr.lab={lab}", "labmgr.node=web"]}
        (box,) = client.containers.list(filters=ours)
        box.kill()
    page = room.as_("chef")
    page.goto(f"/sessions/{NAME}/journee")
    page.get_by_text("attend une décision").wait_for(timeout=120_000)
    room.shoot("chef", "day-incident")

    def over():
        found = room.tools.store.incidents(NAME, HURT)
        return found and found[0].ended

    assert wait_for(over, SECONDS), "the node was not started again"
    (incident,) = room.tools.store.incidents(NAME, HURT)
    page.goto(f"/sessions/{NAME}/passages/{HURT}/incidents/{incident.id}?proposition=give")
    page.locator("#minutes").fill("0,5")
    page.locator("#why").fill("serveur web arrêté")
    room.press(page)
    assert room.clock(HURT).allotted == HOUR + 30


def cut_the_power(room):
    """Everything ends at once; the same passages and labs come back, and wait for staff."""
    now = room.tools.clock().ticks
    assert wait_for(lambda: room.tools.store.last_beat().ticks > now, SECONDS), room.place.log()
    for number in ALL:
        assert room.seen(number).state is P.HOUR, f"{number}: the machine is too slow for this day"
    room.place.kill_worker()
    room.panel.kill()
    room.place.engine.stop()
    time.sleep(3)
    room.place.engine.start()
    room.place.start_worker(boot="after-the-cut")
    room.opens(boot="after-the-cut")
    assert wait_for(lambda: all(room.seen(n).state is P.SUSPENDED for n in ALL), SECONDS)
    for number in ALL:
        leave(room.tools, number, LEFT + {EXTRA: 10, HURT: 5}.get(number, 0), NAME)
    page = room.as_("chef")  # staff log in with their local accounts, the cookie still holds
    page.goto(f"/sessions/{NAME}/journee")
    page.get_by_role("link", name="Tout reprendre").wait_for()
    room.shoot("chef", "day-suspended")
    assert wait_for(lambda: all(ready(room, n) for n in ALL), SECONDS), room.place.log()
    for _ in range(6):  # a gateway that is too slow to open stays shut until staff say it again
        page.goto(f"/sessions/{NAME}/journee")
        page.get_by_role("link", name="Tout reprendre").click()
        page.locator("#why").fill("courant revenu")
        room.press(page)
        assert wait_for(lambda: all(answered(room, n) for n in ALL), SECONDS), room.place.log()
        if all(room.seen(n).state is P.HOUR for n in ALL):
            break
    assert all(room.seen(n).state is P.HOUR for n in ALL), room.place.log()
    page.goto(f"/sessions/{NAME}/journee")
    room.shoot("chef", "day-again")


def answered(room, number):
    """Its hour goes on, or the order to open is over and has failed."""
    seen = room.seen(number)
    return seen.state is P.HOUR or not room.tools.store.jobs(lab=seen.lab, unended=True)


def ready(room, number):
    with suppress(Exception):
        seen = room.tools.engine.look(room.seen(number).lab)
        return set(seen.values()) == {"running"}
    return False


def see_the_ends(room):
    """Each hour ends by itself, with its own length, and the end is kept."""
    for number in ALL:
        lab = room.seen(number).lab
        assert wait_for(
            lambda lab=lab: room.tools.store.lab(lab).state is LabState.FROZEN, SECONDS
        ), room.place.log()
        assert wait_for(lambda lab=lab: end_kept(room, lab), SECONDS), room.place.log()
        clock = room.clock(number)
        assert clock.used(room.tools.clock()) == pytest.approx(clock.allotted)
        assert clock.allotted == {EXTRA: HOUR * 4 / 3, HURT: HOUR + 30}.get(number, HOUR)
    candidate = room.pages["candidat 1"]
    candidate.goto("/portail")
    assert "terminée" in candidate.inner_text("main")


def end_kept(room, lab):
    kept = room.tools.store.snapshots(lab)
    return sum(one.kind is SnapshotKind.END and bool(one.verified) for one in kept) == 1


def finish(room):
    for number in ALL:
        room.does(room.jury(number), number, "debut")
        room.does(room.jury(number), number, "cloture")
    assert wait_for(lambda: all(room.seen(n).state is P.DONE for n in ALL), SECONDS)


def read_the_record(room, folder):
    """The papers tell what happened, to whom, and nothing that did not."""
    day = room.paper(f"/sessions/{NAME}/documents/journee.pdf", folder)
    assert all(f"Essai{number}" in day for number in ALL)
    told = {n: room.paper(f"/sessions/{NAME}/documents/passage/{n}.pdf", folder) for n in ALL}
    assert "serveur web arrêté" in flat(told[HURT])
    assert "serveur web arrêté" not in "".join(flat(told[n]) for n in ALL if n != HURT)
    for number in ALL:
        words = flat(told[number])
        assert "coupure" in words.lower(), words
        assert "courant revenu" in words
        assert "tiers" not in words.lower()
    assert "13 min 20 s" in flat(told[EXTRA]), flat(told[EXTRA])
    assert "13 min 20 s" not in flat(told["1"])
    arrivals = {n: room.seen(n).arrived for n in ALL}
    assert max(arrivals, key=arrivals.get) == LATE
    assert first_altered(room.tools.store.entries()) is None


def flat(text):
    return re.sub(r"\s+", " ", text)
