"""A lab's life: its states, the moves that are allowed, and the one function that makes them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from labmgr.errors import WrongState


class LabState(StrEnum):
    """Where a lab stands (DESIGN §6)."""

    PLANNED = "planned"  # on paper only
    BUILDING = "building"  # a worker is busy with it
    READY = "ready"  # probes green, start snapshot verified
    OPEN = "open"  # the candidate may enter
    FROZEN = "frozen"  # access cut at the bell, services run
    RECETTE = "recette"  # the examiners are in
    BROKEN = "broken"  # a verb of ours failed; the last event says why
    GONE = "gone"  # containers removed, snapshots may remain


S = LabState

# At its bell a lab that was just being restored is ready, not open: it is frozen all the same.
# Reset: from ready, frozen, recette, broken back to building; from open only by force (a close
# first). A gone lab may be built again under the same number. Building may be taken back to
# planned when its worker died before anything stood.
MOVES: dict[LabState, frozenset[LabState]] = {
    S.PLANNED: frozenset({S.BUILDING, S.GONE}),
    S.BUILDING: frozenset({S.READY, S.BROKEN, S.PLANNED}),
    S.READY: frozenset({S.OPEN, S.FROZEN, S.RECETTE, S.BUILDING, S.BROKEN, S.GONE}),
    S.OPEN: frozenset({S.READY, S.FROZEN, S.BROKEN}),
    S.FROZEN: frozenset({S.RECETTE, S.OPEN, S.BUILDING, S.BROKEN, S.GONE}),
    S.RECETTE: frozenset({S.FROZEN, S.BUILDING, S.BROKEN, S.GONE}),
    S.BROKEN: frozenset({S.BUILDING, S.GONE}),
    S.GONE: frozenset({S.BUILDING}),
}

SPARE = "reserve-"  # begins the pseudo number of a lab that nobody has yet; no candidate's own

STANDING = frozenset({S.READY, S.OPEN, S.FROZEN, S.RECETTE})


# What people must do before the move they asked for; elsewhere the moves themselves are named.
FIRST: Final[dict[tuple[LabState, LabState], str]] = {
    (S.PLANNED, S.OPEN): "Build it first.",
    (S.GONE, S.OPEN): "Build it first.",
    (S.BUILDING, S.OPEN): "Wait until it is ready.",
    (S.BROKEN, S.OPEN): "Its page says why it is broken; reset it, or build it again.",
    (S.OPEN, S.GONE): "Close it first.",
    (S.BUILDING, S.GONE): "Wait until its work is done.",
}


@dataclass(frozen=True)
class Lab:
    """One candidate's nodes together.

    `number` gives the lab its addresses and its ports ("poste N"); it is unique in the instance.
    """

    id: str  # "<session>-<candidate>-<réalisation>", ASCII slugs
    session: str
    candidate: str  # the candidate's number, never a name
    realisation: int
    number: int
    template: str
    template_hash: str
    host: str = "local"
    state: LabState = LabState.PLANNED

    @property
    def is_spare(self) -> bool:
        """Built for nobody: it has no row in the list, and no slip or hour is made for it."""
        return self.candidate.startswith(SPARE)

    def moved_to(self, new: LabState) -> Lab:
        """Take one step, or refuse and name the ways that are open."""
        if new not in MOVES[self.state]:
            first = FIRST.get((self.state, new), "")
            raise WrongState(f"Lab {self.id}", self.state, new, MOVES[self.state], first)
        return replace(self, state=new)
