"""Volumes of a lab: a commit leaves them out, so they travel as archives of their own."""

from __future__ import annotations

from pathlib import PurePosixPath

from labmgr.domain.snapshot import Part
from labmgr.engines import helper
from labmgr.engines.parallel import each
from labmgr.engines.reach import Reach
from labmgr.engines.translate import in_our_words


def restore(reach: Reach, container: str, path: str, part: Part) -> None:
    """Stream the part's content into the volume of a created container."""
    place = PurePosixPath(path)
    with (
        helper.never_started(reach, part.image) as source,
        reach.archive(source, f"/{place.name}") as pieces,
    ):
        reach.api.put_archive(container, str(place.parent), pieces)


def named(reach: Reach, lab: str, node: str = "") -> list[str]:
    """The engine's names of the lab's volumes (of one node).

    An engine that is stopped while it makes a volume forgets its labels: such a one goes by its
    name, with the whole lab.
    """
    wanted = reach.names.filter(lab, **({"node": node} if node else {}))
    begins = reach.names.thing(lab, "")
    with in_our_words(reach.host):
        rows = reach.api.volumes(filters=wanted)["Volumes"] or []
        if not node:
            alike = reach.api.volumes(filters={"name": begins})["Volumes"] or []
            rows += [row for row in alike if not row["Labels"] and row["Name"].startswith(begins)]
    return [str(row["Name"]) for row in rows]


def remove(reach: Reach, names: list[str]) -> None:
    """A volume that a neighbour still uses stays: it is not this node's alone."""
    each(lambda name: _remove(reach, name), names)


def _remove(reach: Reach, name: str) -> None:
    used = {"volume": [name]}
    with in_our_words(reach.host):
        if not reach.api.containers(all=True, quiet=True, filters=used):
            reach.api.remove_volume(name)
