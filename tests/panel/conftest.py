"""One home made once and copied for each test: hashing passwords is slow on purpose."""

import re
import shutil
from html import unescape

import pytest

from labmgr.domain.words import Role
from labmgr.panel.gate import mark
from tests.panel.compiled import panel
from tests.panel.world import KEY, a_world, opened, with_session


@pytest.fixture(scope="session")
def seed(tmp_path_factory):
    home = tmp_path_factory.mktemp("seed")
    world = a_world(home)
    with_session(world)
    world.tools.store.close()
    return home, world.passwords


@pytest.fixture
def world(seed, disk):
    home, passwords = seed
    shutil.copytree(home, disk / "home")
    made = opened(disk / "home", passwords)
    yield made
    made.close()


class Visitor:
    """A browser without JavaScript: keeps cookies, sends the page's token with its forms."""

    def __init__(self, app):
        self.http = app.test_client()

    def get(self, path, **more):
        return self.http.get(path, **more)

    def text(self, path):
        return self.get(path, follow_redirects=True).get_data(as_text=True)

    def token(self, page="/connexion"):
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.text(page))
        return found[1]

    def post(self, path, page="/connexion", *, follow=True, **fields):
        data = {"csrf_token": self.token(page), **fields}
        return self.http.post(path, data=data, follow_redirects=follow)

    def log_in(self, world, role):
        answer = self.post("/connexion", login=role, password=world.passwords[role])
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return self

    def sit_down(self, world, number):
        page = "/portail/entree"
        answer = self.post(page, page, number=number, code=world.code(number))
        assert answer.status_code == 200
        return self


@pytest.fixture
def app(world):
    return panel(world.tools, secret_key=KEY)


@pytest.fixture
def visitor(app):
    return lambda: Visitor(app)


@pytest.fixture
def staff(world, visitor):
    """A member of staff by role, logged in."""

    def come_in(role=Role.TEACHER):
        return visitor().log_in(world, str(role))

    return come_in


@pytest.fixture
def teacher(staff):
    return staff(Role.TEACHER)


@pytest.fixture
def admin(staff):
    return staff(Role.ADMIN)


def logged_in(world):
    """Lets a member of staff in without the slow password: a visitor for each login."""
    app = panel(world.tools, secret_key=KEY)

    def sit(login):
        visitor = Visitor(app)
        account = world.tools.store.account(str(login))
        with visitor.http.session_transaction() as cookie:
            cookie.update({"operator": str(login), "pass": mark(account)})
        return visitor

    return sit


def said(answer):
    """A page's words, without its marks."""
    page = answer if isinstance(answer, str) else answer.get_data(as_text=True)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
