"""Before the day: `session form`, `commission`, `realisation` and `document`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from labmgr.cli.people import OPTIONS, session
from labmgr.cli.shell import Shell, answer, json_option, note, table
from labmgr.domain.exam import Form, Member, Phase, Realisation, composition_faults
from labmgr.domain.words import Option
from labmgr.services.session import forms, realisations

A_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FORMS = click.Choice([form.value for form in Form])
MINUTE = 60


def pairs(words: Sequence[str]) -> dict[str, str]:
    """`key=value`, as often as it was said; usage error for anything else."""
    found = dict(one.partition("=")[::2] for one in words)
    if bad := [one for one in words if "=" not in one]:
        raise click.UsageError(f"{bad[0]!r} is not KEY=VALUE")
    return found


def _durations(words: Sequence[str], unit: int) -> dict[Phase, int]:
    found = {}
    for key, value in pairs(words).items():
        try:
            found[Phase(key)] = round(float(value) * unit)
        except ValueError as e:
            phases = ", ".join(Phase)
            raise click.UsageError(f"{key}={value}: PHASE=NUMBER, PHASE of {phases}") from e
    return found


@session.command("form")
@click.argument("name")
@click.option("--form", "form", type=FORMS, help="How the épreuve is held.")
@click.option("--minutes", multiple=True, metavar="PHASE=N", help="How long a phase lasts.")
@click.option("--seconds", multiple=True, metavar="PHASE=N", help="The same, for rehearsals.")
@click.option("--label", "labels", multiple=True, metavar="KEY=TEXT", help="As it is printed.")
@json_option
@click.pass_obj
def session_form(
    shell: Shell,
    *,
    name: str,
    form: str | None,
    minutes: tuple[str, ...],
    seconds: tuple[str, ...],
    labels: tuple[str, ...],
    as_json: bool,
) -> None:
    """Change or show how the épreuve is held: its form, durations and labels."""
    durations = _durations(minutes, MINUTE) | _durations(seconds, 1)
    made = forms.set_form(
        shell.tools,
        name,
        by=shell.by,
        form=Form(form) if form else None,
        durations=durations,
        labels=pairs(labels),
    )
    rows: list[tuple[object, object]] = [("form", made.form)]
    rows += [(phase, f"{seconds / MINUTE:g} min") for phase, seconds in made.durations.items()]
    rows += list(made.labels.items())
    answer(made, as_json=as_json, people=lambda: table(["", ""], rows))


@click.group()
def commission() -> None:
    """The commissions of a session: two teachers who interview together."""


@commission.command("add")
@click.argument("name")
@click.argument("title")
@click.option("--member", "members", multiple=True, metavar="LOGIN", help="Said twice: two.")
@click.option("--option", "option", type=OPTIONS, help="What members teach, if not the session's.")
@click.option("--speciality", multiple=True, metavar="LOGIN=OPTION", help="What this one teaches.")
@click.option("--no-bloc", multiple=True, metavar="LOGIN", help="Teaches no bloc professionnel.")
@click.option("--room", default="", help="Where it sits.")
@json_option
@click.pass_obj
def commission_add(
    shell: Shell,
    *,
    name: str,
    title: str,
    members: tuple[str, ...],
    option: str | None,
    speciality: tuple[str, ...],
    no_bloc: tuple[str, ...],
    room: str,
    as_json: bool,
) -> None:
    """Write a commission down, and say what its composition lacks; phase 1 waits for that."""
    teaches = {login: _option(word) for login, word in pairs(speciality).items()}
    usual = Option(option) if option else shell.tools.store.session(name).option
    if strangers := {*teaches, *no_bloc} - set(members):
        raise click.UsageError(f"{min(strangers)} is no --member")
    people = [Member(one, teaches.get(one, usual), one not in no_bloc) for one in members]
    made, faults = forms.keep_commission(shell.tools, name, title, people, by=shell.by, room=room)
    for fault in faults:
        note(f"still lacking: {fault}")
    data = {"commission": made, "faults": faults}
    answer(data, as_json=as_json, people=lambda: click.echo(f"{made.id}: kept"))


def _option(word: str) -> Option:
    try:
        return Option(word)
    except ValueError as e:
        raise click.UsageError(f"{word} is not one of {', '.join(Option)}") from e


@commission.command("list")
@click.argument("name")
@json_option
@click.pass_obj
def commission_list(shell: Shell, name: str, as_json: bool) -> None:
    """The session's commissions, and what their composition lacks."""
    store = shell.tools.store
    of = store.session(name)
    found = [(one, composition_faults(one, of)) for one in store.commissions(of.name)]
    data = [{"commission": one, "faults": faults} for one, faults in found]
    rows = [
        (one.id, one.title, ", ".join(who.login for who in one.members), one.room, "; ".join(lacks))
        for one, lacks in found
    ]
    heads = ["id", "title", "members", "room", "lacking"]
    answer(data, as_json=as_json, people=lambda: table(heads, rows))


@commission.command("remove")
@click.argument("name")
@click.argument("identity", metavar="ID")
@json_option
@click.pass_obj
def commission_remove(shell: Shell, name: str, identity: str, as_json: bool) -> None:
    """Forget a commission; refused while a passage is planned with it."""
    forms.remove_commission(shell.tools, name, identity, by=shell.by)
    answer({"removed": identity}, as_json=as_json, people=_echo(f"{identity}: removed"))


@click.group()
def realisation() -> None:
    """The two réalisations of each candidate: a template with its parameters."""


@realisation.command("set")
@click.argument("name")
@click.argument("number", metavar="NO")
@click.argument("which", metavar="R", type=int)
@click.option("--template", required=True)
@click.option("--title", default="")
@click.option("--set", "values", multiple=True, metavar="KEY=VALUE", help="A parameter.")
@json_option
@click.pass_obj
def realisation_set(
    shell: Shell,
    *,
    name: str,
    number: str,
    which: int,
    template: str,
    title: str,
    values: tuple[str, ...],
    as_json: bool,
) -> None:
    """Write down réalisation R (1 or 2) of a candidate; its lab is planned at once."""
    wanted = Realisation(name, number, which, template, title, pairs(values))
    forms.keep_realisation(shell.tools, wanted, by=shell.by)
    kept = forms.realisation_of(shell.tools, name, number, which)
    answer(kept, as_json=as_json, people=_echo(f"réalisation {which} of {number}: kept"))


@realisation.command("list")
@click.argument("name")
@click.argument("number", metavar="[NO]", required=False)
@json_option
@click.pass_obj
def realisation_list(shell: Shell, name: str, number: str | None, as_json: bool) -> None:
    """Every candidate's réalisations, or one's; never which one was chosen."""
    of = shell.tools.store.session(name)
    found = shell.tools.store.realisations(of.name, number)
    rows = [
        (one.candidate, one.number, one.template, one.title, _words(one), one.document)
        for one in found
    ]
    heads = ["candidate", "no", "template", "title", "parameters", "document"]
    answer(found, as_json=as_json, people=lambda: table(heads, rows))


@realisation.command("import")
@click.argument("name")
@click.argument("file", type=A_FILE)
@json_option
@click.pass_context
def realisation_import(ctx: click.Context, name: str, file: Path, as_json: bool) -> None:
    """Import a list (numéro;réalisation;modèle;titre and parameters); bad lines are left out."""
    shell: Shell = ctx.obj
    data = file.read_bytes()
    changed, problems = realisations.import_file(shell.tools, name, file.name, data, by=shell.by)
    for problem in problems:
        note(f"error: {problem}")
    found = {"changed": changed, "problems": problems}
    answer(found, as_json=as_json, people=_echo(f"{changed} réalisation(s) changed"))
    ctx.exit(1 if problems else 0)


@click.group()
def document() -> None:
    """What phase 1 hands out to a candidate."""


@document.command("put")
@click.argument("name")
@click.argument("number", metavar="NO")
@click.argument("which", metavar="R", type=int)
@click.argument("file", type=A_FILE)
@json_option
@click.pass_obj
def document_put(
    shell: Shell, *, name: str, number: str, which: int, file: Path, as_json: bool
) -> None:
    """Keep the PDF of réalisation R, sealed; nobody but its candidate sees it, in phase 1."""
    forms.realisation_of(shell.tools, name, number, which)
    data = file.read_bytes()
    forms.keep_document(shell.tools, name, number, which, name=file.name, data=data, by=shell.by)
    made = {"candidate": number, "realisation": which, "file": file.name, "size": len(data)}
    answer(made, as_json=as_json, people=_echo(f"{file.name}: kept"))


def _words(one: Realisation) -> str:
    return ", ".join(f"{key}={value}" for key, value in one.variables.items())


def _echo(words: str) -> Callable[[], None]:
    return lambda: click.echo(words)
