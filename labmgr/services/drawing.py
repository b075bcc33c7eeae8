"""A template's picture: its networks as bars, its nodes below them, states where they are known."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from labmgr.domain.template import NodeTemplate, Template

BOX, GAP, HEIGHT, MARGIN, BAR = 150, 22, 92, 16, 34
PER_ROW = 3


def picture(template: Template, states: Mapping[str, tuple[str, str]] | None = None) -> str:
    """An SVG that needs no style sheet; `states` gives a node its CSS class and its word.

    Colour never stands alone: the word is in the box. Screen readers get a title and a list.
    """
    states = states or {}
    width = MARGIN * 2 + PER_ROW * BOX + (PER_ROW - 1) * GAP
    shapes: list[str] = []
    top = MARGIN
    for network in template.networks:
        members = [node for node in template.nodes if _main(node) == network.name]
        shapes.append(_network(network.name, network.subnet, top, width))
        for rank, node in enumerate(members):
            shapes.append(_node(node, rank, top, states.get(node.name)))
        top += BAR + GAP + ((len(members) + PER_ROW - 1) // PER_ROW) * (HEIGHT + GAP)
    words = "; ".join(_words(node, states.get(node.name)) for node in template.nodes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {top + MARGIN}" '
        f'class="topology" role="img" aria-labelledby="topology-title topology-desc">'
        f'<title id="topology-title">{escape(str(template.title))}</title>'
        f'<desc id="topology-desc">{escape(words)}</desc>{"".join(shapes)}</svg>'
    )


def rights(template: Template) -> list[str]:
    """What the template asks for beyond the ordinary, for `template check` to show."""
    lines = []
    for node in template.nodes:
        if node.capabilities:
            lines.append(f"{node.name}: capabilities {', '.join(node.capabilities)}")
        if node.sysctls:
            lines.append(f"{node.name}: sysctls {', '.join(sorted(node.sysctls))}")
    return lines or ["no node asks for more than the default rights"]


def _main(node: NodeTemplate) -> str:
    return next(iter(node.addresses))


def _words(node: NodeTemplate, state: tuple[str, str] | None) -> str:
    return f"{node.name}, {node.title}" + (f", {state[1]}" if state else "")


def _network(name: str, subnet: str, top: int, width: int) -> str:
    return (
        f'<rect x="{MARGIN}" y="{top}" width="{width - 2 * MARGIN}" height="{BAR}" rx="6" '
        f'fill="#dbe7f3" stroke="#2f5d8a"/>'
        f'<text x="{MARGIN + 12}" y="{top + 22}" font-size="14" fill="#16324f">'
        f"{escape(name)} — {escape(subnet)}</text>"
    )


def _node(node: NodeTemplate, rank: int, top: int, state: tuple[str, str] | None) -> str:
    left = MARGIN + (rank % PER_ROW) * (BOX + GAP)
    down = top + BAR + GAP + (rank // PER_ROW) * (HEIGHT + GAP)
    css, word = state or ("", "")
    address = next(iter(node.addresses.values()))
    title = str(node.title)
    short = title if len(title) <= 22 else f"{title[:21]}…"  # noqa: PLR2004 - what the box holds
    lines = [(node.name, 16, "bold"), (short, 11, "normal"), (address, 11, "normal")]
    lines.append((word, 12, "bold"))
    texts = "".join(
        f'<text x="{left + BOX / 2}" y="{down + 24 + 18 * line}" font-size="{size}" '
        f'font-weight="{weight}" text-anchor="middle" fill="#1b1b1b">{escape(text)}</text>'
        for line, (text, size, weight) in enumerate(lines)
    )
    return (
        f'<line x1="{left + BOX / 2}" y1="{down}" x2="{left + BOX / 2}" y2="{down - GAP}" '
        f'stroke="#2f5d8a" stroke-width="2"/>'
        f'<g class="node {escape(css)}"><rect x="{left}" y="{down}" width="{BOX}" '
        f'height="{HEIGHT}" rx="8" fill="#ffffff" stroke="#4a4a4a" stroke-width="2"/>{texts}</g>'
    )
