"""Backup and restore of an instance: its home in one encrypted file, and back in one step."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from labmgr import __version__
from labmgr.domain.backup import DATABASE, NEEDED, Homes, Manifest, Strongbox, odd
from labmgr.domain.books import Store
from labmgr.domain.journal import Tail, first_altered, tail
from labmgr.domain.ports import Tools
from labmgr.domain.work import JobState
from labmgr.errors import BadInput, Refused
from labmgr.services.instance.packing import Count, pack, unpack

SHORTEST: Final = 12  # characters of a passphrase
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
OLD_ORDERS: Final = (
    "the order is from before the backup was restored",
    "Look at the lab, then order it again if it is still wanted.",
)


@dataclass(frozen=True)
class Safe:
    """What backups reach for. Built in wiring.py without touching the home: it may be damaged."""

    home: Path
    box: Strongbox
    homes: Homes
    now: Callable[[], datetime]


@dataclass(frozen=True)
class Proof:
    """What was found in a backup."""

    instance: str
    made: datetime
    version: str
    schema: str
    files: int
    size: int
    journal: str  # "whole", or what is wrong with it; it is restored as it is
    aside: Path | None = None  # where the state before went


def create(
    tools: Tools, safe: Safe, file: Path, passphrase: str, *, by: str, tell: Count
) -> Manifest:
    """Write everything that another home needs to be this instance; labmgr goes on meanwhile."""
    _refuse_weak(passphrase)
    _refuse_place(file, safe.home)
    with _in_our_words(file), safe.homes.fresh(safe.home / "backup") as room:
        safe.homes.copy_database(safe.home, room / DATABASE)
        about = Manifest(
            __version__, safe.homes.schema(room), tools.site.instance, safe.now(), files=()
        )
        with _part(file) as out:
            sealed = safe.box.seal(out, passphrase)
            manifest = pack(sealed, safe.home, room / DATABASE, about, tell)
            sealed.finish()
    tools.store.write("backup", "backup made", by=by)
    return manifest


def check(safe: Safe, file: Path, passphrase: str, *, tell: Count) -> Proof:
    """Prove that it can be restored, without doing it."""
    with _in_our_words(safe.home), safe.homes.fresh(safe.home) as fresh:
        manifest = _open(safe, file, passphrase, fresh, tell)
        with safe.homes.store(fresh) as store:
            return _proof(manifest, store)


def restore(
    safe: Safe,
    file: Path,
    passphrase: str,
    *,
    by: str,
    force: bool = False,
    why: str = "",
    tell: Count,
) -> Proof:
    """Everything into a fresh directory, then in one step into the home's place."""
    _refuse_state(safe.home, force=force and bool(why))
    aside = safe.home.with_name(f"{safe.home.name}.before-{safe.now():%Y%m%d-%H%M%S}")
    with (
        _in_our_words(safe.home),
        safe.homes.alone(safe.home),
        safe.homes.fresh(safe.home) as fresh,
    ):
        manifest = _open(safe, file, passphrase, fresh, tell)
        with safe.homes.store(fresh) as store:
            proof = _proof(manifest, store)
            _end_old_orders(store)
            store.write("backup", "state restored from a backup", by=by, why=why)
        moved = safe.homes.put_in_place(fresh, safe.home, aside)
    return Proof(**{**vars(proof), "aside": aside if moved else None})


def _open(safe: Safe, file: Path, passphrase: str, fresh: Path, tell: Count) -> Manifest:
    with _in_our_words(file), file.open("rb") as sealed:
        size = os.fstat(sealed.fileno()).st_size
        stream = safe.box.unseal(sealed, passphrase)
        manifest = unpack(stream, fresh, lambda: tell(sealed.tell(), size))
    if lost := sorted(NEEDED - {one.name for one in manifest.files}):
        raise odd(f"{', '.join(lost)} is missing")
    safe.homes.schema(fresh)  # a newer one is refused before anything opens it
    return manifest


def _proof(manifest: Manifest, store: Store) -> Proof:
    entries, mark = store.whole_journal()
    bad, end = first_altered(entries), tail(entries, mark)
    journal = f"altered at row {bad.rank}" if bad else str(end)
    if end is Tail.UNSEALED and not bad:
        journal = "unsealed: was the backup made with other keys than its database's?"
    about = (manifest.instance, manifest.made, manifest.version, manifest.schema)
    return Proof(*about, len(manifest.files), manifest.size, journal)


def _end_old_orders(store: Store) -> None:
    """What was waiting then must not be done now: it might reset a lab that was worked in since."""
    while waiting := store.jobs(unended=True):
        for job in waiting:
            store.finish(job, JobState.REFUSED, *OLD_ORDERS)


def _refuse_weak(passphrase: str) -> None:
    if len(passphrase) < SHORTEST:
        raise BadInput(
            f"The passphrase has {len(passphrase)} characters",
            hint=f"Take {SHORTEST} or more: whoever opens the backup has every key of the centre.",
        )


def _refuse_place(file: Path, home: Path) -> None:
    if file.exists():
        raise Refused(f"{file} is there already", hint="Name another file, or move that one.")
    if file.resolve().is_relative_to(home.resolve()):
        raise Refused(
            f"{file} would be inside {home}",
            hint="What happens to the one happens to the other: write it elsewhere, best on "
            "another disk.",
        )


def _refuse_state(home: Path, *, force: bool) -> None:
    if not force and home.exists() and any(home.iterdir()):
        raise Refused(
            f"There is a state in {home}",
            hint="`--force --why TEXT` moves it aside (nothing is deleted) and restores.",
        )


@contextmanager
def _part(file: Path) -> Iterator[BinaryIO]:
    """Under another name until it is whole and on the disk."""
    _clear_parts(file.parent)
    draft = file.with_name(f".labmgr-{secrets.token_hex(4)}.part")
    handle = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            fcntl.flock(out, fcntl.LOCK_EX)  # alive: nobody clears it
            yield out
            out.flush()
            os.fsync(out.fileno())
        draft.rename(file)
    finally:
        draft.unlink(missing_ok=True)


def _clear_parts(folder: Path) -> None:
    """What a killed backup left: else every night that fails takes its room for ever."""
    for left in folder.glob(".labmgr-*.part"):
        with left.open("rb") as part, suppress(BlockingIOError):
            fcntl.flock(part, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


@contextmanager
def _in_our_words(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        place = e.filename or where
        if e.errno in _FULL:
            raise Refused(
                f"No room left for {place}",
                hint="Free some (`df -h`) or name another disk, then repeat; nothing was changed.",
            ) from e
        raise Refused(
            f"{place}: {e.strerror}", hint="Check the path, its owner and its rights, then repeat."
        ) from e
