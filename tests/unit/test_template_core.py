"""The two templates that come with labmgr, and what is generated from their models."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from labmgr.domain.addressing import WEB_MAX
from labmgr.domain.probe import Expect, ProbeKind
from labmgr.domain.template import CredentialKind, Init
from labmgr.domain.words import Audience, Option
from labmgr.store.files.file_library import FileLibrary
from labmgr.store.files.template_reference import reference

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "lab_templates"
CORES = {"sisr-core": Option.SISR, "slam-core": Option.SLAM}


@pytest.fixture(scope="module")
def library():
    return FileLibrary(TEMPLATES)


@pytest.mark.parametrize(("name", "option"), CORES.items())
def test_a_core_has_six_real_parts(library, name, option):
    template = library.read(name)
    assert template.option is option
    assert template.title.fr
    assert template.title.en
    assert len(template.nodes) == 6
    assert {node.init for node in template.nodes} == {Init.SYSTEMD, Init.OPENRC}
    for node in template.nodes:
        assert node.probes, node.name
        assert library.recipe(node.image), node.name
        assert {a.audience for a in node.credentials} >= {Audience.CANDIDATE, Audience.LABMGR}
        assert 0 < node.reservation <= node.memory
    pages = [page for node in template.nodes for page in node.endpoints if page.is_web]
    assert 0 < len(pages) <= WEB_MAX


@pytest.mark.parametrize("name", CORES)
def test_both_a_right_and_a_wrong_password_are_tried(library, name):
    template = library.read(name)
    directory = [probe for probe in template.node("auth").probes if probe.kind is ProbeKind.LDAP]
    assert {probe.expect for probe in directory} == {Expect.SUCCESS, Expect.REFUSED}
    wrong = [probe for node in template.nodes for probe in node.probes if probe.wrong_password]
    assert all(probe.expect is Expect.REFUSED for probe in wrong)


def test_the_details_of_a_file_arrive(library):
    template = library.read("slam-core")
    application = template.node("app")
    base = next(one for one in application.credentials if one.id == "base")
    assert (base.source, base.login) == ("db.application", "application")
    assert base.audience is Audience.LABMGR
    assert application.depends_on == ("db",)
    key = next(one for one in template.node("dev").credentials if one.id == "cle")
    assert key.kind is CredentialKind.SSH_KEY
    sql = template.node("db").probes[0]
    assert sql.credential == "admin"
    assert sql.args["dialect"] == "postgresql"
    assert not sql.args.keys() & {"as", "expect", "password", "from"}
    lines = (TEMPLATES / "slam-core" / "compose.yaml").read_text().splitlines()
    assert "sql:" in lines[sql.line - 1]
    assert "LAB_HOSTS" in template.node("sup").image.args


def test_names_are_folders_with_a_compose_file(library):
    assert set(library.names()) >= set(CORES)
    assert not any(name.startswith("_") for name in library.names())


def test_labmgrs_own_images_have_recipes(library):
    own = library.own_images()
    assert set(own) == {"gateway", "probe", "guard"}
    assert all(recipe.tag.startswith(f"labmgr/{name}:") for name, recipe in own.items())


@pytest.mark.skipif(not shutil.which("docker-compose"), reason="no docker-compose here")
@pytest.mark.parametrize("name", CORES)
def test_docker_compose_reads_the_same_file(name):
    values = {
        "LAB_NET": "10.101",
        "LAB_NO": "1",
        "CANDIDATE_NO": "42",
        "LAB_DOMAIN": "lab.lan",
    }
    done = subprocess.run(
        ["docker-compose", "-f", "compose.yaml", "config", "--quiet"],
        cwd=TEMPLATES / name,
        env=os.environ | values,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_reference_page_is_up_to_date():
    page = (ROOT / "docs" / "reference" / "template.md").read_text(encoding="utf-8")
    assert page == reference(), "python -m labmgr.store.files.template_reference > that file"


def test_every_accepted_key_has_a_word(library):
    keys = library.keys()
    assert all(word for _, word in keys)
    assert len(dict(keys)) == len(keys)
    assert "services.<name>.x-labmgr.probes[].ssh.run" in dict(keys)


def test_the_schema_knows_what_the_reader_knows(library):
    schema = library.schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    definitions = schema["$defs"]
    assert definitions["Service"]["additionalProperties"] is False
    assert {"mem_limit", "networks"} <= set(definitions["Service"]["required"])
    assert definitions["ProbeEntry"]["maxProperties"] == 1
    assert set(_references(schema)) == set(definitions)


def _references(place):
    if isinstance(place, list):
        for one in place:
            yield from _references(one)
    elif isinstance(place, dict):
        if "$ref" in place:
            yield place["$ref"].removeprefix("#/$defs/")
        for one in place.values():
            yield from _references(one)
