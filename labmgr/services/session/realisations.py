"""A whole list of réalisations at once: the good lines go in, the others are named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from labmgr.domain.exam import Realisation
from labmgr.domain.ports import Tools
from labmgr.domain.realisation_list import Listed, parse_realisations
from labmgr.domain.words import Option, Said
from labmgr.errors import BadFile, LabmgrError, Problem
from labmgr.services.session import forms

LINE = Said("line", "ligne")


@dataclass(frozen=True)
class Preview:
    """What an import would do: bad lines with their reasons, and what the good ones change."""

    problems: tuple[Problem, ...] = ()
    new: tuple[Realisation, ...] = ()
    changed: tuple[Realisation, ...] = ()
    same: tuple[Realisation, ...] = ()


def preview_import(tools: Tools, session_name: str, file: str, data: bytes) -> Preview:
    """Read a list and say what it would change; nothing is saved. Raises BadFile."""
    listed = _listed(tools, session_name, file, data)
    good, refused = _tried(listed, file, lambda one: forms.check_realisation(tools, one))
    known = {(one.candidate, one.number): one for one in tools.store.realisations(session_name)}
    before = [known.get((one.candidate, one.number)) for one in good]
    # A document stays whatever the list says, and is nobody's business here.
    plain = [old and replace(old, document="") for old in before]
    pairs = list(zip(good, plain, strict=True))
    return Preview(
        tuple(sorted([*listed.problems, *refused], key=lambda one: one.line)),
        new=tuple(one for one, old in pairs if old is None),
        changed=tuple(one for one, old in pairs if old is not None and one != old),
        same=tuple(one for one, old in pairs if one == old),
    )


def import_file(
    tools: Tools, session_name: str, file: str, data: bytes, *, by: str
) -> tuple[int, list[Problem]]:
    """How many really changed, and what could not go in. Raises BadFile when nothing could."""
    listed = _listed(tools, session_name, file, data)
    changed, refused = _keep(tools, file, listed, by=by)
    problems = sorted([*listed.problems, *refused], key=lambda one: one.line)
    if problems and len(refused) == len(listed.good):
        raise BadFile(file, problems)
    return changed, problems


def _listed(tools: Tools, session_name: str, file: str, data: bytes) -> Listed:
    session = tools.store.session(session_name)
    names = _parameters(tools, session.option)
    return parse_realisations(data, file=file, session=session.name, variables=names)


def _parameters(tools: Tools, option: Option) -> set[str]:
    """Of every template that can be read; a faulty one is named when a line asks for it."""
    names: set[str] = set()
    for name in tools.library.names():
        try:
            template = tools.library.read(name)
        except BadFile:
            continue
        names |= set(template.variables) if template.option is option else set()
    return names


def _keep(tools: Tools, file: str, listed: Listed, *, by: str) -> tuple[int, list[Problem]]:
    changed = 0

    def keep(wanted: Realisation) -> None:
        nonlocal changed
        before = tools.store.realisations(wanted.session, wanted.candidate)
        forms.keep_realisation(tools, wanted, by=by)
        changed += tools.store.realisations(wanted.session, wanted.candidate) != before

    _good, refused = _tried(listed, file, keep)
    return changed, refused


def _tried(
    listed: Listed, file: str, verb: Callable[[Realisation], None]
) -> tuple[Sequence[Realisation], list[Problem]]:
    """Those that the verb took, and the lines that it refused."""
    good, refused = list[Realisation](), list[Problem]()
    for line, wanted in listed.good:
        try:
            verb(wanted)
        except LabmgrError as e:
            refused.append(Problem(file, line, LINE, _said(e), e.hint))
        else:
            good.append(wanted)
    return good, refused


def _said(error: LabmgrError) -> str:
    """The sentence as it was raised: it may carry its French twin."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
