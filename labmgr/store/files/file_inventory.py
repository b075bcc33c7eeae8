"""The inventory's folder: hosts.yaml and devices.yaml, and the secrets they refer to."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from labmgr.domain.inventory import Device, Equipment, Host, Place, Terminal
from labmgr.errors import BadFile, BadInput, NotFound, Problem
from labmgr.store.files.french import said
from labmgr.store.files.inventory_reader import read_devices, read_hosts

HOSTS: Final = "hosts.yaml"
DEVICES: Final = "devices.yaml"
BASELINES: Final = "baselines"
_LARGEST: Final = 64 << 10  # of a secret in a file


class FileInventory:
    """Looks at the files each time, since people change them while it runs.

    They are understood again only when they say something else: pages ask every few seconds.
    """

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder, self._env = folder, env
        self._last: tuple[tuple[bytes, bytes], Equipment] | None = None

    def read(self) -> Equipment:
        """A missing file is an empty one; what both files lack is said together."""
        files, last = (self._raw(HOSTS), self._raw(DEVICES)), self._last
        if last and last[0] == files:
            return last[1]
        found = _understood(*files)
        self._last = files, found
        return found

    def secret(self, reference: str) -> str:
        kind, _, rest = reference.partition(":")
        if kind == "env":
            if value := self._env.get(rest, ""):
                return value
            raise BadInput(
                f"The environment has no {rest}, which the inventory names",
                hint=f"Set {rest} where labmgr is started, or keep the secret in its store: "
                "`labmgr device secret NAME`, and store:NAME in the inventory.",
            )
        return _in_file(Path(rest))

    def baseline(self, name: str) -> str:
        file = self._folder / BASELINES / name
        try:
            return file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise NotFound(
                f"The inventory has no {BASELINES}/{name}, which devices.yaml names",
                hint=f"Write it beside {DEVICES}, in the folder {BASELINES}.",
            ) from None
        except (OSError, UnicodeDecodeError) as e:
            words = e.strerror if isinstance(e, OSError) else "it is not UTF-8"
            raise BadInput(f"{BASELINES}/{name} cannot be read: {words}") from e

    def _raw(self, name: str) -> bytes:
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as e:
            what = f"it cannot be read: {e.strerror}"
            problem = Problem(name, 0, "file", what, "Check its owner and rights.")
            raise BadFile(name, [problem]) from e


def _understood(hosts_file: bytes, devices_file: bytes) -> Equipment:
    problems: list[Problem] = []
    hosts: tuple[Host, ...] = ()
    room: tuple[tuple[Device, ...], tuple[Terminal, ...], tuple[Place, ...]] = (), (), ()
    try:
        hosts = read_hosts(HOSTS, hosts_file) if hosts_file else hosts
    except BadFile as e:
        problems += e.problems
    try:
        room = read_devices(DEVICES, devices_file) if devices_file else room
    except BadFile as e:
        problems += e.problems
    if problems:
        raise BadFile(problems[0].file, [said(one) for one in problems])
    return Equipment(hosts, *room)


def _in_file(file: Path) -> str:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise BadInput(f"{file} can be read by others", hint=f"`chmod 600 {file}`")
        with file.open(encoding="utf-8") as text:
            value = text.read(_LARGEST)
    except (OSError, UnicodeDecodeError) as e:
        words = e.strerror if isinstance(e, OSError) else "it is not UTF-8"
        hint = "The inventory names this file for a secret."
        raise BadInput(f"{file} cannot be read: {words}", hint=hint) from None
    # A password is one line; a key keeps its last line feed.
    return value if "\n" in value.rstrip("\n") else value.rstrip("\r\n")
