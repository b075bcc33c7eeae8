"""The waves of a session: each with its labs, readied and turned after a look at what follows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from labmgr.domain.lab import STANDING, Lab, LabState
from labmgr.domain.work import ENDED, Job
from labmgr.errors import LabmgrError, LostRace
from labmgr.panel.errors import status_of
from labmgr.panel.gate import operator, tools
from labmgr.panel.session.sessions import latest_of, share_of
from labmgr.services.day import waves
from labmgr.services.day.waves import Ahead, Wave
from labmgr.services.lab import snapshots
from labmgr.services.lab.capacity import memory_of

bp = Blueprint("waves", __name__, url_prefix="/sessions/<name>/vagues")


@dataclass(frozen=True)
class LabRow:
    lab: Lab
    share: int  # per cent of a build
    job: Job | None
    put_away: bool


@dataclass(frozen=True)
class WaveCard:
    """One wave as it is shown: labs that were built or are to be; `standing` counts them.

    `missing`: how many an order to prepare it would build.
    """

    wave: Wave
    rows: tuple[LabRow, ...]
    standing: int
    missing: int

    @property
    def fits(self) -> bool:
        """Also while nobody knows: the page says that apart."""
        free = self.wave.memory_free
        return free is None or self.wave.memory_wanted <= free


@bp.get("")
def show(name: str) -> ResponseReturnValue:
    return render_template("waves.html", **_seen(name))


@bp.get("/_live")
def live(name: str) -> ResponseReturnValue:
    return render_template("_waves.html", **_seen(name))


@bp.route("/<int:wave>/preparation", methods=["GET", "POST"])
def prepare(name: str, wave: int) -> ResponseReturnValue:
    missing = waves.to_prepare(tools(), name, wave)
    planned = Ahead(0, wave, (), (), tuple(missing))

    def order() -> str:
        count = len(waves.prepare(tools(), name, wave, by=operator()))
        said: str = ngettext(
            "Vague %(wave)d : %(num)d labo se prépare.",
            "Vague %(wave)d : %(num)d labos se préparent.",
            count,
            wave=wave,
        )
        return said

    return _asked("prepare", name, planned, order)


@bp.route("/rotation", methods=["GET", "POST"])
def turn(name: str) -> ResponseReturnValue:
    planned = waves.ahead(tools(), name)
    why = request.form.get("why", "").strip()

    def order() -> str:
        force = bool(planned.running)
        done = waves.turn(tools(), name, by=operator(), force=force, why=why)
        counted = _counted(len(done.put_away), len(done.prepared))
        return str(_("Ordres donnés : %(said)s.", said=counted))

    return _asked("turn", name, planned, order)


def _counted(gone: int, made: int) -> str:
    away = ngettext("%(num)d labo à ranger", "%(num)d labos à ranger", gone)
    return f"{away}, {ngettext('%(num)d à préparer', '%(num)d à préparer', made)}"


def _asked(verb: str, name: str, planned: Ahead, order: Callable[[], str]) -> ResponseReturnValue:
    """First what would follow; then the order, unless something else would follow by now."""
    refusal, status = None, 200
    if request.method == "POST":
        try:
            if request.form.get("seen") != mark_of(planned):
                raise LostRace(
                    _("Ce qui suivrait a changé depuis que vous l'avez lu."),
                    hint=_("Relisez, puis confirmez de nouveau."),
                )
            flash(order(), "done")
        except LabmgrError as no:
            refusal, status = no, status_of(no)
        else:
            return redirect(url_for("waves.show", name=name))
    leaving = [lab for lab in planned.leaving if lab.state in STANDING]
    page = render_template(
        "wave_ask.html",
        session=tools().store.session(name),
        verb=verb,
        planned=planned,
        seen=mark_of(planned),
        wanted=memory_of(tools(), planned.missing),
        given_back=memory_of(tools(), leaving),
        kept={lab.id for lab in planned.missing if tools().store.snapshots(lab.id)},
        refusal=refusal,
    )
    return page, status


def mark_of(planned: Ahead) -> str:
    """Changes when other labs would go or be built, or other passages run."""
    facts = (planned.coming, planned.running, _ids(planned.leaving), _ids(planned.missing))
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _ids(labs: Iterable[Lab]) -> list[str]:
    return [lab.id for lab in labs]


def _seen(name: str) -> dict[str, object]:
    """Everything that the page shows. Never the passages' choice: before phase 1 it is secret."""
    session = tools().store.session(name)
    latest = latest_of(tools().store.jobs())
    cards = [_card(name, one, latest) for one in waves.waves(tools(), name)]
    jobs = [row.job for card in cards for row in card.rows if row.job]
    return {
        "session": session,
        "cards": cards,
        "engine_away": any(card.wave.memory_free is None for card in cards),
        "busy": any(job.state not in ENDED for job in jobs),
    }


def _card(name: str, wave: Wave, latest: Mapping[str, Job]) -> WaveCard:
    wanted = {lab.id for lab in waves.to_prepare(tools(), name, wave.number)}
    rows = tuple(
        LabRow(
            lab,
            share_of(lab) if lab.state is LabState.BUILDING else 0,
            latest.get(lab.id),
            snapshots.is_put_away(tools(), lab),
        )
        for lab in wave.labs
        if lab.state is not LabState.PLANNED or lab.id in wanted or lab.id in latest
    )
    standing = sum(row.lab.state in STANDING for row in rows)
    return WaveCard(wave, rows, standing, len(wanted))
