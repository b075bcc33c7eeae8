"""`python -m labmgr`: the command line, and `serve`, which starts the panel and the worker."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from labmgr.cli.main import main
from labmgr.cli.shell import Shell, note
from labmgr.config import read_settings
from labmgr.domain.ports import Tools
from labmgr.errors import LabmgrError, Refused
from labmgr.services.instance.backup import Safe
from labmgr.serving import Choice, check, serve_all, serve_panel, serve_worker
from labmgr.wiring import build_safe, build_tools
from labmgr.worker.loop import Worker


def tools() -> Tools:
    """From the environment and the settings file."""
    return build_tools(read_settings(os.environ))


def safe() -> Safe:
    """The same for backups, which must not need a home that works."""
    return build_safe(read_settings(os.environ))


@contextmanager
def help_out(using: Tools) -> Iterator[bool]:
    """Be the worker while the block runs, unless one is at work already."""
    with using.store.lock("worker") as free:
        pass
    if not free:
        yield False
        return
    worker = Worker(using)
    thread = threading.Thread(target=_work, args=(worker,), name="helping-worker")
    thread.start()
    try:
        yield True
    finally:
        worker.stop()
        thread.join()


def _work(worker: Worker) -> None:
    try:
        worker.run()
    except Refused:
        note("another worker has started meanwhile and carries the work out")


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--panel", "part", flag_value="panel", help="The panel alone.")
@click.option("--worker", "part", flag_value="worker", help="The worker alone.")
@click.option("--check", "part", flag_value="check", help="Start nothing: does the panel answer?")
@click.pass_obj
def serve(shell: Shell, host: str, port: int, part: str | None) -> None:
    """Serve the panel and run the worker, until interrupted."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = read_settings(os.environ)
    choice = Choice(host, port)
    if part == "worker":
        serve_worker()
    elif part == "check":
        note(f"labmgr answers on {check(shell.tools, settings.home)}")
    elif part == "panel":
        serve_panel(shell.tools, settings.home, choice)
    else:
        serve_all(shell.tools, settings.home, choice)


if __name__ == "__main__":
    try:
        main(obj=Shell(tools, help_out, safe))
    except LabmgrError as error:  # settings are read before click's own group is entered
        note(f"error: {error}\nhint:  {error.hint}")
        sys.exit(1)
