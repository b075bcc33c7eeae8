"""The command `lab`: build, open, close, freeze, reset, remove; list, show, probe, access."""

from __future__ import annotations

import click

from labmgr.cli.chosen import Call, pick, working
from labmgr.cli.shell import Shell, answer, ask, json_option, note, refuse, table
from labmgr.cli.waiting import follow, report
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.ports import Tools
from labmgr.domain.work import Job
from labmgr.services.day import repairs, waves
from labmgr.services.lab import access, doors, labs, probes, snapshots

NOT_OPEN = frozenset(LabState) - {LabState.OPEN}
NOTHING_THERE = frozenset({LabState.PLANNED, LabState.GONE})


@click.group()
def lab() -> None:
    """Labs of a session: one for each candidate."""


@lab.command()
@working
def build(call: Call) -> None:
    """Build the labs that do not stand yet, until every probe is green."""
    ids = [one.id for one in call.labs()]
    if call.wave is not None:
        call.end(waves.prepare(call.shell.tools, call.name, call.wave, by=call.shell.by))
    call.end(labs.order_build(call.shell.tools, ids, by=call.shell.by))


@lab.command("open")
@working
def open_(call: Call) -> None:
    """Let the candidates in; --all and --wave leave frozen labs frozen."""
    by, idle = call.shell.by, {LabState.OPEN}
    if not call.numbers:
        idle.add(LabState.FROZEN)
        if frozen := [one.id for one in call.labs() if one.state is LabState.FROZEN]:
            note(f"left frozen: {', '.join(frozen)}; --candidate NO opens one of them again")
    call.each(lambda tools, one: doors.order_open(tools, one.id, by=by), idle=idle)


@lab.command()
@working
def close(call: Call) -> None:
    """Cut the candidates' access; the labs run on."""
    by = call.shell.by
    call.each(lambda tools, one: doors.order_close(tools, one.id, by=by), idle=NOT_OPEN)


@lab.command()
@working
def freeze(call: Call) -> None:
    """Cut the candidates' access and keep the labs for the commission."""
    by = call.shell.by
    call.each(
        lambda tools, one: doors.order_close(tools, one.id, by=by, freeze=True), idle=NOT_OPEN
    )


@lab.command()
@click.option("--node", "nodes", multiple=True, help="Only this node (may be repeated).")
@click.option("--force", is_flag=True, help="Even while the lab is open; needs --why.")
@click.option("--why", default="", metavar="TEXT", help="The reason, for the journal.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@working
def reset(call: Call, nodes: tuple[str, ...], force: bool, why: str, yes: bool) -> None:
    """Put the start snapshot back; what was done in the labs since is lost."""
    if force and not why:
        raise click.UsageError("--force needs --why TEXT")
    by = call.shell.by

    def order(tools: Tools, one: Lab) -> Job:
        return labs.order_reset(tools, one.id, by=by, nodes=nodes, force=force, why=why)

    ask(yes, "The candidates' work in these labs is lost. Go on?")
    call.each(order, idle=NOTHING_THERE)


@lab.command()
@click.argument("name")
@click.argument("number", metavar="NO")
@click.option("--node", required=True, help="The node to stop and start again.")
@click.option("--why", default="", metavar="TEXT", help="The reason, for the journal.")
@click.option("--wait", is_flag=True, help="Follow the work to its end.")
@json_option
@click.pass_context
def restart(
    ctx: click.Context, *, name: str, number: str, node: str, why: str, wait: bool, as_json: bool
) -> None:
    """Stop one node and start it again with its data; even in an hour."""
    shell: Shell = ctx.obj
    one = pick(shell, name, number)
    job = repairs.order_restart(shell.tools, one.id, node, by=shell.by, why=why)
    ctx.exit(report(shell, [job], wait=wait, as_json=as_json))


@lab.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@working
def remove(call: Call, yes: bool) -> None:
    """Remove labs with their snapshots; not while they are open."""
    by = call.shell.by
    ask(yes, "The labs and their snapshots are lost. Go on?")
    there = [one for one in call.labs() if call.numbers or _is_left(call.shell.tools, one)]
    call.order(lambda tools, one: labs.order_remove(tools, one.id, by=by), there)


def _is_left(tools: Tools, one: Lab) -> bool:
    return one.state not in NOTHING_THERE or snapshots.is_put_away(tools, one)


@lab.command("list")
@click.argument("name")
@json_option
@click.pass_obj
def list_(shell: Shell, name: str, as_json: bool) -> None:
    """The session's labs and their states."""
    shell.tools.store.session(name)
    found = shell.tools.store.labs(name)
    rows = [(one.candidate, one.number, one.state, one.template, one.id) for one in found]
    answer(
        found,
        as_json=as_json,
        people=lambda: table(["candidate", "no", "state", "template", "lab"], rows),
    )


@lab.command()
@click.argument("name")
@click.argument("number")
@json_option
@click.pass_obj
def show(shell: Shell, name: str, number: str, as_json: bool) -> None:
    """One lab: nodes as the engine sees them, probes, snapshots, what happened."""
    store = shell.tools.store
    one = pick(shell, name, number)
    data = {
        "lab": one,
        "nodes": shell.tools.engine.look(one.id),
        "findings": store.findings(one.id),
        "snapshots": store.snapshots(one.id),
        "events": store.entries(f"lab:{one.id}", limit=20),
    }
    answer(data, as_json=as_json, people=lambda: _show(shell, one))


@lab.command()
@click.argument("name")
@click.argument("number")
@json_option
@click.pass_context
def probe(ctx: click.Context, name: str, number: str, as_json: bool) -> None:
    """Run every probe once more, wait, and show what each saw; exit 1 when one is red."""
    shell: Shell = ctx.obj
    one = pick(shell, name, number)
    (job,) = follow(shell, [probes.order_probe(shell.tools, one.id, by=shell.by)])
    found = shell.tools.store.findings(one.id)
    answer(found, as_json=as_json, people=lambda: _show_findings(shell, one))
    if not job.ended_well:
        refuse(job.outcome, job.hint)
    ctx.exit(0 if job.ended_well and all(finding.green for finding in found) else 1)


@lab.command("access")
@click.argument("name")
@click.argument("number")
@json_option
@click.pass_obj
def access_(shell: Shell, name: str, number: str, as_json: bool) -> None:
    """Accounts, addresses and links of one lab; that they were shown goes into the journal."""
    one = pick(shell, name, number)
    found = access.for_staff(shell.tools, one, by=shell.by)
    answer(access.in_clear(found), as_json=as_json, people=lambda: _show_access(found))


def _show(shell: Shell, one: Lab) -> None:
    click.echo(f"{one.id}: {one.state}, lab {one.number}, template {one.template}")
    seen = shell.tools.engine.look(one.id)
    table(["node", "engine says"], sorted(seen.items()))
    _show_findings(shell, one)
    for snapshot in shell.tools.store.snapshots(one.id):
        click.echo(f"snapshot {snapshot.id}: {snapshot.size >> 20} MiB, {snapshot.taken:%F %T} UTC")


def _show_findings(shell: Shell, one: Lab) -> None:
    rows = [
        (finding.check, finding.kind, "green" if finding.green else "RED", finding.evidence)
        for finding in shell.tools.store.findings(one.id)
    ]
    table(["probe", "kind", "verdict", "what it saw"], rows)


def _show_access(found: access.LabAccess) -> None:
    click.echo(f"jump host: {found.jump} port {found.jump_port}, password {found.jump_password}")
    for node in found.nodes:
        click.echo(f"\n{node.node} — {node.title} — {node.address or 'equipment of the place'}")
        for door in node.doors:
            click.echo(f"  {door.title}: {door.link or door.command}")
        for one in node.credentials:
            secret = "(private key: --json)" if one.public else one.secret
            click.echo(f"  {one.login}  {secret}")
