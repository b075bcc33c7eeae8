"""The web terminal in a real browser, on a real shell behind the real gateway."""

import re
import time

import docker
import pytest

from labmgr.consoles.ssh_shells import SshShells
from labmgr.services.lab import doors
from tests.browser.conftest import Served, faults_of
from tests.browser.test_looks import words
from tests.console.conftest import SshLab
from tests.lab.clients import wait_for
from tests.panel.world import a_world, with_session

pytestmark = [pytest.mark.browser, pytest.mark.docker]

ROWS = ".xterm-rows"
LAB = "e6-1-1"
# Tells the size once it is the new one: the page takes a moment, and the line to the shell too.
SIZED = "clear; until stty size | grep ' {}.$'; do sleep 0.1; done"
# A network that can be cut: lines end, and new ones come to nothing.
CUT = """
window.lines = [];
window.down = false;
const Real = window.WebSocket;
window.WebSocket = class extends Real {
  constructor(...given) {
    if (window.down) {
      const nothing = { readyState: 0, send() {}, close() {} };
      setTimeout(() => nothing.onclose?.(), 50);
      return nothing;
    }
    super(...given);
    window.lines.push(this);
  }
};
"""


class OneWay(SshShells):
    """Labmgr's own console; the lab behind it is the trial one, whatever the plan says."""

    def __init__(self, lab):
        super().__init__()
        self.lab, self.more = lab, {}

    def open(self, target, size):
        who = "examiner" if target.jump.login == "examinateur" else "candidate"
        more = {"password": target.password} if self.more.get("ask") else {}
        return super().open(self.lab.target(who, **more), size)


@pytest.fixture(scope="module")
def real_lab(tmp_path_factory):
    engine = docker.from_env()
    trial = SshLab(engine, tmp_path_factory.mktemp("lab"))
    try:
        trial.ready()
        trial.node_ready()
        yield trial
    finally:
        trial.remove()
        engine.close()


@pytest.fixture
def desk(tmp_path, real_lab):
    """A panel whose first candidate's lab is open, and really there."""
    world = a_world(tmp_path)
    with_session(world)
    world.ready()
    doors.order_open(world.tools, LAB, by="teacher")
    world.work()
    real_lab.gate("open", "candidate")
    shells = OneWay(real_lab)
    object.__setattr__(world.tools, "shells", shells)
    made = Served(world)
    made.shells, made.lab = shells, real_lab
    yield made
    made.stop()


@pytest.fixture
def terminal(desk, browser_context):
    """The candidate's page with a terminal that is connected."""

    def enter(**more):
        context = browser_context(desk.url, **more)
        context.add_init_script(CUT)
        page = context.new_page()
        page.goto("/portail/entree")
        page.get_by_label("Numéro de candidat").fill("1")
        page.get_by_label("Code personnel").fill(desk.world.code("1"))
        page.get_by_role("button", name="Entrer").click()
        page.get_by_role("heading", name="Mon labo").wait_for()
        page.goto(f"/portail/labo/{LAB}/terminal/srv")
        return page

    return enter


def connected(page):
    page.get_by_text("Connecté.").wait_for()
    shows(page, r"\$")
    return page


def shows(page, pattern, seconds=60):
    """Wait until the screen shows it; what it shows otherwise fails the test."""
    deadline = time.monotonic() + seconds
    while not re.search(pattern, text := page.locator(ROWS).inner_text().replace("\xa0", " ")):
        assert time.monotonic() < deadline, f"{pattern!r} is not in:\n{text}"
        page.wait_for_timeout(50)


def enters(page, text):
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_a_french_keyboard_types_what_is_on_its_keys(terminal):
    page = connected(terminal())
    page.keyboard.type("printf '%s' '")
    page.keyboard.insert_text("éçà€")  # as a browser hands over signs that no key code names
    keys = page.context.new_cdp_session(page)
    for sign, code in (("~", "Digit2"), ("{", "Digit4"), ("|", "Digit6"), ("@", "Digit0")):
        alt_gr(keys, sign, code)
    dead_key(page, keys, "ê")
    composed(page, keys, "¨", "ï")
    page.keyboard.type("' | od -An -tx1")
    page.keyboard.press("Enter")
    expected = "éçà€~{|@êï".encode().hex()
    shows(page, r"\s*".join(expected[at : at + 2] for at in range(0, len(expected), 2)))


def alt_gr(keys, sign, code):
    """AltGr as Linux browsers report it: the key says the sign, the text too."""
    press = {"key": sign, "code": code, "windowsVirtualKeyCode": ord(code[-1]), "text": sign}
    keys.send("Input.dispatchKeyEvent", {"type": "keyDown", **press})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **press})


def dead_key(page, keys, letter):
    """As on Windows and plain X11: a key that says nothing, and one that says it all."""
    dead = {"key": "Dead", "code": "BracketLeft", "windowsVirtualKeyCode": 221}
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **dead})
    keys.send("Input.dispatchKeyEvent", {"type": "keyUp", **dead})
    page.wait_for_timeout(50)
    alt_gr(keys, letter, "KeyE")


def composed(page, keys, accent, letter):
    """As on a Mac or with an input method: a composition, ended by the next key."""
    dead = {"key": "Dead", "code": "BracketLeft", "windowsVirtualKeyCode": 229}
    keys.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **dead})
    keys.send("Input.imeSetComposition", {"text": accent, "selectionStart": 1, "selectionEnd": 1})
    page.wait_for_timeout(50)
    keys.send("Input.insertText", {"text": letter})
    page.wait_for_timeout(50)


def test_the_shell_has_the_size_of_the_page(terminal, shoot):
    page = connected(terminal(viewport={"width": 1280, "height": 900}))
    enters(page, "stty size")
    shows(page, r"\d+ 1[2-4]\d")
    shoot(page, "terminal")
    page.set_viewport_size({"width": 360, "height": 800})
    enters(page, SIZED.format(3))
    shows(page, r"\d+ 3\d\b")
    shoot(page, "terminal")


def test_a_dropped_line_comes_back_with_the_shell_still_there(terminal, desk):
    page = connected(terminal())
    enters(page, "here=$((6 * 7)); echo begun-$here")
    shows(page, "begun-42\n")
    enters(page, "sleep 1; echo written-$here-meanwhile")
    page.evaluate("down = true; lines.at(-1).close()")
    page.get_by_text("Liaison perdue").wait_for()
    page.wait_for_timeout(1500)
    page.evaluate("down = false")
    connected(page)
    shows(page, "written-42-meanwhile")
    text = page.locator(ROWS).inner_text().replace("\xa0", " ")
    assert text.count("begun-42\n") == 1
    assert text.count("written-42-meanwhile\n") == 1
    enters(page, "echo again-$here")
    shows(page, "again-42")
    assert len(desk.world.tools.store.entries(f"lab:{LAB}")) > 0
    opened = [one for one in desk.world.tools.store.entries() if "terminal opened" in one.what]
    assert len(opened) == 1


def test_a_reloaded_page_finds_its_shell_and_another_tab_gets_its_own(terminal):
    page = connected(terminal())
    enters(page, "mine=$$; echo kept-$((1 + 1))")
    shows(page, "kept-2\n")
    page.reload()
    connected(page)
    shows(page, "kept-2\n")
    enters(page, 'test "$mine" = $$ && echo the-same')
    shows(page, "the-same\n")
    other = page.context.new_page()
    other.goto(page.url)
    connected(other)
    enters(other, 'echo "other-${mine:-none}"')
    shows(other, "other-none\n")


def test_questions_of_programs_are_answered_once_only(terminal):
    page = connected(terminal())
    enters(page, r"printf '\033[6n'; read -rsd R -t 60 answer; echo got-${#answer}")
    shows(page, r"got-\d")
    page.reload()
    connected(page)
    shows(page, r"got-\d")
    page.wait_for_timeout(500)
    enters(page, "echo clean")
    shows(page, r"\$ echo clean\s+clean")


def test_copy_and_paste_by_keyboard(terminal):
    page = terminal()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    connected(page)
    page.evaluate("navigator.clipboard.writeText('echo collé-$((40+2))')")
    page.keyboard.press("Control+v")
    page.keyboard.press("Enter")
    shows(page, "collé-42\n")
    row = page.locator(f"{ROWS} > div", has_text=re.compile("^collé-42"))
    place = row.bounding_box()
    page.mouse.dblclick(place["x"] + 10, place["y"] + 5)
    page.keyboard.press("Control+c")
    assert wait_for(lambda: "coll" in page.evaluate("navigator.clipboard.readText()"))
    enters(page, "sleep 60")
    page.wait_for_timeout(300)
    page.keyboard.press("Control+c")  # nothing selected now: it reaches the program
    enters(page, "echo free")
    shows(page, "free\n")


def test_the_keyboard_gets_out_of_the_terminal_and_back(terminal):
    page = connected(terminal())
    page.keyboard.press("Tab")  # the shell's own
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    page.keyboard.press("Shift+F6")
    assert page.evaluate("document.activeElement.textContent") == "Retour au labo"
    page.keyboard.press("Shift+F6")
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"


def test_a_changed_password_is_asked_for(terminal, desk):
    desk.shells.more["ask"] = True  # the plan's password is not the node's
    page = terminal()
    page.get_by_text("srv refuse le compte etudiant").wait_for()
    page.get_by_label("Mot de passe du compte").fill("not this one")
    page.evaluate("document.getElementById('ask-said').textContent = ''")
    page.keyboard.press("Enter")
    page.get_by_text("srv refuse le compte etudiant").wait_for()  # said anew
    page.get_by_label("Mot de passe du compte").fill("pass-of-student")
    page.keyboard.press("Enter")
    connected(page)
    enters(page, "whoami")
    shows(page, "etudiant\n")


def test_the_bell_cuts_and_the_page_says_so(terminal, desk, shoot):
    page = connected(terminal(viewport={"width": 360, "height": 800}))
    desk.lab.gateway.kill("SIGUSR1")
    doors.order_close(desk.world.tools, LAB, by="teacher")
    page.get_by_text("Le labo est fermé : l'accès est coupé.").wait_for()
    shoot(page, "terminal-closed")
    page.get_by_role("button", name="Nouveau terminal").click()
    page.get_by_role("heading", name="Ce n'est pas possible maintenant").wait_for()
    page.context.clear_cookies()


def test_staff_look_on_without_typing_and_play_the_recording(
    terminal, desk, browser_context, log_in, shoot
):
    page = connected(terminal())
    enters(page, "echo vu-$((40 + 2))")
    shows(page, "vu-42\n")
    context = browser_context(desk.url, viewport={"width": 1280, "height": 900})
    staff = log_in(context, desk.world, "commission", f"/labs/{LAB}/terminaux")
    staff.get_by_role("link", name="Regarder etudiant@srv").click()
    staff.get_by_text("Vous regardez, sans pouvoir écrire.").wait_for()
    shows(staff, "vu-42\n")
    shoot(staff, "terminal-watched")
    staff.locator("#terminal").click()
    staff.keyboard.type("echo never")
    enters(page, "echo now-$((40 + 3))")
    shows(staff, "now-43\n")
    assert "never" not in page.locator(ROWS).inner_text()
    page.set_viewport_size({"width": 700, "height": 700})
    enters(page, SIZED.format(7))
    shows(staff, r"\d+ 7\d")
    staff.goto(f"/labs/{LAB}/terminaux")
    staff.route(re.compile(r"\.cast$"), comes_late)
    staff.locator("th a", has_text=".cast").click()
    staff.get_by_role("button", name="Lire").click()
    shows(staff, r"\d+ 7\d")  # how it ended: what came before is there for a moment only
    shoot(staff, "terminal-played")


def comes_late(route):
    """A tape takes its time: no click before it is there may be lost."""
    time.sleep(1)
    route.continue_()


def test_a_page_of_another_site_gets_no_line(terminal, desk):
    """A browser sends the candidate's cookie along; the origin gives it away."""
    page = connected(terminal())
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
    assert handshake(desk, cookie, desk.url) == 101
    assert handshake(desk, cookie, "https://elsewhere.example") == 400
    assert handshake(desk, cookie, None) == 400
    assert handshake(desk, "", desk.url) == 302
    assert handshake(desk, cookie, desk.url, lab="e6-2-1") == 404


def handshake(desk, cookie, origin, lab=LAB):
    import http.client  # noqa: PLC0415 - only here

    line = http.client.HTTPConnection("127.0.0.1", int(desk.url.rpartition(":")[2]), timeout=60)
    headers = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        **({"Cookie": cookie} if cookie else {}),
        **({"Origin": origin} if origin else {}),
    }
    line.request("GET", f"/portail/labo/{lab}/terminal/srv/ligne", headers=headers)
    status = line.getresponse().status
    line.close()
    return status


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_terminal_pages_look_right_and_axe_has_nothing_to_say(terminal, desk, scheme):
    page = connected(terminal(bypass_csp=True, color_scheme=scheme))
    for reader in (False, True):
        page.get_by_label("Lecteur d'écran").set_checked(reader)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            page.wait_for_timeout(300)
            page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
            faults = faults_of(page)
            assert not faults, "\n".join(words("terminal", width, fault) for fault in faults)
    assert page.locator("h1").count() == 1


def test_without_javascript_the_page_tells_the_command(terminal):
    page = terminal(java_script_enabled=False)
    page.get_by_text("Sans JavaScript, cette page ne montre pas de terminal.").wait_for()
    page.get_by_text("ssh -J candidat@127.0.0.1:20000 etudiant@srv").wait_for()
