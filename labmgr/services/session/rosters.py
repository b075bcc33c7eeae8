"""Sessions and their lists of candidates: look first, then save."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from labmgr.domain.credential import make_code
from labmgr.domain.exam import ExamSession, SessionState
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.people import Slip
from labmgr.domain.ports import Tools
from labmgr.domain.roster import Differences, differences, parse_roster
from labmgr.domain.words import Option, slug
from labmgr.errors import BadFile, BadInput, LostRace, Problem, Refused
from labmgr.services.instance import accounts
from labmgr.services.lab import sitting

FIRST_REALISATION = 1
_NOTHING_STANDS = frozenset({LabState.PLANNED, LabState.GONE})


@dataclass(frozen=True)
class Preview:
    """What an import would do: bad lines with their reasons, and what the good ones change."""

    problems: tuple[Problem, ...]
    changes: Differences


def create_session(
    tools: Tools, title: str, template: str, *, by: str, option: Option | None = None
) -> ExamSession:
    """A session named after its title; refused when the template is faulty or of another option."""
    name = slug(title)
    if not name:
        raise BadInput(f"{title!r} gives no usable name", hint="Use at least one letter or digit.")
    read = tools.library.read(template)
    if option is not None and option is not read.option:
        raise BadInput(
            f"Template {template} is made for {read.option}, not for {option}",
            hint="Choose a template of the session's option.",
        )
    session = ExamSession(name, title.strip(), template, read.option, tools.now())
    tools.store.add_session(session, by=by)
    return session


def preview_import(tools: Tools, session_name: str, file: str, data: bytes) -> Preview:
    """Read a list and say what it would change; nothing is saved. Raises BadFile."""
    session = tools.store.session(session_name)
    template = tools.library.read(session.template)
    roster = parse_roster(data, file=file, session=session, variables=template.variables)
    changes = differences(tools.store.candidates(session.name), roster)
    return Preview(tuple(roster.problems), changes)


def import_candidates(tools: Tools, session_name: str, preview: Preview, *, by: str) -> int:
    """Save the good lines of a preview, each with its lab's number; how many rows changed."""
    session = tools.store.session(session_name)
    if session.state is SessionState.CLOSED:
        raise Refused(f"Session {session.name} is closed", hint="Create another session.")
    _room_for(tools, len(preview.changes.new))
    incoming = [*preview.changes.new, *preview.changes.changed]
    changed = tools.store.keep_candidates(incoming, by=by)
    plan_labs(tools, session.name, by=by)
    for candidate in tools.store.candidates(session.name):
        if tools.store.code(session.name, candidate.number) is None:
            tools.store.keep_code(session.name, candidate.number, make_code(), by=by)
    return changed


def _room_for(tools: Tools, candidates: int) -> None:
    """Half a list saved, with candidates who have neither lab nor code, would help nobody."""
    left = tools.site.ranges.last - len({one.number for one in tools.store.labs()})
    if candidates > left:
        raise Refused(
            f"{candidates} new candidate(s), and {left} lab number(s) are free",
            hint="Nothing was saved. Import fewer at once, or remove past sessions.",
        )


def import_file(
    tools: Tools, session_name: str, file: str, data: bytes, *, by: str
) -> tuple[int, Preview]:
    """For the command line: good lines go in, the preview says what did not."""
    preview = preview_import(tools, session_name, file, data)
    if preview.problems and not (preview.changes or preview.changes.same):
        raise BadFile(file, preview.problems)
    return import_candidates(tools, session_name, preview, by=by), preview


def plan_labs(tools: Tools, session_name: str, *, by: str) -> list[Lab]:
    """Give every candidate a lab on paper for each réalisation; those who have one keep it.

    Without réalisations there is one, of the session's template. A lab of which nothing stands
    follows its réalisation to another template.
    """
    session = tools.store.session(session_name)
    standing = {lab.id: lab for lab in tools.store.labs(session.name)}
    wanted = {(one.candidate, one.number): one for one in tools.store.realisations(session.name)}
    planned = []
    for candidate in tools.store.candidates(session.name):
        numbers = [number for who, number in wanted if who == candidate.number]
        for number in numbers or [FIRST_REALISATION]:
            project = wanted.get((candidate.number, number))
            template = project.template if project else session.template
            lab_id = sitting.lab_id(session.name, candidate.number, number)
            lab = standing.get(lab_id)
            if lab is None:
                fresh = Lab(lab_id, session.name, candidate.number, number, 0, template, "")
                lab = plan_lab(tools, fresh, by=by)
            elif lab.template != template and _is_bare(tools, lab):
                lab = tools.store.replan(lab, template, tools.library.read(template).hash, by=by)
            planned.append(lab)
    return planned


def _is_bare(tools: Tools, lab: Lab) -> bool:
    return lab.state in _NOTHING_STANDS and not tools.store.snapshots(lab.id)


def plan_lab(tools: Tools, lab: Lab, *, by: str) -> Lab:
    """A lab on paper, with the next free number for good: gone, it keeps it and may come back.

    Two panels may plan at once: the number that lost the race is taken again.
    """
    digest = tools.library.read(lab.template).hash
    while True:
        number = tools.site.ranges.free_number({one.number for one in tools.store.labs()})
        try:
            wanted = replace(lab, number=number, template_hash=digest)
            return tools.store.add_lab(wanted, by=by)
        except LostRace:
            continue


def slips_of(tools: Tools, session_name: str, *, by: str, numbers: Sequence[str] = ()) -> bytes:
    """The printed slips (PDF), for all candidates or some; that they were printed is journaled."""
    session = tools.store.session(session_name)
    chosen = [
        candidate
        for candidate in tools.store.candidates(session.name)
        if not numbers or candidate.number in numbers
    ]
    if not chosen:
        raise BadInput(
            f"Session {session.name} has no such candidates", hint="Import the list first."
        )
    fingerprint = tools.vault.fingerprint()
    slips = [
        Slip(
            one,
            tools.site.portal_url,
            fingerprint,
            tools.store.code(session.name, one.number) or "",
        )
        for one in chosen
    ]
    tools.store.write(f"session:{session.name}", f"{len(slips)} slips printed", by=by)
    return tools.paper.slips(session, slips)


def new_code(tools: Tools, session_name: str, number: str, *, by: str) -> str:
    """Reissue a candidate's code; the old one and the browser that used it are out.

    Whoever was locked out after too many wrong codes may try again.
    """
    candidate = tools.store.candidate(session_name, number)
    code = make_code()
    tools.store.keep_code(session_name, candidate.number, code, by=by)
    tools.store.take_seat(session_name, candidate.number, None)
    tools.store.forgive_failed_logins(accounts.candidate_door(candidate.number))
    return code
