"""From one configuration to another: the lines to enter, by the vendor's own grammar."""

from __future__ import annotations

import re

from labmgr.domain.dialects import DIALECTS, steady
from labmgr.domain.inventory import Device
from labmgr.errors import BadInput


def remedy(device: Device, running: str, wanted: str) -> tuple[str, ...]:
    """Lines that bring *running* to *wanted*, indented by section; none when they are alike."""
    from hier_config import WorkflowRemediation, get_hconfig  # noqa: PLC0415 - pydantic's time

    from labmgr.consoles.grammars import grammar  # noqa: PLC0415

    dialect = DIALECTS.get(device.driver)
    if dialect is None or not dialect.writes:
        raise BadInput(
            f"labmgr only reads {device.driver}: {device.name} cannot be set by it",
            hint="Set it by hand; its configuration is kept and compared all the same.",
        )
    before, after = (
        get_hconfig(grammar(dialect.writes), "\n".join(_ours(device, text)))
        for text in (running, wanted)
    )
    steps = WorkflowRemediation(before, after).remediation_config.all_children_sorted()
    return tuple(step.cisco_style_text() for step in steps)


def _ours(device: Device, text: str) -> list[str]:
    """Without what changes by itself and what is never touched."""
    lines = steady(device.driver, text.splitlines())
    if not device.leave:
        return lines
    left = re.compile("|".join(f"(?:{one})" for one in device.leave))
    return [line for line in lines if not left.search(line)]
