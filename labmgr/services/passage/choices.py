"""The commission's choice of a réalisation: confidential until phase 1, changed by two people."""

from __future__ import annotations

from dataclasses import replace

from labmgr.domain.journal import need
from labmgr.domain.passage import BEFORE, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.words import Role
from labmgr.errors import NotFound, Refused
from labmgr.services.lab.sitting import lab_for
from labmgr.services.passage.steps import changed

P = PassageState
MAY_KNOW_CHOICE = frozenset({Role.ADMIN, Role.COMMISSION})


def choose(
    tools: Tools, session: str, number: str, realisation: int, *, by: str, why: str = ""
) -> Passage:
    """The commission's choice (S4:2311). Before phase 1 freely; then by a second person.

    The journal says that a choice was made, never which.
    """
    before = tools.store.passage(session, number)
    known = [one.number for one in tools.store.realisations(session, number)]
    if realisation not in known:
        raise NotFound(
            f"Candidate {number} has no réalisation {realisation}",
            hint=f"There are: {', '.join(map(str, known)) or 'none, write them down first'}.",
        )
    if before.state in BEFORE:
        chosen = replace(before, choice=realisation)
        return changed(tools, before, chosen, what="réalisation chosen", by=by)
    if before.state not in {P.PHASE_1, P.INTERVIEW_1}:
        raise Refused(
            f"Passage {before.id} is {before.state}: its réalisation can no longer change",
            hint="Suspend it, and let the head of centre decide.",
        )
    return _change_choice(tools, before, realisation, by=by, why=why)


def _change_choice(tools: Tools, before: Passage, number: int, *, by: str, why: str) -> Passage:
    asked, _, who = before.change_asked.partition(" ")
    if asked != str(number) or who == by:
        need(why)
        if who == by and asked == str(number):
            raise Refused(
                f"{by} has already asked for this change",
                hint="A second person confirms it.",
            )
        wished = replace(before, change_asked=f"{number} {by}")
        what = "change of réalisation asked for, to be confirmed"
        return changed(tools, before, wished, what=what, by=by, why=why)
    lab = lab_for(tools, before.session, before.candidate, number)
    done = replace(before, choice=number, change_asked="", lab=lab)
    return changed(tools, before, done, what=f"réalisation changed, as {who} asked", by=by)


def seen_by(passage: Passage, role: Role) -> Passage:
    """The passage as this role may read it: the choice is the commission's until phase 1."""
    if role in MAY_KNOW_CHOICE or passage.state not in BEFORE:
        return passage
    return replace(passage, choice=0)
