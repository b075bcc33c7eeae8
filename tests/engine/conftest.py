"""Engines under test: the fake and the real one sit the same exam."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from labmgr.domain.ports import Recipe
from labmgr.engines.docker_engine import DockerEngine
from labmgr.engines.fake_engine import FakeEngine
from labmgr.engines.images import DockerImages
from labmgr.store.files.file_library import FileLibrary
from tests import free
from tests.engine.bench import HERE, Bench
from tests.engine.trial import key_material

TEMPLATES = Path(__file__).parents[2] / "lab_templates"
NODE = HERE / "node"


@pytest.fixture(scope="session")
def instance() -> str:
    return f"t{uuid.uuid4().hex[:6]}"


@pytest.fixture(scope="session")
def docker_client() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="session")
def library() -> FileLibrary:
    return FileLibrary(TEMPLATES)


@pytest.fixture(scope="session")
def images() -> Iterator[DockerImages]:
    extra = os.environ.get("LABMGR_EXTRA_CA")
    made = DockerImages(None, extra_ca=Path(extra) if extra else None)
    yield made
    made.close()


@pytest.fixture(scope="session")
def own(library, images, docker_client, instance) -> Iterator[dict[str, str]]:
    """Tags of labmgr's own images and of the trial node's, built where they are missing."""
    recipes = dict(library.own_images())
    name = f"try-node-{instance}"  # its own: another run on this engine takes its own away
    recipes["node"] = Recipe(name, f"labmgr/{name}:0", NODE, bases={"BASE": recipes["gateway"]})
    for recipe in recipes.values():
        images.build(recipe)
    yield {name: recipe.tag for name, recipe in recipes.items()}
    for tag in ("0", "latest"):
        docker_client.images.remove(f"labmgr/{name}:{tag}", force=True)


@pytest.fixture(scope="session")
def keys(tmp_path_factory) -> tuple[str, str, str]:
    return key_material(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="session")
def docker_bench(instance, own, keys, docker_client) -> Iterator[Bench]:
    engine = DockerEngine(
        None, instance=instance, probe_image=own["probe"], guard_image=own["guard"]
    )
    where = free.net_base(4), free.port_base()
    yield Bench(engine, own["node"], own["gateway"], keys, docker_client, *where)
    clean(engine)
    engine.close()


@pytest.fixture(scope="module", params=["fake", pytest.param("docker", marks=pytest.mark.docker)])
def bench(request) -> Iterator[Bench]:
    if request.param == "fake":
        known = {"labmgr/try-node:0", "labmgr/gateway:0"}
        yield Bench(FakeEngine(images=known), "labmgr/try-node:0", "labmgr/gateway:0", ("", "", ""))
    else:
        real = request.getfixturevalue("docker_bench")
        yield real
        clean(real.engine)


def clean(engine: DockerEngine) -> None:
    for lab in engine.look_all():
        engine.remove(lab)
    for lab, snapshot in engine.snapshots():
        engine.discard(lab, snapshot)
    engine.tidy()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure on the real engine shows its containers and their last words."""
    report = yield
    if report.when == "call" and report.failed and "instance" in item.funcargs:
        client = item.funcargs["docker_client"]
        ours = {"label": f"labmgr.instance={item.funcargs['instance']}"}
        for box in client.containers.list(all=True, filters=ours):
            words = box.logs(tail=30).decode(errors="replace")
            report.sections.append((f"{box.name} is {box.status}", words))
    return report
