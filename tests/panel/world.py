"""A whole labmgr over a temporary home: everything real but the engine and its images."""

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from labmgr.consoles.fake_console import FakeShells
from labmgr.consoles.fake_devices import FakeDevices
from labmgr.domain.addressing import Ranges
from labmgr.domain.ports import Tools
from labmgr.domain.site import Site
from labmgr.domain.words import Role
from labmgr.domain.work import Lane
from labmgr.engines.fake_engine import FakeEngine
from labmgr.engines.fake_images import FakeImages
from labmgr.paper.printer import Printer
from labmgr.services.instance import accounts
from labmgr.services.lab import images
from labmgr.services.session import rosters
from labmgr.services.work import do_one_job
from labmgr.store.files.file_inventory import FileInventory
from labmgr.store.kept.device_configs import FileConfigs
from labmgr.store.kept.recordings import FileRecordings
from labmgr.store.rows.sql_store import SqlStore
from labmgr.wiring import moment
from tests import once
from tests.own_threads import let_finish

ROOT = Path(__file__).parents[2]
BEGUN = datetime.now(UTC)
KEY = "a key for tests, long enough to sign cookies"
LIST = """numéro;nom;prénom;majoration;place
1;Lefèvre;Zoé;;A1
2;Nguyên;Anh;1/3;A2
3;O'Brien;Maël;;A3
"""


def daytime():
    """The real clock, but every run begins at nine: no test falls on a midnight."""
    return BEGUN.replace(hour=9, minute=0) + (datetime.now(UTC) - BEGUN)


class SlowEngine(FakeEngine):
    """Takes a moment for each node and probe, as engines do, so that a page can show it."""

    pace = 0.0

    def build(self, plan, *, parts=(), tell=lambda *_: None):
        for node in plan.nodes:
            tell(node.name, "creating", 0.3)
            self._rest(1)
        super().build(plan, parts=parts, tell=tell)

    def probe(self, lab, checks, *, deadline):
        for finding in super().probe(lab, checks, deadline=deadline):
            self._rest(1 / 4)
            yield finding

    def _rest(self, part):
        """A test that has seen enough sets another pace, which holds at once."""
        begun = time.monotonic()
        while time.monotonic() - begun < self.pace * part:
            time.sleep(0.01)


@dataclass
class World:
    tools: Tools
    engine: FakeEngine
    images: FakeImages
    passwords: dict[str, str]
    home: Path

    def close(self):
        let_finish()
        self.tools.store.close()

    def work(self):
        """Carry out every waiting job, as the worker would."""
        done = True
        while done:
            done = any(do_one_job(self.tools, "test", lane) for lane in Lane)

    def labs(self, session="e6"):
        return self.tools.store.labs(session)

    def code(self, number, session="e6"):
        return self.tools.store.code(session, number)

    def ready(self, session="e6"):
        """Build every lab of the session to its end."""
        from labmgr.services.lab.labs import order_build  # noqa: PLC0415 - read like a sentence

        order_build(self.tools, [lab.id for lab in self.labs(session)], by="prof")
        self.work()


def opened(home, passwords, *, templates=ROOT / "lab_templates", engine=None):
    """A home that stands already, as a process that starts finds it; every image is there."""
    now, clock = daytime, lambda: replace(moment(), at=daytime())
    vault = once.QuickVault(home, now=now)
    store = SqlStore(f"sqlite:///{home}/labmgr.db", vault, now, home=home)
    once.upgrade_store(store, home)
    stock = FakeImages()
    engine = engine or FakeEngine(images=stock.present)
    engine.now = now
    site = Site("tests", Ranges.read("10.100", 20000), build_deadline=5.0)
    library = once.library(templates)
    desk = {"shells": FakeShells(), "recordings": FileRecordings(home, now=now)}
    own = home / "inventory"
    folder = own if own.exists() else ROOT / "inventory"
    desk |= {"inventory": FileInventory(folder, {}), "devices": FakeDevices()}
    desk["configs"] = FileConfigs(home, now=now)
    tools = Tools(store, engine, stock, library, vault, Printer(), site, now, clock, **desk)
    stock.present.update(recipe.tag for recipe in images.wanted(tools))
    return World(tools, engine, stock, passwords, home)


def a_world(home, **more):
    """Accounts of every role, no session yet."""
    world = opened(home, {}, **more)
    for role in Role:
        world.passwords[role.value] = accounts.add_account(world.tools, role.value, role, by="t")
    return world


def with_session(world, title="E6", roster=LIST, template="sisr-core"):
    made = rosters.create_session(world.tools, title, template, by="teacher")
    rosters.import_file(world.tools, made.name, "liste.csv", roster.encode(), by="teacher")
    return made
