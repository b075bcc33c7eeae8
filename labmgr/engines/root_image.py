"""The root of every Debian image: from a registry, pinned, or from the distribution's packages."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from labmgr.domain.ports import Recipe, Tell
from labmgr.engines.reach import Reach
from labmgr.engines.translate import in_our_words, refusal
from labmgr.errors import EngineError

TOOL = "mmdebstrap"
APT = Path("/etc/apt")
ONE_LINE = re.compile(r"^deb\s+(?:\[[^]]*\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<parts>.+)$")
LAST_LINES = 15
SHOWN = 200  # characters of why a registry gave nothing
EXTRA_SUITES = ("", "-updates", "-security")


def is_root(recipe: Recipe) -> bool:
    """A recipe that builds on nothing is described by an image.yaml, not by a Dockerfile."""
    return not (recipe.folder / "Dockerfile").is_file() and "registry" in recipe.args


def make(reach: Reach, recipe: Recipe, *, registry: str | None, tell: Tell) -> None:
    """From the site's *registry* and nowhere else where one is named; None: from packages.

    Named "", it is Docker Hub's, or from packages where that is out of reach.
    """
    if registry:
        _pull(reach, recipe, in_registry(recipe.args["registry"], registry), tell)
        return
    if registry is not None and _pulled(reach, recipe, tell):
        return
    tell(recipe.name, f"{TOOL} {recipe.args['suite']}", 0.1)
    with tempfile.TemporaryFile() as tar:
        _bootstrap(recipe, tar)
        tar.seek(0)
        tell(recipe.name, "import", 0.8)
        _import(reach, recipe, tar)


def mirrors(sources: Iterable[str], suite: str) -> list[str]:
    """Lines for mmdebstrap from apt's own files, of this suite alone; none: its own default."""
    wanted = {suite + extra for extra in EXTRA_SUITES}
    found = [line for text in sources for line in _lines(text)]
    return [
        f"deb {uri} {name} {parts}" for uri, name, parts in dict.fromkeys(found) if name in wanted
    ]


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    """(uri, suite, components) of the one-line form, and of deb822 stanzas."""
    for line in text.splitlines():
        if entry := ONE_LINE.match(line.strip()):
            yield entry["uri"], entry["suite"], entry["parts"]
    for stanza in re.split(r"\n\s*\n", text):
        fields = _fields(stanza)
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes") != "no":
            for uri in fields.get("uris", "").split():
                for suite in fields.get("suites", "").split():
                    yield uri, suite, fields.get("components", "main")


def _fields(stanza: str) -> Mapping[str, str]:
    rows = (line.partition(":") for line in stanza.splitlines() if not line.startswith("#"))
    return {key.strip().lower(): value.strip() for key, _, value in rows}


def in_registry(reference: str, registry: str) -> str:
    """The same pinned image in the site's registry, by the name that a mirror of Hub gives it."""
    name, _, digest = reference.partition("@")
    first, slash, _ = name.partition("/")
    if slash and (set(".:") & set(first) or first == "localhost"):
        return reference  # the recipe names a registry itself
    repository = name.partition(":")[0]
    path = repository if slash else f"library/{repository}"
    return f"{registry}/{path}@{digest}"


def _pull(reach: Reach, recipe: Recipe, reference: str, tell: Tell) -> None:
    tell(recipe.name, f"pull {reference.partition('@')[0]}", 0.05)
    try:
        with in_our_words(reach.host, image=reference):
            order: Callable[..., Iterator[Mapping[str, Any]]] = reach.api.pull
            for row in order(reference, stream=True, decode=True):
                if "error" in row:  # the engine says yes first, and what failed in its stream
                    raise refusal(str(row["error"]), reach.host)
            found = reach.image(reference)["Id"]
            name, _, tag = recipe.tag.partition(":")
            reach.api.tag(found, name, tag)
    except EngineError as e:
        if e.passing:
            raise  # the engine itself is gone, not the registry
        raise EngineError(
            f"{reference} could not be pulled: {e}",
            hint="Put that very image there (its digest is in the image.yaml), or set "
            "LABMGR_REGISTRY=no to make it from the distribution's packages.",
        ) from e


def _pulled(reach: Reach, recipe: Recipe, tell: Tell) -> bool:
    """Whether the registry gave the pinned image; where there is none, packages do as well."""
    try:
        _pull(reach, recipe, recipe.args["registry"], tell)
    except EngineError as e:
        if e.passing:
            raise
        tell(recipe.name, f"packages instead: {e}"[:SHOWN], 0.08)
        return False
    return True


def _bootstrap(recipe: Recipe, tar: IO[bytes]) -> None:
    tool = shutil.which(TOOL)
    if tool is None:
        raise EngineError(
            f"{TOOL} is needed to make {recipe.tag}, since no registry gives it",
            hint=f"As root: `apt-get install {TOOL} uidmap`; or load the images from a file "
            "(`labmgr image import FILE`).",
        )
    command = [tool, f"--variant={recipe.args['variant']}", "--mode=auto", "--format=tar"]
    if recipe.args["include"]:
        command.append(f"--include={recipe.args['include']}")
    command += [recipe.args["suite"], "-", *mirrors(_host_sources(), recipe.args["suite"])]
    done = subprocess.run(  # noqa: S603 - a list of words from the recipe, no shell
        command, stdin=subprocess.DEVNULL, stdout=tar, stderr=subprocess.PIPE, check=False
    )
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").splitlines()[-LAST_LINES:]
        raise EngineError(
            f"{TOOL} could not make {recipe.tag}:\n" + "\n".join(last),
            hint="It needs a package mirror of the distribution and, without root, user "
            "namespaces (`apt-get install uidmap`); or load the images from a file "
            "(`labmgr image import FILE`).",
        )


def _host_sources() -> list[str]:
    files = [APT / "sources.list", *sorted((APT / "sources.list.d").glob("*"))]
    return [file.read_text(encoding="utf-8") for file in files if file.is_file()]


def _import(reach: Reach, recipe: Recipe, tar: IO[bytes]) -> None:
    name, _, tag = recipe.tag.partition(":")
    changes = [f"LABEL labmgr.recipe={tag}", 'CMD ["/bin/bash"]']
    with in_our_words(reach.host):
        answer = reach.api.import_image_from_data(tar, repository=name, tag=tag, changes=changes)
    if "errorDetail" in str(answer):
        raise EngineError(f"The engine refused the tree of {recipe.tag}: {answer}")
