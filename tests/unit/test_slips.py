"""The slips hold what a candidate needs, and their text can be read back."""

from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime

import pytest

from labmgr.domain.exam import Candidate, ExamSession
from labmgr.domain.people import Slip
from labmgr.domain.words import Option
from labmgr.paper.printer import Printer

SESSION = ExamSession(
    "e6-juin", "E6 – juin 2026", "sisr-core", Option.SISR, datetime(2026, 6, 1, tzinfo=UTC)
)
PRINT = ":".join(["AB"] * 32)


def printed(*slips: Slip) -> bytes:
    return Printer().slips(SESSION, slips)


def slip(number: str, name: str = "Lefèvre") -> Slip:
    who = Candidate("e6-juin", number, name, "Noé", place="A2")
    return Slip(who, "https://10.0.0.1:8000/portail", PRINT, f"CODE-{number}-XYZ")


def text_of(pdf: bytes, tmp_path) -> str:
    if not shutil.which("pdftotext"):
        pytest.fail("pdftotext is missing: apt-get install poppler-utils")
    file = tmp_path / "slips.pdf"
    file.write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True
    ).stdout


def test_a_slip_names_its_candidate_the_portal_the_code_and_the_fingerprint(tmp_path):
    text = text_of(printed(slip("101")), tmp_path)
    for word in ("E6 – juin 2026", "Lefèvre Noé", "101", "place A2", "CODE-101-XYZ"):
        assert word in text
    assert "https://10.0.0.1:8000/portail" in text
    assert PRINT[:60] in text.replace("\n", "").replace(" ", "")


def test_seven_slips_take_two_pages_and_none_is_lost(tmp_path):
    text = text_of(printed(*(slip(str(number)) for number in range(201, 208))), tmp_path)
    assert text.count("\f") == 2
    assert all(f"CODE-{number}-XYZ" in text for number in range(201, 208))


def test_names_beyond_french_and_very_long_ones_are_printed_whole(tmp_path):
    names = ["Łukasz-Żółć", "Œuvrard", "De La Très-Longue-Particule-Rallongée Du Bois-Joli"]
    text = text_of(printed(*(slip(str(n), name) for n, name in enumerate(names))), tmp_path)
    for name in names:
        assert name in text
