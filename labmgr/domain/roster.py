"""A list of candidates: the lines that can be used, and the reason for each that cannot."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, TypeVar

from labmgr.domain.exam import Candidate, ExamSession
from labmgr.domain.extra_time import parse_extra_time
from labmgr.domain.lab import SPARE
from labmgr.domain.roster_columns import (
    EXTRA,
    FIRST,
    LAST,
    NUMBER,
    OPTION,
    PLACE,
    Columns,
    find_columns,
)
from labmgr.domain.roster_text import Row, decode
from labmgr.domain.words import Option, Said, slug
from labmgr.errors import BadInput, Problem

T = TypeVar("T")

NUMBER_LENGTH = 12  # of its slug: what a lab's identifier has room for
_TEXT_LENGTH = 80

_FILL_IN = Said("Fill it in.", "Complétez la ligne.")
_ONE_EACH = Said("Write one line for each candidate.", "Écrivez une ligne par candidat.")
_SHORTEN = Said("Shorten it.", "Raccourcissez le texte.")


@dataclass(frozen=True)
class Roster:
    """A problem never stops the lines that have none; `told`: what the list has columns for."""

    good: list[Candidate] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    told: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Differences:
    """What a list would change. Candidates who are not in it stay as they are."""

    new: tuple[Candidate, ...] = ()
    changed: tuple[Candidate, ...] = ()
    same: tuple[Candidate, ...] = ()
    before: Mapping[str, Candidate] = field(default_factory=dict)  # of those that change

    def __bool__(self) -> bool:
        return bool(self.new or self.changed)


def parse_roster(
    data: bytes, *, file: str, session: ExamSession, variables: Collection[str] = ()
) -> Roster:
    """Raises BadFile when nothing can be read: an empty or binary file, no named columns.

    *variables* are those the session's template declares: each may be a column.
    """
    columns, rows, problems = find_columns(file, decode(file, data), variables)
    reader = _Reader(file, session, columns)
    read = [(row, reader.candidate(row)) for row in rows]
    good = reader.without_doubles([(row, one) for row, one in read if one is not None])
    found = sorted([*problems, *reader.problems], key=lambda problem: problem.line)
    if not rows:
        what = Said("the list has no candidate", "la liste ne contient aucun candidat")
        found.append(Problem(file, 0, NUMBER, what, _ONE_EACH))
    return Roster(good, found, frozenset({*columns.places, *columns.variables}))


def differences(existing: Iterable[Candidate], roster: Roster) -> Differences:
    """For the preview: who is new, whose line differs, who is already there just so."""
    known = {candidate.number: candidate for candidate in existing}
    new: list[Candidate] = []
    changed: list[Candidate] = []
    same: list[Candidate] = []
    for line in roster.good:
        if line.number not in known:
            new.append(line)
            continue
        candidate = _told_anew(known[line.number], line, roster.told)
        (same if candidate == known[line.number] else changed).append(candidate)
    before = {candidate.number: known[candidate.number] for candidate in changed}
    return Differences(tuple(new), tuple(changed), tuple(same), before)


def _told_anew(known: Candidate, line: Candidate, told: Collection[str]) -> Candidate:
    """A list says nothing of what it has no column for, nor of an extra time set by phase."""
    fields = {FIRST: "first_name", OPTION: "option", EXTRA: "extra_time", PLACE: "place"}
    new: dict[str, Any] = {
        name: getattr(line, name) for column, name in fields.items() if column in told
    }
    kept = {name: value for name, value in known.variables.items() if name not in told}
    if line.extra_time != known.extra_time and EXTRA in told:
        new["extra_by_phase"] = {}
    return replace(known, last_name=line.last_name, variables=kept | dict(line.variables), **new)


class _Refused(Exception):
    """This line cannot be used; never leaves this module."""

    def __init__(self, column: str, what: str, mend: str) -> None:
        super().__init__(what)
        self.column, self.what, self.mend = column, what, mend


@dataclass(frozen=True)
class _Reader:
    file: str
    session: ExamSession
    columns: Columns
    problems: list[Problem] = field(default_factory=list)

    def candidate(self, row: Row) -> Candidate | None:
        """None when anything of the line is wrong; every wrong cell of it is noted."""
        cell = self.columns.cell
        if not self._try(row, lambda: self._refuse_broken(row)):
            return None
        parts: dict[str, Callable[[], Any]] = {
            "number": lambda: _number(cell(row, NUMBER)),
            "last_name": lambda: _text(LAST, cell(row, LAST), needed=True),
            "first_name": lambda: _text(FIRST, cell(row, FIRST)),
            "option": lambda: self._option(cell(row, OPTION)),
            "extra_time": lambda: _extra_time(cell(row, EXTRA)),
            "place": lambda: _text(PLACE, cell(row, PLACE)),
            "variables": lambda: self._variables(row),
        }
        read = {name: self._try(row, part) for name, part in parts.items()}
        if not all(read.values()):
            return None
        values = {name: found[0] for name, found in read.items() if found}
        return Candidate(session=self.session.name, **values)

    def _try(self, row: Row, part: Callable[[], T]) -> tuple[T] | None:
        try:
            return (part(),)
        except _Refused as e:
            self._note(row, e.column, e.what, e.mend)
            return None

    def _refuse_broken(self, row: Row) -> None:
        if row.broken:
            raise _Refused(
                Said("line", "ligne"),
                Said(
                    "the quotation marks are not in pairs around a cell",
                    "les guillemets n'entourent pas une case entière",
                ),
                Said("Close them, or take them out.", "Fermez-les ou supprimez-les."),
            )
        if any(row.cells[len(self.columns.names) :]):
            raise _Refused(
                Said("line", "ligne"),
                Said(
                    f"more cells ({len(row.cells)}) than columns ({len(self.columns.names)})",
                    f"plus de cases ({len(row.cells)}) que de colonnes ({len(self.columns.names)})",
                ),
                Said(
                    "Put a text that holds the separator in quotation marks.",
                    "Mettez entre guillemets le texte qui contient le séparateur.",
                ),
            )

    def _option(self, text: str) -> Option:
        wanted = self.session.option
        named = {option for option in Option if option in text.upper()}
        if not text or named == {wanted}:
            return wanted
        if len(named) != 1:
            what = Said(f"{text!r} is not an option", f"« {text} » n'est pas une option")
        else:
            what = Said(f"{text} in a session for {wanted}", f"{text} dans une session {wanted}")
        mend = Said(
            f"Write {wanted}, or import the line into another session.",
            f"Écrivez {wanted}, ou importez cette ligne dans une autre session.",
        )
        raise _Refused(OPTION, what, mend)

    def _variables(self, row: Row) -> Mapping[str, str]:
        """An empty cell leaves the template's default."""
        found = {
            name: _text(name, row.cells[at])
            for name, at in self.columns.variables.items()
            if at < len(row.cells)
        }
        return {name: text for name, text in found.items() if text}

    def without_doubles(self, read: Sequence[tuple[Row, Candidate]]) -> list[Candidate]:
        """A number on two lines that differ: nobody can know which is right, so neither goes in."""
        by_number: dict[str, list[tuple[Row, Candidate]]] = {}
        for row, candidate in read:
            by_number.setdefault(slug(candidate.number, NUMBER_LENGTH), []).append((row, candidate))
        good = []
        for same in by_number.values():
            first = same[0][1]
            repeated = all(candidate == first for _, candidate in same)
            if repeated:
                good.append(first)
            for row, candidate in same[1:] if repeated else same:
                others = [(other.line, one.number) for other, one in same if other is not row]
                self._note_double(row, candidate.number, others, repeated=repeated)
        return good

    def _note_double(
        self, row: Row, number: str, others: Sequence[tuple[int, str]], *, repeated: bool
    ) -> None:
        lines = ", ".join(str(line) for line, _ in others)
        alike = [other for _, other in others if other != number]
        if alike:
            what = Said(
                f"{number} and {alike[0]} (line {lines}) give the same lab name",
                f"{number} et {alike[0]} (ligne {lines}) donnent le même nom de labo",
            )
        else:
            what = Said(
                f"the number {number} is also on line {lines}",
                f"le numéro {number} est aussi à la ligne {lines}",
            )
        if repeated:
            mend = Said("The first one is enough.", "La première suffit.")
        else:
            mend = Said("Correct one of them.", "Corrigez l'une d'elles.")
        self._note(row, NUMBER, what, mend)

    def _note(self, row: Row, column: str, what: str, mend: str) -> None:
        self.problems.append(Problem(self.file, row.line, column, what, mend))


def _number(text: str) -> str:
    if not text:
        raise _Refused(NUMBER, Said("no number", "pas de numéro"), _FILL_IN)
    if not slug(text) or len(text) > _TEXT_LENGTH:
        what = Said(f"{text[:20]!r} is not a number", f"« {text[:20]} » n'est pas un numéro")
        mend = Said("Use letters and digits.", "Employez des lettres et des chiffres.")
        raise _Refused(NUMBER, what, mend)
    if slug(text).startswith(SPARE):
        what = Said(
            f"{text!r} is a spare lab's name", f"« {text} » est le nom d'un labo de réserve"
        )
        mend = Said("Give the candidate another number.", "Donnez un autre numéro au candidat.")
        raise _Refused(NUMBER, what, mend)
    return text


def _text(column: str, text: str, *, needed: bool = False) -> str:
    if needed and not text:
        raise _Refused(column, Said("the cell is empty", "la case est vide"), _FILL_IN)
    if len(text) > _TEXT_LENGTH:
        what = Said(f"more than {_TEXT_LENGTH} characters", f"plus de {_TEXT_LENGTH} caractères")
        raise _Refused(column, what, _SHORTEN)
    return text


def _extra_time(text: str) -> Fraction:
    try:
        return parse_extra_time(text)
    except BadInput as e:
        raise _Refused(EXTRA, e.args[0], e.hint) from e
