"""The way to nodes' shells; paramiko is loaded when the first one is opened."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from labmgr.domain.terminals import Size, Target

if TYPE_CHECKING:
    from labmgr.consoles.ssh_console import SshShell


class SshShells:
    """Opens shells; keeps nothing itself."""

    def __init__(self) -> None:
        # It writes the traceback of every line that is cut; what matters leaves as our errors.
        logging.getLogger("paramiko").setLevel(logging.CRITICAL)

    def open(self, target: Target, size: Size) -> SshShell:
        from labmgr.consoles.ssh_console import open_shell  # noqa: PLC0415 - 14 MiB

        return open_shell(target, size)
