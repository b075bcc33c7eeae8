"""Writes docs/reference/template.md: `python -m labmgr.store.template_reference`."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from labmgr.domain.variables import KNOWN
from labmgr.store import refusals
from labmgr.store.template_schema import keys

_INTRO = """\
# Templates: the keys that labmgr reads

This page is generated from the code. A template is `lab_templates/<name>/compose.yaml`, a Compose
file: `docker-compose -f compose.yaml config` accepts it with the variables set. labmgr reads the
keys below and refuses anything else by file, line and key, with what to do instead.
`labmgr template check NAME` reads a template without an engine; `labmgr template schema` prints a
JSON Schema for editors.
"""

_VARIABLES = """\
## Variables

`${NAME}`, `${NAME:-default}`, and `$$` for a dollar; nothing else begins with one. Known are
KNOWN, and those that the template declares under `x-labmgr.variables`: a column of the same name
in the list of candidates gives each their own. They may stand in addresses, `environment`,
`sysctls`, `command`, endpoints' paths, probes and quiesce hooks; all else is one for all
candidates. `LAB_NET` is the lab's first two octets.
"""

_ADDRESSES = """\
## Addresses

Every network is a `/24` that begins with `${LAB_NET}`, and `internal` unless it is the uplink.
Nobody may have `.254` (labmgr's gateway), nor the network's gateway: the declared one, or else
`.1`. A firewall node takes another address and adds the gateway's when it boots. A node's first
network is the one on which labmgr reaches it, never the uplink.
"""

_PROBES = """\
## Probes

One line of `probes` is one kind with its arguments, as in
`- {ssh: {as: etudiant, run: "systemctl is-system-running", prints: running}}`. Every kind takes
`expect: refused` (green only when the service answers and says no) and `from: NODE` (else the
lab's gateway looks). Kinds that log in take `as: ID`, or `as: NODE.ID` (ldap: `bind:`), and
`password: wrong`, always with `expect: refused`.
"""

_PROBE = "services.<name>.x-labmgr.probes[]."
_TEXT = (".fr", ".en")
_SHARED = ("expect", "from", "password")


def reference() -> str:
    accepted = [row for row in keys() if not row[0].startswith(_PROBE) and row[0][-3:] not in _TEXT]
    probes = [(key.removeprefix(_PROBE), word) for key, word in keys() if key.startswith(_PROBE)]
    own = [row for row in probes if row[0].rpartition(".")[2] not in _SHARED]
    known = ", ".join(f"`{name}`" for name in KNOWN)
    return "\n".join(
        [
            _INTRO,
            _table("Key", "What it says", accepted),
            _VARIABLES.replace("KNOWN", known),
            _ADDRESSES,
            _PROBES,
            _table("Probe", "What it does", own),
            "## Refused\n",
            *(_refused(title, reasons) for title, reasons in _sections()),
        ]
    )


def _sections() -> Iterable[tuple[str, dict[str, refusals.Reason]]]:
    return (
        ("In a service", refusals.SERVICE),
        ("In a network", refusals.NETWORK),
        ("In a service's network", refusals.ATTACHMENT),
        ("In build", refusals.BUILD),
        ("In a volume", refusals.VOLUME),
        ("At the top", refusals.TOP),
    )


def _refused(title: str, reasons: dict[str, refusals.Reason]) -> str:
    rows = [(key, f"{why}. {mend}") for key, (why, mend) in sorted(reasons.items())]
    return _table(title, "Why, and what to do", rows)


def _table(left: str, right: str, rows: Iterable[tuple[str, str]]) -> str:
    lines = [f"| `{key}` | {word[:1].upper()}{word[1:]} |" for key, word in rows]
    return "\n".join([f"| {left} | {right} |", "|---|---|", *lines, ""])


if __name__ == "__main__":
    sys.stdout.write(reference())
