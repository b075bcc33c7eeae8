"""Writes docs/reference/inventory.md: `python -m labmgr.store.inventory_reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from labmgr.domain.dialects import DIALECTS
from labmgr.domain.inventory import SSH
from labmgr.store.inventory_reader import DEVICES, HOSTS

_INTRO = """\
# Inventory: the keys that labmgr reads

This page is generated from the code. `LABMGR_INVENTORY` names the folder; a missing file counts as
an empty one. Anything else is refused by file, line and key, with what to do instead:
`labmgr device list` reads both files and asks nobody.

A device, a group or a terminal takes over what its `group` says and it does not say itself.
`driver`, `user`, `nature`, `declared_by`, and `password` or `key`, must be said by a device or its
groups; `nature` and `declared_by` by a terminal or its groups.

A secret is never in the files. `password`, `key` and `enable` are references: `env:NAME` (a
variable of labmgr's own process), `file:/path` (closed to others, mode 0600) or `store:name`
(labmgr's encrypted store, filled by `labmgr device secret NAME`). Anything else there is refused.
"""
_DRIVERS = """\
## Drivers

`NAMES`. All but `ssh` and `frr` are netmiko's names of command lines. `frr` is FRRouting whose
account has `vtysh` as its shell. `ssh` is a server's shell: its system
is read by `uname` and `/etc/os-release`, on Windows by `ver`, and its backup is what `keep` names.
"""


def reference() -> str:
    names = "`, `".join((SSH, *DIALECTS))
    return "\n".join(
        [
            _INTRO,
            "## devices.yaml\n",
            _table(DEVICES.keys),
            "## hosts.yaml\n",
            _table(HOSTS.keys),
            _DRIVERS.replace("NAMES", names),
        ]
    )


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| `{key}` | {word[:1].upper()}{word[1:]} |" for key, word in rows]
    return "\n".join(["| Key | What it says |", "|---|---|", *lines, ""])


if __name__ == "__main__":
    sys.stdout.write(reference())
