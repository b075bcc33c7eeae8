"""Images in a file, for a server without Internet: only labmgr's own, whole or not at all."""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from docker.errors import create_api_error_from_http_exception
from requests import HTTPError

from labmgr.engines.reach import PIECE, Reach
from labmgr.engines.translate import NO_ROOM, disk_full, in_our_words, refusal
from labmgr.errors import BadInput, EngineError

OURS = re.compile(r"labmgr/[a-z0-9][a-z0-9-]*:[0-9a-f]{6,64}")
LOADED = re.compile(r"Loaded image(?: ID)?: (\S+)")
CONTAINERD_NAME = "io.containerd.image.name"
HUB = "docker.io/"


def export(reach: Reach, tags: Sequence[str], file: Path) -> None:
    """Under a name of its own until it is whole: a full disk leaves nothing half."""
    half = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with half.open("wb") as out:
            for piece in _saved(reach, tags):
                out.write(piece)
            out.flush()
            os.fsync(out.fileno())
        half.replace(file)
    except OSError as e:
        if e.errno in NO_ROOM:
            raise disk_full(reach.host) from e
        raise BadInput(
            f"{file} cannot be written: {e.strerror}",
            hint="Name a file in a folder with room for about 1 GB per template.",
        ) from e
    finally:
        half.unlink(missing_ok=True)


def load(reach: Reach, file: Path) -> tuple[str, ...]:
    """The tags found. The file's own list is read first: nothing foreign reaches the engine."""
    tags = _named(file)
    if foreign := [tag for tag in tags if not OURS.fullmatch(tag)]:
        raise BadInput(
            f"{file} holds other things than labmgr's images: {', '.join(foreign[:3])}",
            hint="Use a file written by `labmgr image export`.",
        )
    loaded = list(_loaded(reach, file))
    if extra := set(loaded) - set(tags):
        _remove(reach, sorted(extra))
        raise BadInput(f"{file} held images that it did not list: {', '.join(sorted(extra))}")
    with in_our_words(reach.host):
        for tag in tags:
            reach.api.tag(tag, tag.partition(":")[0], "latest")
    return tuple(sorted(tags))


def _saved(reach: Reach, tags: Sequence[str]) -> Iterator[bytes]:
    api = reach.api
    url = f"{api.base_url}/v{api.api_version}/images/get"
    with (
        in_our_words(reach.host),
        api.get(url, params={"names": list(tags)}, stream=True, timeout=None) as answer,
    ):
        if not answer.ok:
            create_api_error_from_http_exception(HTTPError(response=answer))
        yield from answer.iter_content(PIECE)


def _named(file: Path) -> list[str]:
    """Every name that an engine of either kind of store would give to an image of the file."""
    names: set[str] = set()
    listed = False
    try:
        with tarfile.open(file) as tar:
            for entry in tar:
                held = tar.extractfile(entry) if entry.isfile() else None
                match entry.name:
                    case "manifest.json" if held:
                        listed = True
                        for image in json.loads(held.read()):
                            names |= set(image["RepoTags"] or ["(an image without a name)"])
                    case "index.json" if held:
                        names |= set(_in_index(json.loads(held.read())))
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as e:
        raise BadInput(
            f"{file} is not a file of images: {e}",
            hint="Use a file written by `labmgr image export`; copied by a broken stick?",
        ) from e
    if not listed:
        raise BadInput(f"{file} lists no images", hint="Use a file of `labmgr image export`.")
    return sorted(names)


def _in_index(index: dict[str, Any]) -> Iterator[str]:
    for manifest in index.get("manifests") or ():
        name = (manifest.get("annotations") or {}).get(CONTAINERD_NAME)
        if name:
            yield str(name).removeprefix(HUB)


def _loaded(reach: Reach, file: Path) -> Iterator[str]:
    order: Callable[..., Iterator[dict[str, Any]]] = reach.api.load_image
    try:
        with file.open("rb") as data:
            for row in _rows(reach, order, data):
                if "error" in row:
                    raise refusal(str(row["error"]), reach.host)
                if named := LOADED.search(str(row.get("stream", ""))):
                    yield named.group(1)
    except OSError as e:
        raise BadInput(f"{file} cannot be read: {e.strerror}") from e


def _rows(
    reach: Reach, order: Callable[..., Iterator[dict[str, Any]]], data: object
) -> Iterator[dict[str, Any]]:
    with in_our_words(reach.host):
        yield from order(data)


def _remove(reach: Reach, names: Sequence[str]) -> None:
    for name in names:
        try:
            with in_our_words(reach.host):
                reach.api.remove_image(name, force=True)
        except EngineError:
            continue
