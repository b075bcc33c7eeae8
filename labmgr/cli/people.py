"""The commands `account`, `session` and `candidate`."""

from __future__ import annotations

from pathlib import Path

import click

from labmgr.cli.shell import Shell, answer, ask, json_option, note, refuse, table, write_out
from labmgr.cli.waiting import follow
from labmgr.domain.exam import ExamSession
from labmgr.domain.words import Option, Role
from labmgr.services.day import repairs
from labmgr.services.instance import accounts
from labmgr.services.session import rosters, sessions

OPTIONS = click.Choice([one.value for one in Option])


@click.group()
def account() -> None:
    """Staff accounts and their roles."""


@account.command("add")
@click.argument("login")
@click.option("--role", type=click.Choice([one.value for one in Role]), required=True)
@json_option
@click.pass_obj
def account_add(shell: Shell, login: str, role: str, as_json: bool) -> None:
    """Make an account; its password is generated and printed this once."""
    password = accounts.add_account(shell.tools, login, Role(role), by=shell.by)
    data = {"login": login, "role": role, "password": password}
    answer(data, as_json=as_json, people=lambda: click.echo(f"{login}  {password}"))


@account.command("list")
@json_option
@click.pass_obj
def account_list(shell: Shell, as_json: bool) -> None:
    """Every account, disabled ones too."""
    found = shell.tools.store.accounts()
    rows = [(one.login, one.role, "disabled" if one.disabled else "") for one in found]
    answer(found, as_json=as_json, people=lambda: table(["login", "role", ""], rows))


@account.command("passwd")
@click.argument("login")
@json_option
@click.pass_obj
def account_passwd(shell: Shell, login: str, as_json: bool) -> None:
    """Give an account a new generated password, printed this once."""
    password = accounts.new_password(shell.tools, login, by=shell.by)
    data = {"login": login, "password": password}
    answer(data, as_json=as_json, people=lambda: click.echo(f"{login}  {password}"))


@account.command("disable")
@click.argument("login")
@json_option
@click.pass_obj
def account_disable(shell: Shell, login: str, as_json: bool) -> None:
    """Shut an account out; its past stays in the journal."""
    accounts.disable_account(shell.tools, login, by=shell.by)
    answer({"disabled": login}, as_json=as_json, people=lambda: click.echo(f"{login} disabled"))


@click.group()
def session() -> None:
    """Exam sessions."""


@session.command("create")
@click.argument("title", metavar="NAME")
@click.option("--template", required=True, help="What a lab of this session is.")
@click.option("--option", type=OPTIONS, help="Checked against the template's own.")
@json_option
@click.pass_obj
def session_create(
    shell: Shell, title: str, template: str, option: str | None, as_json: bool
) -> None:
    """Create a session; its list is imported next. The same one again is left as it is."""
    made, words = _same(shell, title, template, option), "there already"
    if made is None:
        wished = Option(option) if option else None
        made = rosters.create_session(shell.tools, title, template, by=shell.by, option=wished)
        words = "created"
    answer(made, as_json=as_json, people=lambda: click.echo(f"{made.name}: {words}"))


@session.command("list")
@json_option
@click.pass_obj
def session_list(shell: Shell, as_json: bool) -> None:
    """Every session."""
    found = shell.tools.store.sessions()
    rows = [(one.name, one.option, one.template, one.state, one.title) for one in found]
    heads = ["name", "option", "template", "state", "title"]
    answer(found, as_json=as_json, people=lambda: table(heads, rows))


@session.command("show")
@click.argument("name")
@json_option
@click.pass_obj
def session_show(shell: Shell, name: str, as_json: bool) -> None:
    """One session with its candidates and labs."""
    store = shell.tools.store
    data = {
        "session": store.session(name),
        "candidates": store.candidates(name),
        "labs": store.labs(name),
    }
    rows = [(one.candidate, one.number, one.state) for one in store.labs(name)]
    answer(data, as_json=as_json, people=lambda: table(["candidate", "no", "state"], rows))


@session.command("open")
@click.argument("name")
@json_option
@click.pass_obj
def session_open(shell: Shell, name: str, as_json: bool) -> None:
    """Begin the session's day: nothing is built or pulled from now on."""
    _say(sessions.open_session(shell.tools, name, by=shell.by), as_json=as_json)


@session.command("close")
@click.argument("name")
@json_option
@click.pass_obj
def session_close(shell: Shell, name: str, as_json: bool) -> None:
    """End the session's day: the candidates' codes are worth nothing from now on."""
    _say(sessions.close_session(shell.tools, name, by=shell.by), as_json=as_json)


@session.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def session_remove(shell: Shell, name: str, yes: bool, as_json: bool) -> None:
    """Forget a session with its list; its labs must be removed before."""
    ask(yes, f"Session {name} and its list are lost. Go on?")
    sessions.remove_session(shell.tools, name, by=shell.by)
    answer({"removed": name}, as_json=as_json, people=lambda: click.echo(f"{name}: removed"))


@click.group()
def candidate() -> None:
    """The candidates of a session."""


@candidate.command("import")
@click.argument("name")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would change; save nothing.")
@json_option
@click.pass_context
def candidate_import(
    ctx: click.Context, name: str, file: Path, dry_run: bool, as_json: bool
) -> None:
    """Import a list; bad lines are named and left out, again adds nothing twice."""
    shell: Shell = ctx.obj
    data = file.read_bytes()
    if dry_run:
        changed, preview = 0, rosters.preview_import(shell.tools, name, file.name, data)
    else:
        changed, preview = rosters.import_file(shell.tools, name, file.name, data, by=shell.by)
    for problem in preview.problems:
        note(f"error: {problem}")
    found = {"changed": changed, "problems": preview.problems, "changes": preview.changes}
    new, other = len(preview.changes.new), len(preview.changes.changed)
    would = f"nothing saved: {new} candidate(s) would be new, {other} changed"
    words = would if dry_run else f"{changed} candidate(s) changed"
    answer(found, as_json=as_json, people=lambda: click.echo(words))
    ctx.exit(1 if preview.problems else 0)


@candidate.command("list")
@click.argument("name")
@json_option
@click.pass_obj
def candidate_list(shell: Shell, name: str, as_json: bool) -> None:
    """The session's candidates."""
    shell.tools.store.session(name)
    found = shell.tools.store.candidates(name)
    rows = [
        (one.number, one.last_name, one.first_name, one.place, one.extra_time or "")
        for one in found
    ]
    heads = ["number", "name", "first name", "place", "extra time"]
    answer(found, as_json=as_json, people=lambda: table(heads, rows))


@candidate.command("remove")
@click.argument("name")
@click.argument("number", metavar="NO")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@click.pass_obj
def candidate_remove(shell: Shell, name: str, number: str, yes: bool, as_json: bool) -> None:
    """Take one off the list, with code, réalisations and place in the timetable; labs go first."""
    ask(yes, f"Candidate {number} is taken off session {name}. Go on?")
    sessions.remove_candidate(shell.tools, name, number, by=shell.by)
    answer({"removed": number}, as_json=as_json, people=lambda: click.echo(f"{number}: removed"))


@candidate.command("slips")
@click.argument("name")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--candidate", "numbers", multiple=True, metavar="NO")
@json_option
@click.pass_obj
def candidate_slips(
    shell: Shell, name: str, output: Path, numbers: tuple[str, ...], as_json: bool
) -> None:
    """Write the slips to hand out, as PDF; readable by you alone, since it holds the codes."""
    printed = rosters.slips_of(shell.tools, name, by=shell.by, numbers=numbers)
    write_out(output, printed, private=True)
    answer({"file": output}, as_json=as_json, people=lambda: click.echo(f"{output} written"))


@candidate.command("rotate")
@click.argument("name")
@click.argument("number", metavar="NO")
@click.option("--why", required=True, metavar="TEXT", help="The reason, for the journal.")
@click.option("--wait", is_flag=True, help="Follow the work to its end.")
@json_option
@click.pass_context
def candidate_rotate(
    ctx: click.Context, *, name: str, number: str, why: str, wait: bool, as_json: bool
) -> None:
    """New accesses: a code for the portal, printed this once, and a password for the lab's door."""
    shell: Shell = ctx.obj
    code, jobs = repairs.rotate(shell.tools, name, number, by=shell.by, why=why)
    if wait and jobs:
        jobs = follow(shell, jobs)
    elif jobs:
        note("ordered; --wait follows the work to its end")
    data = {"candidate": number, "code": code, "jobs": jobs}
    answer(data, as_json=as_json, people=lambda: click.echo(f"{number}  {code}"))
    failed = [job for job in jobs if wait and not job.ended_well]
    for job in failed:
        refuse(f"{job.kind} {job.lab}: {job.outcome}", job.hint)
    ctx.exit(1 if failed else 0)


def _same(shell: Shell, title: str, template: str, option: str | None) -> ExamSession | None:
    """A session that was created with these very words."""
    for one in shell.tools.store.sessions():
        if (one.title, one.template) == (title.strip(), template) and option in {None, one.option}:
            return one
    return None


def _say(session: ExamSession, *, as_json: bool) -> None:
    words = f"{session.name}: {session.state}"
    answer(session, as_json=as_json, people=lambda: click.echo(words))
