"""What a session is before its day: its form, commissions, and each candidate's réalisations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from labmgr.domain.exam import (
    Candidate,
    Commission,
    ExamSession,
    Form,
    Member,
    Phase,
    Realisation,
    composition_faults,
)
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.passage import PHASE_OF, UNDER_WAY
from labmgr.domain.ports import Tools
from labmgr.domain.words import Said, slug
from labmgr.errors import BadInput, NotFound, Refused
from labmgr.services.passage import interruptions
from labmgr.services.session import rosters

LONGEST = 12 * 3600  # seconds: a phase is part of a day
LARGEST_DOCUMENT = 10 << 20  # bytes
REALISATIONS = (1, 2)  # S4:2309
_CHANGEABLE = frozenset({LabState.PLANNED, LabState.GONE})


def set_form(
    tools: Tools,
    name: str,
    *,
    by: str,
    form: Form | None = None,
    durations: Mapping[Phase, int] | None = None,
    labels: Mapping[str, str] | None = None,
) -> ExamSession:
    """Change a session's form, durations (seconds) or labels; refused once a phase has begun."""
    session = tools.store.session(name)
    for phase, seconds in (durations or {}).items():
        if not 0 < seconds <= LONGEST:
            raise BadInput(f"{phase}: {seconds} s is no duration", hint="Write it in minutes.")
    if durations and tools.store.passages(name, states=frozenset(PHASE_OF)):
        raise Refused(
            f"Session {name} has passages under way: durations stay as they are",
            hint="Extend a passage, with its reason.",
        )
    changed = replace(
        session,
        form=form or session.form,
        durations={**session.durations, **(durations or {})},
        labels={**session.labels, **(labels or {})},
    )
    if changed != session:
        tools.store.reform(changed, by=by)
    return changed


def keep_commission(
    tools: Tools, name: str, title: str, members: Sequence[Member], *, by: str, room: str = ""
) -> tuple[Commission, list[str]]:
    """Write a commission down, and say what its composition still lacks (it blocks phase 1)."""
    session = tools.store.session(name)
    if not (identity := slug(title, 12)):
        raise BadInput("A commission has a name", hint="A letter or a number is enough.")
    for member in members:
        tools.store.account(member.login)  # NotFound: the journal speaks of accounts
    made = Commission(session.name, identity, title.strip(), tuple(members), room.strip())
    tools.store.keep_commission(made, by=by)
    return made, composition_faults(made, session)


def remove_commission(tools: Tools, name: str, identity: str, *, by: str) -> None:
    """Refused while a passage is planned with it."""
    if mine := [one.candidate for one in tools.store.passages(name) if one.commission == identity]:
        raise Refused(
            f"Commission {identity} interviews {len(mine)} candidates",
            hint="Give them to another one in the timetable first.",
        )
    tools.store.remove_commission(name, identity, by=by)


def keep_realisation(tools: Tools, wanted: Realisation, *, by: str) -> None:
    """A candidate's project: a template of the session's option, with parameters it declares.

    Its lab is planned at once, and planned anew while nothing of it stands.
    """
    check_realisation(tools, wanted)
    tools.store.keep_realisations([wanted], by=by)
    rosters.plan_labs(tools, wanted.session, by=by)


def check_realisation(tools: Tools, wanted: Realisation) -> None:
    """Raises what `keep_realisation` would refuse; nothing is written."""
    if wanted.number not in REALISATIONS:
        raise BadInput(f"There is no réalisation {wanted.number}", hint="There are two: 1 and 2.")
    candidate = tools.store.candidate(wanted.session, wanted.candidate)
    template = tools.library.read(wanted.template)
    if template.option is not candidate.option:
        raise BadInput(
            f"Template {wanted.template} is for {template.option}, not {candidate.option}",
            hint="Choose a template of the candidate's option.",
        )
    if unknown := wanted.variables.keys() - set(template.variables):
        raise BadInput(
            f"Template {wanted.template} has no parameter {', '.join(sorted(unknown))}",
            hint="Its page shows those it has.",
        )
    _refuse_standing(tools, wanted)


def keep_document(
    tools: Tools, session: str, number: str, realisation: int, *, name: str, data: bytes, by: str
) -> None:
    """What phase 1 hands out (expression des besoins, S4:2311); nobody sees it before.

    Once a candidate works on it, it stays as it was handed out.
    """
    if not data.startswith(b"%PDF-"):
        raise BadInput(f"{name} is not a PDF", hint="Print the document to a PDF file.")
    if len(data) > LARGEST_DOCUMENT:
        raise BadInput(f"{name} is larger than 10 MiB", hint="Save it with smaller pictures.")
    if _is_handed_out(tools, session, number, realisation):
        raise Refused(
            Said(
                f"Candidate {number} works on this document already",
                f"{number} travaille déjà sur ce document",
            ),
            hint=Said(
                "Note what changes as an adjustment after interview 1.",
                "Notez ce qui change comme ajustement, après l'entretien 1.",
            ),
        )
    tools.store.keep_document(session, number, realisation, name, data, by=by)


def _is_handed_out(tools: Tools, session: str, number: str, realisation: int) -> bool:
    """Whether its phase 1 began with a document there; one that was missing may still come."""
    begun = [
        one
        for one in tools.store.passages(session)
        if one.candidate == number and one.choice == realisation and Phase.PHASE_1 in one.clocks
    ]
    known = tools.store.realisations(session, number)
    return bool(begun) and any(one.number == realisation and one.document for one in known)


def set_extra_time(
    tools: Tools,
    session: str,
    number: str,
    extra: Mapping[Phase, Fraction],
    *,
    by: str,
    why: str = "",
) -> Candidate:
    """Added fractions by phase. In a phase under way its clock and its door get the new time."""
    candidate = tools.store.candidate(session, number)
    changed = replace(candidate, extra_by_phase={**candidate.extra_by_phase, **extra})
    tools.store.keep_candidates([changed], by=by)
    durations = tools.store.session(session).durations
    for before in tools.store.passages(session, states=UNDER_WAY):
        if before.candidate != number or before.phase is None:
            continue
        if before.clock and before.clock.finished:
            continue  # what its candidate gave up comes back by decision only
        old, new = (one.allotted(before.phase, durations) for one in (candidate, changed))
        if (more := new - old) > 0 or (more and not before.is_over(tools.clock())):
            what = f"{before.phase}: {more / 60:+g} min of extra time"
            interruptions.lengthen(tools, before, more, what=what, by=by, why=why)
    return changed


def _refuse_standing(tools: Tools, wanted: Realisation) -> None:
    """A lab that stands was built from what was written before."""
    known = tools.store.realisations(wanted.session, wanted.candidate)
    same = [
        one
        for one in known
        if one.number == wanted.number
        and (one.template, one.variables) == (wanted.template, wanted.variables)
    ]
    if same:
        return
    for lab in tools.store.labs(wanted.session, wanted.candidate):
        if lab.realisation == wanted.number and not _is_changeable(tools, lab):
            raise Refused(
                f"Lab {lab.id} stands already, built from other parameters",
                hint="Remove it first; it is built anew from the new ones.",
            )


def _is_changeable(tools: Tools, lab: Lab) -> bool:
    """Nothing of it stands, and no evidence that another template could not bring back."""
    return lab.state in _CHANGEABLE and not tools.store.snapshots(lab.id)


def realisation_of(tools: Tools, session: str, candidate: str, number: int) -> Realisation:
    """Raises NotFound."""
    for one in tools.store.realisations(session, candidate):
        if one.number == number:
            return one
    raise NotFound(f"Candidate {candidate} has no réalisation {number}")
