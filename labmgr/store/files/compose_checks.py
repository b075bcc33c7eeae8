"""What a template means must make sense too: its names, its order, its images and volumes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from graphlib import CycleError, TopologicalSorter

from labmgr.domain.repair import GATEWAY
from labmgr.domain.template import ImageSpec
from labmgr.errors import Problem
from labmgr.store.files.account_checks import check_accounts
from labmgr.store.files.address_checks import check_addresses
from labmgr.store.files.compose_model import ComposeFile, Service
from labmgr.store.files.model_types import not_over_secrets
from labmgr.store.files.remarks import Remarks
from labmgr.store.files.variable_checks import check_variables
from labmgr.store.files.yaml_lines import Document

# What is wrong with a recipe folder, and the mend; None when nothing is.
RecipeFault = Callable[[ImageSpec], tuple[str, str] | None]

_SECRET = re.compile(
    r"PASSWORD|PASSWD|SECRET|TOKEN|(^|_)(PASS|PWD|PASSPHRASE|CREDENTIALS?)(_|$)"
    r"|(API|PRIVATE|ACCESS|ENCRYPTION)_?KEY",
    re.IGNORECASE,
)
_LOGIN_IN_ADDRESS = re.compile(r"://[^/\s:@]+:[^/\s@]+@")


def check(document: Document, file: ComposeFile, fault: RecipeFault) -> list[Problem]:
    """All that is wrong with the meaning; *fault* looks at a recipe's folder."""
    remarks = Remarks(document, file)
    check_variables(remarks)
    _check_names(remarks)
    _check_order(remarks)
    for name, service in file.services.items():
        _check_image(remarks, name, service, fault)
        _check_volumes(remarks, name, service)
        _check_secrets(remarks, name, "environment", service.environment)
        if service.build:
            _check_secrets(remarks, name, "build", service.build.args)
    _check_shared_volumes(remarks)
    check_addresses(remarks)
    check_accounts(remarks)
    return remarks.problems


def _check_names(remarks: Remarks) -> None:
    seen: dict[str, str] = {}
    for node, service in remarks.file.services.items():
        key = "hostname" if service.hostname else ""
        for name in dict.fromkeys((node, service.hostname or node)):
            if name == GATEWAY:
                what, mend = f"{name} is the name of labmgr's gateway", "Choose another name."
                remarks.add(("services", node, key), what, mend)
            elif name in seen:
                what = f"the lab already has a host {name}: the node {seen[name]}"
                remarks.add(("services", node, key), what, "Give each node its own name.")
            seen.setdefault(name, node)
    for name in remarks.file.block.externals:
        path = ("x-labmgr", "externals", name)
        if name == GATEWAY:
            what = f"{name} is the name of labmgr's gateway"
            remarks.add(path, what, "Choose another name.")
        elif name in seen:
            what = f"the lab already has a host {name}: the node {seen[name]}"
            remarks.add(path, what, "Give each node its own name.")


def _check_order(remarks: Remarks) -> None:
    services = remarks.file.services
    known = remarks.declared("services")
    for node, service in services.items():
        for other in service.depends_on:
            if other not in known:
                what = f"it depends on {other}, which is not a node"
                mend = f"The nodes are: {', '.join(known)}."
                remarks.add(("services", node, "depends_on", other), what, mend)
    try:
        TopologicalSorter({name: one.depends_on for name, one in services.items()}).prepare()
    except CycleError as e:
        ring = [str(name) for name in e.args[1]]
        what = f"nodes wait for each other: {' → '.join(reversed(ring))}"
        remarks.add(("services", ring[0], "depends_on"), what, "Take one of them out.")


def _check_image(remarks: Remarks, node: str, service: Service, fault: RecipeFault) -> None:
    given = [key for key in ("image", "build") if remarks.has(("services", node, key))]
    if len(given) != 1:
        what = "both image and build" if given else "neither build nor image"
        remarks.add(("services", node, "image"), what, "Say `build: ../_images/<image>` alone.")
    build = service.build
    if build and (found := fault(ImageSpec(recipe=build.recipe, args=build.args))):
        remarks.add(("services", node, "build", "context"), *found)


def _check_volumes(remarks: Remarks, node: str, service: Service) -> None:
    targets: set[str] = set()
    for rank, mount in enumerate(service.volumes):
        path = ("services", node, "volumes", rank)
        if mount.source not in remarks.declared("volumes"):
            mend = f"Add `{mount.source}: {{}}` to the volumes at the end of the file."
            remarks.add(path, f"the volume {mount.source} is not declared", mend)
        if mount.target.rstrip("/") in targets:
            what = f"two volumes lie on {mount.target}"
            remarks.add(path, what, "Give each its own path.")
        targets.add(mount.target.rstrip("/"))
        if hidden := not_over_secrets(mount.target):
            remarks.add(path, *hidden)
    for rank, place in enumerate(service.tmpfs):
        if hidden := not_over_secrets(place):
            remarks.add(("services", node, "tmpfs", rank), *hidden)


def _check_shared_volumes(remarks: Remarks) -> None:
    owner: dict[str, str] = {}
    for node, service in remarks.file.services.items():
        for rank, mount in enumerate(service.volumes):
            if owner.setdefault(mount.source, node) != node:
                what = f"the volume {mount.source} already belongs to {owner[mount.source]}"
                mend = "Give each node its own volume; nodes share files over the network."
                remarks.add(("services", node, "volumes", rank), what, mend)


def _check_secrets(remarks: Remarks, node: str, key: str, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        path = ("services", node, key, *(("args",) if key == "build" else ()), name)
        secret = _SECRET.search(name) and not name.upper().endswith("_FILE")
        if value and (secret or _LOGIN_IN_ADDRESS.search(value)):
            what = f"{name} holds a secret, the same one for everybody"
            mend = "Declare an account under x-labmgr.credentials: it is made for each candidate."
            remarks.add(path, what, mend)
