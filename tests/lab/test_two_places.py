"""Two places, each with a router beside its lab, from one candidate to the next.

The routers are FRR in containers, declared as what they are: simulated. Everything else is real:
engine, worker, panel in a browser, scripts, SSH.
"""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
import uuid
from contextlib import suppress
from pathlib import Path

import docker
import pytest

from labmgr.config import ROOT
from labmgr.domain.equipment import Stage
from labmgr.domain.exam import Form, Member, Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Option, Role
from labmgr.engines.images import DockerImages
from labmgr.services.equipment import configs, places
from labmgr.services.instance import accounts
from labmgr.services.lab import labs
from labmgr.services.passage import attendance, choices, passages
from labmgr.services.session import forms, rosters
from labmgr.store.files.recipes import RecipeBook
from tests import free
from tests.browser.conftest import PATIENCE, leave
from tests.devices.router import FrrRouter
from tests.lab.clients import wait_for
from tests.lab.house import House
from tests.lab.own_engine import COMPOSE, NODE, Process, labmgr

pytestmark = pytest.mark.slow
BY, NAME, HOUR, SECONDS = "chef", "deux", 600, 240
AT = {"1": "P1", "2": "P2", "3": "P1", "4": "P2"}  # 3 and 4 come after
P = PassageState
SHOTS = os.environ.get("LABMGR_SCREENSHOTS", "")
BASELINE = """\
frr defaults traditional
service integrated-vtysh-config
!
ip route ${LAB_NET}.0.0/16 Null0
!
interface lo
 description candidat ${CANDIDATE_NO} a ${PLACE}
exit
!
"""
DEVICE = """\
  {name}:
    kind: router
    driver: frr
    address: {router.address}
    place: {place}
    user: labmgr
    password: store:{name}
    baseline: routeur
    nature: simulated
    declared_by: technicien
"""


class Room:
    """The house, its two routers, and what a technician types."""

    def __init__(self, house, routers, folder):
        self.house, self.tools, self.routers, self.folder = house, house.tools, routers, folder
        self.env = {**os.environ, **house.environment}
        self.env.pop("LABMGR_SCREENSHOTS", None)

    def script(self, name, *words):
        done = subprocess.run(
            [ROOT / "scripts" / name, *words],
            check=False, capture_output=True, text=True,
            env=self.env | {"LABMGR_VENV": sys.prefix}, timeout=SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def lab(self, number):
        return self.tools.store.lab(f"{NAME}-{number}-1")

    def seen(self, number):
        return self.tools.store.passage(NAME, number)

    def state(self, name):
        return self.tools.store.device_state(name)

    def says(self, name):
        return self.routers[name].types("show running-config", login="labmgr")


@pytest.fixture(scope="module")
def routers():
    extra = os.environ.get("LABMGR_EXTRA_CA")
    images = DockerImages(None, extra_ca=Path(extra) if extra else None)
    recipe = RecipeBook(ROOT / "lab_templates").recipe("frr", {})
    images.build(recipe)
    images.close()
    client = docker.from_env()
    with (
        FrrRouter(client, recipe.tag, name="r1") as one,
        FrrRouter(client, recipe.tag, name="r2") as two,
    ):
        yield {"r1": one, "r2": two}
    client.close()


@pytest.fixture(scope="module")
def room(tmp_path_factory, routers):
    folder = tmp_path_factory.mktemp("places")
    node = f"labmgr/two-places-{uuid.uuid4().hex[:6]}:1"
    write_inventory(folder / "inventory", routers)
    write_templates(folder / "templates", node)
    house = House(
        folder / "home",
        {
            "LABMGR_INVENTORY": str(folder / "inventory"),
            "LABMGR_TEMPLATES": str(folder / "templates"),
            "LABMGR_NET_BASE": free.net_base(8),
            "LABMGR_PORT_BASE": str(free.port_base()),
            "LABMGR_BUILD_DEADLINE": "120",
            "LABMGR_MEMORY_RESERVE_MIB": "64",
        },
    )
    try:
        house.build_images()
        own = house.tools.library.own_images()["gateway"].tag
        house.docker.images.get(own).tag(*node.split(":"))
        with house.working():
            yield Room(house, routers, folder)
    finally:
        with suppress(docker.errors.ImageNotFound):
            house.docker.images.remove(node)
        house.clean()


def write_inventory(folder, routers):
    (folder / "baselines").mkdir(parents=True)
    (folder / "baselines" / "routeur").write_text(BASELINE, encoding="utf-8")
    seats = zip(routers.items(), ("P1", "P2"), strict=True)
    rows = [DEVICE.format(name=name, router=one, place=seat) for (name, one), seat in seats]
    (folder / "devices.yaml").write_text("devices:\n" + "".join(rows), encoding="utf-8")


def write_templates(folder, node):
    (folder / "petit").mkdir(parents=True)
    (folder / "_images").symlink_to(ROOT / "lab_templates" / "_images")
    text = COMPOSE.replace("&page", "").replace(NODE, node)
    (folder / "petit" / "compose.yaml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def people(room):
    """A session of four, two at a time; the first two have their labs."""
    tools = room.tools
    found = {"chef": accounts.add_account(tools, "chef", Role.ADMIN, by="t")}
    for login in ("jury", "autre"):
        accounts.add_account(tools, login, Role.COMMISSION, by="t")
    rosters.create_session(tools, NAME, "petit", by=BY)
    rows = "".join(f"{number};Essai{number}\n" for number in AT)
    rosters.import_file(tools, NAME, "l.csv", f"numero;nom\n{rows}".encode(), by=BY)
    short = dict.fromkeys(Phase, 2) | {Phase.HOUR: HOUR}
    forms.set_form(tools, NAME, form=Form.PONCTUELLE, durations=short, by=BY)
    members = [Member("jury", Option.SISR), Member("autre", Option.SISR)]
    forms.keep_commission(tools, NAME, "A", members, by=BY)
    for number in AT:
        forms.keep_realisation(tools, Realisation(NAME, number, 1, "petit"), by=BY)
    plan = [
        Passage(NAME, number, commission="a", place=place, wave=1 if number in "12" else 2)
        for number, place in AT.items()
    ]
    tools.store.keep_passages(plan, by=BY)
    for job in labs.order_build(tools, [room.lab(number).id for number in "12"], by=BY):
        room.house.wait(job)
    return found


@pytest.fixture
def page(room, people, chromium):
    """The head of the centre, logged in to a panel of its own process."""
    port = free.port()
    log = room.folder / "panel.log"
    panel = Process(labmgr("serve", "--panel", "--port", str(port)), room.env, log)
    url = f"http://127.0.0.1:{port}"
    context = chromium.new_context(base_url=url, locale="fr-FR")
    context.set_default_timeout(PATIENCE)
    try:
        assert wait_for(lambda: answers(url), SECONDS), log.read_text()[-3000:]
        page = context.new_page()
        page.goto("/connexion")
        page.get_by_label("Identifiant").fill("chef")
        page.get_by_label("Mot de passe").fill(people["chef"])
        page.get_by_role("button", name="Se connecter").click()
        page.get_by_role("button", name="Déconnexion").wait_for()
        yield page
    finally:
        context.close()
        panel.stop()


def answers(url):
    with suppress(OSError), urllib.request.urlopen(f"{url}/health", timeout=5):
        return True
    return False


def shoot(page, name):
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def test_two_places_from_one_candidate_to_the_next(room, page):
    trust_and_check(room)
    prepare_from_the_panel(room, page)
    prepare_from_a_script(room)
    live_the_hour(room)
    see_the_difference(room, page)
    reset_and_go_on(room)


def trust_and_check(room):
    for name, router in room.routers.items():
        file = room.folder / f"{name}.secret"
        file.write_text(router.passwords["labmgr"])
        file.chmod(0o600)
        room.script("labmgr", "device", "secret", name, "--file", str(file))
    assert "SHA256:" in room.script("labmgr", "device", "trust", "r1", "r2")
    told = room.script("labmgr", "device", "check")
    assert told.count("✓ answers") == 2
    assert "simulated" in told
    assert all(one.real == () for one in places.places(room.tools)), "simulated is not real"


def prepare_from_the_panel(room, page):
    """Looked at first, confirmed, then set; and never called real."""
    page.goto("/equipements")
    shoot(page, "places-before")
    assert "simulé" in page.inner_text("main")
    page.locator("#place-p1-prepare").click()
    page.get_by_text("ip route").first.wait_for()
    shoot(page, "places-preview")
    assert "candidat 1 a P1" in page.inner_text("main")
    assert "candidat 1" not in room.says("r1"), "a preview sends nothing"
    page.get_by_label("Configurer maintenant").check()
    page.get_by_role("button", name="Préparer la place").click()
    assert wait_for(lambda: room.state("r1").stage is Stage.SET, SECONDS)
    page.goto("/equipements")
    page.locator('[data-status="Place P1 : prête"]').wait_for()
    assert page.locator('[data-status="Place P2 : prête"]').count() == 0
    shoot(page, "places-one-ready")


def prepare_from_a_script(room):
    """What a former candidate left is there, and goes."""
    room.routers["r2"].configures("ip route 10.66.0.0/16 Null0")
    shown = room.script("labmgr", "device", "baseline", "--place", "P2", "--dry-run")
    assert "-ip route 10.66.0.0/16" in shown
    assert "10.66.0.0/16" in room.says("r2"), "a dry run sends nothing"
    room.script("labmgr", "place", "prepare", "--all", "--wait", "--yes")
    assert all(one.ready for one in places.places(room.tools))
    for name, number in (("r1", "1"), ("r2", "2")):
        assert f"candidat {number} a {AT[number]}" in room.says(name)
    assert "10.66.0.0/16" not in room.says("r2")
    assert "candidat 1" in room.routers["r1"].saved()


def live_the_hour(room):
    for number in "12":
        begin(room, number)
    assert room.state("r1").stage is Stage.OPEN
    told = room.routers["r1"].configures("router ospf", "network 10.42.0.0/16 area 0")
    assert "%" not in told, told
    room.house.run(room.lab("1").id, "web", "sh", "-c", "echo travail > /srv/data/note")
    for number in "12":
        leave(room.tools, number, 2, NAME)
        lab = room.lab(number).id
        assert wait_for(lambda lab=lab: room.house.lab(lab).state is LabState.FROZEN, SECONDS)
        assert wait_for(lambda lab=lab: end_kept(room, lab), SECONDS)
    assert wait_for(lambda: room.state("r1").stage is Stage.CLOSED, SECONDS)


def begin(room, number):
    tools = room.tools
    choices.choose(tools, NAME, number, 1, by="jury")
    attendance.arrive(tools, NAME, number, by=BY)
    passages.start(tools, NAME, number, Phase.PHASE_1, by="jury")
    passages.start(tools, NAME, number, Phase.INTERVIEW_1, by="jury")
    attendance.acknowledge(tools, NAME, number)
    passages.start(tools, NAME, number, Phase.HOUR, by="jury")
    assert wait_for(lambda: room.seen(number).state is P.HOUR, SECONDS)
    name = "r1" if number == "1" else "r2"
    assert wait_for(lambda: room.state(name).stage is Stage.OPEN, SECONDS)


def end_kept(room, lab):
    snapshots = [one for one in room.tools.store.snapshots(lab) if one.kind is SnapshotKind.END]
    kept = [one for one in room.tools.store.kept_configs(lab) if one.kind is SnapshotKind.END]
    return any(one.verified for one in snapshots) and any(one.backup for one in kept)


def see_the_difference(room, page):
    page.goto(f"/sessions/{NAME}/passages/1")
    page.get_by_text("network 10.42.0.0/16").first.wait_for()
    shoot(page, "places-difference")
    (told,) = configs.lived(room.tools, room.lab("1").id)
    changed = [one for one in told.lines if one[:1] in "+-" and one[:3] not in {"+++", "---"}]
    assert [one.strip() for one in changed if "exit" not in one] == [
        "+router ospf",
        "+ network 10.42.0.0/16 area 0",
    ]
    (unchanged,) = configs.lived(room.tools, room.lab("2").id)
    assert unchanged.lines == ()


def reset_and_go_on(room):
    for number in "12":
        passages.start(room.tools, NAME, number, Phase.INTERVIEW_2, by="jury")
        passages.close(room.tools, NAME, number, by="jury")
    lab = room.lab("1").id
    assert wait_for(lambda: not room.tools.store.jobs(lab=lab, unended=True), SECONDS)
    room.script("labmgr", "lab", "reset", NAME, "--candidate", "1", "--wait", "--yes")
    assert wait_for(lambda: not room.tools.store.jobs(lab=lab, unended=True), SECONDS)
    assert "10.42.0.0" not in room.says("r1")
    assert "candidat 1 a P1" in room.says("r1")
    room.script("reset-between-sittings", NAME)
    for name, number in (("r1", "3"), ("r2", "4")):
        assert f"candidat {number} a {AT[number]}" in room.says(name)
        assert "10.42.0.0" not in room.says(name)
        assert room.state(name).lab == room.lab(number).id
        assert room.lab(number).state is LabState.READY
    assert all(one.ready for one in places.places(room.tools))
    assert room.lab("1").state is LabState.GONE
