"""For all tests: one browser, and a hypothesis that fails neither for slowness nor by chance.

`--hypothesis-profile=search` looks for what nobody has seen yet.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import sync_playwright

SLOW = [HealthCheck.too_slow]
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=SLOW)
settings.register_profile("search", deadline=None, suppress_health_check=SLOW)
settings.load_profile("house")

MEMORY = Path("/dev/shm")
OWN_THREADS = ("terminal", "rehearsal", "errand")
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--headless=new",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture
def disk():
    """For many small databases, in memory: nothing in those tests is about the disk itself."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)
        let_finish()


def let_finish():
    """Work of its own threads writes to the end: its folder must not go away under it."""
    for one in threading.enumerate():
        if one.name in OWN_THREADS:
            one.join(20)
            assert not one.is_alive(), f"{one.name} still works after its test"


@pytest.fixture(scope="session")
def chromium():
    """Debian's own; one for the session, since there is but one driver a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
