"""Recipes of images: folders under _images, named by a hash of all that goes into them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from labmgr.domain.ports import Recipe
from labmgr.domain.template import ImageSpec
from labmgr.errors import BadFile, Problem
from labmgr.store.files.root_image import root_args

FOLDER = "_images"
OWN = ("gateway", "probe", "guard")
HASH_LENGTH = 12

_BASE = re.compile(
    r"\s*ARG\s+(?P<name>\w+)=[\"']?labmgr/(?P<image>[a-z0-9][a-z0-9-]*)[\"']?\s*", re.IGNORECASE
)
_FROM = re.compile(r"\s*FROM\s", re.IGNORECASE)
_ABOUT = "README.md"  # the folder's own; one deeper belongs to the image


@dataclass(frozen=True)
class RecipeBook:
    """All recipes below the templates' folder."""

    templates: Path

    def recipe(self, name: str, args: Mapping[str, str], way: tuple[str, ...] = ()) -> Recipe:
        """With its bases and its tag. Raises BadFile; *way* leads here from the first recipe."""
        folder = self.templates / FOLDER / name
        if name in way:
            ring = " → ".join((*way[way.index(name) :], name))
            raise self._bad(
                name,
                "Dockerfile",
                f"recipes build on each other: {ring}",
                "Let one of them name another base.",
            )
        if not folder.is_dir():
            known = ", ".join(sorted(one.name for one in folder.parent.glob("*/")))
            raise self._bad(name, "", f"there is no recipe {name}", f"The recipes are: {known}.")
        if (folder / "image.yaml").is_file():
            args = {**root_args(folder / "image.yaml", self._shown(name, "image.yaml")), **args}
            bases: dict[str, Recipe] = {}
        else:
            bases = self._bases(name, folder, args, way)
        digest = _digest(folder, args, bases)
        return Recipe(name, f"labmgr/{name}:{digest}", folder, args, bases)

    def own(self) -> Mapping[str, Recipe]:
        return {name: self.recipe(name, {}) for name in OWN}

    def fault(self, image: ImageSpec) -> tuple[str, str] | None:
        """What keeps an image from being built, and the mend; None when nothing does."""
        try:
            self.recipe(image.recipe, image.args)
        except BadFile as e:
            return f"the recipe cannot be built: {e.problems[0].what}", e.problems[0].mend
        return None

    def _bases(
        self, name: str, folder: Path, args: Mapping[str, str], way: tuple[str, ...]
    ) -> dict[str, Recipe]:
        file = folder / "Dockerfile"
        if not file.is_file():
            mend = f"Add {FOLDER}/{name}/Dockerfile."
            raise self._bad(name, "Dockerfile", f"the recipe {name} has no Dockerfile", mend)
        bases = {}
        for line in file.read_text(encoding="utf-8").splitlines():
            if _FROM.match(line):
                break
            if (base := _BASE.fullmatch(line)) and base["name"] not in args:
                bases[base["name"]] = self.recipe(base["image"], {}, (*way, name))
        return bases

    def _shown(self, name: str, file: str) -> str:
        return "/".join(filter(None, (FOLDER, name, file)))

    def _bad(self, name: str, file: str, what: str, mend: str) -> BadFile:
        shown = self._shown(name, file)
        return BadFile(shown, [Problem(shown, 0, name, what, mend)])


def _digest(folder: Path, args: Mapping[str, str], bases: Mapping[str, Recipe]) -> str:
    """The same on every machine: names, contents and who may execute, no dates and owners."""
    total = hashlib.sha256()
    for file in sorted(folder.rglob("*"), key=lambda one: one.relative_to(folder).as_posix()):
        inside = file.relative_to(folder)
        if inside.as_posix() == _ABOUT or "__pycache__" in inside.parts or file.suffix == ".pyc":
            continue
        if file.is_dir() and not file.is_symlink():
            continue
        content = str(file.readlink()).encode() if file.is_symlink() else file.read_bytes()
        runs = "x" if file.stat(follow_symlinks=False).st_mode & 0o100 else "-"
        part = hashlib.sha256(content).hexdigest()
        total.update(f"{inside.as_posix()}\0{runs}\0{part}\0".encode())
    tags = {name: base.tag for name, base in bases.items()}
    total.update(json.dumps([dict(args), tags], sort_keys=True).encode())
    return total.hexdigest()[:HASH_LENGTH]
