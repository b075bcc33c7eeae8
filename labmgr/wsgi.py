"""The panel for a WSGI server; settings from the environment, as everywhere."""

from __future__ import annotations

import os
from wsgiref.types import WSGIApplication

from labmgr.config import read_settings
from labmgr.panel.app import create_app
from labmgr.wiring import build_tools, panel_key


def application(*, secure: bool = False) -> WSGIApplication:
    """Build the panel; *secure* when the server speaks HTTPS, so that cookies may say so."""
    settings = read_settings(os.environ)
    return create_app(build_tools(settings), secret_key=panel_key(settings.home), secure=secure)
