"""Following ordered work to its end, with a bar for each lab."""

from __future__ import annotations

import time
from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from labmgr.cli.shell import Shell, answer, note, refuse, table
from labmgr.domain.ports import Tools
from labmgr.domain.work import ENDED, LANE, Job, JobState, Lane
from labmgr.services.equipment import orders

LOOK_EVERY = 0.3  # seconds


def report(shell: Shell, jobs: Sequence[Job], *, wait: bool, as_json: bool) -> int:
    """Print the jobs, or follow them to their end; the exit status: 1 when one did not end well."""
    if wait and jobs:
        jobs = follow(shell, jobs)
    elif jobs:
        note("ordered; --wait follows the work to its end")
    answer(list(jobs), as_json=as_json, people=lambda: _show(jobs))
    failed = [job for job in jobs if job.state in ENDED and job.state is not JobState.DONE]
    for job in failed:
        refuse(f"{job.kind} {job.lab}: {job.outcome}", job.hint)
    return 1 if failed else 0


def follow(shell: Shell, jobs: Sequence[Job]) -> list[Job]:
    """Wait for all, and for what they order from devices when they are done.

    This process is the worker meanwhile when no other one is at work.
    """
    with shell.help_out(shell.tools) as helping:
        if helping:
            note("no worker was at work: this command carries the work out itself")
        return _follow(shell.tools, jobs)


def _follow(tools: Tools, jobs: Sequence[Job]) -> list[Job]:
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}"),
        console=Console(stderr=True),
    )
    rows: dict[int, TaskID] = {}
    with bars:
        while True:
            now = _with_following(tools, [tools.store.job(job.id) for job in jobs])
            for job in now:
                if job.id not in rows:
                    rows[job.id] = bars.add_task(f"{job.kind} {job.lab}", total=1.0, step="")
                _advance(tools, bars, rows[job.id], job)
            if all(job.state in ENDED for job in now):
                return now
            time.sleep(LOOK_EVERY)


def _with_following(tools: Tools, jobs: Sequence[Job]) -> list[Job]:
    """An order to devices is written before the job that gave it has ended: none is missed."""
    more = (one for job in jobs if job.ended_well for one in orders.following(tools, job))
    return list({one.id: one for one in (*jobs, *more)}.values())


def _advance(tools: Tools, bars: Progress, row: TaskID, job: Job) -> None:
    if job.state in ENDED:
        words = "done" if job.ended_well else job.outcome.splitlines()[0][:80]
        bars.update(row, completed=1.0 if job.ended_well else None, step=words)
        return
    steps = tools.store.progress(job.lab)
    if job.state is JobState.DOING and LANE[job.kind] is Lane.DEVICES:
        done, among = orders.heard(tools, job)
        bars.update(row, completed=done / max(among, 1), step=f"{done} of {among} devices")
    elif job.state is JobState.DOING and steps:
        share = sum(step.share for step in steps) / len(steps)
        newest = max(steps, key=lambda step: step.at)
        bars.update(row, completed=share, step=f"{newest.node}: {newest.step}")
    else:
        bars.update(row, step=str(job.state))


def _show(jobs: Sequence[Job]) -> None:
    if not jobs:
        note("nothing to do")
        return
    table(
        ["job", "kind", "lab", "state"],
        [(job.id, job.kind, job.lab, job.state) for job in jobs],
    )
