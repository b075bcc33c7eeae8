"""Sentences that the program says in English, in French for the pages (docs/decisions/006)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

CATALOGUE = Path(__file__).parent / "translations" / "fr" / "LC_MESSAGES" / "said.po"
HOLE = re.compile(r"(?<!\$)\{([a-z]\w*)\}")  # `${NAME}` is what templates write


@dataclass(frozen=True)
class Saying:
    """One sentence with holes; `_values` says which may hold what.

    `{name}` is taken over, `{name_}` a sentence, `{n}` a number, `{device}` one word.
    """

    start: str  # what stands before the first hole: most sayings are ruled out by it alone
    shape: str
    french: str

    def match(self, text: str) -> re.Match[str] | None:
        return _pattern(self.shape).fullmatch(text) if text.startswith(self.start) else None


class Sayings:
    """The catalogue, read once; the more a saying says itself, the sooner it is tried."""

    def __init__(self, file: Path = CATALOGUE) -> None:
        with file.open(encoding="utf-8") as lines:
            pairs = [(str(one.id), str(one.string)) for one in read_po(lines) if one.id]
        self._whole = {english: french for english, french in pairs if not HOLE.search(english)}
        holed = [pair for pair in pairs if pair[0] not in self._whole]
        holed.sort(key=lambda pair: len(HOLE.sub("", pair[0])), reverse=True)
        self.holed = [_saying(*pair) for pair in holed]

    def french(self, text: str) -> str | None:
        """The French of *text*, or None when the catalogue has none."""
        if text in self._whole:
            return self._whole[text]
        for saying in self.holed:
            if found := saying.match(text):
                return self._filled(saying.french, found.groupdict())
        return self._by_line(text) if "\n" in text else None

    def _filled(self, french: str, said: Mapping[str, str]) -> str:
        values = {name: self._value(name, text) for name, text in said.items()}
        return HOLE.sub(lambda hole: values[hole[1]], french)

    def _value(self, name: str, said: str) -> str:
        if not name.endswith("_"):
            return said
        for joint, french_joint in (("; ", " ; "), ("", ""), (", ", ", ")):
            # Lists first: a saying with holes would swallow a whole list as one value.
            parts = said.split(joint) if joint else [said]
            french = [self.french(part) for part in parts]
            if any(french) and (len(parts) > 1 or not joint):
                return french_joint.join(new or old for new, old in zip(french, parts, strict=True))
        return said

    def _by_line(self, text: str) -> str | None:
        lines = text.split("\n")
        french = [self.french(line) for line in lines]
        if not any(french):
            return None
        return "\n".join(new or old for new, old in zip(french, lines, strict=True))


def _saying(english: str, french: str) -> Saying:
    pieces = HOLE.split(english)  # text, name, text, name, …, text
    shape = "".join(
        f"(?P<{piece}>{_values(piece)})" if rank % 2 else re.escape(piece)
        for rank, piece in enumerate(pieces)
    )
    return Saying(pieces[0], shape, french)


@cache
def _pattern(shape: str) -> re.Pattern[str]:
    """Made when first asked for: of hundreds a page needs few, and `re` forgets the 513th."""
    return re.compile(shape, re.DOTALL)


def _values(name: str) -> str:
    """One letter stands for a whole number, `device` for one word: no sentence is taken for it."""
    if name == "device":
        return r"[\w.-]+"
    return r"-?\d+" if len(name) == 1 else ".*?"
