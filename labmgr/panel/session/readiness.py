"""What a session still lacks for its day, each with the page where it is mended.

Choices and documents are counted, never named: they are the commission's until phase 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext

from labmgr.domain.asking import in_order
from labmgr.domain.exam import DURATIONS, Candidate, ExamSession, Form, Phase, composition_faults
from labmgr.domain.lab import STANDING, LabState
from labmgr.domain.passage import Passage
from labmgr.domain.ports import Tools
from labmgr.panel.filters import in_french, local, word
from labmgr.panel.session.wishes import limits_of
from labmgr.services.lab import reserve
from labmgr.services.lab.reserve import Held
from labmgr.services.session.forms import REALISATIONS
from labmgr.services.session.timetable import clashes_of

MOST_NAMED = 6
SLIPS = "slips printed"  # what services/rosters writes into the journal


@dataclass(frozen=True)
class Sign:
    """`state`: good, warning (it may stay so), missing. `page` is an endpoint."""

    title: str
    state: str
    words: str
    page: str


def checklist(tools: Tools, session: ExamSession) -> list[Sign]:
    """In the order in which a session is prepared."""
    store = tools.store
    people, passages = store.candidates(session.name), store.passages(session.name)
    return [
        _form(session),
        _commissions(tools, session),
        _list(people),
        _realisations(tools, session, people),
        _documents(tools, session, people),
        _choices(people, passages),
        _timetable(tools, session, people, passages),
        _labs(tools, session, passages),
        _reserve(tools),
        _slips(tools, session),
        _rehearsed(tools, session),
    ]


def _form(session: ExamSession) -> Sign:
    said, page = word(session.form), "forms.show"
    if session.form is not Form.TRAINING and session.durations != dict(DURATIONS):
        words = _("%(form)s, durées autres que celles du texte", form=said)
        return Sign(_("Forme"), "warning", words, page)
    if session.form is not Form.TRAINING and not session.labels.get("year"):
        words = _("%(form)s, sans l'année de la session", form=said)
        return Sign(_("Forme"), "warning", words, page)
    return Sign(_("Forme"), "good", said, page)


def _commissions(tools: Tools, session: ExamSession) -> Sign:
    title, page = _("Commissions"), "commissions.show"
    found = tools.store.commissions(session.name)
    if not found:
        free = session.form is Form.TRAINING
        words = _("aucune : l'entraînement s'en passe") if free else _("aucune")
        return Sign(title, "warning" if free else "missing", words, page)
    faults = [fault for one in found for fault in composition_faults(one, session)]
    if faults:
        return Sign(title, "missing", " ; ".join(in_french(one) or one for one in faults), page)
    return Sign(title, "good", ", ".join(one.title for one in found), page)


def _list(people: Sequence[Candidate]) -> Sign:
    words = ngettext("%(num)d personne inscrite", "%(num)d personnes inscrites", len(people))
    return Sign(_("Liste"), "good" if people else "missing", words, "candidates.choose")


def _realisations(tools: Tools, session: ExamSession, people: Sequence[Candidate]) -> Sign:
    known = {(one.candidate, one.number) for one in tools.store.realisations(session.name)}
    lacking = [
        one.number for one in people if any((one.number, n) not in known for n in REALISATIONS)
    ]
    words = _("les deux de chacun") if not lacking else _("manquent à %(who)s", who=_named(lacking))
    return Sign(_("Réalisations"), _state(people, lacking), words, "realisations.show")


def _documents(tools: Tools, session: ExamSession, people: Sequence[Candidate]) -> Sign:
    handed = {one.candidate for one in tools.store.realisations(session.name) if one.document}
    lacking = [one.number for one in people if one.number not in handed]
    words = _("%(num)d sur %(all)d", num=len(people) - len(lacking), all=len(people))
    return Sign(_("Documents"), _state(people, lacking), words, "realisations.show")


def _choices(people: Sequence[Candidate], passages: Sequence[Passage]) -> Sign:
    made = {one.candidate for one in passages if one.choice}
    lacking = [one.number for one in people if one.number not in made]
    words = _("%(num)d sur %(all)d", num=len(people) - len(lacking), all=len(people))
    return Sign(_("Choix de la commission"), _state(people, lacking), words, "day.show")


def _timetable(
    tools: Tools, session: ExamSession, people: Sequence[Candidate], passages: Sequence[Passage]
) -> Sign:
    title, page = _("Planning"), "timetable.show"
    timed = {one.candidate for one in passages if all(phase in one.planned for phase in Phase)}
    lacking = [one.number for one in people if one.number not in timed]
    if lacking or not people:
        words = _("sans horaire : %(who)s", who=_named(lacking)) if timed else _("à proposer")
        return Sign(title, "missing", words, page)
    clashes = clashes_of(tools, session.name, limits_of(session))
    words = ngettext("%(num)d conflit", "%(num)d conflits", len(clashes))
    return Sign(title, "missing" if clashes else "good", words if clashes else _("fait"), page)


def _labs(tools: Tools, session: ExamSession, passages: Sequence[Passage]) -> Sign:
    """Only the next wave's need to stand: fewer than all of them is no fault."""
    own = {one.candidate for one in passages if one.own_tools}
    labs = [lab for lab in tools.store.labs(session.name) if lab.candidate not in own]
    up = sum(lab.state in STANDING for lab in labs)
    broken = sum(lab.state is LabState.BROKEN for lab in labs)
    words = _("construits : %(num)d sur %(all)d", num=up, all=len(labs))
    if broken:
        words += _(", %(num)d en panne", num=broken)
    state = "missing" if broken else "good" if labs and up == len(labs) else "warning"
    return Sign(_("Labos"), state, words, "sessions.show")


def _slips(tools: Tools, session: ExamSession) -> Sign:
    rows = tools.store.entries(f"session:{session.name}")
    printed = [row.at for row in rows if row.what.endswith(SLIPS)]
    words = _("imprimées le %(when)s", when=local(printed[-1])) if printed else _("à imprimer")
    state = "good" if printed else "missing"
    return Sign(_("Fiches des candidats"), state, words, "candidates.choose")


def _rehearsed(tools: Tools, session: ExamSession) -> Sign:
    title, page = _("Répétition"), "rehearsal.show"
    report = tools.store.rehearsal(session.name)
    if report is None:
        return Sign(title, "warning", _("pas encore faite"), page)
    when = local(report.ended)
    if not report.go:
        return Sign(title, "missing", _("no-go le %(when)s", when=when), page)
    return Sign(title, "good", _("go le %(when)s", when=when), page)


def _reserve(tools: Tools) -> Sign:
    """Of the machine, not of the session: but the session's end snapshots depend on it."""
    told = reserve.told(tools)
    words = {
        Held.OFF: _("désactivée"),
        Held.THERE: _("en place"),
        Held.NOT_YET: _("pas encore faite : l'ouvrier s'en charge"),
        Held.GIVEN_UP: _("libérée pour un instantané de fin : libérez du disque"),
        Held.IMPOSSIBLE: _("ne peut pas être faite : %(why)s", why=in_french(told.why) or told.why),
    }[told.held]
    state = {Held.OFF: "good", Held.THERE: "good", Held.GIVEN_UP: "missing"}
    title = _("Réserve de disque")
    return Sign(title, state.get(told.held, "warning"), words, "dashboard.health")


def _state(people: Sequence[Candidate], lacking: Sequence[str]) -> str:
    return "missing" if lacking or not people else "good"


def _named(numbers: Iterable[str]) -> str:
    """The first ones by name, the others by their count."""
    ordered = sorted(numbers, key=in_order)
    more = len(ordered) - MOST_NAMED
    shown = ", ".join(ordered[:MOST_NAMED])
    if more <= 0:
        return shown
    return str(ngettext("%(who)s et %(num)d autre", "%(who)s et %(num)d autres", more, who=shown))
