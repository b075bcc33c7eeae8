"""The commands `doctor`, `journal` and `snapshot`."""

from __future__ import annotations

import click

from labmgr.cli.chosen import Call, pick, working
from labmgr.cli.shell import Shell, answer, ask, json_option, table
from labmgr.domain.journal import Entry, Mark, Tail, first_altered, tail
from labmgr.domain.snapshot import SnapshotKind
from labmgr.errors import NotFound
from labmgr.services.day import doctor as doctors
from labmgr.services.lab import labs, snapshots

KINDS = click.Choice([kind.value for kind in SnapshotKind])


@click.command()
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Go or no-go: everything the day depends on; exit 1 on no-go."""
    shell: Shell = ctx.obj
    signs = doctors.examine(shell.tools)
    rows = [(one.what, one.verdict, one.seen, one.mend) for one in signs]
    data = {"go": doctors.go(signs), "signs": signs}
    answer(data, as_json=as_json, people=lambda: table(["", "", "seen", "mend"], rows))
    ctx.exit(0 if doctors.go(signs) else 1)


@click.group()
def journal() -> None:
    """What was done, by whom and why; each row carries the hash of the one before."""


@journal.command("show")
@click.option("--subject", help="Only this subject, for example lab:ID.")
@click.option("--limit", type=int, help="Only the newest so many.")
@json_option
@click.pass_obj
def journal_show(shell: Shell, subject: str | None, limit: int | None, as_json: bool) -> None:
    """The rows, oldest first."""
    found = shell.tools.store.entries(subject, limit)
    rows = [(f"{one.at:%F %T}", one.subject, one.what, one.by, one.why) for one in found]
    heads = ["at (UTC)", "subject", "what", "by", "why"]
    answer(found, as_json=as_json, people=lambda: table(heads, rows))


@journal.command("verify")
@json_option
@click.pass_context
def journal_verify(ctx: click.Context, as_json: bool) -> None:
    """Exit 1 and name the first row that was altered, or say that rows are missing at the end."""
    shell: Shell = ctx.obj
    found, mark = shell.tools.store.whole_journal()
    bad, end = first_altered(found), tail(found, mark)
    words = _faults(bad, end, mark) or ["whole"]
    newest = found[-1] if found else None
    data = {
        "rows": len(found),
        "altered": bad.rank if bad else None,
        "end": end,
        "newest": newest and {"rank": newest.rank, "hash": newest.hash},
    }
    said = "\n".join(f"{len(found)} rows: {one}" for one in words)
    answer(data, as_json=as_json, people=lambda: click.echo(said))
    ctx.exit(0 if words == ["whole"] else 1)


def _faults(bad: Entry | None, end: Tail, mark: Mark | None) -> list[str]:
    ends = {
        Tail.CUT: f"rows are missing at the end, labmgr's last one was row {mark and mark.rank}",
        Tail.REPLACED: "the last rows are not those that labmgr wrote",
        Tail.UNSEALED: "the seal of the newest row is missing, or not of this home's key",
    }
    altered = (
        f"row {bad.rank} or one before it was altered: {bad.at:%F %T} {bad.what}" if bad else ""
    )
    return [one for one in (altered, ends.get(end, "")) if one]


@click.group()
def snapshot() -> None:
    """Snapshots of labs."""


@snapshot.command("take")
@click.option("--kind", type=KINDS, default=SnapshotKind.OWN.value, show_default=True)
@working
def snapshot_take(call: Call, kind: str) -> None:
    """Freeze the labs for a moment and keep them."""
    by = call.shell.by
    call.each(
        lambda tools, one: snapshots.order_take(tools, one.id, SnapshotKind(kind), by=by), idle=()
    )


@snapshot.command("list")
@click.argument("name")
@click.option("--candidate", "number", metavar="NO")
@json_option
@click.pass_obj
def snapshot_list(shell: Shell, name: str, number: str | None, as_json: bool) -> None:
    """The session's snapshots, newest first for each lab."""
    store = shell.tools.store
    chosen = [one for one in store.labs(name) if number in {None, one.candidate}]
    found = [one for lab in chosen for one in store.snapshots(lab.id)]
    rows = [
        (one.lab, one.kind, one.id, f"{one.size >> 20} MiB", "yes" if one.verified else "NO")
        for one in found
    ]
    heads = ["lab", "kind", "snapshot", "size", "verified"]
    answer(found, as_json=as_json, people=lambda: table(heads, rows))


@snapshot.command("verify")
@click.argument("name")
@click.option("--candidate", "number", metavar="NO", required=True)
@click.option("--kind", type=KINDS, default=SnapshotKind.START.value, show_default=True)
@json_option
@click.pass_obj
def snapshot_verify(shell: Shell, name: str, number: str, kind: str, as_json: bool) -> None:
    """Prove that a snapshot can be restored: images there, digests right, contents readable."""
    one = pick(shell, name, number)
    newest = snapshots.latest(shell.tools, one.id, SnapshotKind(kind))
    proven = snapshots.verify(shell.tools, newest.id, by=shell.by)
    answer(proven, as_json=as_json, people=lambda: click.echo(f"{proven.id}: can be restored"))


@snapshot.command("restore")
@click.argument("snapshot_id", metavar="SNAPSHOT")
@click.option("--why", required=True, metavar="TEXT", help="The reason, for the journal.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@working
def snapshot_restore(call: Call, snapshot_id: str, why: str, yes: bool) -> None:
    """Put any snapshot of a lab back; the work in it now is lost."""
    by = call.shell.by
    ask(yes, "What was done in the lab since is lost. Go on?")
    tools = call.shell.tools
    there = tools.store.snapshot(snapshot_id).lab
    if there not in {one.id for one in call.labs()}:
        raise NotFound(
            f"Snapshot {snapshot_id} is of lab {there}",
            hint="`labmgr snapshot list` shows whose is which.",
        )
    call.end([labs.order_restore(tools, there, snapshot_id, by=by, why=why)])


@snapshot.command("rehearse")
@working
def snapshot_rehearse(call: Call) -> None:
    """Restore the start snapshots under a spare number, run the probes, remove them again."""
    by = call.shell.by
    call.each(lambda tools, one: snapshots.order_rehearse(tools, one.id, by=by), idle=())
