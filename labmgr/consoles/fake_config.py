"""A configuration that is kept as a tree and edited line by line, as command lines do it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

Tree = dict[str, "Tree"]

INVALID: Final = "% Invalid input detected at '^' marker."
STANDS: Final = "% Removal of physical interfaces is not permitted"
_OPENS: Final = re.compile(
    r"(interface \S|vlan \d+$|router \S|route-map \S|line \S|ip access-list \S|vrf \S+$"
    r"|address-family \S)"
)
_PHYSICAL: Final = re.compile(r"interface (?!Vlan|Loopback|Port-channel|Tunnel|\S+\.\d)")
_SINGLE: Final = re.compile(
    r"(hostname|sysname|description|name|ip address(?!.* secondary$)|switchport mode"
    r"|switchport access vlan|port link-type|port access vlan|untagged vlan) "
)
_KNOWN: Final = re.compile(
    r"(aaa|access-list|address-family|banner|boot\S*|crypto|deny|description|enable|exec-timeout|frr"
    r"|hostname|interface|ip|ipv6|line|logging?|login|name|neighbor|network|no|ntp|password|permit"
    r"|port|router|route-map|service|shutdown|snmp-server|spanning-tree|switch|switchport|sysname"
    r"|transport|undo|untagged|tagged|username|version|vlan|vrf)( |$)"
)


@dataclass
class FakeConfig:
    """Sections and lines; `path` is where the command line stands now.

    `adds_up`: addresses of an interface do not replace one another.
    """

    tree: Tree = field(default_factory=dict)
    path: list[str] = field(default_factory=list)
    adds_up: bool = False

    @classmethod
    def read(cls, text: str, *, adds_up: bool = False) -> FakeConfig:
        made = cls(adds_up=adds_up)
        above: list[tuple[int, Tree]] = [(-1, made.tree)]
        for line in text.splitlines():
            if re.match(r"\s*($|[!#;]|end$|exit|quit$|return$|Building|Current)", line):
                continue
            indent = len(line) - len(line.lstrip())
            while above[-1][0] >= indent:
                above.pop()
            above.append((indent, above[-1][1].setdefault(line.strip(), {})))
        return made

    def show(self) -> str:
        return "\n".join([*_shown(self.tree), "end", ""])

    def enter(self, line: str) -> str:
        """What the device says to a line; nothing when it is taken."""
        if line in {"exit", "quit"}:
            self.path = self.path[:-1]
            return ""
        if not _KNOWN.match(re.sub(r"^\d+ ", "", line)):
            return INVALID
        negated = re.match(r"(?:no|undo) (.*)", line)
        if _OPENS.match(line) and not line.startswith("address-family"):
            self.path = []
        if negated:
            return self._remove(negated[1])
        self._add(line)
        return ""

    def _here(self) -> Tree:
        found = self.tree
        for one in self.path:
            found = found[one]
        return found

    def _add(self, line: str) -> None:
        here = self._here()
        single = _SINGLE.match(line)
        if single and not (self.adds_up and single[1] == "ip address"):
            for one in [one for one in here if (old := _SINGLE.match(one)) and old[1] == single[1]]:
                del here[one]
        here.setdefault(line, {})
        if _OPENS.match(line):
            self.path.append(line)

    def _remove(self, line: str) -> str:
        """With or without its value; what is not there is no trouble."""
        here = self.tree if _OPENS.match(line) else self._here()
        if here is self.tree and _PHYSICAL.match(line):
            return STANDS
        whole = re.match(r"(neighbor \S+) remote-as\b", line)  # all of a neighbour hangs on it
        line = whole[1] if whole else line
        for one in [one for one in here if one == line or one.startswith(f"{line} ")]:
            del here[one]
        return ""


def _shown(tree: Tree, depth: int = 0) -> Iterator[str]:
    for line, below in tree.items():
        yield " " * depth + line
        yield from _shown(below, depth + 1)
        if not depth and (below or _OPENS.match(line)):
            yield "!"
