"""FakeImages: the Images port in memory; a file of images is a list of tags."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labmgr.domain.ports import ImageFacts, Recipe, Tell
from labmgr.engines.fake_engine import silent
from labmgr.errors import BadInput, ImageMissing, LabmgrError

SIZE = 100 << 20


@dataclass
class FakeImages:
    """`present` may be handed to a FakeEngine, so that what is built here can be started there."""

    present: set[str] = field(default_factory=set)
    fails_with: dict[str, LabmgrError] = field(default_factory=dict)
    host: str = "local"

    def facts(
        self, recipes: Sequence[Recipe], references: Collection[str] = ()
    ) -> Mapping[str, ImageFacts]:
        self._said("facts")
        return {tag: self._facts(tag) for tag in (*(one.tag for one in recipes), *references)}

    def build(self, recipe: Recipe, *, tell: Tell = silent) -> ImageFacts:
        self._said("build")
        if recipe.tag not in self.present:
            for base in recipe.bases.values():
                self.build(base, tell=tell)
            self.present.add(recipe.tag)
            tell(recipe.name, "built", 1.0)
        return self._facts(recipe.tag)

    def export(self, recipes: Sequence[Recipe], file: Path) -> None:
        self._said("export")
        tags = [recipe.tag for recipe in recipes]
        if missing := [tag for tag in tags if tag not in self.present]:
            raise ImageMissing(missing[0], self.host)
        file.write_text(json.dumps(tags), encoding="utf-8")

    def load(self, file: Path) -> tuple[str, ...]:
        self._said("load")
        try:
            tags = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as e:
            raise BadInput(f"{file} is not a file of images: {e}") from e
        if foreign := [tag for tag in tags if not tag.startswith("labmgr/")]:
            raise BadInput(f"{file} holds other things than labmgr's images: {foreign[0]}")
        self.present.update(tags)
        return tuple(sorted(tags))

    def _said(self, verb: str) -> None:
        if verb in self.fails_with:
            raise self.fails_with[verb]

    def _facts(self, tag: str) -> ImageFacts:
        if tag not in self.present:
            return ImageFacts(tag, "", 0, "")
        digest = hashlib.sha256(tag.encode()).hexdigest()
        return ImageFacts(tag, f"sha256:{digest}", SIZE, "2026-01-01T00:00:00+00:00")
