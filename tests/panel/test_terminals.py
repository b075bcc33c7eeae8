"""The doors of the terminal pages: one's own open lab, the commission in its recette, no others."""

from html import unescape

import pytest

from labmgr.domain.lab import LabState
from labmgr.domain.terminals import Size
from labmgr.domain.words import Audience, Role
from labmgr.services.desk.live_terminal import Ending, Holder
from labmgr.services.lab import doors

MINE, THEIRS = "e6-1-1", "e6-2-1"
HANDSHAKE = {"Upgrade": "websocket", "Connection": "Upgrade", "Origin": "http://localhost"}


@pytest.fixture
def candidate(world, visitor):
    world.ready()
    for lab in (MINE, THEIRS):
        doors.order_open(world.tools, lab, by="teacher")
    world.work()
    return visitor().sit_down(world, "1")


@pytest.fixture
def running(app, world, candidate):
    """A terminal of the first candidate's."""
    register = app.extensions["terminals"]
    holder = Holder(Audience.CANDIDATE, "candidate:e6/1", "candidate 1")
    made = register.open(world.tools.store.lab(MINE), "srv", Size(), holder)
    yield made
    made.end(Ending.LEFT)


def page_of(lab, node="srv"):
    return f"/portail/labo/{lab}/terminal/{node}"


def test_the_portal_links_to_a_terminal_on_each_machine_with_ssh(candidate):
    text = candidate.text("/portail")
    for node in ("auth", "db", "srv", "alp", "sup", "forge"):
        assert f'href="{page_of(MINE, node)}"' in text


def test_a_terminal_page_tells_what_is_recorded_and_the_ssh_command(candidate):
    text = unescape(candidate.text(page_of(MINE)))
    assert "Ce qui s'affiche ici est enregistré" in text
    assert "peuvent le regarder" in text
    assert "ssh -J candidat@127.0.0.1:20000 etudiant@srv" in text


def test_no_secret_stands_on_a_terminal_page(world, candidate):
    text = unescape(candidate.text(page_of(MINE)))
    for one in world.tools.store.credentials(MINE):
        assert one.secret not in text


@pytest.mark.parametrize("path", [page_of(THEIRS), page_of("none"), page_of(MINE, "none")])
@pytest.mark.parametrize("tail", ["", "/ligne"])
def test_the_lab_of_another_is_not_there(candidate, path, tail):
    headers = HANDSHAKE if tail else {}
    assert candidate.get(path + tail, headers=headers).status_code == 404


def test_a_closed_lab_has_no_terminal(world, candidate):
    doors.order_close(world.tools, MINE, by="teacher")
    world.work()
    for path, headers in ((page_of(MINE), {}), (page_of(MINE) + "/ligne", HANDSHAKE)):
        answer = candidate.get(path, headers=headers)
        assert answer.status_code == 409
        assert "Le labo n'est pas ouvert" in unescape(answer.get_data(as_text=True))


@pytest.mark.parametrize("origin", [None, "null", "http://elsewhere.example", "https://localhost"])
def test_only_our_own_pages_get_a_line(candidate, origin):
    headers = {key: value for key, value in HANDSHAKE.items() if key != "Origin"}
    if origin:
        headers["Origin"] = origin
    assert candidate.get(page_of(MINE) + "/ligne", headers=headers).status_code == 400


def test_the_policy_is_wider_on_terminal_pages_by_no_more_than_styles(candidate):
    policy = candidate.get(page_of(MINE)).headers["Content-Security-Policy"]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["script-src"] == "'self'"
    assert parts["style-src"].startswith("'self' 'nonce-")
    again = candidate.get(page_of(MINE)).headers["Content-Security-Policy"]
    assert again != policy
    assert "unsafe" not in candidate.get("/portail").headers["Content-Security-Policy"]


def test_leaving_the_portal_ends_ones_terminals(candidate, running):
    candidate.post("/portail/sortie", "/portail")
    assert running.ended == "left"


def test_staff_see_the_live_terminals_and_may_watch_them(running, staff):
    jury = staff(Role.COMMISSION)
    text = jury.text(f"/labs/{MINE}/terminaux")
    assert "Regarder etudiant@srv" in text
    assert "candidat 1" in text
    assert "Ouvrir un terminal pour la recette" not in text
    watching = jury.text(f"/labs/{MINE}/terminaux/vu/{running.label.id}")
    assert 'data-mode="watch"' in watching
    assert jury.get(f"/labs/{THEIRS}/terminaux/vu/{running.label.id}").status_code == 404


def test_the_commission_has_terminals_in_its_recette_alone(world, candidate, staff):
    jury = staff(Role.COMMISSION)
    path = f"/labs/{MINE}/terminaux/sur/srv"
    assert jury.get(path).status_code == 409
    doors.order_close(world.tools, MINE, by="teacher", freeze=True)
    world.work()
    frozen = world.tools.store.lab(MINE)
    world.tools.store.move(frozen, LabState.RECETTE, by="commission", why="")
    assert 'data-mode="desk"' in jury.text(path)
    assert f'href="{path}"' in jury.text(f"/labs/{MINE}/terminaux")


def test_recordings_are_listed_read_and_that_is_noted(world, running, teacher):
    running.resize(running.size)
    (tape,) = world.tools.recordings.tapes(MINE)
    assert tape.name in teacher.text(f"/labs/{MINE}/terminaux")
    path = f"/labs/{MINE}/terminaux/enregistrements/{tape.name}"
    assert teacher.get(f"{path}/lecture").status_code == 200
    answer = teacher.get(path)
    assert answer.get_data().startswith(b'{"version": 2')
    assert "attachment" in answer.headers["Content-Disposition"]
    answer.close()
    noted = [one for one in world.tools.store.entries(f"lab:{MINE}") if tape.name in one.what]
    assert [one.by for one in noted] == ["teacher"]
    assert teacher.get(f"/labs/{THEIRS}/terminaux/enregistrements/{tape.name}").status_code == 404
