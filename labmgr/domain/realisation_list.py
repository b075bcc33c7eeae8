"""A list of réalisations: which template and parameters each candidate's two projects have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from labmgr.domain.exam import Realisation
from labmgr.domain.roster_columns import NUMBER, Columns, Sheet, find_columns
from labmgr.domain.roster_text import Row, decode
from labmgr.domain.words import Said
from labmgr.errors import Problem

WHICH, TEMPLATE, TITLE = "réalisation", "modèle", "titre"
_HEADERS = {
    NUMBER: ("numero", "n", "no", "number", "candidat", "numero candidat", "n candidat"),
    WHICH: ("realisation", "realisation n", "n realisation", "numero de realisation", "projet"),
    TEMPLATE: ("modele", "modele de labo", "template"),
    TITLE: ("titre", "intitule", "title"),
}
_EXPECTED = Said(
    "Name the columns on the first line: numéro, réalisation, modèle, titre, parameters.",
    "Nommez les colonnes sur la première ligne : numéro, réalisation, modèle, titre, paramètres.",
)
_NEEDED = ((NUMBER, "number"), (WHICH, "réalisation"), (TEMPLATE, "template"))
SHEET = Sheet(_HEADERS, _NEEDED, _EXPECTED)
LONGEST = 80


@dataclass(frozen=True)
class Listed:
    """The lines that can be tried, each with its place; a problem never stops the others."""

    good: list[tuple[int, Realisation]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def parse_realisations(
    data: bytes, *, file: str, session: str, variables: Collection[str]
) -> Listed:
    """Raises BadFile when nothing can be read. *variables* may each be a column."""
    columns, rows, problems = find_columns(file, decode(file, data), variables, SHEET)
    listed = Listed(problems=problems)
    for row in rows:
        if fault := _fault(row, columns):
            listed.problems.append(Problem(file, row.line, *fault))
        else:
            listed.good.append((row.line, _read(row, columns, session)))
    if not rows:
        what = Said("the list has no réalisation", "la liste ne contient aucune réalisation")
        mend = Said("Fill it in.", "Complétez la liste.")
        listed.problems.append(Problem(file, 0, WHICH, what, mend))
    return _without_doubles(file, listed)


def _fault(row: Row, columns: Columns) -> tuple[str, str, str] | None:
    """Column, what is wrong and how to mend it."""
    if row.broken or any(row.cells[len(columns.names) :]):
        what = Said("cells and columns do not match", "cases et colonnes ne se correspondent pas")
        mend = Said("Put quotation marks in pairs.", "Mettez les guillemets par paires.")
        return Said("line", "ligne"), what, mend
    for column, _ in _NEEDED:
        if not columns.cell(row, column):
            what = Said("the cell is empty", "la case est vide")
            return column, what, Said("Fill it in.", "Complétez la ligne.")
    if not columns.cell(row, WHICH).isascii() or not columns.cell(row, WHICH).isdigit():
        what = Said("this is not a number", "ce n'est pas un nombre")
        return WHICH, what, Said("Write 1 or 2.", "Écrivez 1 ou 2.")
    if long := [cell for cell in row.cells if len(cell) > LONGEST]:
        what = Said(f"more than {LONGEST} characters", f"plus de {LONGEST} caractères")
        return long[0][:20], what, Said("Shorten it.", "Raccourcissez le texte.")
    return None


def _read(row: Row, columns: Columns, session: str) -> Realisation:
    """An empty cell leaves the template's default."""
    cells = {name: row.cells[at] for name, at in columns.variables.items() if at < len(row.cells)}
    return Realisation(
        session,
        columns.cell(row, NUMBER),
        int(columns.cell(row, WHICH)),
        columns.cell(row, TEMPLATE),
        columns.cell(row, TITLE),
        {name: text for name, text in cells.items() if text},
    )


def _without_doubles(file: str, listed: Listed) -> Listed:
    """Two lines for one réalisation: nobody can know which is right, so neither goes in."""
    lines: dict[tuple[str, int], list[int]] = {}
    for line, one in listed.good:
        lines.setdefault((one.candidate, one.number), []).append(line)
    doubles = {line for same in lines.values() if len(same) > 1 for line in same}
    problems = list(listed.problems)
    for line in doubles:
        what = Said("the same réalisation is on another line", "réalisation écrite deux fois")
        mend = Said("Take one of them out.", "Supprimez l'une des deux lignes.")
        problems.append(Problem(file, line, WHICH, what, mend))
    good = [(line, one) for line, one in listed.good if line not in doubles]
    return Listed(good, sorted(problems, key=lambda one: one.line))
