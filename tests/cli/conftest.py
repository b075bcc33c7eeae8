"""The command line over a small world: real store and library, engine and images fake."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from click.testing import CliRunner, Result

from labmgr.__main__ import help_out, main
from labmgr.cli.shell import Shell
from tests.services.world import World, write_templates


@dataclass
class Terminal:
    """Says a command and gives back what a script would see."""

    world: World

    def say(self, *words: str, answer: str | None = None) -> Result:
        shell = Shell(lambda: self.world.tools, help_out, self.world.safe)
        result = CliRunner().invoke(main, list(words), obj=shell, input=answer)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *words: str, status: int = 0) -> object:
        """Standard output must be one JSON document and nothing else."""
        result = self.say(*words, "--json")
        assert result.exit_code == status, result.output
        return json.loads(result.stdout)

    def ready(self, count: int = 2) -> None:
        """A session with its labs built."""
        self.world.session(count=count)
        assert self.say("lab", "build", "e6", "--all", "--wait").exit_code == 0


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    return write_templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def terminal(disk, templates):
    (disk / "home").mkdir()
    world = World(disk / "home", templates)
    yield Terminal(world)
    world.close()
