"""The way to one Docker engine: a client made on first use, and what of ours is found there."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.api import client
from docker.constants import DEFAULT_UNIX_SOCKET
from docker.errors import NotFound, create_api_error_from_http_exception
from docker.utils import kwargs_from_env
from requests import HTTPError

from labmgr.domain.repair import Seen
from labmgr.engines.naming import LAB, NODE, ROLE, Names, Role
from labmgr.engines.translate import in_our_words

Connect = str | Callable[[], APIClient] | None

TIMEOUT = 180  # a commit or a removal on a busy disk may be slow; a dead engine refuses at once
CONNECTIONS = 64
UNIX = frozenset({"unix", "http+unix"})
PIECE = 1 << 20

SEEN = {
    "running": Seen.RUNNING,
    "restarting": Seen.RUNNING,
    "paused": Seen.PAUSED,
    "created": Seen.CREATED,
}


@dataclass(frozen=True)
class Box:
    """A container of ours as the engine lists it."""

    id: str
    lab: str
    node: str
    role: str
    seen: Seen
    labels: Mapping[str, str]
    volumes: Mapping[str, str] = field(default_factory=dict)  # path -> the engine's volume name
    written: int = 0

    @property
    def awake(self) -> bool:
        return self.seen in {Seen.RUNNING, Seen.PAUSED}


@dataclass
class Reach:
    """Safe between threads: one client with enough connections for several labs at once."""

    connect: Connect
    instance: str
    host: str = "local"
    _api: APIClient | None = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def names(self) -> Names:
        return Names(self.instance)

    @property
    def api(self) -> APIClient:
        """Connects on first use, so that labmgr starts with the engine down."""
        with self._lock, in_our_words(self.host):
            if self._api is None:
                self._api = self.connect() if callable(self.connect) else _client(self.connect)
            return self._api

    def close(self) -> None:
        with self._lock:
            if self._api is not None:
                self._api.close()
            self._api = None

    @property
    def is_local(self) -> bool:
        """Whether the engine's host is this very machine, as far as its address tells."""
        return str(self.api.base_url).startswith("http+docker://local")

    def create(self, config: Mapping[str, Any], name: str | None = None) -> str:
        """The new container's id; *config* is in the engine's own keys."""
        make: Callable[..., dict[str, Any]] = self.api.create_container_from_config
        return str(make(config, name)["Id"])

    @contextmanager
    def archive(self, container: str, path: str) -> Iterator[Iterator[bytes]]:
        """A tar of *path*, as pieces that may be left half read.

        docker-py's own get_archive cannot be closed, and an archive that nobody reads on holds
        the container: not even its removal gets through.
        """
        api = self.api
        url = f"{api.base_url}/v{api.api_version}/containers/{container}/archive"
        with (
            in_our_words(self.host),
            api.get(url, params={"path": path}, stream=True, timeout=TIMEOUT) as answer,
        ):
            if not answer.ok:
                create_api_error_from_http_exception(HTTPError(response=answer))
            yield answer.iter_content(PIECE)

    def image(self, reference: str) -> dict[str, Any]:
        """What the engine knows of an image. Raises ImageMissing."""
        look: Callable[..., dict[str, Any]] = self.api.inspect_image
        with in_our_words(self.host, image=reference):
            return look(reference)

    def boxes(self, lab: str = "", *, size: bool = False, **labels: str) -> list[Box]:
        """Containers of this instance, running or not."""
        wanted = self.names.filter(lab, **labels)
        with in_our_words(self.host):
            rows = self.api.containers(all=True, size=size, filters=wanted)
        return [self._sure(_box(row)) for row in rows if row.get("State") != "removing"]

    def _sure(self, box: Box) -> Box:
        """On a full disk the engine lists one that goes on as paused still; asked, it knows."""
        if box.seen is not Seen.PAUSED:
            return box
        with in_our_words(self.host), suppress(NotFound):
            if not self.api.inspect_container(box.id)["State"]["Paused"]:
                return replace(box, seen=Seen.RUNNING)
        return box

    def parts_of(self, lab: str) -> list[Box]:
        """Nodes and gateway of a lab."""
        return [box for box in self.boxes(lab) if box.role in {Role.NODE, Role.GATEWAY}]

    def box(self, lab: str, node: str) -> Box | None:
        """The node's container; the gateway's goes by `repair.GATEWAY`."""
        return next((box for box in self.parts_of(lab) if box.node == node), None)


def owner() -> str:
    """This process, told apart from a later one with the same number."""
    return _process(os.getpid()) or str(os.getpid())


def is_alive(owned_by: str) -> bool:
    number = owned_by.partition("-")[0]
    return number.isdigit() and _process(int(number)) == owned_by


def _process(number: int) -> str:
    try:
        stat = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    started = stat.rpartition(")")[2].split()[19]
    return f"{number}-{started}"


def _client(base_url: str | None) -> APIClient:
    where: dict[str, Any] = {"base_url": base_url} if base_url else dict(kwargs_from_env())
    if str(where.get("base_url")).startswith("ssh://"):
        _learn_ssh()
    _knock(where.get("base_url") or DEFAULT_UNIX_SOCKET)
    return APIClient(version="auto", timeout=TIMEOUT, max_pool_size=CONNECTIONS, **where)


def _learn_ssh() -> None:
    """Give docker-py what it went without when it was loaded (`labmgr/engines/__init__.py`)."""
    from docker.transport import sshconn  # noqa: PLC0415 - it loads paramiko

    client.SSHHTTPAdapter = sshconn.SSHHTTPAdapter  # type: ignore[attr-defined]


def _knock(base_url: str) -> None:
    """Raises OSError when nobody is there; docker-py would leave its socket open."""
    scheme, _, rest = base_url.partition("://")
    if scheme in UNIX:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(TIMEOUT)
            line.connect("/" + rest.lstrip("/"))


def _box(row: Mapping[str, Any]) -> Box:
    labels = row.get("Labels") or {}
    return Box(
        id=row["Id"],
        lab=labels.get(LAB, ""),
        node=labels.get(NODE, ""),
        role=labels.get(ROLE, ""),
        seen=SEEN.get(row["State"], Seen.STOPPED),
        labels=labels,
        volumes={
            mount["Destination"]: mount["Name"]
            for mount in row.get("Mounts") or ()
            if mount.get("Type") == "volume"
        },
        written=int(row.get("SizeRw") or 0),
    )
