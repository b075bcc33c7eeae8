"""What the settings leave open, the place itself answers."""

from __future__ import annotations

import pytest

from labmgr.config import read_settings
from labmgr.wiring import site_of


@pytest.mark.parametrize(
    ("given", "served", "portal"),
    [
        ({}, "", "http://127.0.0.1:8000/portail"),
        ({}, "http://127.0.0.1:8031/", "http://127.0.0.1:8031/portail"),
        ({}, "http://[::1]:8031/", "http://127.0.0.1:8031/portail"),
        (
            {"LAB_NAME": "labos.example"},
            "https://0.0.0.0:443/",
            "https://labos.example:443/portail",
        ),
        ({"PORTAL_URL": "https://x.example/"}, "https://0.0.0.0:443/", "https://x.example/"),
    ],
)
def test_slips_name_the_port_on_which_the_panel_listens(tmp_path, given, served, portal):
    if served:
        (tmp_path / "url").write_text(served)
    env = {f"LABMGR_{name}": value for name, value in given.items()}
    settings = read_settings({**env, "LABMGR_HOME": str(tmp_path)})
    assert site_of(settings, "abcde").portal_url == portal
