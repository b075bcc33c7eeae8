"""A backup says which labmgr made it: the same one as the package's."""

import tomllib
from pathlib import Path

from labmgr import __version__

ROOT = Path(__file__).resolve().parents[2]


def test_the_version_is_said_once():
    written = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert written["project"]["version"] == __version__
