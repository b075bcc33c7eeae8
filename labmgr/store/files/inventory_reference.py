"""Writes docs/reference/inventory.md: `python -m labmgr.store.files.inventory_reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from labmgr.domain.dialects import DIALECTS
from labmgr.domain.inventory import SSH
from labmgr.store.files.inventory_reader import DEVICES, HOSTS

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
_PUSHES = """\
## Pushes

Labmgr configures devices of WRITES; the others are only read.

A baseline is written as the device shows its configuration (`labmgr device backup` keeps one to
start from): every line in full, every section once. What the device says and the baseline does not
is taken away. A section that cannot be taken away, such as a physical port's, is emptied instead.

Never added, never taken away, whatever the baseline says:

- lines and sections that the device's `leave` names (regular expressions, looked for anywhere in
  the line without its indentation; a section's first line leaves the whole section);
- the section that carries the address by which the inventory reaches the device, and its VLAN.
  Where that address is a name or is translated on the way, name the section in `leave`. The port
  and the route that lead there are not known to labmgr: name them in `leave` too;
- banners, and remarks of IPv4 access lists on Cisco;
- the device's own lines below, from the start of the line; `{user}` is labmgr's account there.

OWN
A Cisco switch shows its VLANs only with `vtp mode transparent` (or `off`): without it they can be
neither compared nor taken away. A candidate can still cut the device off, or change its passwords,
by hand; then it is named as silent or refusing, and its console cable is the way back.
"""

_SERVERS = """\
## Scripts and files of servers

`put`, `baseline` and `collect` name files under `baselines/`, in UTF-8. `${NAME}` is a value as in
a device's baseline, `$$` a dollar; every name must have a value before anything is sent. In a
script a value may hold letters, digits, spaces and `. , : / @ + = % _ -` only.

| Limit | What happens beyond it |
|---|---|
| `push_deadline`, for one file or script with its login | the script and its group are ended |
| 8 MiB of a script's output | the middle is left out, and a line says so |
| 8 MiB of a piece of `keep`, 64 MiB of a file fetched | refused, nothing is kept |

A file is laid down whole or not at all, mode 0600, owned by labmgr's account there. A script that
ends with another status than 0 makes its device red. Unix servers run it with `sh`, Windows with
PowerShell (never tried on a real one).
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
            _PUSHES.replace("WRITES", _written()).replace("OWN", _own()),
            _SERVERS,
        ]
    )


def _written() -> str:
    names = [f"`{name}`" for name, one in DIALECTS.items() if one.writes]
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _own() -> str:
    lines = ["| Driver | The device's own lines |", "|---|---|"]
    for name, one in DIALECTS.items():
        if one.writes:
            said = ", ".join(f"`{own.replace('|', chr(92) + '|')}`" for own in one.writes.own)
            lines.append(f"| `{name}` | {said} |")
    return "\n".join([*lines, ""])


def _table(rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| `{key}` | {word[:1].upper()}{word[1:]} |" for key, word in rows]
    return "\n".join(["| Key | What it says |", "|---|---|", *lines, ""])


if __name__ == "__main__":
    sys.stdout.write(reference())
