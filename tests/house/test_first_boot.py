"""The steps of the first boot: no credential is missed in silence, no address is kept."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

IMAGES = Path(__file__).resolve().parents[2] / "lab_templates" / "_images"
STEPS = sorted(IMAGES.glob("*/rootfs/usr/local/lib/labmgr/first-boot.d/*/*"))
HELPERS = sorted(IMAGES.glob("*/rootfs/usr/local/lib/labmgr/first-boot.sh"))
CALL = re.compile(r'(?:^|[;&|({])\s*(?:login|password) ["$\w]')
ALONE = re.compile(r'^\s*\w+=\$\((login|password) "?\$?\w+"?\)$')  # where `set -e` sees a failure


def name(path: Path) -> str:
    return str(path.relative_to(IMAGES)).replace("rootfs/usr/local/lib/labmgr/", "")


def shell_steps() -> list[Path]:
    return [step for step in STEPS if step.read_text().startswith("#!/bin/sh")]


def ask(helper: Path, folder: Path, line: str) -> subprocess.CompletedProcess[str]:
    script = f'set -eu\n. "$1"\nFIRST_BOOT=$2\n{line}\necho "after: $got"'
    command = ["sh", "-c", script, "sh", str(helper), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("step", shell_steps(), ids=name)
def test_a_credential_goes_straight_into_a_variable(step):
    code = [line for line in step.read_text().splitlines() if not line.lstrip().startswith("#")]
    assert [line for line in code if CALL.search(line) and not ALONE.match(line)] == []


@pytest.mark.parametrize("line", ['"$(password "$id" | quoted)"', "{ echo; password x; } | a"])
def test_a_call_whose_failure_would_be_lost_is_seen(line):
    assert CALL.search(line)
    assert not ALONE.match(line)


@pytest.mark.parametrize("step", STEPS, ids=name)
def test_nothing_that_a_snapshot_keeps_holds_an_address(step):
    assert not re.search(r"LAB_NET|LAB_NO|\b10\.\d+\.\d+", step.read_text())


@pytest.mark.parametrize("helper", HELPERS, ids=name)
@pytest.mark.parametrize("content", [None, ""])
def test_a_missing_or_empty_credential_stops_the_step(helper, content, tmp_path):
    folder = tmp_path / "credentials" / "admin"
    folder.mkdir(parents=True)
    if content is not None:
        (folder / "password").write_text(content)
    answer = ask(helper, tmp_path, "got=$(password admin)")
    assert answer.returncode != 0
    assert answer.stderr == "credential admin has no password\n"
    assert "after" not in answer.stdout


@pytest.mark.parametrize("helper", HELPERS, ids=name)
def test_a_credential_comes_as_it_is(helper, tmp_path):
    folder = tmp_path / "credentials" / "admin"
    folder.mkdir(parents=True)
    (folder / "login").write_text("cn=admin,dc=lab'\\")
    assert ask(helper, tmp_path, "got=$(login admin)").stdout == "after: cn=admin,dc=lab'\\\n"
