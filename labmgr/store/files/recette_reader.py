"""Reads recette.yaml beside its template: every fault with its line, key and mend."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address

from pydantic import ValidationError

from labmgr.domain.probe import Expect, ProbeKind, ProbeSpec
from labmgr.domain.recette import Expected, Line, Recette
from labmgr.domain.repair import GATEWAY
from labmgr.domain.template import CredentialKind, CredentialSpec, Template
from labmgr.domain.variables import KNOWN, fill, names_in
from labmgr.domain.words import Text
from labmgr.errors import BadFile, BadInput
from labmgr.store.files.compose_reader import problem_of
from labmgr.store.files.model_types import TextModel
from labmgr.store.files.probe_model import COMMON
from labmgr.store.files.recette_model import LineEntry, RecetteFile
from labmgr.store.files.recipes import HASH_LENGTH
from labmgr.store.files.remarks import Notes
from labmgr.store.files.template_schema import RECETTE
from labmgr.store.files.yaml_lines import Document, Path, read_yaml

_TAKES_A_KEY = frozenset({"ssh", "git"})
# As some lab would have them, to see whether a pattern is an address at all.
_SOME_LAB = {"LAB_NO": "1", "LAB_NET": "10.101", "CANDIDATE_NO": "1", "LAB_DOMAIN": "lab.lan"}


def read_recette(shown: str, raw: bytes, template: Template) -> Recette:
    """Raises BadFile with every problem."""
    document, problems = read_yaml(shown, raw)
    try:
        file = RecetteFile.model_validate(document.data)
    except ValidationError as e:
        errors = e.errors(include_url=False)
        problems += [problem_of(document, error, RECETTE.at) for error in errors]
        raise BadFile(shown, problems) from e
    notes = Notes(document, problems=problems)
    for rank, entry in enumerate(file.lines):
        _check(notes, rank, entry, template)
    _check_variables(notes, document.data, (), {*KNOWN, *template.variables})
    if notes.problems:
        raise BadFile(shown, notes.problems)
    digest = hashlib.sha256(raw).hexdigest()[:HASH_LENGTH]
    lines = tuple(_line(no, document, one, template) for no, one in enumerate(file.lines, start=1))
    return Recette(template.name, digest, lines, _text(file.title))


def _check(notes: Notes, rank: int, entry: LineEntry, template: Template) -> None:
    place: Path = ("lines", rank)
    nodes = [node.name for node in template.nodes]
    if entry.from_ not in {*nodes, GATEWAY}:
        what = f"{entry.from_} is not a node to look from"
        notes.add((*place, "from"), what, f"Known are: {', '.join((*nodes, GATEWAY))}.")
    if entry.to not in {*nodes, GATEWAY} and not _is_address(entry.to, template):
        what = f"{entry.to} is neither a node nor an address"
        mend = f"Known are: {', '.join((*nodes, GATEWAY))}; or write it like ${{LAB_NET}}.10.30."
        notes.add((*place, "to"), what, mend)
    if entry.kind == "dns" and entry.dns and not entry.dns.name and entry.to not in nodes:
        what = f"{entry.to} has no host name to resolve"
        notes.add((*place, "dns"), what, "Write the name: `dns: www.lab.lan`.")
    _check_account(notes, place, entry, template)


def _check_account(notes: Notes, place: Path, entry: LineEntry, template: Template) -> None:
    name = entry.probe.account
    if not name:
        return
    path = (*place, entry.kind, "bind" if entry.kind == "ldap" else "as")
    holder, _, id_ = name.rpartition(".")
    holder = holder or entry.to
    account = _accounts(template).get(f"{holder}.{id_}")
    if account is None:
        there = [one for one in _accounts(template) if one.startswith(f"{holder}.")]
        known = ", ".join(there or _accounts(template)) or "none"
        notes.add(path, f"{holder} has no account {id_}", f"Its accounts are: {known}.")
    elif account.kind is CredentialKind.SSH_KEY and (
        entry.kind not in _TAKES_A_KEY or entry.probe.wrong_password
    ):
        what = f"{name} is a key, and this probe needs a password"
        notes.add(path, what, "Name an account with a password.")


def _accounts(template: Template) -> dict[str, CredentialSpec]:
    return {f"{node.name}.{one.id}": one for node in template.nodes for one in node.credentials}


def _is_address(text: str, template: Template) -> bool:
    try:
        IPv4Address(fill(text, {**template.variables, **_SOME_LAB}))
    except AddressValueError:
        return False
    except BadInput:
        return True  # an unknown variable is said apart
    return True


def _check_variables(notes: Notes, thing: object, path: Path, known: set[str]) -> None:
    for where, text in _texts(thing, path):
        try:
            used = names_in(text)
        except BadInput as e:
            notes.add(where, str(e), e.hint)
            continue
        for name in dict.fromkeys(used):
            if where[-1] in {"fr", "en", "title", "group"}:
                what = f"{name} differs between candidates, and this is one for all of them"
                notes.add(where, what, "Write a fixed value here.")
            elif name not in known:
                mend = (
                    f"Known are {', '.join(sorted(known))}; declare others under "
                    "x-labmgr.variables, or write $$ for a dollar."
                )
                notes.add(where, f"the variable {name} is unknown", mend)


def _texts(thing: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(thing, dict):
        for key, value in thing.items():
            yield from _texts(value, (*path, key))
    elif isinstance(thing, list):
        for rank, value in enumerate(thing):
            yield from _texts(value, (*path, rank))
    elif isinstance(thing, str):
        yield path, thing


def _line(no: int, document: Document, entry: LineEntry, template: Template) -> Line:
    args = entry.probe.model_dump(by_alias=True, exclude_unset=True)
    spec = ProbeSpec(
        kind=ProbeKind(entry.kind),
        args={key: value for key, value in args.items() if key not in COMMON},
        credential=entry.probe.account,
        wrong_password=entry.probe.wrong_password,
        expect=Expect(entry.probe.expect),
        line=document.line(("lines", no - 1)),
    )
    if entry.dns:
        spec = _resolving(spec, entry, template)
    title, group = _text(entry.title), _text(entry.group)
    return Line(no, entry.from_, entry.to, spec, Expected(entry.expect), title, group)


def _resolving(spec: ProbeSpec, entry: LineEntry, template: Template) -> ProbeSpec:
    """What the sheet leaves unsaid: the destination's own name, and its own address."""
    args = dict(spec.args)
    nodes = {node.name: node for node in template.nodes}
    if not args.get("name"):
        args["name"] = f"{nodes[entry.to].hostname}.${{LAB_DOMAIN}}"
    if args.get("resolver") and not args.get("answer") and entry.to != GATEWAY:
        node = nodes.get(entry.to)
        args["answer"] = next(iter(node.addresses.values())) if node else entry.to
    return ProbeSpec(spec.kind, args, expect=spec.expect, line=spec.line)


def _text(text: TextModel | None) -> Text | None:
    return Text(fill(text.fr, {}), fill(text.en, {})) if text else None
