"""Which column of a list holds what: French headers, any order, any case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from labmgr.domain.roster_text import SEPARATORS, Row, bad_list, rows
from labmgr.domain.words import Said
from labmgr.errors import Problem

NUMBER, LAST, FIRST, OPTION, EXTRA, PLACE = (
    "numéro",
    "nom",
    "prénom",
    "option",
    "majoration",
    "place",
)

_HEADERS = {
    NUMBER: (
        "numero", "n", "no", "num", "nr", "number", "matricule", "identifiant", "numero candidat",
        "numero de candidat", "numero du candidat", "n candidat", "n de candidat", "no candidat",
        "num candidat", "code candidat", "n inscription", "numero d inscription", "n anonymat",
        "numero d anonymat",
    ),
    LAST: (
        "nom", "noms", "nom de famille", "nom d usage", "nom usuel", "nom du candidat",
        "nom candidat", "last name", "lastname", "surname", "family name",
    ),
    FIRST: (
        "prenom", "prenoms", "prenom s", "prenom du candidat", "prenom candidat", "first name",
        "firstname", "given name",
    ),
    OPTION: ("option", "specialite", "parcours", "option du candidat"),
    EXTRA: (
        "majoration", "majoration de temps", "majoration du temps", "temps majore", "tiers temps",
        "1 3 temps", "temps supplementaire", "temps additionnel", "extra time",
    ),
    PLACE: (
        "place", "poste", "n poste", "n de poste", "no poste", "numero de poste", "n place",
        "n de place", "numero de place", "table", "siege", "seat",
    ),
}  # fmt: skip
_EXPECTED = Said(
    "Name the columns on the first line: numéro, nom, prénom, option, majoration, place.",
    "Nommez les colonnes sur la première ligne : numéro, nom, prénom, option, majoration, place.",
)


@dataclass(frozen=True)
class Sheet:
    """A kind of list: its columns with their usual headers, and those it cannot do without."""

    headers: Mapping[str, tuple[str, ...]]
    needed: tuple[tuple[str, str], ...]  # the column, and what it is called in English
    expected: Said

    def meaning(self, header: str) -> str | None:
        plain = _plain(header)
        return next((one for one, known in self.headers.items() if plain in known), None)


ROSTER = Sheet(_HEADERS, ((NUMBER, "number"), (LAST, "name")), _EXPECTED)


@dataclass(frozen=True)
class Columns:
    """Where each thing stands; `variables` are the template's own, for each candidate."""

    places: dict[str, int]
    variables: dict[str, int]
    names: tuple[str, ...]  # the header as it stands in the list

    def cell(self, row: Row, column: str) -> str:
        at = self.places.get(column)
        return row.cells[at] if at is not None and at < len(row.cells) else ""


def find_columns(
    file: str, text: str, variables: Collection[str], sheet: Sheet = ROSTER
) -> tuple[Columns, list[Row], list[Problem]]:
    """The columns, the rows below their header, and columns nobody asked for.

    The separator is the one with which the first line names most columns. Raises BadFile when no
    line names them.
    """
    headers = {separator: _header(text, separator) for separator in SEPARATORS}
    known = {key: len(_known(row, variables, sheet)) for key, row in headers.items()}
    separator = max(SEPARATORS, key=lambda one: (known[one], len(headers[one].cells)))
    header = headers[separator]
    columns, problems = _read_header(file, header, variables, sheet)
    for needed, english in sheet.needed:
        if needed not in columns.places:
            what = Said(f"no column for the {english}", f"aucune colonne pour le {needed}")
            raise bad_list(file, what, sheet.expected, header.line)
    return columns, [row for row in rows(text, separator) if row.line > header.line], problems


def _header(text: str, separator: str) -> Row:
    """The first line that is not the separator hint of some spreadsheets (`sep=;`)."""
    found = (
        row for row in rows(text, separator) if not row.cells[:1] or row.cells[0][:4] != "sep="
    )
    return next(found, Row(1, ()))


def _known(header: Row, variables: Collection[str], sheet: Sheet) -> list[str]:
    own = {_plain(name) for name in variables}
    return [cell for cell in header.cells if sheet.meaning(cell) or _plain(cell) in own]


def _read_header(
    file: str, header: Row, variables: Collection[str], sheet: Sheet
) -> tuple[Columns, list[Problem]]:
    own = {_plain(name): name for name in variables}
    columns = Columns({}, {}, header.cells)
    problems = []
    for rank, cell in enumerate(header.cells):
        plain = _plain(cell)
        if meaning := sheet.meaning(cell):
            holder, key = columns.places, meaning
        elif plain in own:
            holder, key = columns.variables, own[plain]
        else:
            if cell:
                problems.append(_unknown(file, header.line, cell))
            continue
        if key in holder:
            first = header.cells[holder[key]]
            what = Said(
                f"a second column for what {first!r} holds", f"deuxième colonne après « {first} »"
            )
            mend = Said("Only the first one is read.", "Seule la première est lue.")
            problems.append(Problem(file, header.line, cell, what, mend))
        holder.setdefault(key, rank)
    return columns, problems


def _unknown(file: str, line: int, cell: str) -> Problem:
    what = Said("the column is not read", "cette colonne n'est pas lue")
    mend = Said(
        "Rename it, or declare it under x-labmgr.variables of the template.",
        "Renommez-la, ou déclarez-la sous x-labmgr.variables dans le modèle.",
    )
    return Problem(file, line, cell, what, mend)


def _plain(header: str) -> str:
    """Without accents, case and punctuation: "N° candidat" and "n candidat" are one."""
    folded = unicodedata.normalize("NFKD", header).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", " ", folded).strip()
