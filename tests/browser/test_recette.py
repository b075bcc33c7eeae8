"""The recette before the commission, in a browser: live, by keyboard, at both widths, on paper."""

import pytest

from labmgr.services.lab import labs
from labmgr.services.passage import recette
from tests.browser.conftest import faults_of
from tests.lab.clients import wait_for
from tests.panel.world import with_session

pytestmark = pytest.mark.browser

RED = "port 80 : connexion refusée"
PAGE = "/labs/e6-1-1/recette"


@pytest.fixture
def world(served):
    with_session(served.world)
    served.world.engine.pace = 0.0
    labs.order_build(served.world.tools, ["e6-1-1"], by="teacher")
    assert wait_for(lambda: served.world.tools.store.lab("e6-1-1").state == "ready")
    return served.world


def test_the_commission_replays_a_line_turns_red_and_is_remarked_on(
    served, world, browser_context, log_in, shoot
):
    world.engine.red["line/7"], world.engine.pace = RED, 8.0  # until it was seen at work
    page = log_in(browser_context(served.url), world, "commission", "/labs/e6-1-1")
    page.get_by_role("link", name="Recette", exact=True).click()
    page.get_by_role("button", name="Rejouer tout").focus()
    page.keyboard.press("Enter")
    page.get_by_role("progressbar", name="Avancement de la recette").wait_for()
    page.locator("table.recette").get_by_text("en cours").first.wait_for()
    world.engine.pace = 0.0
    page.get_by_text("14 lignes comme attendu").wait_for()  # without a reload
    page.get_by_text("1 ligne pas comme attendu").wait_for()
    row = page.get_by_role("row").filter(has_text="Intranet affiché")
    row.get_by_text(RED).wait_for()
    row.get_by_text("Preuve").click()
    row.get_by_text("fake http 10.101.10.30").wait_for()

    page.get_by_label("Elle porte sur").select_option("7")
    page.get_by_label("Remarque", exact=True).fill("Le candidat a relancé le service.")
    for _ in range(2):  # the live part comes anew, the first is laid in by then
        with page.expect_response(lambda answer: answer.url.endswith("/_live")):
            pass
    assert page.get_by_label("Remarque", exact=True).input_value().endswith("le service.")
    page.get_by_role("button", name="Ajouter la remarque").click()
    page.get_by_text("La remarque est gardée.").wait_for()
    world.engine.red.clear()
    page.get_by_role("button", name="Rejouer cette ligne (7)").click()
    page.get_by_text("15 lignes comme attendu").wait_for()
    row.get_by_text("Le candidat a relancé le service.").wait_for()
    page.get_by_text("n° 1").click()
    page.locator("#run-1").get_by_text(RED).wait_for()  # what was seen before stays
    shoot(page, "recette-after")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_fit_for_everybody_and_for_paper(  # noqa: PLR0917
    served, world, browser_context, log_in, shoot, scheme
):
    world.engine.red["line/7"] = RED
    recette.order_recette(world.tools, "e6-1-1", by="jury")
    context = browser_context(served.url, bypass_csp=True, color_scheme=scheme)
    page = log_in(context, world, "commission", PAGE)
    page.get_by_text("14 lignes comme attendu").wait_for()
    recette.remark(world.tools, "e6-1-1", "Lent", by="jury", line=2)
    recette.remark(world.tools, "e6-1-1", "Bel ensemble", by="jury")
    page.reload()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        faults = faults_of(page)
        assert not [(one["id"], one["nodes"][0]["html"]) for one in faults]
        shoot(page, f"recette-{scheme}")
    page.set_viewport_size({"width": 1000, "height": 1400})
    page.emulate_media(media="print")
    shoot(page, f"recette-print-{scheme}")
    assert page.get_by_text(RED).first.is_visible()
    assert page.get_by_text("Commission (noms, signatures)").is_visible()
    assert not page.get_by_role("button", name="Rejouer tout").is_visible()
    assert not page.get_by_role("heading", name="Recettes déjà jouées").is_visible()
