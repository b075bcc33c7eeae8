"""One small world a test."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.services.world import World, write_templates


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    return write_templates(tmp_path_factory.mktemp("templates"))


MEMORY = Path("/dev/shm")  # many small databases: nothing here is about the disk itself


@pytest.fixture
def disk():
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture
def world(disk, templates):
    (disk / "home").mkdir()
    made = World(disk / "home", templates)
    yield made
    made.close()
