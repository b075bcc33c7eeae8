"""The images of the templates: what is there, building what is missing, carrying them by file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from labmgr.domain.exam import SessionState
from labmgr.domain.ports import ImageFacts, Recipe, Tools
from labmgr.domain.template import ImageSpec, Template
from labmgr.errors import NotFound, Refused
from labmgr.services.lab.blueprint import recipes_of, references_of
from labmgr.services.lab.stock import stock

_BRING = "load it with `docker load` or name a recipe under build"

# Told while images are built: the recipe, the step in words, share from 0 to 1.
TellImage = Callable[[Recipe, str, float], None]


def wanted(
    tools: Tools, templates: Sequence[str] = (), recipes: Sequence[str] = ()
) -> list[Recipe]:
    """The recipes of these templates and of labmgr itself.

    When nothing is named, of all templates that can be read: `stock.stock` names the others.
    *recipes*: those that no template names, by their folders.
    """
    found = recipes_of(tools, _chosen(tools, templates, recipes))
    named = [tools.library.recipe(ImageSpec(recipe=name)) for name in recipes]
    return list({one.tag: one for one in (*found, *filter(None, named))}.values())


def listing(
    tools: Tools, templates: Sequence[str] = (), recipes: Sequence[str] = ()
) -> list[ImageFacts]:
    """Every wanted image, there or missing."""
    others = references_of(_chosen(tools, templates, recipes))
    facts = tools.images.facts(wanted(tools, templates, recipes), others)
    return [facts[tag] for tag in sorted(facts)]


def missing(tools: Tools, templates: Sequence[str] = (), recipes: Sequence[str] = ()) -> list[str]:
    """The wanted images that the host does not have; what no recipe makes, with place and mend."""
    others = references_of(_chosen(tools, templates, recipes))
    lacking = [image.tag for image in listing(tools, templates, recipes) if not image.id]
    return [f"{tag} ({others[tag]}: {_BRING})" if tag in others else tag for tag in lacking]


def build(
    tools: Tools,
    templates: Sequence[str] = (),
    recipes: Sequence[str] = (),
    *,
    by: str,
    tell: TellImage,
) -> list[ImageFacts]:
    """Build what is missing, one after another; what is there is left alone.

    Refused while a session is open: nothing is built or pulled then.
    """
    chosen = wanted(tools, templates, recipes)
    facts = tools.images.facts(chosen)
    lacking = [recipe for recipe in chosen if not facts[recipe.tag].id]
    if not lacking:
        return []
    _no_session_open(tools)
    built = []
    for recipe in lacking:
        built.append(tools.images.build(recipe, tell=_for(recipe, tell)))
        tools.store.write(f"image:{recipe.tag}", f"built, {built[-1].id}", by=by)
    return built


def export(
    tools: Tools, file: Path, templates: Sequence[str] = (), recipes: Sequence[str] = (), *, by: str
) -> int:
    """Write the wanted images into one tar, for a server without Internet; how many."""
    chosen = wanted(tools, templates, recipes)
    facts = tools.images.facts(chosen)
    if lacking := sorted(tag for tag, image in facts.items() if not image.id):
        raise NotFound(
            f"Images missing: {', '.join(lacking)}", hint="Build them: `labmgr image build`."
        )
    tools.images.export(chosen, file)
    tools.store.write("images", f"{len(chosen)} exported", by=by)
    return len(chosen)


def load(tools: Tools, file: Path, *, by: str) -> tuple[str, ...]:
    """Read such a tar; the tags that came in."""
    _no_session_open(tools)
    tags = tools.images.load(file)
    tools.store.write("images", f"{len(tags)} imported", by=by)
    return tags


def _chosen(tools: Tools, templates: Sequence[str], recipes: Sequence[str]) -> Sequence[Template]:
    if not templates and not recipes:
        return stock(tools).sound
    return [tools.library.read(name) for name in templates]


def _for(recipe: Recipe, tell: TellImage) -> Callable[[str, str, float], None]:
    return lambda _name, step, share: tell(recipe, step, share)


def _no_session_open(tools: Tools) -> None:
    held = [one.name for one in tools.store.sessions() if one.state is SessionState.OPEN]
    if held:
        raise Refused(
            f"Session {', '.join(held)} is open: no image is built or loaded meanwhile",
            hint="Close the session first (`labmgr session close NAME`).",
        )
