"""The floor: the same Engine API calls as labmgr's, made by a bare script."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from docker import APIClient
from docker.errors import APIError

from labmgr.domain.probe import Check
from labmgr.engines.holding import TRIES
from labmgr.engines.parallel import AT_ONCE, each
from tests.bench.looking import until_green
from tests.bench.recording import BoxScript, LabScript, create

TAG = "floor"


@dataclass(frozen=True)
class Floor:
    """No database, no states, no plans: what is left is the engine's own time."""

    api: APIClient
    scripts: Mapping[str, LabScript]
    checks: Mapping[str, Sequence[Check]]
    at_once: int

    name = "floor"

    def build(self) -> None:
        self._class(lambda script: self._make(script, first=True))

    def snapshot(self) -> None:
        self._class(self._save)

    def reset(self) -> None:
        self._class(self._put_back)

    def _class(self, work: Callable[[LabScript], None]) -> None:
        with ThreadPoolExecutor(self.at_once) as pool:
            list(pool.map(work, self.scripts.values()))

    def _make(self, script: LabScript, *, first: bool) -> None:
        if first:
            each(lambda net: self._network(script, net), list(script.networks))
        with ThreadPoolExecutor(AT_ONCE) as pool:
            gateway = pool.submit(self._gateway if first else _nothing, script)
            nodes = [pool.submit(self._node, script, box, gateway, first) for box in script.nodes]
        for work in (gateway, *nodes):
            work.result()
        until_green(self.api, script, self.checks[script.lab], script.gateway.name)

    def _network(self, script: LabScript, name: str) -> None:
        self.api.create_network(name, **script.networks[name])

    def _gateway(self, script: LabScript) -> None:
        self.api.start(self._created(script.gateway, script.gateway.config["Image"], first=True))

    def _node(self, script: LabScript, box: BoxScript, gateway: Future[None], first: bool) -> None:
        image = box.config["Image"] if first else f"{_repository(script)}:{box.node}"
        container = self._created(box, image, first=first)
        gateway.result()
        self.api.start(container)

    def _created(self, box: BoxScript, image: str, *, first: bool) -> str:
        container = create(self.api, box.config | {"Image": image}, box.name)
        for network, endpoint in box.connects:
            self.api.connect_container_to_network(container, network, **endpoint)
        for path, content in box.archives if first else ():
            self.api.put_archive(container, path, content)
        return container

    def _save(self, script: LabScript) -> None:
        names = [box.name for box in script.nodes]
        each(self._pause, names)
        each(lambda box: self._commit(script, box), script.nodes)
        each(self.api.unpause, names)

    def _pause(self, name: str) -> None:
        """As often as labmgr would: on cgroup v1 a busy node slips out of the freezer."""
        for tries_left in reversed(range(TRIES)):
            try:
                self.api.pause(name)
            except APIError:
                if not tries_left:
                    raise
                time.sleep(0.1)
            else:
                return

    def _commit(self, script: LabScript, box: BoxScript) -> None:
        labels = [f"LABEL {key}={value}" for key, value in box.config["Labels"].items()]
        where = _repository(script)
        self.api.commit(box.name, repository=where, tag=box.node, pause=False, changes=labels)

    def _put_back(self, script: LabScript) -> None:
        remove = self.api.remove_container
        each(lambda box: remove(box.name, v=True, force=True), script.nodes)
        self._make(script, first=False)

    def forget(self) -> None:
        """The images of its snapshots."""
        for script in self.scripts.values():
            for image in self.api.images(name=_repository(script)):
                self.api.remove_image(image["Id"], force=True)


def _repository(script: LabScript) -> str:
    return f"{TAG}-snap/{script.lab}"


def _nothing(_script: LabScript) -> None:
    """The gateway stands through a reset."""
