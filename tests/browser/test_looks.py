"""Every page, at both widths: nothing sticks out, and axe-core has nothing to say."""

import pytest

from tests.browser.conftest import faults_of, settled

pytestmark = pytest.mark.browser

SESSION = "e6-sisr-juin-2027"
PAGES = {
    "dashboard": "/",
    "session": f"/sessions/{SESSION}",
    "session-new": "/sessions/nouvelle",
    "session-remove": f"/sessions/{SESSION}/suppression",
    "candidates": f"/sessions/{SESSION}/candidats",
    "lab-open": f"/labs/{SESSION}-1-1",
    "lab-broken": f"/labs/{SESSION}-5-1",
    "lab-planned": f"/labs/{SESSION}-6-1",
    "equipment-example": "/equipements",
    "device-example": "/equipements/commutateur-1",
    "templates": "/modeles",
    "template": "/modeles/sisr-core",
    "template-slam": "/modeles/slam-core",
    "journal": "/journal",
    "journal-verify": "/journal/verification",
    "health": "/sante",
    "accounts": "/comptes",
    "password": "/mot-de-passe",
    "accessibility": "/accessibilite",
    "not-found": "/labs/none",
}
WIDTHS = (1280, 360)
SCHEMES = ("light", "dark")


@pytest.fixture
def look(shoot, scheme):
    """What a page must be, whatever is on it."""

    def check(page, name):
        settled(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            too_wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert too_wide <= 0, f"{name} at {width} px sticks out by {too_wide} px"
            faults = faults_of(page)
            assert not faults, "\n".join(words(name, width, fault) for fault in faults)
            shoot(page, name if scheme == "light" else f"{name}-{scheme}")
        assert page.locator("h1").count() == 1, name
        assert page.locator("html").get_attribute("lang") == "fr"

    return check


def words(name, width, fault):
    nodes = "; ".join(
        f"{' '.join(map(str, one['target']))}: {one['html']}" for one in fault["nodes"]
    )
    return f"{name} at {width} px: {fault['id']}: {fault['help']}: {nodes}"


@pytest.fixture(params=SCHEMES)
def scheme(request):
    return request.param


@pytest.fixture
def context(scheme, stage, browser_context):
    # The policy against inline scripts keeps axe out too; the stories are told under it.
    more = {"bypass_csp": True, "color_scheme": scheme}
    return browser_context(stage.url, **more)


def test_pages_of_staff(stage, context, log_in, look):
    page = context.new_page()
    page.goto("/connexion")
    look(page, "login")
    page = log_in(context, stage.world, "admin")
    for name, path in PAGES.items():
        page.goto(path)
        look(page, name)


def test_pages_that_come_from_a_form(stage, context, log_in, look):
    page = log_in(context, stage.world, "admin", f"/sessions/{SESSION}/candidats")
    page.get_by_label("Ou liste collée").fill(
        "numéro;nom;majoration\n8;Petit;oui\n9;Roux;1/3\n1;Le;"
    )
    page.get_by_role("button", name="Voir l'aperçu").click()
    page.get_by_role("heading", name="Aperçu").wait_for()
    look(page, "preview")
    page.goto(f"/labs/{SESSION}-1-1")
    page.get_by_role("button", name="Voir les accès").click()
    page.get_by_role("heading", name="Accès du labo").wait_for()
    look(page, "lab-access")
    page.goto(f"/sessions/{SESSION}")
    page.get_by_label("Tout cocher").check()
    page.get_by_role("button", name="Remettre à zéro…").click()
    page.get_by_label("Motif").wait_for()
    look(page, "confirm")
    page.goto(f"/sessions/{SESSION}")
    page.get_by_label("Cocher le labo du candidat 6").check()
    page.get_by_role("button", name="Ouvrir", exact=True).click()
    page.get_by_text("ne peut pas devenir").first.wait_for()
    look(page, "refused")
    page.goto("/comptes")
    page.get_by_role("button", name="Nouveau mot de passe… pour invigilator").click()
    look(page, "account-sure")
    page.get_by_role("button", name="Donner un nouveau mot de passe").click()
    page.get_by_role("heading", name="Mot de passe de").wait_for()
    look(page, "account-password")


def test_pages_of_the_portal(stage, context, look):
    page = context.new_page()
    page.goto("/portail")
    look(page, "portal-enter")
    for number, name in (("3", "portal-waiting"), ("1", "portal-open")):
        page.goto("/portail")
        page.get_by_label("Numéro de candidat").fill(number)
        page.get_by_label("Code personnel").fill(stage.world.code(number, SESSION))
        page.get_by_role("button", name="Entrer").click()
        page.get_by_role("button", name="Quitter").wait_for()
        look(page, name)
        page.get_by_role("button", name="Quitter").click()
    page.get_by_label("Numéro de candidat").fill("3")
    page.get_by_label("Code personnel").fill("wrong")
    page.get_by_role("button", name="Entrer").click()
    page.get_by_text("Numéro ou code incorrect").wait_for()
    look(page, "portal-refused")
