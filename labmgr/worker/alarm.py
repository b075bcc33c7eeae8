"""APScheduler's only job here: to wake the worker. What is due is asked of the rows."""

from __future__ import annotations

import logging
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

ROUND_SECONDS = 20  # a node that dies in an hour is noticed within 30 (USERS §4)


def set_alarm(wake: Callable[[], object]) -> BackgroundScheduler:
    """Wake every so often for a look round; started, to be shut down by the caller.

    A wall clock set back silences the scheduler, so the worker also counts by itself.
    """
    logging.getLogger("apscheduler").setLevel(logging.WARNING)  # else two lines at each round
    clock = BackgroundScheduler(timezone="UTC")
    clock.add_job(
        wake,
        "interval",
        seconds=ROUND_SECONDS,
        id="round",
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
    )
    clock.start()
    return clock
