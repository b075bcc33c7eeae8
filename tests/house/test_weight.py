"""What is heavy and seldom needed is not loaded by processes that only stand by."""

from __future__ import annotations

import subprocess
import sys

import pytest

LATER = {
    "paramiko",
    "netmiko",
    "hier_config",
    "cryptography.x509",
    "alembic",
    "fpdf",
    "charset_normalizer",
    "sqlalchemy.dialects.postgresql",
}
DOORS = {"flask", "click", "rich"}


@pytest.mark.parametrize(
    ("process", "spared"),
    [("labmgr.at_work", LATER | DOORS), ("labmgr.wsgi", LATER | {"rich", "apscheduler"})],
)
def test_a_process_that_stands_by_has_not_loaded(process, spared):
    ask = f"import sys, {process}; print(*sys.modules)"
    asked = subprocess.run(
        [sys.executable, "-W", "error", "-c", ask], capture_output=True, text=True, check=True
    )
    assert process in asked.stdout.split()
    assert not spared & set(asked.stdout.split())


def test_docker_still_learns_to_speak_to_an_engine_behind_ssh():
    """Nobody is there: what it says comes from paramiko, not from one that misses it."""
    ask = (
        "import sys; from labmgr.engines.reach import Reach\n"
        "try:\n    Reach('ssh://nobody@127.0.0.1:1', 'x').api\n"
        "except Exception as e:\n    print('paramiko' in sys.modules, repr(e.__cause__ or e))"
    )
    asked = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert asked.stdout.startswith("True")
    assert "Install paramiko" not in asked.stdout
