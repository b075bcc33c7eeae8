"""A candidate's extra time as lists write it: 1/3, 33 %, or the total 4/3."""

from __future__ import annotations

import re
import unicodedata
from fractions import Fraction

from labmgr.domain.words import Said
from labmgr.errors import BadInput

HINT = Said(
    "Write the added fraction, 1/3 or 33 %, or the total, 4/3; leave it empty for none.",
    "Écrivez la fraction ajoutée, 1/3 ou 33 %, ou le total, 4/3 ; laissez vide s'il n'y en a pas.",
)
_MONTH = Said(
    "The spreadsheet made a date of a fraction: format the column as text, and write 1/3 again.",
    "Le tableur a changé une fraction en date : mettez la colonne au format texte, "
    "puis écrivez de nouveau 1/3.",
)

_NONE = frozenset({"", "0", "-", "non", "no", "aucun", "aucune", "neant", "sans"})
_YES = frozenset({"oui", "yes", "o", "x", "vrai", "true", "1", "100%", "1/1", "ok"})
_THIRD = frozenset({"tiers", "untiers", "tierstemps", "1/3temps"})
_MONTHS = re.compile(
    r"\d+[-/.](janv?|fevr?|mars|avr|mai|juin|juil|aout|sept?|oct|nov|dec)|\d+/\d+/\d+"
)
_NUMBER = re.compile(r"(?P<top>\d{1,4}(\.\d{1,8})?)(/(?P<bottom>\d{1,4})|(?P<percent>%))?")
# 33 %, 33,3 % and 0,333 all mean a third; so do 133 % and 1,33.
_THREES = re.compile(r"(?P<whole>1?)33(\.3+)?%|(?P<unit>[01])?\.3{2,}")

_TOTAL, _TOO_MUCH = Fraction(1), Fraction(2)


def parse_extra_time(text: str) -> Fraction:
    """The added fraction of each phase. From 1 up to, not including, 2 it is a total.

    Raises BadInput; the words never repeat why somebody has more time, since nobody may know.
    """
    plain = _plain(text)
    if plain in _NONE:
        return Fraction(0)
    if plain in _YES:
        raise BadInput(
            Said(f"{text!r} does not say how much", f"« {text} » ne dit pas combien"), hint=HINT
        )
    if plain in _THIRD or _THREES.fullmatch(plain):
        return Fraction(1, 3)
    if _MONTHS.fullmatch(plain.rstrip(".")):
        raise BadInput(Said(f"{text!r} is a date", f"« {text} » est une date"), hint=_MONTH)
    return _added(text, plain)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).replace("\N{FRACTION SLASH}", "/")
    ascii_only = folded.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[\s_]|(?<=[a-z])-", "", ascii_only).replace(",", ".").removeprefix("+")


def _added(text: str, plain: str) -> Fraction:
    match = _NUMBER.fullmatch(plain)
    if not match or match["bottom"] in {"0", "00", "000", "0000"}:
        what = Said(f"{text!r} is not an extra time", f"« {text} » n'est pas une majoration")
        raise BadInput(what, hint=HINT)
    value = Fraction(match["top"]) / Fraction(match["bottom"] or (100 if match["percent"] else 1))
    if value >= _TOO_MUCH:
        what = Said(
            f"{text!r} would more than double the time",
            f"« {text} » ferait plus que doubler le temps",
        )
        raise BadInput(what, hint=HINT)
    return value - _TOTAL if value > _TOTAL else value
