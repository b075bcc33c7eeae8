"""A day told as it happens: the teacher in one browser, the candidate in another."""

import pytest

from tests.lab.clients import wait_for

pytestmark = pytest.mark.browser

WATCH = """(word) => {
  const look = () => { window.wasSeen ||= document.body.innerText.includes(word); };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
}"""
GONE = """() => {
  document.dispatchEvent(new CustomEvent("htmx:sendError", { bubbles: true }));
  return document.getElementById("stale").checkVisibility();
}"""

LIST = """numéro;nom;prénom;majoration
1;Lefèvre;Zoé;
2;Nguyên;Anh;oui
3;Diallo;Awa;1/3
"""


def make_session(page):
    page.get_by_role("link", name="Nouvelle session").click()
    page.get_by_label("Titre de la session").fill("E6 juin")
    page.get_by_label("SISR – socle").check()
    page.get_by_role("button", name="Créer la session").click()


def import_list(page, text):
    page.get_by_label("Ou liste collée").fill(text)
    page.get_by_role("button", name="Voir l'aperçu").click()


def test_from_a_list_to_a_lab_that_is_opened_closed_and_reset(served, browser_context, log_in):
    world = served.world
    page = log_in(browser_context(served.url), world)
    make_session(page)
    import_list(page, LIST)
    bad = page.get_by_role("row").filter(has_text="« oui » ne dit pas combien")
    assert bad.inner_text().startswith("3\tmajoration")
    page.get_by_role("button", name="Enregistrer 2 lignes").click()
    page.get_by_text("2 candidats enregistrés").wait_for()

    page.get_by_label("Tout cocher").check()
    page.get_by_text("2 labo(s) coché(s)").wait_for()
    world.engine.pace = 8.0  # until its progress was seen
    page.get_by_role("button", name="Construire", exact=True).click()
    page.get_by_text("2 ordres donnés").wait_for()
    page.get_by_role("progressbar").first.wait_for()
    seen = page.get_by_role("progressbar").first.get_attribute("value")
    assert 0 <= int(seen) <= 100
    world.engine.pace = 0.0
    page.locator("#labs .tally").get_by_text("2 prêt").wait_for()  # without a reload

    page.get_by_label("Cocher le labo du candidat 1").check()
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    candidate = browser_context(served.url).new_page()
    candidate.goto("/portail")
    candidate.get_by_label("Numéro de candidat").fill("1")
    candidate.get_by_label("Code personnel").fill(world.code("1", "e6-juin"))
    candidate.get_by_role("button", name="Entrer").click()
    candidate.get_by_role("heading", name="Mon labo").wait_for()
    words = candidate.locator("main").inner_text()
    assert "10.101.10.30" in words
    assert "10.102" not in words
    assert "Diallo" not in words
    secret = candidate.locator(".secret").first.inner_text()
    candidate.evaluate(WATCH, "Copié")  # it stands for two seconds, which may go by unseen
    candidate.get_by_role("button", name="Copier le mot de passe de la passerelle").click()
    assert wait_for(lambda: candidate.evaluate("window.wasSeen"))
    assert secret

    page.get_by_label("Cocher le labo du candidat 1").check()
    page.get_by_role("button", name="Fermer", exact=True).click()
    candidate.get_by_role("heading", name="Votre labo est fermé pour l'instant").wait_for()
    assert secret not in candidate.content()

    page.locator("#labs .tally").get_by_text("2 prêt").wait_for()
    page.get_by_label("Cocher le labo du candidat 1").check()
    page.get_by_role("button", name="Remettre à zéro…").click()
    page.get_by_text("Ce qui sera perdu").wait_for()
    page.get_by_role("button", name="Remettre à zéro", exact=True).click()
    page.get_by_text("1 ordre donné").wait_for()
    page.locator("#labs").get_by_text("remise à zéro : terminé").wait_for()
    page.locator("#labs .tally").get_by_text("2 prêt").wait_for()


def test_what_is_ticked_and_opened_outlives_a_refresh_of_its_part(stage, browser_context, log_in):
    page = log_in(browser_context(stage.url), stage.world, target="/labs/e6-sisr-juin-2027-3-1")
    page.get_by_label("Cocher db").check()
    page.get_by_text("Détails").first.click()
    page.get_by_label("Cocher srv").focus()
    with page.expect_response(lambda answer: answer.url.endswith("/_live")):
        pass
    with page.expect_response(lambda answer: answer.url.endswith("/_live")):
        pass  # the one before is laid in by now
    assert page.get_by_label("Cocher db").is_checked()
    assert not page.get_by_label("Cocher srv").is_checked()
    assert page.locator("details[open]").count() == 1
    assert page.evaluate("document.activeElement.id") == "node-srv"


def test_a_server_that_is_gone_is_told_on_the_page(stage, browser_context, log_in):
    context = browser_context(stage.url)
    page = log_in(context, stage.world, target="/labs/e6-sisr-juin-2027-3-1")
    page.route("**/_live", lambda route: route.fulfill(status=204))
    page.get_by_text("La page se met à jour").wait_for()
    assert page.locator("#stale").is_hidden()
    assert page.evaluate(GONE), "told at once, until the next answer"


def tab_to(page, name, most=60):
    """Go on by the tabulator until the focused thing has this name, as a person does."""
    for _ in range(most):
        page.keyboard.press("Tab")
        held = page.evaluate(
            "(document.activeElement.labels?.[0]?.innerText ||"
            " document.activeElement.getAttribute('aria-label') ||"
            " document.activeElement.innerText || '').trim()"
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", f"no visible focus on {held!r}"
        if held.startswith(name):
            return
    pytest.fail(f"{name!r} is not reached by keyboard")


def test_the_main_path_goes_by_keyboard_alone(served, browser_context):
    page = browser_context(served.url).new_page()
    page.goto("/connexion")
    page.keyboard.type("teacher")  # the first field has the focus
    page.keyboard.press("Tab")
    page.keyboard.type(served.world.passwords["teacher"])
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Tableau de bord").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.innerText") == "Aller au contenu"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    tab_to(page, "Nouvelle session")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Nouvelle session").wait_for()
    tab_to(page, "Titre")
    page.keyboard.type("Au clavier")
    tab_to(page, "SISR – socle")
    page.keyboard.press("Space")
    tab_to(page, "Créer")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Candidats").wait_for()
    tab_to(page, "Ou liste collée")
    page.keyboard.insert_text(LIST)
    tab_to(page, "Voir l'aperçu")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Aperçu").wait_for()
    tab_to(page, "Enregistrer 2 lignes")
    page.keyboard.press("Enter")
    page.get_by_text("2 candidats enregistrés").wait_for()
    tab_to(page, "Tout cocher")
    page.keyboard.press("Space")
    for _ in range(12):  # back to the orders, which stand before the table
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.innerText") == "Construire":
            break
    page.keyboard.press("Enter")
    page.get_by_text("2 ordres donnés").wait_for()
    page.locator("#labs .tally").get_by_text("2 prêt").wait_for()


def test_the_portal_works_without_javascript(stage, browser_context):
    context = browser_context(stage.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/portail")
    for number, heading in (("3", "Votre labo est fermé pour l'instant"), ("1", "Mon labo")):
        page.get_by_label("Numéro de candidat").fill(number)
        page.get_by_label("Code personnel").fill(stage.world.code(number, "e6-sisr-juin-2027"))
        page.get_by_role("button", name="Entrer").click()
        page.get_by_role("heading", name=heading).wait_for()
        page.get_by_role("link", name="Rafraîchir cette page").click()
        page.get_by_role("heading", name=heading).wait_for()
        if number == "1":
            assert page.get_by_role("button", name="Copier").count() == 0
            with page.expect_download() as download:
                page.get_by_role("link", name="Télécharger la clé").first.click()
            assert "PRIVATE KEY" in download.value.path().read_text()
        page.get_by_role("button", name="Quitter").click()


def test_the_main_path_works_without_javascript(stage, browser_context, log_in):
    page = log_in(browser_context(stage.url, java_script_enabled=False), stage.world)
    page.get_by_role("link", name="E6 SISR – juin 2027").click()
    page.get_by_label("Cocher le labo du candidat 3").check()
    page.get_by_role("button", name="Sonder").click()
    page.get_by_text("1 ordre donné").wait_for()
    for _ in range(100):
        page.get_by_role("link", name="Rafraîchir").click()
        if page.get_by_text("sondes :").count():
            break
        page.wait_for_timeout(300)
    page.get_by_text("sondes :").first.wait_for()
