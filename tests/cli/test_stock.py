"""One template that cannot be read takes nothing from the others, and is never passed over."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Terminal
from tests.services.world import World, write_templates

FAULTY = "services:\n  web:\n    image: x\n    privileged: true\n"


@pytest.fixture
def folder(tmp_path):
    return write_templates(tmp_path / "templates")


@pytest.fixture
def terminal(folder, tmp_path):
    """The library holds a good template and one of a teacher who was interrupted."""
    (folder / "atelier").mkdir()
    (folder / "atelier" / "compose.yaml").write_text(FAULTY, encoding="utf-8")
    (tmp_path / "home").mkdir()
    world = World(tmp_path / "home", folder)
    yield Terminal(world)
    world.close()


def absent(terminal: Terminal) -> str:
    """An image of the good template that is not there."""
    gone = next(tag for tag in terminal.world.stock.present if "node" in tag)
    terminal.world.stock.present.discard(gone)
    return gone


def test_build_goes_on_with_the_others_and_fails_at_the_end(terminal):
    gone = absent(terminal)
    done = terminal.say("image", "build")
    assert done.exit_code == 1
    assert gone in terminal.world.stock.present
    assert "error: template atelier is left out: atelier/compose.yaml:" in done.stderr
    assert "atelier/compose.yaml:4: services.web.privileged:" in done.stderr
    assert "hint:  Mend it (`labmgr template check atelier`" in done.stderr


def test_build_gives_a_script_its_list_all_the_same(terminal):
    gone = absent(terminal)
    assert [one["tag"] for one in terminal.json("image", "build", status=1)] == [gone]


def test_a_named_template_is_built_without_a_word_on_its_neighbour(terminal):
    gone = absent(terminal)
    done = terminal.say("image", "build", "--template", "mini")
    assert (done.exit_code, gone in terminal.world.stock.present) == (0, True)
    assert "atelier" not in done.stderr
    refused = terminal.say("image", "build", "--template", "atelier")
    assert refused.exit_code == 1
    assert "privileged" in refused.stderr


def test_check_names_what_is_missing_and_what_is_faulty(terminal):
    gone = absent(terminal)
    seen = terminal.json("image", "check", status=1)
    assert seen["missing"] == [gone]
    assert list(seen["faulty"]) == ["atelier"]
    terminal.world.stock.present.add(gone)
    assert terminal.json("image", "check", status=1)["missing"] == []
    assert terminal.say("image", "check", "--template", "mini").exit_code == 0


@pytest.mark.parametrize("words", [("image", "list"), ("template", "list")])
def test_lists_show_the_others(terminal, words):
    found = terminal.json(*words, status=1)
    assert any("node" in one.get("tag", "") or one.get("name") == "mini" for one in found)
    assert "atelier" in terminal.say(*words).stderr


def test_export_carries_the_others(terminal, tmp_path):
    done = terminal.say("image", "export", str(tmp_path / "images.tar"))
    assert done.exit_code == 1
    assert "atelier" in done.stderr
    assert (tmp_path / "images.tar").exists()


def test_the_doctor_says_no_with_its_name_and_looks_at_all_else(terminal):
    seen = terminal.json("doctor", status=1)
    signs = {one["what"]: one for one in seen["signs"]}
    assert (signs["templates"]["verdict"], signs["templates"]["seen"]) == ("good", "mini")
    assert signs["template atelier"]["verdict"] == "bad"
    assert "services.web" in signs["template atelier"]["seen"]
    assert signs["images"]["verdict"] == "good"
    assert "room for" in signs["room"]["seen"]


def test_setup_brings_the_server_up_and_names_it(terminal):
    gone = absent(terminal)
    done = terminal.say("setup")
    assert done.exit_code == 0
    assert gone in terminal.world.stock.present
    assert "template atelier is left out" in done.stderr


def test_once_mended_all_is_well(terminal, folder):
    good = (folder / "mini" / "compose.yaml").read_text(encoding="utf-8")
    (folder / "atelier" / "compose.yaml").write_text(good, encoding="utf-8")
    assert terminal.say("image", "build").exit_code == 0
    assert terminal.json("image", "check")["faulty"] == {}


def test_a_library_with_faulty_templates_only_still_has_labmgrs_own_images(terminal, folder):
    (folder / "mini" / "compose.yaml").write_text(FAULTY, encoding="utf-8")
    tags = [one["tag"] for one in terminal.json("image", "list", status=1)]
    assert [tag.split(":")[0] for tag in tags] == [
        f"labmgr/{name}" for name in ("gateway", "guard", "probe")
    ]
