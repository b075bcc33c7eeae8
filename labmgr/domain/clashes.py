"""Every clash of a timetable edited by hand: each with whom, when, and the mend."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from labmgr.domain.asking import in_order
from labmgr.domain.clash import Clash, ClashKind
from labmgr.domain.clash_alone import alone
from labmgr.domain.clash_between import ITSELF, Sitting, between, too_many_labs
from labmgr.domain.exam import Candidate, Commission, ExamSession, Phase
from labmgr.domain.passage import Passage
from labmgr.domain.timetable import Limits, Other, lengths_of, logins_of, use_of
from labmgr.domain.words import Said


def clashes(
    passages: Sequence[Passage],
    commissions: Sequence[Commission],
    candidates: Sequence[Candidate],
    session: ExamSession,
    limits: Limits,
    *,
    others: Iterable[Other] = (),
) -> list[Clash]:
    """Every clash, by kind; empty when the timetable holds.

    A passage of which something is missing is looked at no further.
    """
    known = {one.number: one for one in candidates}
    homes = {one.id: one for one in commissions}
    planned = {one.candidate for one in passages}
    absent = sorted((number for number in known if number not in planned), key=in_order)
    found = [_no_passage(number) for number in absent]
    sittings = []
    for one in sorted(passages, key=lambda one: in_order(one.candidate)):
        if one.candidate in known:
            found += alone(one, known[one.candidate], homes, session, limits)
            sittings += _sitting(one, lengths_of(known[one.candidate], session), homes, limits)
    strange = [_other(one, limits) for one in others]
    sittings += [one for one in strange if one]
    found += between(sittings, limits)
    found += too_many_labs(sittings, limits)
    return sorted(found, key=lambda one: list(ClashKind).index(one.kind))


def _sitting(
    passage: Passage,
    lengths: Mapping[Phase, float],
    homes: Mapping[str, Commission],
    limits: Limits,
) -> list[Sitting]:
    use = use_of(passage, lengths, limits.ahead)
    home = homes.get(passage.commission)
    # The commission itself counts as somebody, so that one without members is not in two places.
    logins = logins_of(home) | {f"{ITSELF}{home.id}"} if home else frozenset[str]()
    return [Sitting(passage, passage.candidate, True, logins, use)] if use else []


def _other(other: Other, limits: Limits) -> Sitting | None:
    use = use_of(other.passage, other.lengths, limits.ahead)
    name = f"{other.passage.candidate} ({other.passage.session})"
    return Sitting(other.passage, name, False, other.logins, use) if use else None


def _no_passage(number: str) -> Clash:
    return Clash(
        ClashKind.MISSING,
        (number,),
        Said(f"Candidate {number} has no passage", f"{number} n'a pas de passage"),
        Said("Propose the timetable again.", "Proposez de nouveau le planning."),
    )
