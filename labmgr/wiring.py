"""The one place that knows both sides: builds every driver and hands them down as Tools."""

from __future__ import annotations

import os
import secrets
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from labmgr.config import Settings, cores
from labmgr.consoles.devices import SshDevices
from labmgr.consoles.ssh_shells import SshShells
from labmgr.domain.addressing import Ranges
from labmgr.domain.backup import DATABASE
from labmgr.domain.clock import Moment
from labmgr.domain.ports import Tools
from labmgr.domain.site import Site
from labmgr.engines.docker_engine import DockerEngine
from labmgr.engines.images import DockerImages
from labmgr.errors import BadSettings, Refused
from labmgr.paper.printer import Catalogue, Printer
from labmgr.services.instance.backup import Safe
from labmgr.store.files.file_inventory import FileInventory
from labmgr.store.files.file_library import FileLibrary
from labmgr.store.kept.device_configs import FileConfigs
from labmgr.store.kept.recordings import FileRecordings
from labmgr.store.rows.homes import SqliteHomes
from labmgr.store.rows.sql_store import SqlStore
from labmgr.vault.strongbox import PassphraseBox
from labmgr.vault.vault import HomeVault

MIB = 1 << 20
PORT = 8000  # of the panel, unless it was served on another one
LETTERS = "abcdefghjkmnpqrstuvwxyz"


def build_tools(settings: Settings) -> Tools:
    """Everything a door needs. Touches the home directory, never the engine."""
    home = prepared_home(settings.home)
    vault = HomeVault(home, settings.certificate, settings.certificate_key, now=now)
    store = SqlStore(settings.database_url, vault, now, home=home)
    store.upgrade()
    library = FileLibrary(settings.templates)
    own = library.own_images()
    site = site_of(settings, instance_of(home))
    engine = DockerEngine(
        settings.engine,
        instance=site.instance,
        probe_image=own["probe"].tag,
        guard_image=own["guard"].tag,
    )
    images = DockerImages(
        settings.engine, extra_ca=settings.extra_ca, registry=settings.base_registry
    )
    return Tools(
        store,
        engine,
        images,
        library,
        vault,
        Printer(french),
        site,
        now,
        moment,
        shells=SshShells(),
        recordings=FileRecordings(home, now=now, most=settings.recordings_mib * MIB),
        inventory=FileInventory(settings.inventory, os.environ),
        devices=SshDevices(),
        configs=FileConfigs(home, now=now),
    )


def french() -> Catalogue:
    """The panel's sentences, for the papers that quote the journal; read when one is printed."""
    from labmgr.panel.french import Sayings  # noqa: PLC0415 - Babel takes time to load

    return Sayings().french


def build_safe(settings: Settings) -> Safe:
    """What backups need; the home is not touched, it may be missing or damaged."""
    own = f"sqlite:///{settings.home / DATABASE}"
    if settings.database_url != own:
        raise Refused(
            "LABMGR_DATABASE names a database outside LABMGR_HOME, which a backup does not reach",
            hint="Save it with its own tool (`pg_dump` for PostgreSQL) and copy the rest of "
            "LABMGR_HOME, while labmgr is stopped, to the same safe place.",
        )
    homes = SqliteHomes(partial(HomeVault, now=now), now)
    return Safe(settings.home, PassphraseBox(), homes, now)


def site_of(settings: Settings, instance: str) -> Site:
    """The centre's choices, checked."""
    name = settings.lab_name or settings.lab_bind
    if name in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        raise BadSettings(
            f"LABMGR_LAB_BIND={name} says where to listen, not what candidates type",
            hint="Set LABMGR_LAB_NAME to the server's name or address in the exam room.",
        )
    loopback = name == "localhost" or name.startswith("127.")
    return Site(
        instance=instance,
        ranges=Ranges.read(settings.net_base, settings.port_base),
        lab_bind=settings.lab_bind,
        lab_name=name,
        portal_url=settings.portal_url or _portal(settings.home, name, loopback=loopback),
        parallel=settings.parallel or max(2, cores()),
        memory_reserve=settings.memory_reserve_mib * MIB,
        disk_reserve=settings.disk_reserve_mib * MIB,
        end_reserve=settings.end_reserve_mib * MIB,
        node_disk=settings.node_disk_mib * MIB,
        build_deadline=float(settings.build_deadline),
    )


def _portal(home: Path, name: str, *, loopback: bool) -> str:
    """Where the panel listens, or did last; as it usually would before it ever did."""
    try:
        at = urlsplit((home / "url").read_text(encoding="utf-8"))
        port = at.port or PORT
    except (OSError, ValueError):
        at, port = urlsplit(""), PORT
    plain = loopback and at.scheme != "https"  # beyond loopback it speaks nothing else
    return f"{'http' if plain else 'https'}://{name}:{port}/portail"


def prepared_home(home: Path) -> Path:
    """Make the directory of state, closed to others. Raises BadSettings when it can't be used."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / ".writable").touch()
        (home / ".writable").unlink()
    except OSError as trouble:
        raise BadSettings(
            f"LABMGR_HOME={home} cannot be used: {trouble.strerror}",
            hint="Name a directory that this user may write to, on a disk with room.",
        ) from trouble
    return home


def instance_of(home: Path) -> str:
    """Five letters that tell this instance's containers from any other's; made once."""
    file = home / "instance"
    if not file.exists():
        file.write_text("".join(secrets.choice(LETTERS) for _ in range(5)), encoding="ascii")
    return file.read_text(encoding="ascii").strip()


def now() -> datetime:
    """The server's clock, in UTC."""
    return datetime.now(UTC)


def moment() -> Moment:
    """This instant on both clocks; the boot's own is moved by nobody, and sleeps count in it."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return Moment(now(), boot, time.clock_gettime(time.CLOCK_BOOTTIME))


def panel_key(home: Path) -> str:
    """What signs the panel's cookies; made once, closed to others."""
    file = home / "panel.key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return file.read_text(encoding="ascii").strip()
