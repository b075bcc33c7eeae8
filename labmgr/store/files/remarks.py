"""Where the checks of one file write down what they find."""

from __future__ import annotations

from dataclasses import dataclass, field

from labmgr.errors import Problem
from labmgr.store.files.compose_model import ComposeFile
from labmgr.store.files.yaml_lines import Document, Path, dotted


@dataclass(frozen=True)
class Notes:
    document: Document
    problems: list[Problem] = field(default_factory=list, kw_only=True)

    def add(self, path: Path, what: str, mend: str) -> None:
        path = tuple(part for part in path if part != "")
        if isinstance(path[-1], int) and not self.has(path):
            path = path[:-1]  # a list of one, written without brackets
        line = self.document.line(path)
        self.problems.append(Problem(self.document.file, line, dotted(path), what, mend))

    def has(self, path: Path) -> bool:
        """Whether the file says anything there, be it faulty."""
        return path in self.document.lines


@dataclass(frozen=True)
class Remarks(Notes):
    """Those on a Compose file."""

    file: ComposeFile

    def declared(self, section: str, *, of: str = "") -> list[str]:
        """The names a section holds in the file, those too faulty to be read included."""
        data = self.document.data
        if of:
            data = data.get(of) if isinstance(data, dict) else None
        names = data.get(section) if isinstance(data, dict) else None
        return list(names) if isinstance(names, dict) else []
