"""The engine's client, listened to: how many calls are made, and how a lab is made from them."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from docker import APIClient

from labmgr.domain.repair import GATEWAY
from labmgr.engines.naming import LAB, NODE, ROLE, Role
from labmgr.engines.reach import CONNECTIONS, TIMEOUT

Json = dict[str, Any]
IDENTITY = re.compile(r"[0-9a-f]{64}|labmgr-[^/?]+|sha256:[0-9a-f]+")


@dataclass
class BoxScript:
    """One container as labmgr made it: what to create, connect and put in."""

    name: str
    node: str
    config: Json
    connects: list[tuple[str, Json]] = field(default_factory=list)
    archives: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass
class LabScript:
    """All state-changing calls of one lab's build."""

    lab: str
    networks: dict[str, Json] = field(default_factory=dict)
    boxes: dict[str, BoxScript] = field(default_factory=dict)
    probe: Json = field(default_factory=dict)

    @property
    def gateway(self) -> BoxScript:
        return self.boxes[GATEWAY]

    @property
    def nodes(self) -> list[BoxScript]:
        return [box for box in self.boxes.values() if box.node != GATEWAY]


class RecordingClient(APIClient):
    """docker-py's own client in all else."""

    def __init__(self) -> None:
        self.recording = False
        self.scripts: dict[str, LabScript] = {}
        self.calls: Counter[str] = Counter()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._made: dict[str, BoxScript] = {}
        self._lock = threading.Lock()
        super().__init__(
            version="auto", timeout=TIMEOUT, max_pool_size=CONNECTIONS
        )  # asks its first question

    def send(self, request: Any, **options: Any) -> Any:
        start = time.monotonic()
        try:
            return super().send(request, **options)
        finally:
            path = IDENTITY.sub("*", request.path_url.partition("?")[0].partition("/v1.")[2])
            call = f"{request.method} {path.partition('/')[2]}"
            with self._lock:
                self.calls[call] += 1
                self.seconds[call] += time.monotonic() - start

    def forget_calls(self) -> None:
        with self._lock:
            self.calls.clear()
            self.seconds.clear()

    def told(self) -> list[str]:
        """Calls by the seconds spent in them, all threads together."""
        rows = sorted(self.seconds.items(), key=lambda row: -row[1])[:14]
        return [f"{spent:8.2f} s {self.calls[call]:5d} × {call}" for call, spent in rows]

    def create_network(self, name: str, *args: Any, **kwargs: Any) -> Any:
        if self.recording:
            self._script(kwargs["labels"][LAB]).networks[name] = kwargs
        return super().create_network(name, *args, **kwargs)

    def create_container_from_config(
        self, config: Any, name: str | None = None, platform: str | None = None
    ) -> Any:
        make: Callable[..., Any] = super().create_container_from_config
        made = make(config, name, platform)
        if self.recording:
            self._remember(config, name or "", made["Id"])
        return made

    def connect_container_to_network(self, container: Any, net_id: str, **kwargs: Any) -> None:  # type: ignore[override]  # by name only, as the engine's driver does
        super().connect_container_to_network(container, net_id, **kwargs)
        if box := self._made.get(container):
            box.connects.append((net_id, kwargs))

    def put_archive(self, container: Any, path: str, data: Any) -> bool:
        if (box := self._made.get(container)) and isinstance(data, bytes):
            box.archives.append((path, data))
        return super().put_archive(container, path, data)

    def _script(self, lab: str) -> LabScript:
        with self._lock:
            return self.scripts.setdefault(lab, LabScript(lab))

    def _remember(self, config: Json, name: str, made: str) -> None:
        labels = config["Labels"]
        if labels.get(ROLE) in {Role.NODE, Role.GATEWAY}:
            box = BoxScript(name, labels[NODE], config)
            self._script(labels[LAB]).boxes[box.node] = box
            self._made[made] = box
        elif str(config["HostConfig"].get("NetworkMode")).startswith("container:"):
            self._script(labels[LAB]).probe = config


def create(api: APIClient, config: Json, name: str = "") -> str:
    """The new container's id; docker-py left this call without types."""
    make: Callable[..., Json] = api.create_container_from_config
    return str(make(config, name or None)["Id"])
