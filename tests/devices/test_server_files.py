"""Files on a real sshd: whole or not at all, closed to others, every refusal with its reason."""

from __future__ import annotations

import os
import stat
import subprocess

import pytest

from labmgr.domain.devices import Outcome
from labmgr.errors import ConsoleError
from labmgr.services.equipment import asking, configs
from tests.devices.test_switches import trusted


class Files:
    def __init__(self, room):
        self._devices, [self._device] = room.tools.devices, room.devices("srv")
        self._keys = asking.keys_of(room.tools, self._device)

    def put(self, path, content):
        self._devices.put_file(self._device, self._keys, str(path), content)

    def fetch(self, path):
        return self._devices.fetch_file(self._device, self._keys, str(path))


@pytest.fixture
def files(room, server):
    trusted(room)
    return Files(room)


@pytest.fixture
def small(tmp_path):
    """A disk of 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", folder], check=False, stderr=-1
    )
    if mounted.returncode:
        pytest.skip("a full disk wants a mount, and this account may not")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_big_and_binary_files_arrive_whole_and_closed(files, tmp_path):
    content = os.urandom(6 << 20)
    there = tmp_path / "big.bin"
    there.write_bytes(b"older")
    there.chmod(0o644)
    files.put(there, content)
    assert there.read_bytes() == content
    assert stat.S_IMODE(there.stat().st_mode) == 0o600
    assert files.fetch(there) == content
    assert [one.name for one in tmp_path.glob("big.bin*")] == ["big.bin"]


def test_an_empty_file_and_one_with_a_strange_name(files, tmp_path):
    files.put(tmp_path / "un fichier é 'x'", b"")
    assert files.fetch(tmp_path / "un fichier é 'x'") == b""


def test_a_full_disk_is_named_and_leaves_what_was_there(files, small):
    (small / "kept.conf").write_text("older")
    with pytest.raises(ConsoleError, match=r"the disk of .*small is full") as full:
        files.put(small / "kept.conf", b"x" * (300 << 10))
    assert "Free some space" in full.value.hint
    assert (small / "kept.conf").read_text() == "older"
    assert [one.name for one in small.iterdir()] == ["kept.conf"]
    files.put(small / "kept.conf", b"newer")
    assert (small / "kept.conf").read_text() == "newer"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("{folder}/none/x.conf", "the folder of .*x.conf is not there"),
        ("{folder}/kept.conf/x", "the folder of .*kept.conf/x is not there"),
        ("{folder}/a-folder", "cannot be written"),
        ("/sys/labmgr", "may not write /sys/labmgr"),
    ],
)
def test_a_path_that_may_not_be_written_is_named_with_its_reason(files, server, path, words):
    (server / "a-folder").mkdir()
    with pytest.raises(ConsoleError, match=words) as refused:
        files.put(path.format(folder=server), b"x")
    assert refused.value.hint
    assert not list(server.glob("*.labmgr-*"))
    assert (server / "kept.conf").read_text() == "one = 1\n"


def test_what_cannot_be_fetched_is_named(files, server):
    with pytest.raises(ConsoleError, match="none is not there"):
        files.fetch(server / "none")
    with pytest.raises(ConsoleError, match="cannot be read"):
        files.fetch(server)
    with (server / "huge").open("wb") as huge:
        huge.truncate((64 << 20) + 1)
    with pytest.raises(ConsoleError, match="holds more than 64 MiB"):
        files.fetch(server / "huge")


def test_a_piece_is_never_kept_in_part(room, files, server):
    with (server / "kept.conf").open("wb") as huge:
        huge.truncate((8 << 20) + 1)
    [made] = configs.back_up(room.tools, room.devices("srv"), by="technicien")
    assert made.outcome is Outcome.FAILED
    assert "holds more than 8 MiB" in made.said
    assert room.tools.configs.backups("srv") == []
