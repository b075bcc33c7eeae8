"""DockerImages: the images of recipes, built by the engine's classic builder, carried by file."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from labmgr.domain.ports import ImageFacts, Recipe, Tell
from labmgr.engines import carried, root_image
from labmgr.engines.context import context
from labmgr.engines.reach import Connect, Reach
from labmgr.engines.translate import in_our_words, refusal
from labmgr.errors import EngineError, ImageMissing

RECIPE_LABEL = "labmgr.recipe"
LAST_LINES = 15
STEP = re.compile(r"Step (\d+)/(\d+) : (.*)")
SHOWN = 80  # characters of a step; the rest says nothing to a person who waits


def silent(name: str, step: str, share: float) -> None:
    """Tell nobody."""


class DockerImages:
    """The images of one Docker host.

    *extra_ca*: certificates of the site's inspecting proxy; *registry*: see `root_image.make`.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        extra_ca: Path | None = None,
        registry: str | None = "",
        host: str = "local",
    ) -> None:
        self._reach = Reach(connect, "", host)
        self._extra_ca = extra_ca
        self._registry = registry

    def close(self) -> None:
        """Let go of the connections; the next order makes new ones."""
        self._reach.close()

    def facts(
        self, recipes: Sequence[Recipe], references: Collection[str] = ()
    ) -> Mapping[str, ImageFacts]:
        with in_our_words(self._reach.host):
            rows = self._reach.api.images()
        found = {tag: row for row in rows for tag in row.get("RepoTags") or ()}
        facts = {recipe.tag: _facts(recipe.tag, found.get(recipe.tag)) for recipe in recipes}
        return facts | {one: self._reference(one) for one in references}

    def build(self, recipe: Recipe, *, tell: Tell = silent) -> ImageFacts:
        there = self.facts([recipe])[recipe.tag]
        if there.id:
            return there
        for base in recipe.bases.values():
            self.build(base, tell=tell)
        if root_image.is_root(recipe):
            root_image.make(self._reach, recipe, registry=self._registry, tell=tell)
        else:
            self._build(recipe, tell)
        with in_our_words(self._reach.host, image=recipe.tag):
            self._reach.api.tag(recipe.tag, recipe.tag.partition(":")[0], "latest")
        tell(recipe.name, "built", 1.0)
        return self.facts([recipe])[recipe.tag]

    def export(self, recipes: Sequence[Recipe], file: Path) -> None:
        facts = self.facts(recipes)
        for image in facts.values():
            if not image.id:
                raise ImageMissing(image.tag, self._reach.host)
        carried.export(self._reach, sorted(facts), file)

    def load(self, file: Path) -> tuple[str, ...]:
        return carried.load(self._reach, file)

    def _reference(self, reference: str) -> ImageFacts:
        """Asked by its name: the engine has more than one way to write it."""
        try:
            known = self._reach.image(reference)
        except ImageMissing:
            return _facts(reference, None)
        return ImageFacts(reference, known["Id"], int(known["Size"]), str(known["Created"]))

    def _build(self, recipe: Recipe, tell: Tell) -> None:
        arguments = {name: base.tag for name, base in recipe.bases.items()} | dict(recipe.args)
        order: Callable[..., Iterator[dict[str, Any]]] = self._reach.api.build
        heard: list[str] = []
        with (
            context(recipe.folder, self._extra_ca) as tar,
            in_our_words(self._reach.host, image=recipe.tag),
        ):
            for row in order(
                fileobj=tar,
                custom_context=True,
                tag=recipe.tag,
                buildargs=arguments,
                labels={RECIPE_LABEL: recipe.tag.partition(":")[2]},
                rm=True,
                forcerm=True,  # else a failed step leaves its container
                decode=True,
            ):
                self._hear(recipe, row, heard, tell)

    def _hear(self, recipe: Recipe, row: Mapping[str, Any], heard: list[str], tell: Tell) -> None:
        said = str(row.get("stream", "")).rstrip()
        heard.extend(said.splitlines())
        if step := STEP.match(said):
            at, of, what = step.groups()
            tell(recipe.name, f"{at}/{of} {what[:SHOWN]}", (int(at) - 1) / int(of))
        if "error" in row:
            raise _failed(recipe, str(row["error"]), heard, self._reach.host)


def _failed(recipe: Recipe, error: str, heard: Sequence[str], host: str) -> EngineError:
    known = refusal(error, host)
    if type(known) is not EngineError:
        return known
    last = "\n".join([*heard[-LAST_LINES:], error])
    return EngineError(
        f"Image {recipe.tag} could not be built:\n{last}",
        hint="A build needs the package mirrors; `labmgr image import FILE` needs nothing.",
    )


def _facts(tag: str, row: Mapping[str, Any] | None) -> ImageFacts:
    if row is None:
        return ImageFacts(tag, "", 0, "")
    created = datetime.fromtimestamp(int(row["Created"]), UTC).isoformat()
    return ImageFacts(tag, str(row["Id"]), int(row["Size"]), created)
