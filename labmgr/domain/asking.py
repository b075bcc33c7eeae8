"""What a proposal is made from, put in order: candidates shared out to commissions and days."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from labmgr.domain.exam import MINUTE, Candidate, Commission, ExamSession, Form
from labmgr.domain.examday import ExamDay, Seeker
from labmgr.domain.timetable import Other, Wishes, lengths_of
from labmgr.domain.words import Said
from labmgr.errors import Refused

NOBODY = Commission("", "", "")  # training without a commission: interviews take nobody's time


@dataclass(frozen=True)
class Asked:
    """All that a proposal is made from, in an order of its own: the input's changes nothing."""

    session: ExamSession
    commissions: Sequence[Commission]
    seekers: Mapping[str, Sequence[Seeker]]  # by commission
    places: Sequence[str]  # those that are nobody's own first
    wishes: Wishes
    others: Sequence[Other]

    def one_of_each(self) -> list[tuple[str, Seeker]]:
        """One seeker of each kind, with its commission."""
        found = {
            (home, one.kind): (home, one) for home, all_ in self.seekers.items() for one in all_
        }
        return list(found.values())

    def day(self, rank: int) -> ExamDay:
        date = next(islice(self.wishes.dates(), rank, None))
        made = ExamDay(date, self.wishes, self.commissions, self.places)
        made.keep_clear(self.others, self.commissions)
        return made


def serves(commission: Commission, candidate: Candidate) -> bool:
    """Whether somebody in it teaches the candidate's option; one without members is open to all."""
    options = {member.option for member in commission.members}
    return not options or candidate.option in options


def in_order(number: str) -> tuple[int, str]:
    """2 comes before 10."""
    return len(number), number


def seeker(candidate: Candidate, session: ExamSession, *, lab: bool) -> Seeker:
    """With phases rounded up to the minute, where the session itself counts in minutes."""
    grain = MINUTE if all(one % MINUTE == 0 for one in session.durations.values()) else 1
    first, talk, hour, last = (
        math.ceil(length / grain) * grain for length in lengths_of(candidate, session).values()
    )
    return Seeker(candidate.number, (first, talk, hour, last), lab, candidate.place)


def ask(
    session: ExamSession,
    commissions: Sequence[Commission],
    candidates: Sequence[Candidate],
    wishes: Wishes,
    *,
    own_tools: Collection[str],
    others: Sequence[Other],
) -> Asked:
    """Everything sorted, and each candidate with a commission. Raises Refused."""
    sitting = sorted(commissions, key=lambda one: one.id)
    if not sitting and session.form is Form.TRAINING:
        sitting = [NOBODY]
    taken = {one.place for one in candidates if one.place}
    places = [one for one in dict.fromkeys(wishes.places) if one not in taken]
    places += sorted(taken)
    if not wishes.places and any(not one.place for one in candidates):
        raise Refused(
            Said("There is no place to sit at", "Il n'y a aucune place"),
            hint=Said(
                "Say how many places there are, or give everybody one in the list.",
                "Dites combien de places il y a, ou donnez-en une à chacun dans la liste.",
            ),
        )
    seekers = {
        one.id: [seeker(c, session, lab=c.number not in own_tools) for c in theirs]
        for one, theirs in _shared_out(sitting, candidates).items()
    }
    return Asked(session, sitting, seekers, places, wishes, others)


def _shared_out(
    commissions: Sequence[Commission], candidates: Sequence[Candidate]
) -> dict[Commission, list[Candidate]]:
    """Each candidate to a commission of their option, evenly, those with more time too."""
    shares: dict[Commission, list[Candidate]] = {one: [] for one in commissions}
    choice = {c.number: [one for one in commissions if serves(one, c)] for c in candidates}
    lost = sorted((number for number, open_ in choice.items() if not open_), key=in_order)
    if lost:
        raise Refused(
            Said(
                f"No commission serves the option of candidate(s) {', '.join(lost)}",
                f"Aucune commission n'a l'option de : {', '.join(lost)}",
            ),
            hint=Said(
                "Add a commission with a teacher of that option.",
                "Ajoutez une commission dont un membre enseigne cette option.",
            ),
        )
    ranked = sorted(
        candidates, key=lambda c: (len(choice[c.number]), -_extra(c), in_order(c.number))
    )
    for one in ranked:
        least = min(choice[one.number], key=lambda home: (len(shares[home]), home.id))
        shares[least].append(one)
    return {home: sorted(mine, key=lambda c: in_order(c.number)) for home, mine in shares.items()}


def _extra(candidate: Candidate) -> float:
    return float(candidate.extra_time + sum(candidate.extra_by_phase.values()))


def dealt(seekers: Sequence[Seeker], days: int) -> list[list[Seeker]]:
    """Evenly, each kind of seeker too; within a kind the first numbers come first."""
    kinds = sorted({one.kind for one in seekers})
    shares: list[list[Seeker]] = [[] for _ in range(days)]
    rank = 0
    for kind in kinds:
        mine = iter([one for one in seekers if one.kind == kind])
        count = sum(one.kind == kind for one in seekers)
        quota = [0] * days
        for _ in range(count):
            quota[rank % days] += 1
            rank += 1
        for share, many in zip(shares, quota, strict=True):
            share.extend(islice(mine, many))
    return [sorted(share, key=lambda one: in_order(one.number)) for share in shares]
