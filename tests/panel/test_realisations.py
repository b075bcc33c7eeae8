"""Réalisations and documents: written by teachers, documents the commission's alone."""

import io
import re
import shutil
from html import unescape

import pytest

from labmgr.domain.clock import Clock
from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.words import Role
from labmgr.services.passage import choices
from tests.panel.compiled import panel
from tests.panel.conftest import Visitor
from tests.panel.world import KEY, ROOT, opened

PAGE = "/sessions/e6/realisations"
ONE = PAGE + "/de/1"
PDF = b"%PDF-1.7 the needs of candidate 1"
LIST = """numéro;réalisation;modèle;titre;VLAN
1;1;sisr-core;Supervision;20
1;2;sisr-core;Accès distant;
2;3;sisr-core;Rien;
9;1;sisr-core;Personne;
3;1;slam-core;Autre option;
"""


def said(answer):
    return " ".join(unescape(answer.get_data(as_text=True)).split())


@pytest.fixture
def world(seed, disk, tmp_path):
    """The usual one, with a template that declares a parameter."""
    home, passwords = seed
    shutil.copytree(home, disk / "home")
    templates = tmp_path / "lab_templates"
    shutil.copytree(ROOT / "lab_templates", templates)
    file = templates / "sisr-core" / "compose.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(with_variable(text), encoding="utf-8")
    made = opened(disk / "home", passwords, templates=templates)
    yield made
    made.close()


def with_variable(text):
    assert "\nx-labmgr:\n" in text
    block = '\nx-labmgr:\n  variables:\n    VLAN:\n      default: "10"\n'
    return text.replace("\nx-labmgr:\n", block)


@pytest.fixture
def app(world):
    return panel(world.tools, secret_key=KEY)


@pytest.fixture
def visitor(app):
    return lambda: Visitor(app)


def save(client, number="1", which="1", **more):
    fields = {"which": which, "template": "sisr-core", "title": "Supervision", **more}
    return client.post(f"{PAGE}/de/{number}", ONE, **fields)


def hand_in(client, which=1, data=PDF, name="besoins.pdf"):
    path = f"/sessions/e6/documents/{which}/1"
    answer = client.post(path, ONE, document=(io.BytesIO(data), name))
    for one in (answer, *answer.history):  # what the test's browser keeps of a large upload
        one.request.environ["wsgi.input"].close()
    return answer


def test_a_realisation_is_written_with_its_parameters(world, teacher):
    page = said(save(teacher, **{"sisr-core:VLAN": "30", "slam-core:PORT": "1"}))
    assert "Réalisation 1 enregistrée" in page
    assert world.tools.store.realisations("e6") == [
        Realisation("e6", "1", 1, "sisr-core", "Supervision", {"VLAN": "30"})
    ]
    assert 'value="30"' in teacher.text(ONE)
    assert "réalisation 2" in teacher.text(PAGE)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"template": "slam-core"}, "slam-core"),
        ({"template": ""}, "modèle"),
        ({"sisr-core:NOPE": "1"}, "NOPE"),
        ({"which": "1", "template": "none"}, "Il n'y a pas de modèle"),
    ],
)
def test_a_refused_realisation_keeps_what_was_typed(world, teacher, typed, words):
    answer = save(teacher, title="Mon titre", **typed)
    assert answer.status_code in {400, 404}
    assert words in said(answer)
    assert 'value="Mon titre"' in said(answer)
    assert not world.tools.store.realisations("e6")


def test_there_is_no_third_realisation(teacher):
    assert "Il n'y a pas de réalisation 3" in said(save(teacher, which="3"))


def preview(client, text=LIST):
    return client.post(PAGE + "/apercu", PAGE, pasted=text)


def test_a_list_is_looked_at_before_it_is_saved(world, teacher):
    page = said(preview(teacher))
    assert "2 nouvelles" in page
    assert "3 remarques" in page
    assert "Il n'y a pas de réalisation 3" in page
    assert 'lang="en"' not in page
    assert not world.tools.store.realisations("e6")
    packed = re.search(r'name="packed" value="([^"]+)"', page)[1]
    answer = teacher.post(PAGE + "/import", PAGE, file="l.csv", packed=packed)
    assert "2 réalisations enregistrées" in said(answer)
    assert [one.title for one in world.tools.store.realisations("e6")] == [
        "Supervision",
        "Accès distant",
    ]
    again = said(preview(teacher))
    assert "2 inchangées" in again
    assert "Il n'y a rien à enregistrer" in again


def test_a_list_that_cannot_be_read_is_told(teacher):
    assert "Nommez les colonnes" in said(preview(teacher, "a;b\n1;2\n"))


def test_a_document_is_the_commissions_and_the_administrations(world, teacher, staff):
    save(teacher)
    save(teacher, which="2", title="Accès")
    commission = staff(Role.COMMISSION)
    assert "Document enregistré" in said(hand_in(commission, 2))
    path = "/sessions/e6/documents/2/1"
    for role in (Role.COMMISSION, Role.ADMIN):
        answer = staff(role).get(path)
        assert (answer.data, answer.mimetype) == (PDF, "application/pdf")
        assert "besoins.pdf" in staff(role).text(ONE)
    for role in (Role.TEACHER, Role.TECHNICIAN, Role.INVIGILATOR):
        assert staff(role).get(path).status_code == 403
    assert hand_in(staff(Role.ADMIN), 2, PDF + b"2").status_code == 200
    assert commission.get(path).data == PDF + b"2"


def test_which_realisation_has_a_document_is_not_told_to_teachers(world, teacher, staff):
    """They look the same whichever it is: it would tell the commission's choice."""
    save(teacher)
    save(teacher, which="2")
    seen = []
    for which in (1, 2):
        world.tools.store.keep_realisations(
            [Realisation("e6", "1", which, "sisr-core", "Supervision")], by="t"
        )
        assert hand_in(staff(Role.COMMISSION), which).status_code == 200
        pages = [teacher.text(path) for path in (PAGE, ONE)]
        assert not any("besoins" in page for page in pages)
        seen.append([re.sub(r'value="[^"]{40,}"', "", page) for page in pages])
        break_documents(world)
    assert seen[0] == seen[1]


def break_documents(world):
    """As if none had been handed in."""
    with world.tools.store._db.engine.begin() as tx:  # noqa: SLF001 - no verb takes one back
        tx.exec_driver_sql("UPDATE realisations SET document='', sealed=NULL")


def test_the_choice_stands_on_none_of_these_pages(world, teacher, staff):
    save(teacher)
    save(teacher, which="2")
    world.tools.store.keep_passages([Passage("e6", "1")], by="t")
    pages = (PAGE, ONE, "/sessions/e6")
    choices.choose(world.tools, "e6", "1", 1, by="commission")  # that one was made may be seen
    before = [without_tokens(teacher.text(page)) for page in pages]
    choices.choose(world.tools, "e6", "1", 2, by="commission")
    after = [without_tokens(teacher.text(page)) for page in pages]
    assert before == after


def without_tokens(page):
    return re.sub(r'value="[^"]{40,}"', "", page)


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"hello", "n'est pas un PDF"), (b"%PDF-" + bytes(10 << 20), "10 Mio")],
)
def test_what_is_no_document_is_refused(world, teacher, staff, data, words):
    save(teacher)
    answer = hand_in(staff(Role.COMMISSION), 1, data)
    assert answer.status_code == 400
    assert words in said(answer)
    assert not world.tools.store.realisations("e6")[0].document


def test_a_document_of_more_than_a_list_s_size_goes_in(world, teacher, staff):
    save(teacher)
    large = PDF + bytes(6 << 20)
    assert hand_in(staff(Role.COMMISSION), 1, large).status_code == 200
    assert world.tools.store.document("e6", "1", 1)[1] == large


def test_nothing_chosen_or_nothing_to_hand_it_in_for(staff):
    commission = staff(Role.COMMISSION)
    path = "/sessions/e6/documents/1/1"
    assert "Aucun document n'a été choisi" in said(commission.post(path, ONE))
    assert hand_in(commission).status_code == 404


def test_an_own_environment_is_known_before_any_timetable(world, teacher):
    own = PAGE + "/environnement/1"
    assert "Passage sans labo" in said(teacher.post(own, ONE, own="yes"))
    assert world.tools.store.passage("e6", "1").own_tools
    assert "le sien" in teacher.text(PAGE)
    assert "Passage avec labo" in said(teacher.post(own, ONE, own="no"))
    assert not world.tools.store.passage("e6", "1").own_tools


def test_an_environment_stays_once_the_passage_has_begun(world, teacher):
    store = world.tools.store
    store.keep_passages([Passage("e6", "1")], by="t")
    before = store.passage("e6", "1")
    begun = before.moved_to(PassageState.PRESENT).moved_to(PassageState.PHASE_1)
    store.change_passage(before, begun, what="test", by="t")
    answer = teacher.post(PAGE + "/environnement/1", ONE, own="yes")
    assert answer.status_code == 409
    assert "ne peut plus changer" in said(answer)
    assert not store.passage("e6", "1").own_tools
    assert Phase.PHASE_1 not in store.passage("e6", "1").planned


def test_a_document_stays_once_its_candidate_works_on_it(world, teacher, staff):
    """One that was missing may still come, even then."""
    save(teacher)
    commission, store = staff(Role.COMMISSION), world.tools.store
    store.keep_passages([Passage("e6", "1")], by="t")
    choices.choose(world.tools, "e6", "1", 1, by="commission")
    before = store.passage("e6", "1")
    now = world.tools.clock()
    begun = before.moved_to(PassageState.PRESENT).moved_to(PassageState.PHASE_1)
    begun = begun.with_clock(Phase.PHASE_1, Clock(1800.0).started(now))
    store.change_passage(before, begun, what="test", by="t")
    assert hand_in(commission).status_code == 200
    answer = hand_in(commission, data=PDF + b" anew")
    assert answer.status_code == 409
    assert "travaille déjà sur ce document" in said(answer)
    assert store.document("e6", "1", 1)[1] == PDF
