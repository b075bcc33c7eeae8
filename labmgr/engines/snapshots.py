"""Snapshots that were taken: listed, proven to be readable, discarded."""

from __future__ import annotations

import tarfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from labmgr.domain.snapshot import Part, PartKind
from labmgr.engines import archive, helper
from labmgr.engines.naming import LAB, SNAPSHOT
from labmgr.engines.parallel import each
from labmgr.engines.reach import Reach
from labmgr.engines.translate import in_our_words
from labmgr.errors import DiskFull, EngineError, EngineUnreachable, ImageMissing, SnapshotBroken


def discard(reach: Reach, lab: str, snapshot: str) -> None:
    # Named by their repository too: an engine that looks at labels alone measures every image.
    named = {"reference": [f"{reach.names.repository(lab)}:*"]}
    _remove(reach, _images(reach, reach.names.filter(lab, snapshot=snapshot) | named))


def sweep(reach: Reach, lab: str) -> None:
    """Images that were discarded while a container still stood on them."""
    _remove(reach, _images(reach, reach.names.filter(lab) | {"dangling": ["true"]}))


def listed(reach: Reach) -> Collection[tuple[str, str]]:
    """(lab, snapshot) of every snapshot image of this instance."""
    images = [image for image in _images(reach, reach.names.filter()) if _tags(image)]
    return {(image["Labels"][LAB], image["Labels"][SNAPSHOT]) for image in images}


def verify(reach: Reach, parts: Sequence[Part]) -> None:
    each(lambda part: _verify(reach, part), parts)


def _verify(reach: Reach, part: Part) -> None:
    what = f"{part.kind} {part.name} of {part.image}"
    mend = "Take a new snapshot; until then the previous one stands."
    try:
        found = reach.image(part.image)["Id"]
        if found != part.digest:
            raise SnapshotBroken(f"{what} was altered: it is {found}, not {part.digest}", hint=mend)
        canary = _canary(reach, part)
    except (EngineUnreachable, DiskFull):
        raise  # nothing is said of the snapshot
    except ImageMissing as e:
        raise SnapshotBroken(f"{what} is not there any more", hint=mend) from e
    except (EngineError, tarfile.TarError) as e:
        raise SnapshotBroken(f"{what} cannot be read: {e}", hint=mend) from e
    if not canary:
        raise SnapshotBroken(f"{what} is empty", hint=mend)


def _canary(reach: Reach, part: Part) -> str:
    """Read from a created container, which is never started: the layers must really be there."""
    whole = part.kind is PartKind.NODE
    path = "/etc" if whole else f"/{PurePosixPath(part.path).name}"
    with (
        helper.never_started(reach, part.image) as container,
        reach.archive(container, path) as pieces,
    ):
        return archive.proof(pieces)


def _images(reach: Reach, wanted: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    with in_our_words(reach.host):
        found: list[dict[str, Any]] = reach.api.images(filters=wanted)
    return [image for image in found if SNAPSHOT in (image.get("Labels") or {})]


def _tags(image: Mapping[str, Any]) -> list[str]:
    return [tag for tag in image.get("RepoTags") or () if tag != "<none>:<none>"]


def _remove(reach: Reach, images: Sequence[Mapping[str, Any]]) -> None:
    """Forced: a container that stands on an image keeps its layers, not its name."""
    for image in images:
        for name in _tags(image) or [image["Id"]]:
            try:
                with in_our_words(reach.host):
                    reach.api.remove_image(name, force=bool(_tags(image)))
            except EngineUnreachable:
                raise
            except EngineError:
                if _tags(image):
                    raise  # an untagged one that is still stood upon waits for the next sweep
