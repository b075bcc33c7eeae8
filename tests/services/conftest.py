"""One small world a test."""

from __future__ import annotations

import pytest

from tests.services.world import World, write_templates


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    return write_templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def world(disk, templates):
    (disk / "home").mkdir()
    made = World(disk / "home", templates)
    yield made
    made.close()
