"""The portal: one's own lab while it is open, and nothing of anyone else's, ever."""

import base64
import hashlib
from html import unescape

import pytest

from labmgr.domain.exam import SessionState
from labmgr.services.lab import doors
from labmgr.services.session import rosters


@pytest.fixture
def candidate(world, visitor):
    return visitor().sit_down(world, "1")


def set_open(world, *ids):
    for lab in ids:
        doors.order_open(world.tools, lab, by="teacher")
    world.work()


def set_closed(world, lab):
    doors.order_close(world.tools, lab, by="teacher")
    world.work()


def secrets_of(world, lab, audience="candidate"):
    store = world.tools.store
    found = [one.secret for one in store.credentials(lab) if one.audience == audience]
    gate = store.secret(f"gateway:{lab}:candidate")
    return [*found, *([gate] if gate and audience == "candidate" else [])]


def pages(client):
    return [unescape(client.text(path)) for path in ("/portail", "/portail/_live")]


def test_before_the_lab_opens_no_answer_holds_a_secret(world, candidate):
    world.ready()
    hidden = secrets_of(world, "e6-1-1")
    assert hidden
    for page in pages(candidate):
        assert "est fermé pour l'instant" in page
        assert not [one for one in hidden if one in page]
        assert "10.101" not in page


def test_an_open_lab_shows_its_own_accesses_whole(world, candidate):
    world.ready()
    set_open(world, "e6-1-1", "e6-2-1")
    page = unescape(candidate.text("/portail"))
    passwords = [one for one in secrets_of(world, "e6-1-1") if "PRIVATE KEY" not in one]
    assert all(one in page for one in passwords)
    assert "ssh -J candidat@127.0.0.1:20000 etudiant@srv" in page
    clone = 'core.sshCommand=ssh -J candidat@127.0.0.1:20000" clone etudiant@forge:/srv/git/'
    assert clone in page
    assert "https://127.0.0.1:20" in page
    assert "10.101.10.30" in page
    assert "Vous en êtes responsable" in page
    assert "PRIVATE KEY" not in page


def test_nothing_of_anybody_else_is_ever_there(world, candidate):
    world.ready()
    set_open(world, "e6-1-1", "e6-2-1")
    page = "".join(pages(candidate))
    for lab in ("e6-2-1", "e6-3-1"):
        assert lab not in page
        assert not [one for one in secrets_of(world, lab) if one in page]
    assert not [one for one in secrets_of(world, "e6-1-1", "labmgr") if one in page]
    for word in ("10.102", "10.103", "Nguyên", "O'Brien", "Anh", world.code("1"), world.code("2")):
        assert word not in page


def test_keys_are_given_to_their_owner_alone_and_only_while_open(world, candidate):
    world.ready()
    mine, theirs = (f"/portail/labo/{lab}/cle/srv/cle" for lab in ("e6-1-1", "e6-2-1"))
    assert candidate.get(mine).status_code == 404
    set_open(world, "e6-1-1", "e6-2-1")
    answer = candidate.get(mine)
    assert answer.status_code == 200
    assert "PRIVATE KEY" in answer.get_data(as_text=True)
    assert "attachment" in answer.headers["Content-Disposition"]
    assert candidate.get(theirs).status_code == 404
    assert candidate.get("/portail/labo/e6-1-1/cle/srv/etudiant").status_code == 404
    assert candidate.get("/portail/labo/e6-1-1/cle/srv/labmgr").status_code == 404
    set_closed(world, "e6-1-1")
    assert candidate.get(mine).status_code == 404


def test_closed_again_everything_is_gone_from_the_page(world, candidate):
    world.ready()
    set_open(world, "e6-1-1")
    assert "Mon labo" in candidate.text("/portail")
    set_closed(world, "e6-1-1")
    hidden = secrets_of(world, "e6-1-1")
    for page in pages(candidate):
        assert not [one for one in hidden if one in page]


def test_asking_often_costs_nothing_while_nothing_changes(world, candidate):
    world.ready()
    assert candidate.get("/portail/_live?vu=closed").status_code == 204
    set_open(world, "e6-1-1")
    answer = candidate.get("/portail/_live?vu=closed")
    assert "Mon labo" in answer.get_data(as_text=True)
    assert candidate.get("/portail/_live?vu=open").status_code == 204


def test_the_fingerprint_is_the_one_that_ssh_asks_about(world, candidate):
    world.ready()
    set_open(world, "e6-1-1")
    key = world.tools.store.secret("gateway:e6-1-1:host-key")
    blob = base64.b64decode(world.tools.vault.public_key(key).split()[1])
    print_ = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    assert f"SHA256:{print_}" in unescape(candidate.text("/portail"))


def test_a_candidate_reaches_no_page_of_staff(app, world, candidate):
    for path in ("/", "/sessions/e6", "/labs/e6-1-1", "/journal", "/sante", "/comptes"):
        assert candidate.get(path).status_code == 302
    assert candidate.get("/labs/e6-1-1/_live", headers={"HX-Request": "true"}).status_code == 401


def test_staff_is_no_candidate(teacher):
    assert teacher.get("/portail").location == "/portail/entree"


def test_one_browser_at_a_time(world, visitor):
    first = visitor().sit_down(world, "1")
    second = visitor().sit_down(world, "1")
    assert "autre navigateur" in unescape(first.text("/portail"))
    assert "en attente" in second.text("/portail").lower()
    rows = [row.what for row in world.tools.store.entries("candidate:e6/1")]
    assert rows[-1] == "portal entered, the browser before is out"


def test_a_live_part_sends_the_whole_page_to_the_door(world, visitor):
    first = visitor().sit_down(world, "1")
    visitor().sit_down(world, "1")
    answer = first.get("/portail/_live", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/portail/entree"
    assert not answer.data


def test_a_reissued_code_ends_the_seat_and_the_old_code(world, candidate, visitor):
    old = world.code("1")
    rosters.new_code(world.tools, "e6", "1", by="teacher")
    assert candidate.get("/portail").location == "/portail/entree"
    answer = visitor().post("/portail/entree", "/portail/entree", number="1", code=old)
    assert answer.status_code == 401


def test_a_code_is_typed_as_people_type(world, visitor):
    code = world.code("1").replace("-", " ").lower()
    answer = visitor().post("/portail/entree", "/portail/entree", number=" 1 ", code=code)
    assert answer.status_code == 200


def test_a_wrong_code_says_neither_which_nor_why(world, visitor):
    stranger = visitor()
    for number in ("1", "77"):
        answer = stranger.post("/portail/entree", "/portail/entree", number=number, code="x")
        assert answer.status_code == 401
        assert "Numéro ou code incorrect" in answer.get_data(as_text=True)


def test_guessing_a_code_is_locked_out(world, visitor):
    stranger = visitor()
    for _ in range(5):
        stranger.post("/portail/entree", "/portail/entree", number="1", code="x")
    answer = stranger.post("/portail/entree", "/portail/entree", number="1", code=world.code("1"))
    assert answer.status_code == 401
    assert "nouvelle fiche" in answer.get_data(as_text=True)


def test_a_closed_session_opens_to_no_code(world, visitor):
    store = world.tools.store
    opened = store.move_session(store.session("e6"), SessionState.OPEN, by="t")
    store.move_session(opened, SessionState.CLOSED, by="t")
    answer = visitor().post("/portail/entree", "/portail/entree", number="1", code=world.code("1"))
    assert answer.status_code == 401


def test_leaving_ends_the_seat(candidate):
    candidate.post("/portail/sortie", "/portail")
    assert candidate.get("/portail").location == "/portail/entree"


def test_errors_of_the_portal_lead_back_to_the_portal(candidate):
    page = candidate.get("/portail/labo/e6-2-1/cle/srv/cle").get_data(as_text=True)
    assert 'href="/portail"' in page
    assert 'href="/"' not in page
