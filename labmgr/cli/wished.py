"""Options of `timetable`: hours, pauses and places as people write them."""

from __future__ import annotations

import functools
from datetime import time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from labmgr.cli.shell import Command
from labmgr.domain.timetable import Limits, Pause, Wishes

MINUTE = 60


def pause_of(text: str) -> Pause:
    """12:30-13:30. ValueError is what click turns into a usage error."""
    start, end = (time.fromisoformat(one) for one in text.split("-"))
    return Pause(start, end)


def places_of(text: str) -> tuple[str, ...]:
    """6 for places 1 to 6, or their names."""
    if text.isdigit():
        return tuple(str(number) for number in range(1, int(text) + 1))
    return tuple(name.strip() for name in text.split(",") if name.strip())


def zone_of(text: str) -> tzinfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, OSError) as trouble:
        raise ValueError(text) from trouble


PAUSE = "12:30-13:30"
LIMITS = (
    click.option(
        "--start",
        type=time.fromisoformat,
        metavar="HH:MM",
        default="08:00",
        show_default=True,
        help="Day's start.",
    ),
    click.option(
        "--end",
        type=time.fromisoformat,
        metavar="HH:MM",
        default="18:00",
        show_default=True,
        help="Day's end.",
    ),
    click.option(
        "--pause",
        "pauses",
        type=pause_of,
        metavar="HH:MM-HH:MM",
        multiple=True,
        help=f"No interviews then; may be said again. Unsaid: {PAUSE}.",
    ),
    click.option("--no-pause", is_flag=True, help="No pause at all."),
    click.option(
        "--gap",
        type=click.IntRange(0),
        default=5,
        show_default=True,
        help="Minutes of a commission between two interviews.",
    ),
    click.option(
        "--ahead",
        type=click.IntRange(0),
        default=10,
        show_default=True,
        help="Minutes that a lab is alive before its hour.",
    ),
    click.option(
        "--labs", type=click.IntRange(0), help="Most labs alive at once; else what fits here."
    ),
    click.option(
        "--zone",
        type=zone_of,
        metavar="ZONE",
        default="Europe/Paris",
        show_default=True,
        help="The centre's.",
    ),
)
WISHES = (
    click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="First day, like 2026-05-27."),
    click.option(
        "--days", type=click.IntRange(0), default=0, help="At most so many; else as it takes."
    ),
    click.option(
        "--places",
        type=places_of,
        metavar="N|A,B,…",
        help="How many places, or their names, for those without one in the list.",
    ),
    click.option(
        "--wait",
        type=click.IntRange(0),
        default=20,
        show_default=True,
        help="Minutes to wait before an interview, at most, where the days do not suffice.",
    ),
    click.option(
        "--step", type=click.IntRange(1), default=5, show_default=True, help="Starts, in minutes."
    ),
    click.option("--through-meals", is_flag=True, help="Candidates may work through long pauses."),
    click.option(
        "--own-tools", multiple=True, metavar="NO", help="Brings an environment: needs no lab."
    ),
)


def with_limits(command: Command) -> Command:
    """The day's options, handed to the command as `limits`."""

    @functools.wraps(command)
    def wrapped(**given: Any) -> object:  # noqa: ANN401 - click's own
        return command(limits=_limits(given), **given)

    return _all(LIMITS, wrapped)


def with_wishes(command: Command) -> Command:
    """All options of a proposal, handed to the command as `wishes` and `own_tools`."""

    @functools.wraps(command)
    def wrapped(*, limits: Limits, **given: Any) -> object:  # noqa: ANN401 - click's own
        return command(wishes=_wishes(limits, given), **given)

    return with_limits(_all(WISHES, wrapped))


def _all(options: tuple[Command, ...], command: Command) -> Command:
    for option in reversed(options):
        command = option(command)
    return command


def _limits(given: dict[str, Any]) -> Limits:
    pauses = given.pop("pauses") or (pause_of(PAUSE),)
    return Limits(
        zone=given.pop("zone"),
        opens=given.pop("start"),
        closes=given.pop("end"),
        pauses=() if given.pop("no_pause") else pauses,
        gap=given.pop("gap") * MINUTE,
        ahead=given.pop("ahead") * MINUTE,
        labs=given.pop("labs"),
    )


def _wishes(limits: Limits, given: dict[str, Any]) -> Wishes | None:
    """None when no first day was said: what is to be saved may come from a file."""
    day, places = given.pop("day"), given.pop("places")
    rest = {
        "days": given.pop("days"),
        "longest_wait": given.pop("wait") * MINUTE,
        "step": given.pop("step") * MINUTE,
        "through_meals": given.pop("through_meals"),
    }
    if day is None:
        return None
    return Wishes(day.date(), places or (), limits, **rest)
