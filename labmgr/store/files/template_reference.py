"""Writes docs/reference/template.md: `python -m labmgr.store.files.template_reference`.

With `recette`, docs/reference/recette.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from labmgr.domain.variables import KNOWN
from labmgr.store.files import refusals
from labmgr.store.files.template_schema import RECETTE, keys

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

_RECETTE = """\
# Recettes: the keys that labmgr reads

This page is generated from the code. A recette is `lab_templates/<name>/recette.yaml`, beside the
template's `compose.yaml`: a list of lines, replayed in this order. Anything else is refused by
file, line and key, with what to do instead. `labmgr template check NAME` reads both files without
an engine; `labmgr template schema --recette` prints a JSON Schema for editors. Changing a recette
changes neither the template's hash nor the fitness of snapshots: each replay is kept with the hash
of the recette that it replayed.

A line has `from`, `to`, and exactly one probe of the [templates' vocabulary](template.md#probes)
or `service`. It is looked at from the network of its source by a client of labmgr's own.
`${NAME}` stands for the template's variables, with each candidate's own values, everywhere but in
titles and groups. Where a probe logs in, `as: ID` is an account of the destination; with an
address as destination write `as: NODE.ID`. `expect` stands on the line, never inside the probe.

| `expect` | Green when |
|---|---|
| `success` | the probe succeeds |
| `refused` | the service answers and says no; a dead host is red |
| `blocked` | it fails from the source and succeeds from the gateway: the way is shut, no more |

"""

_PROBE = "services.<name>.x-labmgr.probes[]."
_TEXT = (".fr", ".en")
_LINE = "lines[]."
_OWN = ("from", "to", "expect", "title", "group", "service")
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


def recette() -> str:
    rows = [row for row in RECETTE.keys if row[0][-3:] not in _TEXT]
    top = [row for row in rows if not row[0].startswith(_LINE)]
    line = [(key.removeprefix(_LINE), word) for key, word in rows if key.startswith(_LINE)]
    own = [row for row in line if row[0] in _OWN]
    probes = [row for row in line if row[0] not in _OWN and not _is_shared(row[0])]
    tables = (
        _table("Key of the file", "What it says", top),
        _table("Key of a line", "What it says", own),
        _table("Probe of a line", "What it does", probes),
    )
    return _RECETTE + "\n".join(tables)


def _is_shared(key: str) -> bool:
    """Inside a probe: said on the line instead."""
    inside, _, last = key.rpartition(".")
    return bool(inside) and last in {"expect", "from"}


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
    sys.stdout.write(recette() if sys.argv[1:] == ["recette"] else reference())
