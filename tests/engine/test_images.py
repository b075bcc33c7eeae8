"""Images on a real engine: built from recipes, carried by file, nothing foreign let in."""

from __future__ import annotations

import io
import json
import tarfile
import uuid
from pathlib import Path

import pytest

from labmgr.domain.ports import Recipe
from labmgr.engines.context import context
from labmgr.engines.fake_images import FakeImages
from labmgr.errors import BadInput, BadSettings, EngineError, ImageMissing


@pytest.fixture
def recipe(tmp_path, own, docker_client):
    """A recipe on the guard's base image, of which nothing is left afterwards."""
    name = f"try-{uuid.uuid4().hex[:8]}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "Dockerfile").write_text(
        f"ARG BASE={own['guard']}\nFROM ${{BASE}}\nARG WORD=none\nCOPY . /context/\n"
        "RUN echo $WORD > /word && test -f /context/extra-ca.crt\n"
    )
    (folder / "script").write_text("#!/bin/sh\n")
    (folder / "script").chmod(0o700)
    yield Recipe(name, f"labmgr/{name}:{uuid.uuid4().hex[:12]}", folder, {"WORD": "spoken"})
    for image in docker_client.images.list(name=f"labmgr/{name}"):
        docker_client.images.remove(image.id, force=True)


@pytest.mark.docker
def test_a_recipe_is_built_once_with_its_arguments_and_told_step_by_step(
    images, recipe, docker_client
):
    told = []
    assert images.facts([recipe])[recipe.tag].id == ""
    built = images.build(recipe, tell=lambda *words: told.append(words))
    assert built == images.facts([recipe])[recipe.tag]
    assert built.size > 0
    assert any("COPY" in step for _, step, _ in told)
    assert [share for *_, share in told] == sorted(share for *_, share in told)
    assert docker_client.images.get(f"labmgr/{recipe.name}:latest").id == built.id
    assert images.build(recipe, tell=lambda *_: told.append("again")) == built
    assert "again" not in told
    said = docker_client.containers.run(
        built.id, ["-c", "cat /word; stat -c %a /context/script"], entrypoint="sh", remove=True
    )
    assert said.decode().split() == ["spoken", "755"]


@pytest.mark.docker
def test_a_failed_build_shows_its_last_lines_and_leaves_no_container(images, recipe, docker_client):
    with (recipe.folder / "Dockerfile").open("a") as file:
        file.write(f"RUN echo the reason for {recipe.name} && false\n")
    with pytest.raises(EngineError, match=f"the reason for {recipe.name}") as trouble:
        images.build(recipe)
    assert "labmgr image import" in trouble.value.hint
    assert images.facts([recipe])[recipe.tag].id == ""
    left = docker_client.containers.list(all=True)
    assert not [one for one in left if recipe.name in " ".join(one.attrs["Config"]["Cmd"] or ())]


@pytest.mark.docker
def test_images_travel_in_a_file(images, recipe, docker_client, tmp_path):
    built = images.build(recipe)
    file = tmp_path / "images.tar"
    images.export([recipe], file)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["images.tar"]
    docker_client.images.remove(recipe.tag)
    docker_client.images.remove(f"labmgr/{recipe.name}:latest")
    assert images.facts([recipe])[recipe.tag].id == ""
    assert images.load(file) == (recipe.tag,)
    assert images.facts([recipe])[recipe.tag].id == built.id
    assert docker_client.images.get(f"labmgr/{recipe.name}:latest").id == built.id
    held = file.read_bytes()
    file.write_bytes(held[: len(held) // 2])
    with pytest.raises((BadInput, EngineError)):
        images.load(file)


@pytest.mark.docker
def test_an_image_that_no_recipe_makes_is_found_by_any_of_its_names(images, recipe):
    built = images.build(recipe)
    named = f"docker.io/{recipe.tag}"
    found = images.facts([], [recipe.tag, named, "labmgr-test/none:1"])
    assert (found[recipe.tag].id, found[named].id) == (built.id, built.id)
    assert found["labmgr-test/none:1"].id == ""


@pytest.mark.docker
def test_what_is_missing_is_not_exported_and_leaves_no_file(images, recipe, tmp_path):
    with pytest.raises(ImageMissing, match=recipe.tag):
        images.export([recipe], tmp_path / "images.tar")
    assert not (tmp_path / "images.tar").exists()


@pytest.mark.docker
@pytest.mark.parametrize(
    "tags", [["nginx:latest"], ["labmgr-snap/i/l:s-n"], [], ["labmgr/a:0123456789ab", "b:1"]]
)
def test_a_file_with_anything_else_in_it_is_refused(images, tmp_path, tags):
    file = tar_of(tmp_path, {"manifest.json": [{"RepoTags": tags, "Config": "c", "Layers": []}]})
    with pytest.raises(BadInput) as trouble:
        images.load(file)
    assert "labmgr image export" in trouble.value.hint


@pytest.mark.docker
def test_a_name_hidden_in_the_newer_index_is_refused_too(images, tmp_path):
    tags = ["labmgr/try:0123456789ab"]
    hidden = {"annotations": {"io.containerd.image.name": "docker.io/library/nginx:latest"}}
    file = tar_of(
        tmp_path,
        {
            "manifest.json": [{"RepoTags": tags, "Config": "c", "Layers": []}],
            "index.json": {"manifests": [hidden]},
        },
    )
    with pytest.raises(BadInput, match="nginx"):
        images.load(file)


@pytest.mark.docker
@pytest.mark.parametrize("content", [b"", b"no tar at all", b"\0" * 20000])
def test_a_file_that_is_no_archive_is_refused(images, tmp_path, content):
    file = tmp_path / "broken.tar"
    file.write_bytes(content)
    with pytest.raises(BadInput):
        images.load(file)
    with pytest.raises(BadInput):
        images.load(tmp_path / "not-there.tar")


def test_the_context_is_the_same_whoever_made_the_folder(tmp_path):
    (tmp_path / "README.md").write_text("about")
    (tmp_path / "deep").mkdir(mode=0o700)
    (tmp_path / "deep" / "README.md").write_text("part of it")
    (tmp_path / "run").write_text("x")
    (tmp_path / "run").chmod(0o700)
    with context(tmp_path, None) as file, tarfile.open(fileobj=file) as tar:
        found = {entry.name: (entry.mode, entry.uid, entry.size) for entry in tar}
    assert found == {
        "deep": (0o755, 0, 0),
        "deep/README.md": (0o644, 0, 10),
        "run": (0o755, 0, 1),
        "extra-ca.crt": (0o644, 0, 0),
    }


def test_the_sites_certificates_go_into_the_context(tmp_path):
    extra = tmp_path / "ca.pem"
    extra.write_text("CERTIFICATE")
    (tmp_path / "image").mkdir()
    with context(tmp_path / "image", extra) as file, tarfile.open(fileobj=file) as tar:
        assert tar.extractfile("extra-ca.crt").read() == b"CERTIFICATE"
    with pytest.raises(BadSettings), context(tmp_path / "image", tmp_path / "none"):
        pass


def test_fake_images_are_built_carried_and_refused_likewise(tmp_path):
    base = Recipe("base", "labmgr/base:1", Path())
    one = Recipe("one", "labmgr/one:1", Path(), bases={"BASE": base})
    images = FakeImages()
    assert images.facts([one])[one.tag].id == ""
    assert images.build(one).id
    assert images.present == {base.tag, one.tag}
    file = tmp_path / "images.tar"
    images.export([one, base], file)
    other = FakeImages()
    with pytest.raises(ImageMissing):
        other.export([one], file)
    assert other.load(file) == (base.tag, one.tag)
    file.write_text('["nginx:latest"]')
    with pytest.raises(BadInput):
        other.load(file)


def tar_of(folder: Path, files: dict[str, object]) -> Path:
    file = folder / "foreign.tar"
    with tarfile.open(file, "w") as tar:
        for name, document in files.items():
            content = json.dumps(document).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return file
