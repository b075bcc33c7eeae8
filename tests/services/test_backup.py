"""Backup and restore: the same instance elsewhere, all of it or nothing, whatever comes between."""

import io
import os
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tarfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command

from labmgr.domain.backup import MANIFEST, Manifest
from labmgr.domain.journal import Tail, first_altered, tail
from labmgr.domain.words import Role
from labmgr.domain.work import JobKind, JobState
from labmgr.errors import BadInput, LabmgrError, Refused, StoreError, VaultError
from labmgr.panel.french import Sayings
from labmgr.services.instance import backup
from labmgr.services.instance.packing import pack, unpack
from labmgr.store.rows import upgrading
from labmgr.store.rows.database import Database
from labmgr.store.rows.sql_store import SqlStore
from labmgr.vault.strongbox import HEAD, PIECE, TAG, PassphraseBox
from tests.services.world import World

ROOT = Path(__file__).parents[2]
WORDS = "a long passphrase"
PLAIN = b"what the candidate typed, " * 40_000  # 1 MB: some pieces


def quiet(_done, _total):
    pass


@pytest.fixture
def lived(world):
    """A home with a past: labs, an account, a code, records, settings, keys."""
    world.ready(1)
    tools, home = world.tools, world.home
    (home / "instance").write_text(tools.site.instance, encoding="ascii")
    tools.store.add_account("prof", Role.TEACHER, tools.vault.hash_password("x" * 16), by="x")
    tools.store.keep_code("e6", "1", "ABCD-EFGH-JKLM", by="x")
    tools.vault.fingerprint()
    (home / "panel.key").write_text("signs cookies", encoding="ascii")
    (home / "settings.toml").write_text("parallel = 3\n", encoding="ascii")
    (home / "records/e6/1").mkdir(parents=True)
    (home / "records/e6/1/web.cast").write_bytes(PLAIN)
    for name in ("locks/serve", "tls/panel.key", "url", "dockerd.log", ".draft", "keys/.vault.1.x"):
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text("not for others", encoding="ascii")
    return world


@pytest.fixture
def file(lived, tmp_path):
    made = tmp_path / "a.backup"
    backup.create(lived.tools, lived.safe(), made, WORDS, by="prof", tell=quiet)
    return made


@pytest.fixture
def elsewhere(lived, tmp_path):
    return lived.safe(tmp_path / "other" / "home")


def restored(safe, file, **options):
    return backup.restore(safe, file, WORDS, by="prof", tell=quiet, **options)


def tree(home):
    return {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.parent.name != "locks"
    }


def leftovers(folder):
    return [one.name for one in folder.iterdir() if "restoring" in one.name or "part" in one.name]


def test_another_home_becomes_the_same_instance(lived, file, elsewhere, tmp_path):
    wanted = {"labmgr.db", "instance", "panel.key", "settings.toml", "records/e6/1/web.cast"}
    wanted |= {"keys/vault.key", "keys/ca.pem"}
    lived_events = lived.events("e6-1-1")
    lived.close()
    proof = restored(elsewhere, file)
    assert proof.journal == "whole"
    assert set(tree(elsewhere.home)) == wanted
    same = wanted - {"labmgr.db"}
    before, after = tree(lived.home), tree(elsewhere.home)
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    world = World(elsewhere.home, lived.templates, lived.clock, lived.stock, lived.engine)
    store, vault = world.tools.store, world.tools.vault
    assert vault.check_password(store.account("prof").hashed, "x" * 16)
    assert store.code("e6", "1") == "ABCD-EFGH-JKLM"
    assert all(one.secret for one in store.credentials("e6-1-1"))
    assert vault.fingerprint() == lived.tools.vault.fingerprint()
    assert store.entries()[-1].what == "state restored from a backup"
    world.settle()  # the labs on the engine are found again, none is built anew
    assert world.states() == ["ready"]
    assert world.events("e6-1-1") == lived_events
    world.assert_whole()
    world.close()


def test_a_backup_is_of_one_instant_while_others_write(lived, elsewhere, tmp_path):
    stop = threading.Event()

    def write():
        while not stop.is_set():
            lived.tools.store.write("session:e6", "step", by="prof")

    writers = [threading.Thread(target=write) for _ in range(3)]
    for one in writers:
        one.start()
    try:
        for turn in range(3):
            file = tmp_path / f"{turn}.backup"
            backup.create(lived.tools, lived.safe(), file, WORDS, by="prof", tell=quiet)
            assert backup.check(elsewhere, file, WORDS, tell=quiet).journal == "whole"
    finally:
        stop.set()
        for one in writers:
            one.join()
    restored(elsewhere, file)
    with elsewhere.homes.store(elsewhere.home) as store:
        assert len([one for one in store.entries() if one.what == "step"]) > 3


def test_everything_written_is_the_owners_alone_and_nothing_is_readable(lived, file, elsewhere):
    old = os.umask(0)
    try:
        restored(elsewhere, file)
    finally:
        os.umask(old)
    paths = [elsewhere.home, *elsewhere.home.rglob("*"), file]
    assert {stat.S_IMODE(one.stat().st_mode) & 0o077 for one in paths} == {0}
    sealed = file.read_bytes()
    key = (lived.home / "keys/vault.key").read_bytes()
    for secret in (
        PLAIN[:20],
        key[:20],
        b"SQLite format",
        "Prénom1".encode(),
        b"labmgr.db",
        WORDS.encode(),
    ):
        assert secret not in sealed


def test_check_leaves_nothing_and_touches_nothing(lived, file, elsewhere):
    before = tree(lived.home)
    assert backup.check(lived.safe(), file, WORDS, tell=quiet).instance == "tests"
    backup.check(elsewhere, file, WORDS, tell=quiet)
    assert not elsewhere.home.exists()
    assert leftovers(elsewhere.home.parent) == leftovers(lived.home.parent) == []
    assert tree(lived.home) == before


def test_a_wrong_passphrase_is_told_from_a_damaged_file(file, elsewhere):
    with pytest.raises(VaultError, match="passphrase does not open"):
        backup.restore(elsewhere, file, WORDS + "x", by="prof", tell=quiet)
    assert not elsewhere.home.exists()


@pytest.mark.parametrize("place", [0, 13, 16, 20, HEAD + 3, HEAD + TAG + 9, 300_000, -1])
def test_one_altered_bit_is_noticed(file, elsewhere, place):
    damaged = bytearray(file.read_bytes())
    damaged[place] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(VaultError):
        restored(elsewhere, file)
    assert not elsewhere.home.exists()
    assert leftovers(elsewhere.home.parent) == []


FIRST = HEAD + TAG


@pytest.mark.parametrize("size", [0, 5, HEAD, FIRST, FIRST + 7, FIRST + PIECE + TAG, -TAG, -1])
def test_a_missing_end_is_noticed(file, elsewhere, size):
    whole = file.read_bytes()
    assert len(whole) > FIRST + 2 * PIECE
    file.write_bytes(whole[:size])
    with pytest.raises(VaultError):
        backup.check(elsewhere, file, WORDS, tell=quiet)


def test_pieces_that_change_places_or_are_added_are_noticed(file, elsewhere):
    whole, step = file.read_bytes(), PIECE + TAG
    one, two = whole[FIRST : FIRST + step], whole[FIRST + step : FIRST + 2 * step]
    for changed in (
        whole[:FIRST] + two + one + whole[FIRST + 2 * step :],
        whole + one,
        whole + b"x",
        whole[:FIRST] + whole[FIRST + step :],
    ):
        file.write_bytes(changed)
        with pytest.raises(VaultError, match="damaged"):
            backup.check(elsewhere, file, WORDS, tell=quiet)


def test_a_newer_format_and_a_foreign_file_are_told_apart(file, elsewhere):
    newer = file.read_bytes().replace(b"labmgr backup 1", b"labmgr backup 2", 1)
    for content, words in ((newer, "newer labmgr"), (b"PK" * 99, "not a backup")):
        file.write_bytes(content)
        with pytest.raises(VaultError, match=words):
            backup.check(elsewhere, file, WORDS, tell=quiet)


def repacked(lived, file, change):
    """A backup of a database that somebody changed by hand."""
    safe, copy = lived.safe(), file.with_name("copy.db")
    safe.homes.copy_database(lived.home, copy)
    with closing(sqlite3.connect(copy)) as database, database:
        database.execute(change)
    with file.open("wb") as out:
        sealed = safe.box.seal(out, WORDS)
        about = Manifest("9", "9999", "tests", safe.now(), ())
        pack(sealed, lived.home, copy, about, quiet)
        sealed.finish()


def test_a_newer_database_is_refused_with_words(lived, file, elsewhere):
    repacked(lived, file, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match="newer labmgr") as trouble:
        restored(elsewhere, file)
    assert "Install" in trouble.value.hint
    assert not elsewhere.home.exists()


def test_an_older_database_is_brought_up_to_date_and_its_journal_sealed(world, tmp_path, disk):
    old, file = disk / "old", tmp_path / "old.backup"
    (old / "keys").mkdir(parents=True)
    shutil.copy(world.home / "keys/vault.key", old / "keys")
    (old / "instance").write_text("tests", encoding="ascii")
    database = Database(f"sqlite:///{old}/labmgr.db", foreign_keys=False)
    with database.write() as tx:
        config = upgrading._config()  # noqa: SLF001 - as it was at that step
        config.attributes["connection"] = tx
        command.upgrade(config, "0001")
    database.close()
    safe = world.safe(old)
    store = SqlStore(f"sqlite:///{old}/labmgr.db", world.tools.vault, world.clock, home=old)
    store.write("x", "from before the seal", by="prof")
    assert tail(*store.whole_journal()) is Tail.UNSEALED
    store.close()
    backup.create(world.tools, safe, file, WORDS, by="prof", tell=quiet)
    new = world.safe(disk / "new")
    assert restored(new, file).schema == "0001"
    with closing(sqlite3.connect(new.home / "labmgr.db")) as raw:
        assert raw.execute("SELECT version_num FROM alembic_version").fetchone()[0] > "0001"
    with new.homes.store(new.home) as store:
        assert tail(*store.whole_journal()) is Tail.WHOLE
        assert store.entries()[0].what == "from before the seal"


def test_a_journal_that_was_cut_is_restored_as_it_is_and_said(lived, file, elsewhere):
    repacked(lived, file, "DELETE FROM journal WHERE rank > 3")
    assert backup.check(elsewhere, file, WORDS, tell=quiet).journal == "cut"
    assert restored(elsewhere, file).journal == "cut"
    with elsewhere.homes.store(elsewhere.home) as store:
        assert first_altered(store.entries()) is not None


def test_orders_from_before_are_not_carried_out_after(lived, tmp_path, elsewhere):
    job = lived.tools.store.order(JobKind.RESET, "e6-1-1", by="prof")
    file = tmp_path / "b.backup"
    backup.create(lived.tools, lived.safe(), file, WORDS, by="prof", tell=quiet)
    restored(elsewhere, file)
    with elsewhere.homes.store(elsewhere.home) as store:
        assert store.job(job.id).state is JobState.REFUSED
        assert store.jobs(unended=True) == []


def test_a_home_with_a_state_is_moved_aside_by_force_alone(lived, file):
    lived.tools.store.write("x", "after the backup", by="prof")
    lived.close()
    before = tree(lived.home)
    with pytest.raises(Refused, match="There is a state"):
        restored(lived.safe(), file)
    with pytest.raises(Refused, match="There is a state"):
        restored(lived.safe(), file, force=True)
    assert tree(lived.home) == before
    proof = restored(lived.safe(), file, force=True, why="the disk was replaced")
    assert tree(proof.aside) == before
    with lived.safe().homes.store(lived.home) as store:
        last = store.entries()[-1]
        assert (last.what, last.why) == ("state restored from a backup", "the disk was replaced")
        assert "after the backup" not in {one.what for one in store.entries()}


def test_an_empty_home_is_just_filled(file, elsewhere):
    elsewhere.home.mkdir(parents=True)
    assert restored(elsewhere, file).aside is None
    assert [one.name for one in elsewhere.home.parent.iterdir()] == ["home"]


@pytest.mark.parametrize("name", ["serve", "worker"])
def test_a_home_in_use_is_left_alone(lived, file, name):
    with lived.tools.store.lock(name) as mine:
        assert mine
        lived.tools.store.close()  # no connection: the lock alone says it
        with pytest.raises(Refused, match="at work"):
            restored(lived.safe(), file, force=True, why="x")


def test_a_panel_that_runs_alone_is_noticed_by_its_connection(lived, file):
    lived.tools.store.entries(limit=1)
    before = tree(lived.home)
    with pytest.raises(Refused, match="at work"):
        restored(lived.safe(), file, force=True, why="x")
    assert tree(lived.home)["labmgr.db"] == before["labmgr.db"]
    lived.tools.store.write("x", "goes on", by="prof")


def test_a_damaged_database_does_not_stand_in_the_way(lived, file):
    lived.close()
    (lived.home / "labmgr.db").write_bytes(b"rubbish" * 1000)
    proof = restored(lived.safe(), file, force=True, why="damaged")
    assert (proof.aside / "labmgr.db").read_bytes().startswith(b"rubbish")


def test_a_damaged_database_is_not_backed_up(lived, tmp_path):
    lived.close()
    with (lived.home / "labmgr.db").open("r+b") as database:
        database.seek(4096)
        database.write(b"\xff" * 40960)
    with pytest.raises(StoreError):
        backup.create(lived.tools, lived.safe(), tmp_path / "b", WORDS, by="prof", tell=quiet)
    assert not (tmp_path / "b").exists()


def test_what_cannot_work_is_refused_first(lived, file, tmp_path):
    def make(where, words=WORDS):
        backup.create(lived.tools, lived.safe(), where, words, by="prof", tell=quiet)

    with pytest.raises(Refused, match="there already"):
        make(file)
    with pytest.raises(Refused, match="inside"):
        make(lived.home / "b")
    with pytest.raises(BadInput, match="11 characters"):
        make(tmp_path / "b", "x" * 11)
    with pytest.raises(Refused, match="No such file"):
        make(tmp_path / "nowhere" / "b")
    (lived.home / "records/link").symlink_to("/etc")
    with pytest.raises(Refused, match="is a link"):
        make(tmp_path / "b")
    assert leftovers(tmp_path) == leftovers(lived.home) == []


def crafted(*members):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, kind in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname, member.size = kind, "/etc/passwd", 0
            tar.addfile(member)
    made.seek(0)
    return made


FILE = tarfile.REGTYPE
BAD = [
    [("../x", FILE)],
    [("/tmp/x", FILE)],
    [("records/../../x", FILE)],
    [("records//x", FILE)],
    [("records\\x", FILE)],
    [("./x", FILE)],
    [("records/x", tarfile.SYMTYPE)],
    [("records/x", tarfile.LNKTYPE)],
    [("records", tarfile.DIRTYPE)],
    [("records/x", tarfile.FIFOTYPE)],
    [("records/x", tarfile.CHRTYPE)],
    [("locks/serve", FILE)],
    [("keys/.hidden", FILE)],
    [("labmgr.db-wal", FILE)],
    [("records/x", FILE), ("records/x", FILE)],
    [("records/x", FILE)],  # without a manifest
    [(MANIFEST, FILE)],
]


@pytest.mark.parametrize("members", BAD, ids=lambda one: f"{one[0][0]} {one[0][1]!r}")
def test_no_member_reaches_beyond_its_folder(members, tmp_path):
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    with pytest.raises(BadInput, match="no backup that labmgr made"):
        unpack(crafted(*members), fresh, lambda: None)
    assert [one.name for one in tmp_path.iterdir()] == ["fresh"]
    assert not any(one.is_symlink() for one in fresh.rglob("*"))


def test_contents_that_their_manifest_does_not_name_are_refused(lived, tmp_path):
    """By somebody who has the passphrase, or by a fault of our own."""
    out = io.BytesIO()
    lived.safe().homes.copy_database(lived.home, tmp_path / "copy.db")
    about = Manifest("1", "0001", "tests", lived.clock(), ())
    pack(out, lived.home, tmp_path / "copy.db", about, quiet)
    changed = out.getvalue().replace(b"what the candidate typed", b"what the candidate TYPED", 1)
    (tmp_path / "fresh").mkdir()
    with pytest.raises(BadInput, match="manifest"):
        unpack(io.BytesIO(changed), tmp_path / "fresh", lambda: None)


CHILD = """
import os, signal, sys
from functools import partial
from pathlib import Path
from datetime import UTC, datetime
import labmgr.store.rows.homes as homes
from labmgr.services.instance import backup
from labmgr.vault.strongbox import PassphraseBox
from labmgr.vault.vault import HomeVault
home, file, how, turn = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
now = lambda: datetime.now(UTC)
own = homes.SqliteHomes(partial(HomeVault, now=now), now)
safe = backup.Safe(home, PassphraseBox(10), own, now)
class Tools:
    class site: instance = "tests"
    class store: write = staticmethod(lambda *a, **k: None)
def die(): os.kill(os.getpid(), signal.SIGKILL)
count = 0
def tell(done, total):
    global count
    count += 1
    if how == "tell" and count == turn: die()
exchange = homes._exchange
def deadly(*names):
    if turn == 0: die()
    exchange(*names)
    die()
if how == "exchange": homes._exchange = deadly
try:
    if how == "create" or file.name.startswith("new"):
        backup.create(Tools, safe, file, "a long passphrase", by="x", tell=tell)
    else:
        backup.restore(safe, file, "a long passphrase", by="x", force=True, why="x", tell=tell)
except Exception as e:
    print(type(e).__name__, e)
    sys.exit(1)
"""


def child(home, file, how="", turn=0, **options):
    order = [sys.executable, "-c", CHILD, str(home), str(file), how, str(turn)]
    return subprocess.run(order, cwd=ROOT, capture_output=True, text=True, check=False, **options)


def limited():
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))


@pytest.mark.parametrize("turn", [1, 3, 5, 7])
def test_killed_in_the_middle_the_home_is_as_it_was_and_the_next_one_clears_up(lived, file, turn):
    lived.close()
    before = tree(lived.home)
    assert child(lived.home, file, "tell", turn).returncode == -signal.SIGKILL
    assert tree(lived.home) == before
    assert len(leftovers(lived.home.parent)) == 1
    restored(lived.safe(), file, force=True, why="again")
    assert leftovers(lived.home.parent) == []


@pytest.mark.parametrize("turn", [0, 1])
def test_killed_beside_the_one_step_one_whole_state_stands_and_the_other_is_kept(lived, file, turn):
    lived.close()
    before = tree(lived.home)
    assert child(lived.home, file, "exchange", turn).returncode == -signal.SIGKILL
    aside = next(lived.home.parent.glob("home.before-*"))
    old, new = (aside, lived.home) if turn else (lived.home, aside)
    assert tree(old) == before
    with lived.safe().homes.store(new) as store:
        assert tail(*store.whole_journal()) is Tail.WHOLE
        assert store.entries()[-1].what == "state restored from a backup"


@pytest.mark.parametrize("turn", [1, 4])
def test_a_backup_killed_in_the_middle_never_looks_like_one(lived, tmp_path, turn):
    new = tmp_path / "new.backup"
    assert child(lived.home, new, "tell", turn).returncode == -signal.SIGKILL
    assert not new.exists()
    assert len(leftovers(tmp_path)) == 1
    backup.create(lived.tools, lived.safe(), new, WORDS, by="prof", tell=quiet)
    assert leftovers(lived.home) == leftovers(tmp_path) == []


def test_a_full_disk_is_said_and_nothing_is_left(lived, file, tmp_path):
    lived.close()
    before = tree(lived.home)
    for target in (file, tmp_path / "new.backup"):
        said = child(lived.home, target, preexec_fn=limited)
        assert said.returncode == 1
        assert "No room left" in said.stdout, said
        assert tree(lived.home) == before
        assert leftovers(tmp_path) == leftovers(lived.home) == leftovers(lived.home.parent) == []
    assert not (tmp_path / "new.backup").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
def test_a_disk_that_is_really_full(lived, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "none", str(disk)], check=True)
    try:
        with pytest.raises(LabmgrError, match="No room left") as trouble:
            backup.create(lived.tools, lived.safe(), disk / "b", WORDS, by="prof", tell=quiet)
        assert "df -h" in trouble.value.hint
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_large_records_do_not_sit_in_memory(lived, tmp_path):
    with (lived.home / "records/large").open("wb") as large:
        large.truncate(300 << 20)
    new = tmp_path / "new.backup"

    def little():
        resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20))

    lived.close()
    for _ in ("create", "restore"):
        assert child(lived.home, new, preexec_fn=little).returncode == 0
        new = new.rename(tmp_path / "old.backup") if new.exists() else new


def test_the_journals_rows_and_the_orders_end_have_french_words():
    for words in ("backup made", "state restored from a backup", *backup.OLD_ORDERS):
        assert Sayings().french(words)


def test_a_cheap_passphrase_is_for_tests_alone():
    assert PassphraseBox()._cost == 17  # noqa: SLF001 - what guessing costs is the promise


def test_what_a_killed_one_left_is_not_taken_for_a_home(lived, file, elsewhere):
    with elsewhere.homes.fresh(elsewhere.home) as alive:
        restored(elsewhere, file)
        assert alive.exists()  # somebody else's at work is not cleared
    shutil.rmtree(elsewhere.home)
