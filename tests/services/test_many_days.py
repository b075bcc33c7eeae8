"""Ten thousand days of kills, power cuts and jumping clocks: each bell once, nobody short."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from types import SimpleNamespace

import pytest

from labmgr.domain.bells import Bell, Ring
from labmgr.domain.clock import Clock
from labmgr.domain.exam import Candidate, ExamSession, Form, Phase
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.words import Option
from labmgr.services.passage import hours, interruptions, outages, passages
from tests.services.memory_book import MemoryBook
from tests.services.world import NOON
from tests.services.world import Clock as WallClock

DAYS, BATCHES = 10_000, 8
BEAT = 5.0  # seconds between two heartbeats
EXTRA = (Fraction(0), Fraction(1, 3), Fraction(1, 4))
P = PassageState


@dataclass
class Day:
    """One room of candidates, whose true working time is counted beside labmgr."""

    dice: random.Random
    clock: WallClock = field(default_factory=WallClock)
    alive: bool = True
    worked: dict[str, float] = field(default_factory=dict)  # as a stopwatch in the room has it
    owed: dict[str, float] = field(default_factory=dict)
    cuts: int = 0
    beaten: float = 0.0

    def __post_init__(self) -> None:
        self.clock.at = NOON + timedelta(days=self.dice.randrange(3650))
        session = ExamSession("e6", "E6", "t", Option.SISR, NOON, form=Form.PONCTUELLE)
        people = {
            number: Candidate("e6", number, "X", extra_time=self.dice.choice(EXTRA))
            for number in "123"
        }
        self.book = MemoryBook(session, people, lambda: self.clock.at)
        self.tools = SimpleNamespace(
            store=self.book, clock=self.clock.moment, now=lambda: self.clock.at
        )
        for number in people:
            clocks = {Phase.INTERVIEW_1: Clock(1200.0)}
            self.book.rows["e6", number] = Passage(
                "e6",
                number,
                own_tools=True,
                state=P.INTERVIEW_1,
                acknowledged=NOON,
                clocks=clocks,
            )
        self.beat()

    def beat(self) -> None:
        self.book.beat("worker", self.clock.moment())
        self.beaten = 0.0

    def passes(self, seconds: float) -> None:
        """The stopwatches of those who work run; the gateway keeps each end, worker or none."""
        for one in self.book.passages():
            if one.state is P.HOUR and one.clock.running:
                room = min(seconds, one.clock.left(self.clock.moment()))
                self.worked[one.candidate] += room
        self.clock.passes(seconds)
        self.beaten += seconds
        if self.alive and self.beaten >= BEAT:
            self.beaten %= BEAT
            now = self.clock.moment()
            self.book.beat("worker", now.earlier(self.beaten))

    def answer(self) -> None:
        if self.alive:
            hours.answer(self.tools)

    def until_next(self) -> float:
        """Seconds to the next bell or the most that may pass before something happens."""
        wait = self.dice.uniform(30, 900)
        for one in self.book.passages():
            if one.state is P.HOUR and one.clock.running:
                left = one.clock.left(self.clock.moment())
                wait = min([wait, *(left - mark for mark in (0, 300, 600) if left > mark)])
        return max(wait, 0.001)

    def happens(self) -> None:
        self.dice.choice(
            (self.begin, self.begin, self.suspend, self.resume, self.extend)
            + ((self.kill, self.jump, self.cut) if self.dice.random() < 0.5 else ())
        )()

    def begin(self) -> None:
        for one in self.book.passages(states={P.INTERVIEW_1}):
            if self.alive:
                passages.start(self.tools, "e6", one.candidate, Phase.HOUR, by="jury")
                self.worked[one.candidate] = 0.0
                self.owed[one.candidate] = self.book.passage("e6", one.candidate).clock.allotted
                return

    def one_in(self, state) -> str:
        found = [one.candidate for one in self.book.passages(states={state})]
        return self.dice.choice(found) if found and self.alive else ""

    def suspend(self) -> None:
        if (number := self.one_in(P.HOUR)) and self.left(number) > 0:
            interruptions.suspend(self.tools, "e6", number, by="jury", why="essai")

    def resume(self) -> None:
        if number := self.one_in(P.SUSPENDED):
            interruptions.resume(self.tools, "e6", number, by="jury")

    def extend(self) -> None:
        if (number := self.one_in(P.HOUR)) and self.left(number) > 0:
            interruptions.extend(self.tools, "e6", number, 120, by="jury", why="essai")
            self.owed[number] += 120

    def jump(self) -> None:
        self.clock.jumps(self.dice.choice((-3600, 3600, self.dice.uniform(-9e4, 9e4))))

    def kill(self) -> None:
        """labmgr alone dies: labs run on, and so does time."""
        self.alive = False
        self.passes(self.dice.uniform(1, 900))
        self.start()

    def cut(self) -> None:
        self.alive = False
        self.clock.reboots(self.dice.uniform(20, 1800))
        self.cuts += 1
        self.start()

    def start(self) -> None:
        outages.recover_clocks(self.tools)
        self.alive = True
        self.beat()

    def left(self, number: str) -> float:
        return self.book.passage("e6", number).clock.left(self.clock.moment())

    def is_done(self) -> bool:
        return all(
            one.state is P.HOUR and Bell("e6", one.candidate, Phase.HOUR, Ring.END) in self.ended()
            for one in self.book.passages()
        )

    def ended(self) -> set[Bell]:
        return {bell for bell in self.book.answered if bell.ring is Ring.END}

    def live(self) -> None:
        for _ in range(400):
            self.passes(self.until_next())
            self.answer()
            if self.is_done():
                return
            if self.dice.random() < 0.5:
                self.happens()
                self.answer()
        raise AssertionError("a day that does not end")


def check(day: Day, seed: int) -> None:
    for one in day.book.passages():
        rings = [what for who, what in day.book.told if who == one.candidate]
        assert rings.count("hour: time is up") == 1, seed
        worked, owed = day.worked[one.candidate], day.owed[one.candidate]
        assert worked >= owed - 0.01, (seed, one.candidate, "is short", owed - worked)
        # What came after the last heartbeat before a power cut is given back, never more.
        assert worked <= owed + day.cuts * BEAT + 0.01, (seed, one.candidate, worked - owed)
        assert one.clocks[Phase.HOUR].used(day.clock.moment()) == pytest.approx(owed), seed


@pytest.mark.parametrize("batch", range(BATCHES))
def test_no_bell_is_missed_none_answered_twice_and_nobody_is_a_second_short(batch):
    for seed in range(batch * DAYS // BATCHES, (batch + 1) * DAYS // BATCHES):
        day = Day(random.Random(seed))
        day.live()
        check(day, seed)


def test_the_check_would_notice_a_short_hour():
    day = Day(random.Random(1))
    day.live()
    day.worked["1"] -= 1
    with pytest.raises(AssertionError, match="is short"):
        check(day, 1)
    assert replace(day).cuts == day.cuts
