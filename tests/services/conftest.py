"""One small world a test."""

from __future__ import annotations

import pytest

from tests.services.world import World, write_templates


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    return write_templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def world(tmp_path, templates):
    (tmp_path / "home").mkdir()
    made = World(tmp_path / "home", templates)
    yield made
    made.close()
