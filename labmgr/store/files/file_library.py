"""The templates and recipes on disk: `lab_templates/<name>/*.yaml` and `_images/`."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labmgr.domain.ports import Recipe
from labmgr.domain.recette import Recette
from labmgr.domain.template import ImageSpec, Template
from labmgr.errors import BadFile, NotFound, Problem
from labmgr.store.files import template_schema
from labmgr.store.files.compose_checks import check
from labmgr.store.files.compose_reader import read_model
from labmgr.store.files.compose_template import image_spec, to_template
from labmgr.store.files.french import said
from labmgr.store.files.recette_reader import read_recette
from labmgr.store.files.recipes import HASH_LENGTH, RecipeBook
from labmgr.store.files.yaml_lines import read_yaml

COMPOSE = "compose.yaml"
RECETTE = "recette.yaml"

# Files of the templates' folder with their times, sizes and modes: same stamp, same answers.
_Stamp = tuple[tuple[str, int, int, int], ...]


@dataclass
class _Memory:
    """What was read at one state of the folder; reading YAML takes a good part of a second."""

    stamp: _Stamp = ()
    templates: dict[str, Template] = field(default_factory=dict)
    recettes: dict[str, Recette] = field(default_factory=dict)
    recipes: dict[tuple[str, tuple[tuple[str, str], ...]], Recipe] = field(default_factory=dict)
    own: Mapping[str, Recipe] = field(default_factory=dict)


class FileLibrary:
    """Reads afresh whenever a file below *templates* has changed."""

    def __init__(self, templates: Path) -> None:
        self._templates = templates
        self._book = RecipeBook(templates)
        self._memory = _Memory()

    def names(self) -> tuple[str, ...]:
        found = self._templates.glob(f"[!_.]*/{COMPOSE}")
        return tuple(sorted(file.parent.name for file in found))

    def read(self, name: str) -> Template:
        memory = self._fresh()
        if name not in memory.templates:
            memory.templates[name] = self._read(name)
        return memory.templates[name]

    def recette(self, name: str) -> Recette | None:
        template, memory = self.read(name), self._memory
        if name not in memory.recettes:
            shown = f"{name}/{RECETTE}"
            file = self._templates / shown
            if not file.exists():
                return None
            try:
                memory.recettes[name] = read_recette(shown, file.read_bytes(), template)
            except BadFile as e:
                raise BadFile(shown, _in_order(e.problems)) from e
        return memory.recettes[name]

    def recipe(self, image: ImageSpec) -> Recipe | None:
        if not image.recipe:
            return None
        recipes = self._fresh().recipes
        key = (image.recipe, tuple(sorted(image.args.items())))
        if key not in recipes:
            recipes[key] = self._book.recipe(image.recipe, image.args)
        return recipes[key]

    def own_images(self) -> Mapping[str, Recipe]:
        memory = self._fresh()
        memory.own = memory.own or self._book.own()
        return memory.own

    def schema(self, *, recette: bool = False) -> Mapping[str, object]:
        return (template_schema.RECETTE if recette else template_schema.TEMPLATE).schema

    def keys(self) -> Sequence[tuple[str, str]]:
        return template_schema.keys()

    def _read(self, name: str) -> Template:
        if name not in self.names():
            raise NotFound(
                f"There is no template {name!r}",
                hint=f"The templates are: {', '.join(self.names()) or 'none'}.",
            )
        shown = f"{name}/{COMPOSE}"
        raw = (self._templates / shown).read_bytes()
        try:
            document, problems = read_yaml(shown, raw)
        except BadFile as e:
            raise BadFile(shown, _in_order(e.problems)) from e
        model, faults = read_model(document)
        problems += faults
        if model is not None:
            problems += check(document, model, self._book.fault)
        if problems or model is None:
            raise BadFile(shown, _in_order(problems))
        images = [image_spec(service) for service in model.services.values()]
        return to_template(name, self._hash(raw, images), document, model)

    def _hash(self, raw: bytes, images: Sequence[ImageSpec]) -> str:
        recipes = [self.recipe(image) for image in images]
        tags = sorted({recipe.tag for recipe in recipes if recipe})
        return hashlib.sha256(raw + "\n".join(tags).encode()).hexdigest()[:HASH_LENGTH]

    def _fresh(self) -> _Memory:
        stamp = _stamp(self._templates)
        if stamp != self._memory.stamp:
            self._memory = _Memory(stamp)
        return self._memory


def _stamp(folder: Path) -> _Stamp:
    facts = (
        (file.path, file.stat(follow_symlinks=False)) for file in _files(folder) if file.is_file()
    )
    # A clock of files may stand still for some milliseconds: two saves may have one time.
    return tuple(
        sorted((path, fact.st_mtime_ns, fact.st_size, fact.st_mode) for path, fact in facts)
    )


def _files(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)


def _in_order(problems: Sequence[Problem]) -> list[Problem]:
    """By line, each once: two checks may stumble over the same thing."""
    return sorted(map(said, dict.fromkeys(problems)), key=lambda problem: problem.line)
