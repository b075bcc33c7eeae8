"""Accounts, probes and endpoints of a template: whatever they name must be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from labmgr.domain.addressing import WEB_MAX
from labmgr.domain.annex import BY_ID, ItemClass
from labmgr.domain.variables import account_variable
from labmgr.store.files.labmgr_model import CredentialEntry, ExternalEntry, NodeBlock
from labmgr.store.files.probe_model import ProbeEntry
from labmgr.store.files.remarks import Remarks
from labmgr.store.files.yaml_lines import Path

_TAKES_A_KEY = frozenset({"ssh", "git"})
_WEB = frozenset({"http", "https"})


def check_accounts(remarks: Remarks) -> None:
    """Look at every node's block; nodes that could not be read are given the benefit of doubt."""
    known = {
        (holder, entry.id): entry
        for holder, block in remarks.file.holders.items()
        for entry in block.credentials
    }
    _check_externals(remarks, known)
    for node, service in remarks.file.services.items():
        place: Path = ("services", node, "x-labmgr")
        _check_holder(remarks, place, service.block, known)
        _check_unique(
            remarks, (*place, "endpoints"), "name", [e.name for e in service.block.endpoints]
        )
        for rank, endpoint in enumerate(service.block.endpoints):
            path = (*place, "endpoints", rank, "as")
            if endpoint.as_ and (node, endpoint.as_) not in known:
                remarks.add(path, *_no_account(endpoint.as_, node, known))
        if not service.block.probes and not remarks.has((*place, "probes", 0)):
            what, mend = "nothing proves that the node works", "Add a probe of each service."
            remarks.add((*place, "probes"), what, mend)
        for rank, probe in enumerate(service.block.probes):
            _check_probe(remarks, (*place, "probes", rank, probe.kind), node, probe, known)
    _check_pages(remarks)


def _check_externals(remarks: Remarks, known: Mapping[tuple[str, str], CredentialEntry]) -> None:
    for name, entry in remarks.file.block.externals.items():
        place: Path = ("x-labmgr", "externals", name)
        _check_holder(remarks, place, entry, known)
        taken: dict[str, str] = {}
        for rank, account in enumerate(entry.credentials):
            other = taken.setdefault(account_variable(account.id), account.id)
            if other != account.id:
                what = f"{account.id} and {other} would be one variable in baselines"
                path = (*place, "credentials", rank, "id")
                remarks.add(path, what, "Give each its own name.")


def _check_holder(
    remarks: Remarks,
    place: Path,
    holder: NodeBlock | ExternalEntry,
    known: Mapping[tuple[str, str], CredentialEntry],
) -> None:
    _check_provides(remarks, place, holder.provides)
    _check_unique(remarks, (*place, "credentials"), "id", [c.id for c in holder.credentials])
    for rank, entry in enumerate(holder.credentials):
        _check_source(remarks, (*place, "credentials", rank, "from"), entry, known)


def _check_unique(remarks: Remarks, place: Path, key: str, names: list[str]) -> None:
    for rank, name in enumerate(names):
        if name in names[:rank]:
            what = f"{name} is there already, in entry {names.index(name) + 1}"
            remarks.add((*place, rank, key), what, "Give each its own name.")


def _check_provides(remarks: Remarks, place: Path, provides: Sequence[str]) -> None:
    option = remarks.file.block.option
    for rank, id_ in enumerate(provides):
        item = BY_ID.get(id_)
        if item is None:
            what, mend = f"annexe II.E has no item {id_}", "Write it like IIE-1.1-a."
        elif item.option not in {None, option}:
            what, mend = f"{id_} belongs to {item.option}", f"The template is for {option}."
        elif item.kind in {ItemClass.RULE, ItemClass.REAL}:
            what = f"{id_} ({item.label}) is nothing that a node could provide"
            mend = "Leave it out: equipment or people prove it."
        elif id_ in provides[:rank]:
            what, mend = f"{id_} is there twice", "Keep one."
        else:
            continue
        remarks.add((*place, "provides", rank), what, mend)


def _check_source(
    remarks: Remarks,
    path: Path,
    entry: CredentialEntry,
    known: Mapping[tuple[str, str], CredentialEntry],
) -> None:
    if not entry.from_:
        return
    node, _, id_ = entry.from_.rpartition(".")
    if not node:
        remarks.add(path, f"{entry.from_} names no node", "Write node.id, as in db.application.")
    elif (source := known.get((node, id_))) and source.from_:
        what = f"{entry.from_} is itself taken from {source.from_}"
        remarks.add(path, what, f"Write `from: {source.from_}`.")
    elif source is None and not _unreadable(remarks, node):
        remarks.add(path, *_no_account(id_, node, known))


def _check_probe(
    remarks: Remarks,
    path: Path,
    node: str,
    entry: ProbeEntry,
    known: Mapping[tuple[str, str], CredentialEntry],
) -> None:
    probe = entry.probe
    nodes = remarks.declared("services")
    if probe.from_ and probe.from_ not in nodes:
        what = f"{probe.from_} is not a node to look from"
        remarks.add((*path, "from"), what, f"The nodes are: {', '.join(nodes)}.")
    if not probe.account:
        return
    holder, _, id_ = probe.account.rpartition(".")
    path = (*path, "bind" if entry.kind == "ldap" else "as")
    account = known.get((holder or node, id_))
    if account is None:
        if not _unreadable(remarks, holder or node):
            remarks.add(path, *_no_account(id_, holder or node, known))
    elif _is_key(account, known) and (entry.kind not in _TAKES_A_KEY or probe.wrong_password):
        what = f"{probe.account} is a key, and this probe needs a password"
        remarks.add(path, what, "Name an account with a password.")


def _is_key(account: CredentialEntry, known: Mapping[tuple[str, str], CredentialEntry]) -> bool:
    node, _, id_ = account.from_.rpartition(".")
    return known.get((node, id_), account).kind == "ssh-key"


def _unreadable(remarks: Remarks, node: str) -> bool:
    declared = *remarks.declared("services"), *remarks.declared("externals", of="x-labmgr")
    return node in declared and node not in remarks.file.holders


def _no_account(
    id_: str, node: str, known: Mapping[tuple[str, str], CredentialEntry]
) -> tuple[str, str]:
    there = ", ".join(id_ for holder, id_ in known if holder == node) or "none"
    return f"{node} has no account {id_}", f"Its accounts are: {there}."


def _pages(remarks: Remarks) -> Iterator[Path]:
    for node, service in remarks.file.services.items():
        for rank, endpoint in enumerate(service.block.endpoints):
            if endpoint.protocol in _WEB:
                yield ("services", node, "x-labmgr", "endpoints", rank)


def _check_pages(remarks: Remarks) -> None:
    for path in list(_pages(remarks))[WEB_MAX:]:
        what = f"a lab's block of ports has room for {WEB_MAX} web pages"
        remarks.add(path, what, "Take one out: the candidate reaches more from inside the lab.")
