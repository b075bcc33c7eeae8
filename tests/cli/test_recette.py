"""The recette from the command line: one line a row, words beside the signs, exit statuses."""

from __future__ import annotations

import pytest

from tests import recette
from tests.cli.conftest import Terminal
from tests.services.world import World, write_templates


@pytest.fixture
def terminal(tmp_path):
    """With templates of its own, since these tests write into them."""
    (tmp_path / "home").mkdir()
    world = World(tmp_path / "home", write_templates(tmp_path / "templates"))
    yield Terminal(world)
    world.close()


def test_recette_is_replayed_by_line_and_shown_with_words(terminal):
    recette.write(terminal.world.templates)
    terminal.ready()
    terminal.world.engine.red |= {"line/5": "port 80 closed", "line/2": "port 22 closed"}
    result = terminal.say("recette", "run", "e6", "1", "--wait")
    assert result.exit_code == 1
    assert "✗ NOT AS EXPECTED" in result.stdout
    assert "✓ as expected" in result.stdout
    del terminal.world.engine.red["line/2"]
    assert terminal.say("recette", "run", "e6", "1", "--line", "2", "--wait").exit_code == 0
    shown = terminal.json("recette", "show", "e6", "1")
    assert [line["result"]["green"] for line in shown["lines"]] == [True] * 5
    assert len(shown["runs"]) == 2
    assert "5 of 5 lines as expected" in terminal.say("recette", "show", "e6", "1").stdout


def test_recette_of_a_template_without_one_says_what_to_write(terminal):
    terminal.ready()
    for verb in ("run", "show"):
        result = terminal.say("recette", verb, "e6", "1")
        assert result.exit_code == 1
        assert "has no recette" in result.stderr
        assert "recette.yaml" in result.stderr


def test_template_check_reads_the_recette_too(terminal):
    assert "no recette" in terminal.say("template", "check", "mini").stdout
    recette.write(terminal.world.templates)
    assert "recette of 5 lines" in terminal.say("template", "check", "mini").stdout
    recette.write(terminal.world.templates, "lines: [{from: web, to: dc, ping: yes}]\n")
    result = terminal.say("template", "check", "mini")
    assert result.exit_code == 1
    assert "mini/recette.yaml:1: lines.1.to: dc is neither a node" in result.stdout
    assert terminal.json("template", "schema", "--recette")["title"] == "labmgr recette"
