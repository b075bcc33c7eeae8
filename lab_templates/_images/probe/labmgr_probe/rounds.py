"""Rounds of tries: all checks at once, then the red ones again until green or the deadline."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field

from labmgr_probe.hand import Hand
from labmgr_probe.model import Answer, Check, NoAnswer, no
from labmgr_probe.order import Order, look_of

TRY = 20.0  # seconds, the most that one try may take; a cold Redmine needs eleven


@dataclass(frozen=True)
class Finding:
    """One line of output. `at` counts from the start, `took` is the last try's own time."""

    id: str
    green: bool
    final: bool
    tries: int
    took: float
    at: float
    evidence: str
    command: str


@dataclass(order=True)
class Turn:
    """A check that waits for its next try."""

    due: float
    rank: int
    check: Check = field(compare=False)
    tries: int = field(default=0, compare=False)
    last: tuple[bool, str] | None = field(default=None, compare=False)


def look(check: Check, seconds: float) -> tuple[Answer, str]:
    """One try, and the command it ran. Whatever a client echoes, no secret gets out."""
    with closing(Hand(seconds)) as hand:
        try:
            answer = look_of(check)(check, hand)
        except NoAnswer as silence:
            answer = no(str(silence))
        return Answer(answer.verdict, clean(answer.evidence, check)), clean(hand.command, check)


def clean(text: str, check: Check) -> str:
    for secret in check.secrets:
        text = text.replace(secret, "***")
    return text


class Rounds:
    def __init__(self, order: Order, say: Callable[[Finding], None]) -> None:
        self._order = order
        self._say = say
        self._start = time.monotonic()
        self._waiting = [Turn(0.0, rank, check) for rank, check in enumerate(order.checks)]

    def run(self) -> None:
        under_way: dict[Future[tuple[Answer, str, float]], Turn] = {}
        with ThreadPoolExecutor(self._order.parallel) as pool:
            while self._waiting or under_way:
                for turn in self._due(self._order.parallel - len(under_way)):
                    under_way[pool.submit(self._try, turn.check)] = turn
                done, _ = wait(under_way, self._pause(under_way), FIRST_COMPLETED)
                for future in done:
                    self._take(under_way.pop(future), *future.result())

    def _now(self) -> float:
        return time.monotonic() - self._start

    def _due(self, room: int) -> Iterator[Turn]:
        while room and self._waiting and self._waiting[0].due <= self._now():
            room -= 1
            yield heapq.heappop(self._waiting)

    def _pause(self, under_way: dict[Future[tuple[Answer, str, float]], Turn]) -> float | None:
        if not self._waiting or len(under_way) >= self._order.parallel:
            return None
        pause = max(0.0, self._waiting[0].due - self._now())
        if not under_way:
            time.sleep(pause)  # `wait` returns at once when there is nothing to wait for
        return pause

    def _try(self, check: Check) -> tuple[Answer, str, float]:
        start = time.monotonic()
        left = self._order.deadline - self._now()
        answer, command = look(
            check, TRY if self._order.deadline == 0 else min(TRY, max(1.0, left))
        )
        return answer, command, time.monotonic() - start

    def _take(self, turn: Turn, answer: Answer, command: str, took: float) -> None:
        turn.tries += 1
        green, now = turn.check.green(answer), self._now()
        again = now + self._order.retry
        final = green or again >= self._order.deadline
        if final or turn.last != (green, answer.evidence):
            self._say(
                Finding(
                    id=turn.check.id,
                    green=green,
                    final=final,
                    tries=turn.tries,
                    took=round(took, 3),
                    at=round(now, 3),
                    evidence=answer.evidence,
                    command=command,
                )
            )
        if not final:
            turn.due, turn.last = again, (green, answer.evidence)
            heapq.heappush(self._waiting, turn)
