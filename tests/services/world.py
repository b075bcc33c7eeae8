"""A whole labmgr over a temporary home: real store, library and vault; engine and images fake."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from labmgr.consoles.devices import SshDevices
from labmgr.consoles.fake_console import FakeShells
from labmgr.domain.addressing import Ranges
from labmgr.domain.clock import Moment
from labmgr.domain.journal import first_altered
from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.domain.site import Site
from labmgr.domain.work import Job, Lane
from labmgr.engines.fake_engine import FakeEngine
from labmgr.engines.fake_images import FakeImages
from labmgr.engines.fake_lab import WRITE
from labmgr.paper.printer import Printer
from labmgr.services.instance.backup import Safe
from labmgr.services.lab import images, labs, reconcile
from labmgr.services.session import rosters
from labmgr.services.work import do_one_job
from labmgr.store.files.file_inventory import FileInventory
from labmgr.store.kept.device_configs import FileConfigs
from labmgr.store.kept.recordings import FileRecordings
from labmgr.store.rows.homes import SqliteHomes
from labmgr.store.rows.sql_store import SqlStore
from labmgr.vault.strongbox import PassphraseBox
from labmgr.vault.vault import HomeVault
from tests import once
from tests.own_threads import let_finish

NOON = datetime(2026, 5, 27, 12, 0, tzinfo=UTC)
MINI = """
x-labmgr:
  title: {fr: Petit, en: Small}
  summary: {fr: Deux nœuds, en: Two nodes}
  option: SISR
services:
  web:
    build: ../_images/node
    hostname: web
    networks: {lan: {ipv4_address: "${LAB_NET}.10.10"}}
    mem_limit: 64m
    volumes: ["data:/srv/data"]
    x-labmgr:
      title: {fr: Site, en: Site}
      credentials: [{id: etudiant, login: etudiant, for: candidate}]
      endpoints: [{name: page, port: 80, protocol: http}]
      probes: [{http: {path: /, status: 200}}]
  db:
    build: ../_images/node
    hostname: db
    networks: {lan: {ipv4_address: "${LAB_NET}.10.20"}}
    mem_limit: 64m
    x-labmgr:
      title: {fr: Base, en: Base}
      credentials: [{id: etudiant, login: etudiant, for: candidate}]
      endpoints: [{name: ssh, port: 22, protocol: ssh, as: etudiant}]
      probes: [{tcp: {port: 22}}]
networks:
  lan:
    internal: true
    ipam: {config: [{subnet: "${LAB_NET}.10.0/24"}]}
volumes:
  data: {}
"""


def write_templates(folder: Path) -> Path:
    """One small template and the recipes it needs; nothing in them is ever built."""
    for image in ("node", "gateway", "probe", "guard"):
        recipe = folder / "_images" / image
        recipe.mkdir(parents=True)
        (recipe / "Dockerfile").write_text("FROM scratch\n", encoding="ascii")
    (folder / "mini").mkdir()
    (folder / "mini" / "compose.yaml").write_text(MINI, encoding="utf-8")
    return folder


@dataclass
class Clock:
    """Moves a second at each look, so that no two snapshots are taken at once.

    `moment` does not: what is left of an hour is compared to the second.
    """

    at: datetime = NOON
    boot: str = "boot-1"
    ticks: float = 100.0

    def __call__(self) -> datetime:
        self.passes(1)
        return self.at

    def moment(self) -> Moment:
        return Moment(self.at, self.boot, self.ticks)

    def passes(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.ticks += seconds

    def jumps(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self.at += timedelta(seconds=seconds)

    def reboots(self, seconds: float) -> None:
        """The machine was off for so long."""
        self.at += timedelta(seconds=seconds)
        self.boot, self.ticks = f"{self.boot}+", 1.0


@dataclass
class World:
    """One instance. `again` is the same instance in a new process."""

    home: Path
    templates: Path
    clock: Clock = field(default_factory=Clock)
    stock: FakeImages = field(default_factory=FakeImages)
    engine: FakeEngine = field(default_factory=FakeEngine)
    shells: FakeShells = field(default_factory=FakeShells)
    env: dict[str, str] = field(default_factory=dict)
    tools: Tools = field(init=False)

    def __post_init__(self) -> None:
        self.engine.images = self.stock.present
        self.engine.now = self.clock
        vault = once.QuickVault(self.home, now=self.clock)
        store = SqlStore(f"sqlite:///{self.home}/labmgr.db", vault, self.clock, home=self.home)
        once.upgrade_store(store, self.home)
        site = Site("tests", Ranges.read("10.100", 20000), build_deadline=5.0)
        library = once.library(self.templates)
        clocks = self.clock, self.clock.moment
        desk = {"shells": self.shells, "recordings": FileRecordings(self.home, now=self.clock)}
        desk["inventory"] = FileInventory(self.home / "inventory", self.env)
        desk |= {"devices": SshDevices(), "configs": FileConfigs(self.home, now=self.clock)}
        stock, engine, printer = self.stock, self.engine, Printer()
        self.tools = Tools(store, engine, stock, library, vault, printer, site, *clocks, **desk)
        if not self.stock.present:
            self.stock.present.update(recipe.tag for recipe in images.wanted(self.tools))

    def close(self) -> None:
        let_finish()
        self.tools.store.close()

    def safe(self, home: Path | None = None) -> Safe:
        """For backups; passphrases are cheap here."""
        homes = SqliteHomes(partial(HomeVault, now=self.clock), self.clock)
        return Safe(home or self.home, PassphraseBox(cost=10), homes, self.clock)

    def again(self) -> World:
        self.close()
        return World(self.home, self.templates, self.clock, self.stock, self.engine)

    def copied(self, home: Path) -> World:
        """Another world that has lived the same until now."""
        shutil.copytree(self.home, home)
        world = World(home, self.templates, replace(self.clock), FakeImages(self.stock.present))
        for lab in self.tools.store.labs():
            if lab.id in self.engine.labs:
                world.engine.labs[lab.id] = clone(self.engine.labs[lab.id])
        world.engine.kept = dict(self.engine.kept)
        return world

    def site(self, **changes: object) -> None:
        self.tools = replace(self.tools, site=replace(self.tools.site, **changes))

    def facts(self, **changes: object) -> None:
        self.engine.host_facts = replace(self.engine.host_facts, **changes)

    def session(self, title: str = "E6", count: int = 2, template: str = "mini") -> list[Lab]:
        """A session with its list imported; the labs are planned."""
        made = rosters.create_session(self.tools, title, template, by="prof")
        self.imported(made.name, count)
        return self.tools.store.labs(made.name)

    def imported(self, session: str, count: int) -> int:
        rows = "".join(f"{number};Nom{number};Prénom{number}\n" for number in range(1, count + 1))
        data = f"numéro;nom;prénom\n{rows}".encode()
        return rosters.import_file(self.tools, session, "liste.csv", data, by="prof")[0]

    def ready(self, count: int = 2) -> list[str]:
        ids = [lab.id for lab in self.session(count=count)]
        labs.order_build(self.tools, ids, by="prof")
        self.work()
        return ids

    def work(self) -> None:
        """Carry out every waiting job, as the worker would."""
        done = True
        while done:
            done = any(do_one_job(self.tools, "worker", lane) for lane in Lane)

    def settle(self, worker: str = "next") -> None:
        """What a worker does that starts after another one died."""
        reconcile.recover(self.tools, worker)
        self.engine.tidy()
        for _ in range(6):
            self.work()
            reconcile.look_round(self.tools)
            if not self.tools.store.jobs(unended=True):
                return
        left = self.tools.store.jobs(unended=True)
        raise AssertionError(f"does not settle: {left}")

    def lab(self, lab_id: str) -> Lab:
        return self.tools.store.lab(lab_id)

    def states(self) -> list[str]:
        return [lab.state.value for lab in self.tools.store.labs()]

    def last_job(self, lab_id: str) -> Job:
        return self.tools.store.jobs(lab=lab_id)[0]

    def write(self, lab_id: str, text: str, node: str = "web", path: str = "/root/note") -> None:
        self.engine.run(lab_id, node, ["sh", "-c", WRITE, path, text])

    def read(self, lab_id: str, node: str = "web", path: str = "/root/note") -> str | None:
        status, said = self.engine.run(lab_id, node, ["cat", path])
        return said if status == 0 else None

    def events(self, lab_id: str) -> list[str]:
        return [entry.what for entry in self.tools.store.entries(f"lab:{lab_id}")]

    def assert_whole(self) -> None:
        """Nothing half done: no job left, rows and engine agree, the journal's chain holds."""
        store = self.tools.store
        assert store.jobs(unended=True) == []
        assert first_altered(store.entries()) is None
        standing = {lab.id for lab in store.labs() if lab.state not in {"planned", "gone"}}
        assert set(self.engine.labs) == standing
        kept = {(lab.id, one.id) for lab in store.labs() for one in store.snapshots(lab.id)}
        assert set(self.engine.snapshots()) == kept
        for lab_id in standing:
            assert set(self.engine.look(lab_id).values()) == {"running"}, lab_id


def clone(lab):
    """Nodes of the copy share the copy's volumes, not the first one's."""
    volumes = dict(lab.volumes)
    nodes = {name: replace(node, shared=volumes) for name, node in lab.nodes.items()}
    return replace(lab, nodes=nodes, doors=dict(lab.doors), volumes=volumes)
