"""The reserve on a real engine: room that is really taken, whatever a dead process left."""

from __future__ import annotations

import pytest

from labmgr.engines.docker_engine import DockerEngine

pytestmark = pytest.mark.docker
SIZE = 4 << 20


@pytest.fixture
def engine(docker_bench):
    yield docker_bench.engine
    docker_bench.engine.give_up_reserve()


@pytest.fixture
def successor(instance, own):
    """The same instance in another process: it has looked into nothing yet."""
    made = DockerEngine(None, instance=instance, probe_image=own["probe"], guard_image=own["guard"])
    yield made
    made.close()


def volume_of(client, instance):
    ours = [f"labmgr.instance={instance}", "labmgr.role=reserve"]
    (found,) = client.volumes.list(filters={"label": ours})
    return found


def allocated(client, own, volume) -> int:
    """As another container sees it."""
    said = client.containers.run(
        own["guard"],
        ["%b %B", "/there/file"],
        entrypoint=["stat", "-c"],
        volumes=[f"{volume.name}:/there:ro"],
        network_mode="none",
        remove=True,
    )
    blocks, size = said.split()
    return int(blocks) * int(size)


def test_the_room_is_really_taken_in_a_volume_with_our_labels(engine, docker_client, instance, own):
    engine.hold_reserve(SIZE)
    assert allocated(docker_client, own, volume_of(docker_client, instance)) >= SIZE


def test_one_that_was_half_made_is_made_again(engine, successor, docker_client, instance, own):
    engine.hold_reserve(SIZE)
    volume = volume_of(docker_client, instance)
    name, labels = volume.name, volume.attrs["Labels"]
    volume.remove()
    docker_client.volumes.create(name, labels=labels)  # its maker died before it allocated
    assert successor.reserve() == SIZE, "so says the label"
    successor.hold_reserve(SIZE)
    assert allocated(docker_client, own, volume_of(docker_client, instance)) >= SIZE


def test_one_without_labels_counts_as_none_and_is_made_again(engine, docker_client, instance):
    engine.hold_reserve(SIZE)
    volume = volume_of(docker_client, instance)
    volume.remove()
    docker_client.volumes.create(volume.name)
    assert engine.reserve() == 0
    engine.hold_reserve(SIZE)
    assert engine.reserve() == SIZE
    assert volume_of(docker_client, instance).name == volume.name


def test_a_dead_makers_helper_does_not_keep_it(engine, docker_client, instance, own):
    engine.hold_reserve(SIZE)
    bound = [f"{volume_of(docker_client, instance).name}:/reserve"]
    labels = {"labmgr.instance": instance, "labmgr.role": "helper", "labmgr.owner": "1-dead"}
    left = docker_client.containers.create(own["guard"], volumes=bound, labels=labels)
    assert engine.give_up_reserve()
    assert engine.reserve() == 0
    assert left.id not in {box.id for box in docker_client.containers.list(all=True)}
