"""The panel for a WSGI server; settings from the environment, as everywhere."""

from __future__ import annotations

import os

from flask import Flask

from labmgr.config import read_settings
from labmgr.panel.app import create_app
from labmgr.wiring import build_tools, panel_key


def application() -> Flask:
    """Build the panel. Called by the server (`labmgr.wsgi:application()`)."""
    settings = read_settings(os.environ)
    secure = os.environ.get("LABMGR_PANEL_TLS") == "yes"
    return create_app(build_tools(settings), secret_key=panel_key(settings.home), secure=secure)
