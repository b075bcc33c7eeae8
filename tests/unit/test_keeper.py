"""The keeper as a process of its own, over children that do nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.lab.clients import wait_for

# Longer than anybody waits for their end.
KEEP = "from labmgr.keeper import Keeper; Keeper(dict.fromkeys('ab', ['sleep', '900'])).run()"


def children(of):
    return Path(f"/proc/{of}/task/{of}/children").read_text().split()


def gone(pids):
    """A zombie of a child that nobody has waited for is gone too."""
    stats = []
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            stats.append(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0])
    return set(stats) <= {"Z"}


@pytest.fixture
def keeper():
    with subprocess.Popen([sys.executable, "-c", KEEP]) as process:
        try:
            assert wait_for(lambda: len(children(process.pid)) == 2)
            yield process
        finally:
            process.kill()


def test_a_child_that_was_killed_is_started_again(keeper):
    first, other = children(keeper.pid)
    os.kill(int(first), signal.SIGKILL)
    assert wait_for(lambda: len(set(children(keeper.pid)) - {first}) == 2)
    assert other in children(keeper.pid)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_child_outlives_its_keeper(keeper, how):
    pids = children(keeper.pid)
    keeper.send_signal(how)
    assert wait_for(lambda: gone(pids)), pids
