"""Deciding what to do about a lab that is not as it should be; nothing is touched here."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from labmgr.domain.lab import STANDING, LabState


class Seen(StrEnum):
    """How an engine finds a node."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"  # there, with its data, but not running
    CREATED = "created"  # made and never started: its first boot is still to come


class Step(StrEnum):
    """What look_round orders for one lab."""

    LEAVE = "leave"
    WAKE = "wake"  # start what is there and stopped
    CLOSE = "close"  # access is open though it should not be
    REMOVE = "remove"  # containers of a lab that is gone
    CALL_FOR_HELP = "call for help"  # a node is missing, its work with it: a person decides


GATEWAY = "gateway"


def next_step(wanted: LabState, nodes: Collection[str], seen: Mapping[str, Seen]) -> Step:
    """Decide, touching nothing. Never rebuild over work a candidate may have done.

    *seen* holds the nodes, and the gateway under its own name; a missing gateway is no loss,
    since it holds nobody's work: waking makes it again.
    """
    if wanted in {LabState.GONE, LabState.PLANNED}:
        return Step.REMOVE if seen else Step.LEAVE
    if wanted not in STANDING:
        return (
            Step.LEAVE
        )  # building: its worker finishes or recover() gives it up; broken: a person
    if set(nodes) - seen.keys():
        return Step.CALL_FOR_HELP
    awake = all(seen[node] is Seen.RUNNING for node in nodes)
    return Step.LEAVE if awake and seen.get(GATEWAY) is Seen.RUNNING else Step.WAKE
