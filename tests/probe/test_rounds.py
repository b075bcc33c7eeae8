"""Again and again until green, or until the deadline."""

from __future__ import annotations

import time

from labmgr_probe.model import Check
from labmgr_probe.order import Order
from labmgr_probe.rounds import Rounds


def command(run: str, rank: int = 1) -> Check:
    return Check(f"n/{rank}", "127.0.0.1", "command", {"run": run})


def run(*checks: Check, **how):
    lines = []
    Rounds(Order(checks, **how), lines.append).run()
    return lines


def test_a_red_check_is_tried_again_until_it_is_green(tmp_path):
    third = f"echo x >> {tmp_path}/n; test $(wc -l < {tmp_path}/n) -ge 3"
    first, last = run(command(third), deadline=60, retry=0.05)
    assert (first.green, first.final) == (False, False)
    assert (last.green, last.final, last.tries) == (True, True, 3)


def test_what_changes_is_said_and_what_stays_is_not(tmp_path):
    counting = f"echo x >> {tmp_path}/n; n=$(wc -l < {tmp_path}/n); echo $((n / 3)); exit 1"
    lines = run(command(counting), deadline=1, retry=0.05)
    assert len({line.evidence for line in lines}) >= len(lines) - 1  # the last may repeat
    assert [line.final for line in lines] == [False] * (len(lines) - 1) + [True]


def test_without_a_deadline_there_is_one_try():
    (line,) = run(command("exit 1"), deadline=0)
    assert (line.green, line.final, line.tries) == (False, True, 1)


def test_many_red_checks_do_not_keep_a_green_one_waiting(tmp_path):
    """They are red until it has had its turn: each of them has had one by then, none a second."""
    tried, done = tmp_path / "tried", tmp_path / "done"
    red = [command(f"echo x >> {tried}; test -e {done}", rank) for rank in range(2, 12)]
    green = command(f"wc -l < {tried}; touch {done}", 12)
    lines = run(*red, green, deadline=60, retry=0.2, parallel=1)
    told = next(line for line in lines if line.id == green.id)
    assert (told.green, told.tries) == (True, 1)
    assert int(told.evidence) == 10, "before anybody's second turn"
    assert sum(line.final for line in lines) == 11


def test_a_client_that_hangs_is_stopped_at_the_deadline():
    start = time.monotonic()
    (line,) = run(command("trap '' TERM; sleep 60 & wait; sleep 60"), deadline=1)
    assert time.monotonic() - start < 30
    assert not line.green
    assert line.final


def test_nothing_to_look_at_is_soon_done():
    assert run(deadline=10) == []
