"""What is wrong with one passage of a timetable, whatever the others do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise

from labmgr.domain.asking import serves
from labmgr.domain.clash import Clash, ClashKind, clock, french, minutes, overlap
from labmgr.domain.exam import Candidate, Commission, ExamSession, Form, Phase
from labmgr.domain.passage import Passage
from labmgr.domain.timetable import Limits, Span, Use, lengths_of, use_of
from labmgr.domain.words import Said


def alone(
    passage: Passage,
    candidate: Candidate,
    homes: Mapping[str, Commission],
    session: ExamSession,
    limits: Limits,
) -> Iterator[Clash]:
    """What is wrong with one passage, whatever the others do."""
    yield from _missing(passage, homes, session)
    home = homes.get(passage.commission)
    if home and not serves(home, candidate):
        yield _wrong_option(candidate, home)
    lengths = lengths_of(candidate, session)
    yield from _short(passage, lengths)
    use = use_of(passage, lengths, limits.ahead)
    if use:
        yield from _outside(passage, use.whole, limits)
        yield from _in_pause(passage, use, limits)


def _missing(
    passage: Passage, homes: Mapping[str, Commission], session: ExamSession
) -> Iterator[Clash]:
    number, lacks = passage.candidate, []
    if lost := [phase for phase in Phase if phase not in passage.planned]:
        lacks.append(Said(f"times ({', '.join(lost)})", f"horaire ({french(lost)})"))
    nobody = session.form is Form.TRAINING and not homes
    if passage.commission not in homes and not nobody:
        lacks.append(Said("a commission", "commission"))
    if not passage.place:
        lacks.append(Said("a place", "place"))
    for lack in lacks:
        yield Clash(
            ClashKind.MISSING,
            (number,),
            Said(f"Candidate {number} lacks {lack}", f"Il manque à {number} : {lack.fr}"),
            Said("Fill it in.", "Complétez."),
            phase=lost[0] if lost else None,
        )


def _wrong_option(candidate: Candidate, home: Commission) -> Clash:
    number, option = candidate.number, candidate.option
    return Clash(
        ClashKind.OPTION,
        (number,),
        Said(
            f"Nobody in commission {home.title} teaches {option}, candidate {number}'s option",
            f"Personne dans la commission {home.title} n'enseigne {option}, l'option de {number}",
        ),
        Said(f"Give {number} another commission.", f"Donnez à {number} une autre commission."),
    )


def _short(passage: Passage, lengths: Mapping[Phase, float]) -> Iterator[Clash]:
    number = passage.candidate
    for phase, after in pairwise(Phase):
        start, end = passage.planned.get(phase), passage.planned.get(after)
        if start is None or end is None:
            continue
        lacks = timedelta(seconds=lengths[phase]) - (end - start)
        if lacks > timedelta(0):
            least, lack = minutes(lengths[phase]), minutes(lacks.total_seconds())
            yield Clash(
                ClashKind.SHORT,
                (number,),
                Said(
                    f"Candidate {number} lacks {lack} min of {phase}: {least} min are allotted",
                    f"Il manque {lack} min à {number} ({french([phase])}) : {least} min sont dues",
                ),
                Said(
                    f"Start {after} {lack} min later.",
                    f"Commencez « {french([after])} » {lack} min plus tard.",
                ),
                start,
                end,
                phase,
            )


def _outside(passage: Passage, whole: Span, limits: Limits) -> Iterator[Clash]:
    opens, closes = limits.hours(limits.day_of(whole[0]))
    if opens <= whole[0] and whole[1] <= closes:
        return
    number, (start, end) = passage.candidate, (clock(one, limits) for one in whole)
    day = f"{limits.opens:%H:%M}-{limits.closes:%H:%M}"
    yield Clash(
        ClashKind.OUTSIDE,
        (number,),
        Said(
            f"Candidate {number} sits from {start} to {end}, outside the day ({day})",
            f"{number} passe de {start} à {end}, hors de la journée ({day})",
        ),
        Said("Move the passage, or make the day longer.", "Déplacez ce passage ou la journée."),
        *whole,
    )


def _in_pause(passage: Passage, use: Use, limits: Limits) -> Iterator[Clash]:
    day, number = limits.day_of(use.whole[0]), passage.candidate
    for phase, span in use.interviews.items():
        for pause in limits.pauses:
            stop = pause.on(day, limits.zone)
            if overlap(span, stop):
                hours = f"{pause.start:%H:%M}-{pause.end:%H:%M}"
                yield Clash(
                    ClashKind.PAUSE,
                    (number,),
                    Said(
                        f"Candidate {number}: {phase} falls into the pause {hours}",
                        f"{number} : {french([phase])} pendant la pause {hours}",
                    ),
                    Said(
                        f"Let it end before {pause.start:%H:%M}, or begin at {pause.end:%H:%M}.",
                        f"Finissez avant {pause.start:%H:%M} ou commencez à {pause.end:%H:%M}.",
                    ),
                    *span,
                    phase,
                )
