"""The reference says what the program does: every setting, every command."""

from __future__ import annotations

import pytest

from tests.house.reference import DOCS, PAGES


@pytest.mark.parametrize("page", PAGES)
def test_the_reference_page_is_up_to_date(page):
    written = (DOCS / page).read_text(encoding="utf-8")
    assert written == PAGES[page](), "run: .venv/bin/python -m tests.house.reference"
