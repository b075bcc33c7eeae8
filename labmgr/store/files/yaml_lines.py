"""YAML as plain values beside the line of each key, with every slip said in plain words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from labmgr.errors import BadFile, Problem

Path = tuple[str | int, ...]

MAX_BYTES = 256 * 1024
MAX_VALUES = 20_000  # a few aliases of aliases can unfold into millions
MERGE = "tag:yaml.org,2002:merge"

_SLIPS = (
    ("\\t", "a tab stands where only spaces may", "Replace the tab by spaces."),
    (
        "mapping values are not allowed",
        "a colon stands where no key can be",
        "Put a value that holds ': ' in quotes, and check the indentation.",
    ),
    ("undefined alias", "an alias (*name) has no anchor (&name)", "Put the text in quotes."),
    ("end of stream", "a quotation mark is never closed", "Close it with the same mark."),
    ("',' or ']'", "a list in brackets is never closed", "Close it with ]."),
    (
        "',' or '}'",
        "a list of keys in braces is never closed",
        "Close it with }, or put a value that holds ': ' in quotes.",
    ),
    ("flow node", "a bracket or a brace is never closed", "Close it with ] or }."),
    (
        "cannot start any token",
        "a value begins with a character that YAML keeps for itself",
        "Put the value in quotes.",
    ),
    ("block end", "this line does not fit the lines above", "Check its indentation."),
    ("expected ':'", "a key has no colon after it", "Write `key: value`."),
    ("another document", "a second document begins here", "Keep one document, without `---`."),
)


@dataclass(frozen=True)
class Document:
    """The file's values, and where each one stands."""

    file: str
    data: object
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of *path*, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(file: str, raw: bytes) -> tuple[Document, list[Problem]]:
    """The document, and slips that leave it readable (a key written twice).

    Raises BadFile when nothing can be read of it.
    """
    try:
        return _read(file, _text(file, raw))
    except RecursionError as e:
        mend = "An alias must not lie inside its own anchor."
        raise _unreadable(file, "it is nested without end", mend) from e


def _read(file: str, text: str) -> tuple[Document, list[Problem]]:
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as e:
        raise BadFile(file, [_slip(file, e)]) from e
    except (YAMLError, ValueError) as e:
        raise _unreadable(file, f"it is not YAML: {e}", "Compare it with an example.") from e
    if root is None:
        raise _unreadable(file, "it is empty", "Start from an example in lab_templates.")
    reader = _Reader(file)
    data = reader.value(root, ())
    return Document(file, data, reader.lines), reader.problems


def _text(file: str, raw: bytes) -> str:
    if len(raw) > MAX_BYTES:
        raise _unreadable(
            file,
            f"it is {len(raw) // 1024} KiB long, and {MAX_BYTES // 1024} is the limit",
            "Is it the right file? A lab of twenty nodes takes about 20 KiB.",
        )
    if b"\0" in raw:
        raise _unreadable(file, "it is a binary file", "Save it as plain text in UTF-8.")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw[: e.start].count(b"\n") + 1
        problem = Problem(
            file, line, "file", "this line is not UTF-8", "Save the file in UTF-8 (accents)."
        )
        raise BadFile(file, [problem]) from e


def _unreadable(file: str, what: str, mend: str) -> BadFile:
    return BadFile(file, [Problem(file, 0, "file", what, mend)])


def _slip(file: str, error: MarkedYAMLError) -> Problem:
    said = f"{error.context or ''} {error.problem or error}".strip()
    # What is never closed is mended where it was opened.
    opened = error.context_mark if re.search("end of stream|stream end|',' or", said) else None
    mark = opened or error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 0
    for sign, what, mend in _SLIPS:
        if sign in said:
            return Problem(file, line, "YAML", what, mend)
    return Problem(file, line, "YAML", said, "Compare with an example in lab_templates.")


@dataclass
class _Reader:
    """Walks the composed nodes: ruamel's own constructors forget where a plain value stood."""

    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    count: int = 0

    def value(self, node: Node, path: Path) -> object:
        self.count += 1
        if self.count > MAX_VALUES:
            raise _unreadable(
                self.file, f"it unfolds into more than {MAX_VALUES} values", "Use fewer aliases."
            )
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, rank)) for rank, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        merged: dict[str, object] = {}
        for key, value in node.value:
            if key.tag == MERGE:
                merged |= self._merged(value, path)
                continue
            name = str(key.value) if isinstance(key, ScalarNode) else "?"
            line = key.start_mark.line + 1
            if name in found:
                first = self.lines[*path, name]
                self._problem(
                    line, (*path, name), f"the key is already on line {first}", "Keep one of them."
                )
                continue
            self.lines[*path, name] = line
            found[name] = self.value(value, (*path, name))
        return merged | found

    def _merged(self, node: Node, path: Path) -> dict[str, object]:
        """`<<: *other`: that mapping's keys, where this one has none of that name."""
        maps = node.value if isinstance(node, SequenceNode) else [node]
        merged: dict[str, object] = {}
        for one in reversed(maps):
            if isinstance(one, MappingNode):
                merged |= self._mapping(one, path)
            else:
                self._problem(node.start_mark.line + 1, path, "<< needs a mapping", "Write *name.")
        return merged

    def _scalar(self, node: Node, path: Path) -> object:
        text = str(node.value)
        match str(node.tag).removeprefix("tag:yaml.org,2002:"):
            case "null":
                return None
            case "bool":
                return text.lower() == "true"
            case "int":
                return _whole(text)
            case "float":
                return float(text.replace(".inf", "inf").replace(".nan", "nan").replace("_", ""))
            case "str" | "timestamp":
                return text
            case tag:
                self._problem(
                    node.start_mark.line + 1, path, f"the tag {tag} is unknown", "Leave it out."
                )
                return text

    def _problem(self, line: int, path: Path, what: str, mend: str) -> None:
        self.problems.append(Problem(self.file, line, dotted(path), what, mend))


def _whole(text: str) -> int:
    digits = text.replace("_", "")
    return int(digits, 0 if digits.lstrip("+-")[:2].lower() in {"0x", "0o", "0b"} else 10)


def dotted(path: Path) -> str:
    """A key path for people: ranks count from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in path) or "file"
