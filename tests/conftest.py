"""For all tests: one browser, and hypothesis never fails for slowness, the bench's business."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import sync_playwright

settings.register_profile("house", deadline=None)
settings.load_profile("house")

MEMORY = Path("/dev/shm")
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


@pytest.fixture(scope="session")
def chromium():
    """Debian's own; one for the session, since there is but one driver a process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
