"""Puts the gateway image's program on the path."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

sys.dont_write_bytecode = True  # an image's folder holds its recipe and nothing else
sys.path.insert(0, str(Path(__file__).parents[2] / "lab_templates/_images/gateway"))


@pytest.fixture
def document() -> dict[str, Any]:
    srv = {"address": "10.101.10.30", "port": 22}
    return {
        "front": "10.101.255.0/28",
        "domain": "lab.lan",
        "names": [{"name": "srv", "address": "10.101.10.30"}],
        "ssh": {
            "candidate": {"port": 2222, "login": "candidat", "password": "one"},
            "examiner": {"port": 2223, "login": "examinateur", "password": "two"},
        },
        "forward": [{"name": "srv", **srv}],
        "web": [{"node": "srv", **srv, "port": 80, "candidate_port": 8000, "examiner_port": 8001}],
        "tls": {"certificate": "CERT", "key": "KEY"},
        "host_key": "HOST KEY",
    }
