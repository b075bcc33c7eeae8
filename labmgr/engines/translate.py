"""Whatever docker-py, requests or the socket throw becomes one of labmgr's own errors."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager

from docker.errors import APIError, DockerException, ImageNotFound
from requests import RequestException
from urllib3.exceptions import HTTPError

from labmgr.errors import AddressTaken, DiskFull, EngineError, EngineUnreachable, ImageMissing

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_SPACE = ("no space left on device", "disk quota exceeded")
_PORT = re.compile(r"(?:Bind for|listen tcp4?6?) (\S+?):? (?:failed|bind)")
_TAKEN = ("port is already allocated", "address already in use", "pool overlaps")
_IMAGE = re.compile(r"No such image: (\S+)")


@contextmanager
def in_our_words(host: str, *, image: str = "") -> Iterator[None]:
    """Turn whatever docker-py throws into labmgr's own errors, cause attached."""
    try:
        yield
    except ImageNotFound as e:
        raise ImageMissing(image or _image(e), host) from e
    except APIError as e:
        raise refusal(str(e.explanation or e), host) from e
    except (DockerException, RequestException, HTTPError) as e:
        raise EngineUnreachable(host) from e
    except OSError as e:
        if e.errno in NO_ROOM:
            raise disk_full(host) from e
        raise EngineUnreachable(host) from e


def refusal(said: str, host: str) -> EngineError:
    """The kind of error that the engine's words stand for."""
    low = said.lower()
    if any(words in low for words in _NO_SPACE):
        return disk_full(host)
    if any(words in low for words in _TAKEN):
        return _taken(said)
    return EngineError(
        f"Docker on {host} refused: {said.strip()}",
        hint="`labmgr doctor` says whether the host is well; then repeat the order.",
    )


def disk_full(host: str) -> DiskFull:
    return DiskFull(
        f"No space is left on the disk of {host}",
        hint="Remove labs or snapshots that nobody needs (`labmgr snapshot list`), then repeat.",
    )


def _taken(said: str) -> AddressTaken:
    port = _PORT.search(said)
    what = f"Port {port.group(1)} is somebody else's" if port else f"Address taken: {said.strip()}"
    return AddressTaken(
        what,
        hint="`labmgr doctor` names the owner; free it, or choose another LABMGR_NET_BASE or "
        "LABMGR_PORT_BASE.",
    )


def _image(error: ImageNotFound) -> str:
    named = _IMAGE.search(str(error.explanation))
    return named.group(1) if named else str(error.explanation)
