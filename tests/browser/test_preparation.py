"""A session prepared for its day in a browser, page by page, at both widths, axe-core beside."""

from pathlib import Path

import pytest

from tests.browser.conftest import faults_of, settled
from tests.panel.world import with_session

pytestmark = pytest.mark.browser

ROSTER = "numéro;nom;prénom;majoration;place\n" + "".join(
    f"{number};Nom{number};Zoé;{'1/3' if number == 2 else ''};A{number}\n" for number in range(1, 7)
)
WIDTHS = (1280, 360)


@pytest.fixture
def page(served, browser_context, log_in):
    with_session(served.world, roster=ROSTER)
    context = browser_context(served.url, bypass_csp=True, accept_downloads=True)
    return log_in(context, served.world, "admin", "/sessions/e6")


@pytest.fixture
def look(shoot):
    def check(page, name):
        settled(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert too_wide <= 0, f"{name} at {width} px sticks out by {too_wide} px"
            faults = faults_of(page)
            assert not faults, (name, width, [(one["id"], one["nodes"]) for one in faults])
            shoot(page, f"prepare-{name}")
        assert page.locator("h1").count() == 1, name

    return check


def test_a_session_is_prepared_for_its_day(page, look, tmp_path):
    hold(page, look)
    commission(page, look)
    realisation(page, look, tmp_path)
    plan(page, look)
    for name, path in {"waves": "vagues", "wave-turn": "vagues/rotation"}.items():
        page.goto(f"/sessions/e6/{path}")
        look(page, name)
    page.goto("/sessions/e6")
    look(page, "session")
    row = page.locator(".checklist li")
    assert row.filter(has_text="Commissions").locator(".state").inner_text() == "fait"
    assert "1 sur 6" in row.filter(has_text="Documents").inner_text()
    assert "1 conflit" in row.filter(has_text="Planning").inner_text()


def hold(page, look):
    """By the keyboard alone, from the session's page on."""
    page.get_by_role("navigation", name="Préparation").get_by_role("link", name="Forme").focus()
    page.keyboard.press("Enter")
    page.get_by_role("radio", name="ponctuelle").focus()
    page.keyboard.press("Space")
    page.get_by_label("Année de la session").focus()
    page.keyboard.type("2027")
    page.keyboard.press("Enter")
    page.get_by_text("est enregistrée").wait_for()
    look(page, "form")


def commission(page, look):
    page.goto("/sessions/e6/commissions")
    page.get_by_label("Nom").fill("A")
    page.get_by_label("Salle").fill("B12")
    page.get_by_role("group", name="Membre 1").get_by_label("Compte").select_option("teacher")
    page.get_by_role("button", name="Ajouter la commission").click()
    page.get_by_text("Aucune première phase ne commence").wait_for()
    look(page, "commissions-faulty")
    page.get_by_role("link", name="Modifier A").click()
    page.get_by_role("group", name="Membre 2").get_by_label("Compte").select_option("commission")
    look(page, "commission")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("complète", exact=True).wait_for()


def realisation(page, look, tmp_path):
    needs = tmp_path / "besoins.pdf"
    needs.write_bytes(b"%PDF-1.7 what is asked for")
    page.goto("/sessions/e6/realisations/de/1")
    first = page.locator("section").filter(
        has=page.get_by_role("heading", name="Réalisation 1", exact=True)
    )
    first.get_by_label("Titre").fill("Supervision du parc")
    first.get_by_label("Modèle").select_option("sisr-core")
    first.get_by_role("button", name="Enregistrer").click()
    page.get_by_text("Réalisation 1 enregistrée").wait_for()
    first.get_by_label("Document à remettre").set_input_files(needs)
    first.get_by_role("button", name="Envoyer").click()
    page.get_by_role("link", name="besoins.pdf").wait_for()
    look(page, "realisation")
    page.goto("/sessions/e6/realisations")
    look(page, "realisations")
    page.get_by_label("Ou liste collée").fill("numéro;réalisation;modèle\n2;1;sisr-core\n9;1;x\n")
    page.get_by_role("button", name="Voir l'aperçu").click()
    look(page, "realisations-preview")
    page.get_by_role("button", name="Enregistrer 1 ligne").click()
    page.get_by_text("1 réalisation enregistrée").wait_for()


def plan(page, look):
    page.goto("/sessions/e6/planning")
    page.get_by_label("Premier jour").fill("2027-06-01")
    page.get_by_label("Labos à la fois").fill("2")
    page.get_by_role("button", name="Proposer").click()
    page.get_by_role("heading", name="Proposition").wait_for()
    look(page, "proposal")
    page.get_by_role("button", name="Enregistrer ce planning").click()
    page.get_by_text("6 passages écrits").wait_for()
    page.get_by_role("link", name="Modifier 1", exact=True).click()
    page.get_by_label("Place").fill("")
    page.get_by_role("button", name="Voir les conflits").click()
    page.get_by_text("Il manque à 1 : place").wait_for()
    look(page, "one-plan")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    page.get_by_text("Passage de 1 enregistré").wait_for()
    page.goto("/sessions/e6/planning")
    look(page, "plan")
    with page.expect_download() as printed:
        page.get_by_role("button", name="Imprimer").click()
    assert Path(printed.value.path()).read_bytes().startswith(b"%PDF-")
