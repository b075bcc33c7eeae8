"""A recipe's tag is the hash of all that goes into its image, and of nothing else."""

import os

import pytest

from labmgr.domain.template import ImageSpec
from labmgr.errors import BadFile
from labmgr.store.files.file_library import FileLibrary

ROOT_IMAGE = """\
registry: debian:x@sha256:0
mmdebstrap: {suite: bookworm, include: [a, b]}
"""


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "debian/image.yaml", ROOT_IMAGE)
    write(tmp_path, "base/Dockerfile", "# the base\nARG BASE=labmgr/debian\nFROM ${BASE}\n")
    write(
        tmp_path,
        "box/Dockerfile",
        "ARG BASE=labmgr/base\nARG SIZE=small\nFROM ${BASE}\nARG X=labmgr/none\nCOPY run /\n",
    )
    write(tmp_path, "box/files/run", "echo\n")
    return tmp_path


def write(folder, name, text):
    file = folder / "_images" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def tag(folder, name="box", **args):
    return FileLibrary(folder).recipe(ImageSpec(recipe=name, args=args)).tag


def test_bases_are_those_named_before_the_first_from(folder):
    box = FileLibrary(folder).recipe(ImageSpec(recipe="box"))
    assert list(box.bases) == ["BASE"]
    base = box.bases["BASE"]
    assert base.name == "base"
    assert base.bases["BASE"].name == "debian"
    assert box.folder == folder / "_images" / "box"


def test_the_root_image_takes_its_arguments_from_image_yaml(folder):
    root = FileLibrary(folder).recipe(ImageSpec(recipe="debian"))
    assert root.args == {
        "registry": "debian:x@sha256:0",
        "suite": "bookworm",
        "variant": "minbase",
        "include": "a,b",
    }
    assert root.bases == {}


def test_the_same_recipe_has_the_same_tag_anywhere(folder, tmp_path_factory):
    first = tag(folder)
    os.utime(folder / "_images" / "box" / "Dockerfile", (1, 1))
    assert tag(folder) == first
    assert first.startswith("labmgr/box:")
    assert len(first.partition(":")[2]) == 12


@pytest.mark.parametrize("name", ["README.md", "__pycache__/x.pyc", "files/y.pyc"])
def test_what_is_not_in_the_image_does_not_count(folder, name):
    first = tag(folder)
    write(folder, f"box/{name}", "whatever")
    assert tag(folder) == first


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: write(folder, "box/files/run", "echo two\n"),
        lambda folder: write(folder, "box/files/other", ""),
        lambda folder: (folder / "_images/box/files/run").rename(folder / "_images/box/files/go"),
        lambda folder: (folder / "_images/box/files/run").chmod(0o755),
        lambda folder: write(folder, "base/Dockerfile", "ARG BASE=labmgr/debian\nFROM ${BASE}\n#"),
        lambda folder: write(folder, "debian/image.yaml", ROOT_IMAGE.replace("book", "trix")),
        lambda folder: (folder / "_images/box/link").symlink_to("files"),
    ],
)
def test_any_change_below_changes_the_tag(folder, change):
    first = tag(folder)
    change(folder)
    assert tag(folder) != first


def test_arguments_count(folder):
    assert len({tag(folder), tag(folder, SIZE="big"), tag(folder, SIZE="small")}) == 3


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("base/Dockerfile", "ARG BASE=labmgr/box\nFROM ${BASE}\n", "build on each other: box"),
        ("base/Dockerfile", "ARG BASE=labmgr/zorro\nFROM ${BASE}\n", "no recipe zorro"),
        ("debian/image.yaml", "registry: debian:12\nmmdebstrap: {suite: x}\n", "not pinned"),
        ("debian/image.yaml", "registry: [\n", "never closed"),
        ("debian/image.yaml", ROOT_IMAGE + "more: 1\n", "xtra"),
    ],
)
def test_a_recipe_that_cannot_be_built_is_named(folder, name, text, what):
    write(folder, name, text)
    with pytest.raises(BadFile, match=what) as trouble:
        tag(folder)
    assert all(problem.mend and problem.file for problem in trouble.value.problems)


def test_a_folder_without_dockerfile_is_no_recipe(folder):
    write(folder, "empty/notes", "")
    with pytest.raises(BadFile, match="no Dockerfile"):
        tag(folder, "empty")


def test_a_plain_reference_has_no_recipe(folder):
    assert FileLibrary(folder).recipe(ImageSpec(reference="nginx:1.2.3")) is None


def test_a_template_is_read_afresh_when_a_recipe_below_it_changes(folder):
    (folder / "lab").mkdir()
    (folder / "lab" / "compose.yaml").write_text(
        "x-labmgr: {title: T, option: SISR}\n"
        "services:\n"
        "  web:\n"
        "    build: ../_images/box\n"
        '    networks: {lan: {ipv4_address: "${LAB_NET}.10.10"}}\n'
        "    mem_limit: 64m\n"
        "    x-labmgr: {probes: [{tcp: {port: 1}}]}\n"
        'networks: {lan: {internal: true, ipam: {config: [{subnet: "${LAB_NET}.10.0/24"}]}}}\n'
    )
    library = FileLibrary(folder)
    first = library.read("lab")
    assert library.read("lab") is first
    write(folder, "base/Dockerfile", "ARG BASE=labmgr/debian\nFROM ${BASE}\nRUN true\n")
    assert library.read("lab").hash != first.hash
