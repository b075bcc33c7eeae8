"""The commands `image` and `template`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from labmgr.cli.shell import Shell, answer, json_option, note, plain, refuse, table, write_out
from labmgr.domain.ports import ImageFacts, Recipe
from labmgr.errors import BadFile
from labmgr.services.lab import drawing, images
from labmgr.services.lab.stock import stock

A_FILE = click.Path(dir_okay=False, path_type=Path)
recipe_option = click.option(
    "--recipe",
    "recipes",
    multiple=True,
    help="One that no template names; alone: only it.",
)


@click.group()
def image() -> None:
    """The images that labs are made of."""


@image.command("build")
@click.option("--template", "templates", multiple=True, help="Only what this template needs.")
@recipe_option
@json_option
@click.pass_context
def image_build(
    ctx: click.Context, templates: tuple[str, ...], recipes: tuple[str, ...], as_json: bool
) -> None:
    """Build what is missing; what is there is left alone.

    A template that cannot be read is named and left out; the status is then 1.
    """
    shell: Shell = ctx.obj
    built = build_missing(shell, templates, recipes)
    answer(built, as_json=as_json, people=lambda: note(f"{len(built)} image(s) built"))
    left_out = () if templates or recipes else name_faulty(shell)
    ctx.exit(1 if left_out else 0)


def build_missing(
    shell: Shell, templates: Sequence[str] = (), recipes: Sequence[str] = ()
) -> list[ImageFacts]:
    """With a bar for each image on a terminal, a line elsewhere."""
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}"),
        console=Console(stderr=True),
    )
    rows: dict[str, TaskID] = {}

    def tell(recipe: Recipe, step: str, share: float) -> None:
        if recipe.tag not in rows:
            rows[recipe.tag] = bars.add_task(recipe.name, total=1.0, step="")
            if not bars.console.is_terminal:
                note(f"building {recipe.tag}")
        bars.update(rows[recipe.tag], completed=share, step=step[:60])

    with bars:
        return images.build(shell.tools, templates, recipes, by=shell.by, tell=tell)


def name_faulty(shell: Shell) -> dict[str, str]:
    """Say on standard error which templates cannot be read; name to what is wrong."""
    faulty = {name: str(trouble) for name, trouble in stock(shell.tools).faulty.items()}
    for name, trouble in faulty.items():
        mend = f"Mend it (`labmgr template check {name}` reads it again) or take it away."
        refuse(f"template {name} is left out: {trouble}", mend)
    return faulty


@image.command("list")
@recipe_option
@json_option
@click.pass_context
def image_list(ctx: click.Context, recipes: tuple[str, ...], as_json: bool) -> None:
    """Every wanted image, there or missing."""
    shell: Shell = ctx.obj
    found = images.listing(shell.tools, recipes=recipes)
    rows = [(one.tag, one.id[7:19] or "MISSING", f"{one.size >> 20} MiB") for one in found]
    answer(found, as_json=as_json, people=lambda: table(["image", "id", "size"], rows))
    ctx.exit(1 if not recipes and name_faulty(shell) else 0)


@image.command("check")
@click.option("--template", "templates", multiple=True)
@json_option
@click.pass_context
def image_check(ctx: click.Context, templates: tuple[str, ...], as_json: bool) -> None:
    """Exit 1 and name what is missing, and each template that cannot be read."""
    shell: Shell = ctx.obj
    lacking = images.missing(shell.tools, templates)
    words = f"missing: {', '.join(lacking)}" if lacking else "all images are there"
    faulty = {} if templates else name_faulty(shell)
    data = {"missing": lacking, "faulty": faulty}
    answer(data, as_json=as_json, people=lambda: click.echo(words))
    ctx.exit(1 if lacking or faulty else 0)


@image.command("export")
@click.argument("file", type=A_FILE)
@click.option("--template", "templates", multiple=True)
@recipe_option
@json_option
@click.pass_context
def image_export(
    ctx: click.Context,
    file: Path,
    templates: tuple[str, ...],
    recipes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write all images into one tar, for a server without Internet."""
    shell: Shell = ctx.obj
    count = images.export(shell.tools, file, templates, recipes, by=shell.by)
    data = {"file": file, "images": count}
    answer(data, as_json=as_json, people=lambda: click.echo(f"{count} image(s) in {file}"))
    left_out = () if templates or recipes else name_faulty(shell)
    ctx.exit(1 if left_out else 0)


@image.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def image_import(shell: Shell, file: Path, as_json: bool) -> None:
    """Read such a tar."""
    tags = images.load(shell.tools, file, by=shell.by)
    answer({"images": tags}, as_json=as_json, people=lambda: click.echo("\n".join(tags)))


@click.group()
def template() -> None:
    """What labs can be."""


@template.command("list")
@json_option
@click.pass_context
def template_list(ctx: click.Context, as_json: bool) -> None:
    """Every template of the library; exit 1 and name those that cannot be read."""
    shell: Shell = ctx.obj
    found = stock(shell.tools).sound
    rows = [(one.name, one.option, len(one.nodes), one.title) for one in found]
    data = [
        {"name": one.name, "option": one.option, "title": str(one.title), "hash": one.hash}
        for one in found
    ]
    heads = ["name", "option", "nodes", "title"]
    answer(data, as_json=as_json, people=lambda: table(heads, rows))
    ctx.exit(1 if name_faulty(shell) else 0)


@template.command("check")
@click.argument("name")
@json_option
@click.pass_context
def template_check(ctx: click.Context, name: str, as_json: bool) -> None:
    """Read a template and its recette, no engine needed; each fault with its mend, then exit 1."""
    shell: Shell = ctx.obj
    problems: list[object] = []
    try:
        read = shell.tools.library.read(name)
        recette = shell.tools.library.recette(name)
    except BadFile as faulty:
        problems = list(faulty.problems)
        lines = [str(one) for one in faulty.problems]
    else:
        table_of = f"recette of {len(recette.lines)} lines" if recette else "no recette"
        lines = [f"{name}: good ({len(read.nodes)} nodes, {table_of})", *drawing.rights(read)]
    data = {"template": name, "problems": problems}
    answer(data, as_json=as_json, people=lambda: click.echo("\n".join(lines)))
    ctx.exit(1 if problems else 0)


@template.command("show")
@click.argument("name")
@click.option("--svg", type=A_FILE, help="Write the picture to this file.")
@json_option
@click.pass_obj
def template_show(shell: Shell, name: str, svg: Path | None, as_json: bool) -> None:
    """Nodes, networks and probes of a template; with --svg its picture."""
    read = shell.tools.library.read(name)
    if svg:
        write_out(svg, drawing.picture(read).encode())
        note(f"{svg} written")
    rows = [
        (node.name, ", ".join(node.addresses.values()), len(node.probes), node.title)
        for node in read.nodes
    ]
    rows += [(one.name, f"the place's {one.kind}", 0, one.title) for one in read.externals]
    heads = ["node", "address", "probes", "title"]
    answer(plain(read), as_json=as_json, people=lambda: table(heads, rows))


@template.command("schema")
@click.option("--recette", is_flag=True, help="Of recette.yaml instead of compose.yaml.")
@json_option
@click.pass_obj
def template_schema(shell: Shell, recette: bool, as_json: bool) -> None:
    """JSON Schema of a template or of its recette, for editors."""
    del as_json  # the schema is JSON either way
    schema = shell.tools.library.schema(recette=recette)
    click.echo(json.dumps(schema, ensure_ascii=False, indent=2))
