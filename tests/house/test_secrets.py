"""Nothing of the project speaks of secrets, other machines or registries."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDORED = ("vendor/",)


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    names = [name for name in listed.split("\0") if name]
    return [ROOT / name for name in names if not any(part in name for part in VENDORED)]


def test_no_private_key_is_tracked():
    marker = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]{20}")
    found = [file for file in tracked() if marker.search(_text(file))]
    assert found == []


def test_no_database_or_state_is_tracked():
    assert not [file for file in tracked() if file.suffix in {".db", ".key", ".sqlite3"}]


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="ignore")
