"""From the bytes of a list to its rows, whatever program wrote it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from labmgr.domain.words import Said
from labmgr.errors import BadFile, Problem

SEPARATORS = ";,\t"
MAX_BYTES = 4 << 20
_MAX_LINES = 20  # of one record: a quotation mark that is never closed would swallow the list

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_SAVE_AS = Said(
    "Save the sheet as CSV (UTF-8), and import that file.",
    "Enregistrez la feuille au format CSV (UTF-8), puis importez ce fichier.",
)


@dataclass(frozen=True)
class Row:
    """One record; `line` is where it begins. `broken`: its quotation marks are not in pairs."""

    line: int
    cells: tuple[str, ...]
    broken: bool = False


def decode(file: str, data: bytes) -> str:
    """Raises BadFile when this is no text."""
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise bad_list(file, Said("the list is empty", "la liste est vide"), _SAVE_AS)
    if len(data) > MAX_BYTES:
        what = Said("the list is longer than 4 MiB", "la liste dépasse 4 Mio")
        raise bad_list(file, what, Said("Is it the right file?", "Est-ce le bon fichier ?"))
    if data.startswith(_WORKBOOKS):
        what = Said("this is a spreadsheet's own file", "c'est un classeur de tableur")
        raise bad_list(file, what, _SAVE_AS)
    text = _decoded(data)
    if text is None or _CONTROL.search(text):
        what = Said("this is a binary file, not a list", "c'est un fichier binaire, pas une liste")
        raise bad_list(file, what, _SAVE_AS)
    return text


def _decoded(data: bytes) -> str | None:
    """UTF-16 only with its mark, as spreadsheets write it."""
    codings = ("utf-16",) if data.startswith(_UTF16) else ("utf-8-sig", "cp1252")
    for coding in codings:
        try:
            return data.decode(coding)
        except UnicodeDecodeError:
            continue
    return None


def rows(text: str, separator: str) -> Iterator[Row]:
    """Rows with their first lines; empty ones are left out. A cell is one line, without margins."""
    lines = [f"{line}\n" for line in re.split(r"\r\n|\n|\r", text)]
    at = 0
    while at < len(lines):
        reader = csv.reader(lines[at : at + _MAX_LINES], delimiter=separator, strict=True)
        try:
            cells = next(reader)
        except csv.Error:
            yield Row(at + 1, (), broken=True)
            at += 1
            continue
        clean = tuple(" ".join(cell.split()) for cell in cells)
        if any(clean):
            yield Row(at + 1, clean)
        at += reader.line_num


def bad_list(file: str, what: str, mend: str, line: int = 0) -> BadFile:
    return BadFile(file, [Problem(file, line, Said("file", "fichier"), what, mend)])
