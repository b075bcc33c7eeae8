"""A whole list of réalisations at once: the good lines go in, the others are named."""

from __future__ import annotations

from labmgr.domain.ports import Tools
from labmgr.domain.realisation_list import Listed, parse_realisations
from labmgr.domain.words import Option, Said
from labmgr.errors import BadFile, LabmgrError, Problem
from labmgr.services import forms

LINE = Said("line", "ligne")


def import_file(
    tools: Tools, session_name: str, file: str, data: bytes, *, by: str
) -> tuple[int, list[Problem]]:
    """How many really changed, and what could not go in. Raises BadFile when nothing could."""
    session = tools.store.session(session_name)
    names = _parameters(tools, session.option)
    listed = parse_realisations(data, file=file, session=session.name, variables=names)
    changed, refused = _keep(tools, file, listed, by=by)
    problems = sorted([*listed.problems, *refused], key=lambda one: one.line)
    if problems and len(refused) == len(listed.good):
        raise BadFile(file, problems)
    return changed, problems


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
    changed, refused = 0, []
    for line, wanted in listed.good:
        before = tools.store.realisations(wanted.session, wanted.candidate)
        try:
            forms.keep_realisation(tools, wanted, by=by)
        except LabmgrError as e:
            refused.append(Problem(file, line, LINE, str(e), e.hint))
            continue
        changed += tools.store.realisations(wanted.session, wanted.candidate) != before
    return changed, refused
