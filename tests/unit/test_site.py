"""What the settings leave open, the place itself answers."""

from __future__ import annotations

import os
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

from labmgr.config import read_settings
from labmgr.serving import Choice, serve_all
from labmgr.wiring import site_of
from tests.free import port_base


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
        ({}, "https://0.0.0.0:8000/", "https://127.0.0.1:8000/portail"),
        ({"PORTAL_URL": "https://x.example/"}, "https://0.0.0.0:443/", "https://x.example/"),
    ],
)
def test_slips_name_the_port_on_which_the_panel_listens(tmp_path, given, served, portal):
    if served:
        (tmp_path / "url").write_text(served)
    env = {f"LABMGR_{name}": value for name, value in given.items()}
    settings = read_settings({**env, "LABMGR_HOME": str(tmp_path)})
    assert site_of(settings, "abcde").portal_url == portal


@pytest.mark.parametrize(
    ("host", "name", "warned"),
    [
        ("127.0.0.1", "127.0.0.1", False),
        ("0.0.0.0", "127.0.0.1", True),
        ("0.0.0.0", "labos.example", False),
    ],
)
def test_a_panel_for_the_room_whose_labs_nobody_reaches_is_said(
    tmp_path, monkeypatch, caplog, *, host, name, warned
):
    monkeypatch.setattr(os, "execv", lambda *_command: None)
    store = SimpleNamespace(lock=lambda _name: nullcontext(True))
    site = SimpleNamespace(lab_name=name)
    serve_all(SimpleNamespace(store=store, site=site), tmp_path, Choice(host, port_base()))
    assert ("LABMGR_LAB_NAME" in caplog.text) == warned
