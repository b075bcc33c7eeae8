"""What a passage says of a lab: whose it is now, whether a hand may touch it, until when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from labmgr.domain.exam import ExamSession, Form, Phase, SessionState
from labmgr.domain.lab import STANDING, Lab
from labmgr.domain.passage import BEFORE, UNDER_WAY, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.words import slug
from labmgr.errors import Refused

AT_WORK = frozenset({PassageState.HOUR, PassageState.SUSPENDED, PassageState.INTERVIEW_2})

OVER = frozenset({PassageState.DONE, PassageState.ABSENT, PassageState.NONCONFORMING})


def lab_id(session: str, candidate: str, realisation: int) -> str:
    """The name of the lab of one réalisation: "<session>-<candidate>-<réalisation>"."""
    return f"{session}-{slug(candidate, 12)}-{realisation}"


def lab_for(tools: Tools, session: str, candidate: str, realisation: int) -> str:
    """Where a chosen réalisation is worked in: its own lab, or one built from the very same.

    Of réalisations that are alike a wave builds but one lab.
    """
    alike = [lab for lab in _alike(tools, session, candidate, realisation) if lab.state in STANDING]
    own = lab_id(session, candidate, realisation)
    return own if not alike or own in {lab.id for lab in alike} else alike[0].id


def distinct(tools: Tools, session: str, candidate: str) -> list[Lab]:
    """One lab for each réalisation that differs: all that the candidate may be given.

    A candidate without réalisations has one lab, of the session's template.
    """
    made_of = _made_of(tools, session, candidate)
    found: list[Lab] = []
    for lab in _labs(tools, session, candidate):
        before = [made_of.get(one.realisation) for one in found]
        if not made_of or (lab.realisation in made_of and made_of[lab.realisation] not in before):
            found.append(lab)
    return found


def _alike(tools: Tools, session: str, candidate: str, realisation: int) -> list[Lab]:
    made_of = _made_of(tools, session, candidate)
    wanted = made_of.get(realisation)
    labs = _labs(tools, session, candidate)
    return [lab for lab in labs if wanted and made_of.get(lab.realisation) == wanted]


def _made_of(tools: Tools, session: str, candidate: str) -> dict[int, object]:
    known = tools.store.realisations(session, candidate)
    return {one.number: (one.template, dict(one.variables)) for one in known}


def _labs(tools: Tools, session: str, candidate: str) -> list[Lab]:
    return sorted(tools.store.labs(session, candidate), key=lambda lab: lab.realisation)


def sits(passages: Iterable[Passage], place: str) -> Passage | None:
    """Of these, who sits at the place now, else who comes next there.

    Whoever works comes before one whose phase 1 has begun elsewhere: an hour may be late.
    """
    here = [one for one in passages if one.place == place and one.state not in OVER]
    for now in (AT_WORK, UNDER_WAY, PassageState):
        if found := [one for one in here if one.state in now]:
            return min(found, key=_begins)
    return None


def expected(tools: Tools) -> list[Passage]:
    """Every passage of sessions that are not closed: whoever is left in those comes no more."""
    closed = {one.name for one in tools.store.sessions() if one.state is SessionState.CLOSED}
    return [one for one in tools.store.passages() if one.session not in closed]


def _begins(passage: Passage) -> tuple[str, str]:
    return min((at.isoformat() for at in passage.planned.values()), default=""), passage.id


def passage_of(tools: Tools, lab: str) -> Passage | None:
    """The passage that works in this lab, if one does."""
    return next((one for one in tools.store.passages() if one.lab == lab), None)


def refuse_by_hand(tools: Tools, lab: Lab, verb: str) -> None:
    """In an exam a door follows the passage's clock: nobody opens or closes it beside."""
    if may_by_hand(tools, lab):
        return
    raise Refused(
        f"Lab {lab.id} belongs to a passage: it is not {verb} by hand",
        hint="Start, suspend, resume or close the passage; its lab follows.",
    )


def may_by_hand(tools: Tools, lab: Lab) -> bool:
    """For pages: whether `refuse_by_hand` would let it pass."""
    passage = _of_candidate(tools, lab)
    return passage is None or _is_training(tools, lab, passage)


def all_by_hand(session: ExamSession, passages: Sequence[Passage]) -> bool:
    """The same for all labs of a session that has these passages."""
    return session.form is Form.TRAINING and all(one.state in BEFORE for one in passages)


def refuse_at_work(tools: Tools, lab: Lab, verb: str) -> None:
    """What would take a candidate's work away waits until the passage is done or suspended."""
    passage = passage_of(tools, lab.id)
    if passage is None or passage.state not in AT_WORK - {PassageState.SUSPENDED}:
        return
    raise Refused(
        f"Lab {lab.id} may not be {verb}: its candidate's passage is in {passage.state}",
        hint="Suspend the passage first, with its reason, or wait until it is done.",
    )


def may_be_open(tools: Tools, lab: Lab) -> bool:
    """Whether an open lab's door may stand open: always without a passage, else in its hour."""
    passage = passage_of(tools, lab.id)
    if passage is None:
        return True
    clock = passage.clocks.get(Phase.HOUR)
    running = passage.state is PassageState.HOUR and clock is not None and clock.running
    return running and not passage.is_over(tools.clock())


def open_until(tools: Tools, lab: Lab) -> datetime | None:
    """Until when its passage's hour lasts; None: no end is set."""
    passage = passage_of(tools, lab.id)
    clock = passage.clocks.get(Phase.HOUR) if passage else None
    return clock.due(tools.clock()) if clock else None


def _of_candidate(tools: Tools, lab: Lab) -> Passage | None:
    mine = (one for one in tools.store.passages(lab.session) if one.candidate == lab.candidate)
    return passage_of(tools, lab.id) or next(mine, None)


def _is_training(tools: Tools, lab: Lab, passage: Passage) -> bool:
    """In training labs are opened as one likes, until a passage has really begun."""
    form = tools.store.session(lab.session).form
    return form is Form.TRAINING and passage.state in BEFORE
