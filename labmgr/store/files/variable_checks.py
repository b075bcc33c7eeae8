"""Every dollar of a template: known variables only, and only where they can be filled in."""

from __future__ import annotations

from labmgr.domain.variables import KNOWN, names_in
from labmgr.errors import BadInput
from labmgr.store.files.remarks import Remarks
from labmgr.store.files.yaml_lines import Path

# What may differ between candidates. All else is one for the template, images above all.
_OF_A_NODE = frozenset({"environment", "sysctls", "command", "networks"})
_OF_A_BLOCK = frozenset({"probes", "quiesce", "endpoints"})


def check_variables(remarks: Remarks) -> None:
    declared = remarks.file.block.variables
    for name in declared.keys() & set(KNOWN):
        what = f"{name} is labmgr's own variable"
        remarks.add(("x-labmgr", "variables", name), what, "Choose another name.")
    _walk(remarks, remarks.document.data, (), frozenset({*KNOWN, *declared}))


def _walk(remarks: Remarks, thing: object, path: Path, known: frozenset[str]) -> None:
    if isinstance(thing, dict):
        for key, value in thing.items():
            _walk(remarks, value, (*path, key), known)
    elif isinstance(thing, list):
        for rank, value in enumerate(thing):
            _walk(remarks, value, (*path, rank), known)
    elif isinstance(thing, str):
        _check(remarks, thing, path, known)


def _check(remarks: Remarks, text: str, path: Path, known: frozenset[str]) -> None:
    try:
        used = names_in(text)
    except BadInput as e:
        remarks.add(path, str(e), e.hint)
        return
    for name in dict.fromkeys(used):
        if name not in known:
            what = f"the variable {name} is unknown"
            mend = (
                f"Known are {', '.join(sorted(known))}; declare others under x-labmgr.variables, "
                "or write $$ for a dollar."
            )
            remarks.add(path, what, mend)
        elif not _may_differ(path):
            what = f"{name} differs between candidates, and this is one for all of them"
            remarks.add(path, what, "Write a fixed value here.")


def _may_differ(path: Path) -> bool:
    match path:
        case ("networks", _, "ipam", *_):
            return True
        case ("services", _, key, *_) if key in _OF_A_NODE:
            return True
        case ("services", _, "x-labmgr", key, *_) if key in _OF_A_BLOCK:
            return True
        case _:
            return False
