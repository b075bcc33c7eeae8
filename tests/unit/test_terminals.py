"""Ring, recordings and a terminal's life, with time handed in."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import stat
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labmgr.domain.terminals import Ring, Size
from labmgr.domain.words import Audience
from labmgr.errors import NotFound, StoreError
from labmgr.services.desk.live_terminal import ABANDONED, IDLE, Ending, Holder, Label, Terminal
from labmgr.store.kept import recording_room
from labmgr.store.kept.recordings import FileRecordings

NOW = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)


class Time:
    """Stands still unless moved."""

    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at

    def pause(self, seconds):
        self.at += seconds


class Script:
    """A shell that says these things, each a second after the one before, then is over."""

    def __init__(self, time, *lines, status=None):
        self.time, self.lines, self.status = time, list(lines), status
        self.typed, self.sizes, self.closed = b"", [], 0

    def read(self, _timeout):
        self.time.at += 1
        return self.lines.pop(0) if self.lines else None

    def write(self, data):
        self.typed += data

    def resize(self, size):
        self.sizes.append(size)

    def exit_status(self):
        return self.status

    def close(self):
        self.closed += 1


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def tapes(tmp_path, time):
    return FileRecordings(tmp_path, now=lambda: NOW, clock=time, largest=400)


def terminal_of(shell, time, recording=None):
    holder = Holder(Audience.CANDIDATE, "candidate:e6/1", "candidate 1")
    label = Label("id", "e6-1-1", "srv", "etudiant", holder, NOW)
    return Terminal(label, shell, Size(), recording, clock=time, pause=time.pause)


def lives_on():
    return None


# ---- the ring ----


@given(st.lists(st.binary(max_size=30)), st.integers(1, 40))
def test_a_ring_gives_back_exactly_the_last_bytes(pieces, room):
    ring, everything = Ring(room), b""
    for piece in pieces:
        ring.add(piece)
        everything += piece
        assert ring.end == len(everything)
        place, data = ring.since(ring.start, 10_000)
        assert everything[place:] == data
        assert len(data) >= min(room, len(everything)) or b"\n" in everything


def test_who_comes_back_gets_what_it_missed_and_no_byte_twice():
    ring = Ring()
    ring.add(b"before")
    seen = ring.end
    ring.add(" après".encode())
    assert ring.since(seen, 100) == (seen, " après".encode())
    assert ring.since(ring.end, 100) == (ring.end, b"")
    assert ring.since(seen, 2) == (seen, b" a")


def test_who_was_away_too_long_begins_at_a_line():
    ring = Ring(10)
    ring.add(b"0123456789\nabcdef\nghijkl")
    place, data = ring.since(3, 100)
    assert data == b"abcdef\nghijkl"[-len(data) :]
    assert place == ring.end - len(data)
    assert not data.startswith(b"\n")


@pytest.mark.parametrize("place", [-5, 10**9])
def test_a_place_that_never_was_gets_all_there_is(place):
    ring = Ring()
    ring.add(b"all")
    assert ring.since(place, 100) == (0, b"all")


@pytest.mark.parametrize(
    ("asked", "given"), [((80, 24), (80, 24)), ((0, -3), (2, 2)), ((10**6, 10**6), (500, 200))]
)
def test_sizes_are_what_a_screen_can_be(asked, given):
    assert Size.of(*asked) == Size(*given)


# ---- recordings ----


def events(tapes, name, lab="e6-1-1"):
    return [json.loads(line) for line in tapes.path(lab, name).read_text("utf-8").splitlines()]


def test_a_recording_is_asciicast_with_output_and_sizes(tapes, time):
    tape = tapes.start("e6-1-1", "candidate 1-srv", Size(100, 30), "etudiant@srv")
    time.at += 1.5
    tape.output(b"$ ")
    time.at += 0.25
    tape.resize(Size(80, 24))
    head, *rest = events(tapes, tape.name)  # not closed: it is readable as it goes
    assert (head["version"], head["width"], head["height"]) == (2, 100, 30)
    assert rest == [[1.5, "o", "$ "], [1.75, "r", "80x24"]]
    assert tape.name == "20270601T080000.000-candidate-1-srv.cast"


def test_a_letter_cut_in_two_packets_is_whole_again(tapes):
    tape = tapes.start("e6-1-1", "x", Size(), "")
    euro = "€".encode()
    tape.output(b"1 " + euro[:1])
    tape.output(euro[1:2])
    tape.output(euro[2:] + b"\xff")
    assert (
        "".join(text for _, _, text in events(tapes, tape.name)[1:])
        == "1 €\N{REPLACEMENT CHARACTER}"
    )


def test_recordings_are_closed_to_everybody_else(tapes, tmp_path):
    tape = tapes.start("e6-1-1", "x", Size(), "")
    file = tapes.path("e6-1-1", tape.name)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert file.parent == tmp_path / "records" / "e6-1-1"


def test_a_full_recording_says_so_and_ends(tapes):
    tape = tapes.start("e6-1-1", "x", Size(), "")
    assert tape.output(b"x" * 100)
    assert not tape.output(b"y" * 500)
    assert not tape.output(b"z")
    tape.resize(Size(90, 20))
    tape.close()
    last = events(tapes, tape.name)[-1]
    assert "enregistrement arrêté" in last[2]


def test_one_labs_flood_ends_its_own_recordings_and_nobody_elses(tmp_path, time, monkeypatch):
    monkeypatch.setattr(recording_room, "OF_A_LAB", 12000)
    tapes = FileRecordings(tmp_path, now=lambda: NOW, clock=time, most=100_000)
    flood, other = (tapes.start(lab, "x", Size(), "") for lab in ("e6-1-1", "e6-2-1"))
    while flood.output(b"y" * 500):
        pass
    assert flood.full == "the recordings of this lab have reached 0 MiB"
    with pytest.raises(StoreError, match="of this lab"):
        tapes.start("e6-1-1", "again", Size(), "")
    assert other.output(b"still kept")
    assert sum(one.size for one in tapes.tapes("e6-1-1")) <= 12000 + 100


def test_all_recordings_together_have_their_limit_and_it_is_seen_coming(tmp_path, time):
    tapes = FileRecordings(tmp_path, now=lambda: NOW, clock=time, most=20_000)
    assert not tapes.space().low
    for number in (1, 2):
        mine = tapes.start(f"e6-{number}-1", "x", Size(), "")
        for _ in range(16):
            mine.output(b"z" * 500)
    assert tapes.space().low
    while mine.output(b"z" * 500):
        pass
    assert mine.full == "all recordings have reached 0 MiB"
    with pytest.raises(StoreError, match="all recordings") as told:
        tapes.start("e6-3-1", "x", Size(), "")
    assert "LABMGR_RECORDINGS_MIB" in told.value.hint
    shutil.rmtree(tmp_path / "records" / "e6-1-1")  # somebody put them elsewhere
    assert tapes.start("e6-3-1", "x", Size(), "").output(b"kept")
    assert not FileRecordings(tmp_path, now=lambda: NOW, clock=time, most=0).space().low


@pytest.mark.parametrize("name", ["../../labmgr.db", "..", ".hidden.cast", "none.cast", "a/b.cast"])
def test_nothing_but_a_recording_can_be_asked_for(tapes, tmp_path, name):
    tapes.start("e6-1-1", "x", Size(), "")
    (tmp_path / "labmgr.db").touch()
    with pytest.raises(NotFound):
        tapes.path("e6-1-1", name)
    with pytest.raises(NotFound):
        tapes.path("..", "labmgr.db")


def test_the_newest_recording_comes_first(tmp_path, time):
    hours = itertools.count(8)
    tapes = FileRecordings(tmp_path, now=lambda: NOW.replace(hour=next(hours)), clock=time)
    names = [tapes.start("e6-1-1", "x", Size(), "").name for _ in range(3)]
    assert [one.name for one in tapes.tapes("e6-1-1")] == names[::-1]
    assert tapes.tapes("e6-2-1") == []


# ---- a terminal ----


def test_output_goes_to_the_screen_and_into_the_recording(tapes, time):
    tape = tapes.start("e6-1-1", "x", Size(), "")
    terminal = terminal_of(Script(time, b"one ", b"", b"two", status=0), time, tape)
    with terminal.viewed(typing=True) as bell:
        terminal.run(lives_on, pytest.fail)
        assert os.eventfd_read(bell) > 0
    assert terminal.since(0, 100) == (0, b"one two", 7)
    assert [text for _, _, text in events(tapes, tape.name)[1:]] == ["one ", "two"]
    assert terminal.ended is Ending.EXITED


def test_typing_is_not_recorded(tapes, time):
    tape = tapes.start("e6-1-1", "x", Size(), "")
    shell = Script(time, b"Password: ", status=0)
    terminal = terminal_of(shell, time, tape)
    terminal.type(b"a secret\r")
    terminal.run(lives_on, pytest.fail)
    assert shell.typed == b"a secret\r"
    assert "secret" not in tapes.path("e6-1-1", tape.name).read_text()


class FullDisk:
    name = "x"

    def output(self, _data):
        raise StoreError("x.cast: No space left on device")

    resize = output

    def close(self):
        pass


def test_a_full_disk_ends_the_recording_and_not_the_shell(time):
    told = []
    shell = Script(time, b"one ", b"two", status=0)
    terminal = terminal_of(shell, time, FullDisk())
    terminal.resize(Size(90, 20))
    terminal.run(lives_on, told.append)
    assert told == ["x.cast: No space left on device"]
    assert not terminal.recorded
    assert terminal.since(0, 100)[1] == b"one two"
    assert shell.sizes == [Size(90, 20)]


def test_a_cut_line_waits_a_moment_for_the_books_to_say_closed(time):
    answers = iter([None, None, Ending.CLOSED])
    terminal = terminal_of(Script(time, b"work"), time)
    terminal.run(lambda: next(answers), pytest.fail)
    assert terminal.ended is Ending.CLOSED


def test_a_cut_line_of_an_open_lab_is_lost(time):
    terminal = terminal_of(Script(time, b"work"), time)
    terminal.run(lives_on, pytest.fail)
    assert terminal.ended is Ending.LOST


def test_a_lab_that_closes_ends_a_shell_that_nobody_cut(time):
    shell = Script(time, *[b"still "] * 100)
    terminal = terminal_of(shell, time)
    terminal.run(lambda: Ending.CLOSED if time.at > 1010 else None, pytest.fail)
    assert terminal.ended is Ending.CLOSED
    assert shell.lines
    assert shell.closed


def test_without_a_page_it_goes_on_for_some_minutes(time):
    terminal = terminal_of(Script(time), time)
    with terminal.viewed(typing=True):
        time.at += ABANDONED + 1
        assert terminal.expired() is None
    time.at += ABANDONED - 1
    assert terminal.expired() is None
    with terminal.viewed(typing=False):  # who only looks on keeps nothing alive
        time.at += 2
        assert terminal.expired() is Ending.ABANDONED


def test_who_looks_on_keeps_no_shell_alive_by_leaving(time):
    terminal = terminal_of(Script(time), time)
    with terminal.viewed(typing=True):
        pass
    time.at += ABANDONED - 1
    with terminal.viewed(typing=False):
        pass
    time.at += 2
    assert terminal.expired() is Ending.ABANDONED


def test_two_idle_hours_end_it_even_with_its_page_open(time):
    terminal = terminal_of(Script(time), time)
    with terminal.viewed(typing=True):
        time.at += IDLE - 1
        assert terminal.expired() is None
        terminal.type(b" ")
        time.at += IDLE - 1
        assert terminal.expired() is None
        time.at += 2
        assert terminal.expired() is Ending.IDLE


def test_a_flood_is_slowed_down_and_a_person_is_not(time):
    terminal = terminal_of(Script(time, b"x" * 100, status=0), time)
    terminal.run(lives_on, pytest.fail)
    slow = time.at
    terminal = terminal_of(Script(time, b"x" * (32 << 10), status=0), time)
    terminal.run(lives_on, pytest.fail)
    assert time.at - slow == pytest.approx(2 + (32 << 10) / (1 << 20))
