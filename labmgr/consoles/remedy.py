"""From one configuration to another: the lines to enter, by the vendor's own grammar."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from labmgr.domain.dialects import DIALECTS, steady
from labmgr.domain.inventory import Device
from labmgr.domain.writing import Writing
from labmgr.errors import BadInput

if TYPE_CHECKING:
    from hier_config import HConfig, HConfigChild

_BANNER: Final = re.compile(
    r"banner (?:motd|login|exec|incoming)(?! (?:line|file|default)\b) ?(.*)"
)
_OPENS: Final = re.compile(r"(interface \S|vlan \d+$|router \S|route-map \S)")


def remedy(device: Device, running: str, wanted: str) -> tuple[str, ...]:
    """Lines that bring *running* to *wanted*, indented by section; none when they are alike."""
    from hier_config import WorkflowRemediation  # noqa: PLC0415 - pydantic's time

    dialect = DIALECTS.get(device.driver)
    if dialect is None or dialect.writes is None:
        raise read_only(device)
    left = _left_alone(device, dialect.writes, running)
    before = _tree(device, dialect.writes, left, running, "runs")
    after = _tree(device, dialect.writes, left, wanted, "is wanted for")
    _stand(dialect.writes, before, after)
    steps = WorkflowRemediation(before, after).remediation_config
    return tuple(_entered(sorted(steps.children), dialect.writes.out))


def touched(device: Device, running: str, text: str) -> list[str]:
    """What of *text* a push looks at, neither marks nor what is left alone; sections by name.

    A device writes its sections in an order of its own, which is no difference.
    """
    dialect = DIALECTS.get(device.driver)
    if dialect is None or dialect.writes is None:
        raise read_only(device)
    left = _left_alone(device, dialect.writes, running)
    sections: list[list[str]] = []
    for line in _touched(_said(device, dialect.writes, text), left):
        if line[:1].strip() or not sections:
            sections.append([])
        sections[-1].append(line)
    return [line for section in sorted(sections) for line in section]


def read_only(device: Device) -> BadInput:
    return BadInput(
        f"labmgr only reads {device.driver}: {device.name} cannot be set by it",
        hint="Set it by hand; its configuration is kept and compared all the same.",
    )


def _entered(lines: Iterable[HConfigChild], out: str) -> Iterator[str]:
    """In the order to be sent; each section that was entered is left."""
    for line in lines:
        yield f"{line.indentation}{line.text}"
        yield from _entered(sorted(line.children), out)
        if line.children or _OPENS.match(line.text):
            yield f"{line.indentation}{out}"


def _stand(writing: Writing, before: HConfig, after: HConfig) -> None:
    """What cannot be taken away is wanted empty where it is not named."""
    stands = re.compile(writing.stands)
    for section in before.children:
        if stands.match(section.text):
            after.add_child(section.text, return_if_present=True)


def _tree(device: Device, writing: Writing, left: re.Pattern[str], text: str, verb: str) -> HConfig:
    from hier_config import get_hconfig  # noqa: PLC0415
    from hier_config.exceptions import DuplicateChildError  # noqa: PLC0415

    from labmgr.consoles.grammars import grammar  # noqa: PLC0415

    lines = _said(device, writing, text)
    rules = grammar(writing.grammar)
    try:
        return get_hconfig(rules, "\n".join(_touched(lines, left)))
    except DuplicateChildError:
        raise BadInput(
            f"What {verb} {device.name} cannot be understood: {_twice(lines)}",
            hint="Write each section and each line of a section once, as the device shows it.",
        ) from None


def _said(device: Device, writing: Writing, text: str) -> list[str]:
    unsaid = re.compile(writing.unsaid)
    return [
        line
        for line in _without_banners(steady(device.driver, text.splitlines()))
        if line.strip() and not unsaid.match(line.strip())
    ]


def _left_alone(device: Device, writing: Writing, running: str) -> re.Pattern[str]:
    """What a push never touches: by the inventory, by the dialect, and the way that leads there."""
    user = re.escape(device.user)
    own = [rf"^(?:{one.replace('{user}', user)})" for one in writing.own]
    return re.compile(
        "|".join(f"(?:{one})" for one in (*device.leave, *own, *_way(device, running)))
    )


def _way(device: Device, running: str) -> Iterator[str]:
    """The section that carries the address at which labmgr reaches the device, and its VLAN."""
    carries = re.compile(rf"\s+ip(v6)? address {re.escape(device.address)}(?=[\s/]|$)")
    section = ""
    for line in running.splitlines():
        if line[:1].strip():
            section = line.strip()
        elif section and carries.match(line):
            yield f"^{re.escape(section)}$"
            if vlan := re.match(r"interface vlan(?:-interface)? ?(\d+)$", section, re.IGNORECASE):
                yield f"^vlan {vlan[1]}$"


def _touched(lines: Iterable[str], left: re.Pattern[str]) -> Iterator[str]:
    """Lines that are not left alone; a section that is left takes its lines with it."""
    within: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if within is not None and indent > within:
            continue
        within = indent if left.search(line.strip()) else None
        if within is None:
            yield line


def _without_banners(lines: Iterable[str]) -> Iterator[str]:
    """Their text follows no grammar, and is asked for without a prompt: they are left alone."""
    end: str | None = None
    for line in lines:
        begins = _BANNER.match(line) if end is None else None
        if begins:
            end = begins[1][:2] if begins[1][:1] == "^" else begins[1][:1] or "EOF"
            if end in begins[1][len(end) :]:
                end = None
        elif end is None:
            yield line
        elif end in line:
            end = None


def _twice(lines: Iterable[str]) -> str:
    """The first line that stands twice at one place, without what follows its second word."""
    seen: set[tuple[str, ...]] = set()
    path: list[str] = []
    for line in lines:
        indent = len(line) - len(line.lstrip())
        path = [one for one in path if len(one) - len(one.lstrip()) < indent] + [line]
        if tuple(path) in seen:
            return f"`{' '.join(line.split()[:2])}` stands there twice"
        seen.add(tuple(path))
    return "its lines do not follow the grammar"
