"""Whether a worker carries out what is ordered."""

from __future__ import annotations

from typing import Final

from labmgr.domain.ports import Tools

SILENT: Final = 20.0  # seconds without a heartbeat; it comes every five


def is_silent(tools: Tools) -> bool:
    beat = tools.store.last_beat()
    return beat is None or tools.clock().since(beat) > SILENT
