"""A template's picture: each network a bar, its nodes above and below it, states where known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from labmgr.domain.template import NodeTemplate, Template

BOX, HEIGHT, GAP, STEM, MARGIN, BAR = 164, 90, 18, 20, 12, 32
PER_ROW = 3
LONGEST = 22  # characters of a title that a box holds
WIDTH = MARGIN * 2 + PER_ROW * BOX + (PER_ROW - 1) * GAP

# A node's state: its CSS class and its word.
States = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class _Bar:
    """One network with up to six nodes: three above, three below."""

    name: str
    subnet: str
    above: Sequence[NodeTemplate]
    below: Sequence[NodeTemplate]

    @property
    def height(self) -> int:
        return BAR + sum(HEIGHT + STEM for row in (self.above, self.below) if row)


def picture(template: Template, states: States | None = None, *, net: str = "") -> str:
    """An SVG that needs no style sheet. *net* is the lab's own `${LAB_NET}`, once it is known.

    Colour never stands alone: the word is in the box. Screen readers get a title and a list.
    """
    states = states or {}
    shapes: list[str] = []
    top = MARGIN
    for bar in _bars(template):
        shapes += _draw(bar, top, states)
        top += bar.height + GAP * 2
    words = "; ".join(_words(node, states.get(node.name)) for node in template.nodes)
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top - GAP}" '
        f'class="topology" role="img" aria-labelledby="topology-title topology-desc">'
        f'<title id="topology-title">{escape(str(template.title))}</title>'
        f'<desc id="topology-desc">{escape(words)}</desc>{"".join(shapes)}</svg>'
    )
    return drawn.replace("${LAB_NET}", net) if net else drawn


def rights(template: Template) -> list[str]:
    """What the template asks for beyond the ordinary, for `template check` to show."""
    lines = []
    for node in template.nodes:
        if node.capabilities:
            lines.append(f"{node.name}: capabilities {', '.join(node.capabilities)}")
        if node.sysctls:
            lines.append(f"{node.name}: sysctls {', '.join(sorted(node.sysctls))}")
    return lines or ["no node asks for more than the default rights"]


def _bars(template: Template) -> Iterator[_Bar]:
    """A network with more nodes than fit is drawn again, so that every node hangs on its bar."""
    for network in template.networks:
        members = [node for node in template.nodes if next(iter(node.addresses)) == network.name]
        for start in range(0, max(1, len(members)), 2 * PER_ROW):
            some = members[start : start + 2 * PER_ROW]
            yield _Bar(network.name, network.subnet, some[:PER_ROW], some[PER_ROW:])


def _draw(bar: _Bar, top: int, states: States) -> Iterator[str]:
    line = top + (HEIGHT + STEM if bar.above else 0)
    for rank, node in enumerate(bar.above):
        yield _stem(rank, line - STEM, line)
        yield _node(node, rank, top, states.get(node.name))
    for rank, node in enumerate(bar.below):
        yield _stem(rank, line + BAR, line + BAR + STEM)
        yield _node(node, rank, line + BAR + STEM, states.get(node.name))
    yield (
        f'<g class="net"><rect x="{MARGIN}" y="{line}" width="{WIDTH - 2 * MARGIN}" '
        f'height="{BAR}" rx="6" fill="#dbe7f3" stroke="#2f5d8a"/>'
        f'<text x="{MARGIN + 14}" y="{line + 21}" font-size="15" fill="#16324f">'
        f"{escape(bar.name)} — {escape(bar.subnet)}</text></g>"
    )


def _stem(rank: int, start: int, end: int) -> str:
    middle = _left(rank) + BOX // 2
    return f'<path d="M{middle} {start}V{end}" stroke="#2f5d8a" stroke-width="2"/>'


def _node(node: NodeTemplate, rank: int, top: int, state: tuple[str, str] | None) -> str:
    css, word = state or ("", "")
    title = str(node.title)
    short = title if len(title) <= LONGEST else f"{title[: LONGEST - 1]}…"
    address = next(iter(node.addresses.values()))
    lines = ((node.name, 17, "bold"), (short, 12, "normal"), (address, 13, "normal"))
    texts = "".join(
        f'<text x="{_left(rank) + BOX // 2}" y="{top + 24 + 19 * at}" font-size="{size}" '
        f'font-weight="{weight}" text-anchor="middle" fill="#1b1b1b">{escape(text)}</text>'
        for at, (text, size, weight) in enumerate((*lines, (word, 13, "bold")))
    )
    return (
        f'<g class="node {escape(css)}"><rect x="{_left(rank)}" y="{top}" width="{BOX}" '
        f'height="{HEIGHT}" rx="9" fill="#ffffff" stroke="#4a4a4a" stroke-width="2"/>{texts}</g>'
    )


def _left(rank: int) -> int:
    return MARGIN + rank * (BOX + GAP)


def _words(node: NodeTemplate, state: tuple[str, str] | None) -> str:
    return f"{node.name}, {node.title}" + (f", {state[1]}" if state else "")
