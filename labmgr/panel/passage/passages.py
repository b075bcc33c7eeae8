"""A passage's page: one sitting from arrival to its end, and the verbs that staff have for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from labmgr.domain.dialects import masked
from labmgr.domain.exam import MINUTE
from labmgr.domain.passage import Passage
from labmgr.domain.words import Role
from labmgr.errors import BadInput, LabmgrError, NotFound
from labmgr.panel import gate
from labmgr.panel.day.day import verbs_of
from labmgr.panel.errors import status_of
from labmgr.panel.gate import operator, tools
from labmgr.panel.passage.passage_deeds import Asked, minutes
from labmgr.panel.passage.passage_repairs import REPAIRS, mend_of, repairs_for, told
from labmgr.panel.passage.passage_story import Story, facts_of, read_story
from labmgr.panel.passage.passage_verbs import NEXT, VERBS, Verb, offered
from labmgr.services.passage import choices, decisions
from labmgr.services.passage.decisions import Decision

bp = Blueprint("passages", __name__, url_prefix="/sessions/<name>/passages")

CONFLICT: Final = 409
DECIDED: Final = {
    Decision.GIVE: _l("temps rendu."),
    Decision.REPORT: _l("passage reporté."),
    Decision.NOTHING: _l("rien n'est compensé."),
}


@bp.get("/<path:number>")
def show(name: str, number: str) -> ResponseReturnValue:
    return render_template("passage.html", **_seen(read_story(tools(), name, number)))


@bp.get("/<path:number>/_live")
def live(name: str, number: str) -> ResponseReturnValue:
    story = read_story(tools(), name, number)
    if request.args.get("vu") == story.mark:
        return Response(status=204)
    return render_template("_passage.html", **_seen(story))


@bp.get("/<path:number>/collecte/<device>")
def collected(name: str, number: str, device: str) -> ResponseReturnValue:
    """What a server's script gave at the end, read and never downloaded."""
    story = read_story(tools(), name, number)
    kept = next((one for one in story.collected if one.device == device and one.backup), None)
    if kept is None:
        raise NotFound(
            _("Rien n'a été collecté ici à la fin de ce passage."),
            hint=_("Le script de collecte tourne quand l'heure finit."),
        )
    text = masked(tools().configs.text(kept.device, kept.backup))
    return render_template(
        "collected.html",
        session=story.session,
        candidate=story.row.candidate,
        kept=kept,
        lines=text.splitlines(),
    )


@bp.route("/<path:number>/incidents/<int:incident>", methods=["GET", "POST"])
def decide(name: str, number: str, incident: int) -> ResponseReturnValue:
    """What is proposed about an incident is only offered; a person decides, and says why."""
    refusal, status = None, 200
    if request.method == "POST":
        try:
            wanted = _decision()
            seconds = minutes(request.form) * MINUTE if wanted is Decision.GIVE else 0.0
            why = request.form.get("why", "")
            decisions.decide(
                tools(), name, number, incident, wanted, by=operator(), why=why, seconds=seconds
            )
        except LabmgrError as no:
            refusal, status = no, status_of(no)
        else:
            return _back(name, number, str(DECIDED[wanted]))
    story = read_story(tools(), name, number)
    alarm = next((one for one in story.alarms if one.incident.id == incident), None)
    if alarm is None and refusal is None:
        raise NotFound(f"There is no incident {incident}", hint=_("Il a pu être tranché déjà."))
    page = render_template("incident.html", **_seen(story), alarm=alarm, refusal=refusal)
    return page, status


def _decision() -> Decision:
    wanted = request.form.get("decision", "")
    if wanted not in set(Decision):
        raise BadInput(_("Aucune décision n'est cochée."), hint=_("Cochez l'une des trois."))
    return Decision(wanted)


def _view(verb: Verb) -> Callable[[str, str], ResponseReturnValue]:
    def view(name: str, number: str) -> ResponseReturnValue:
        if request.method == "GET":
            return _ask(verb, name, number, None), 200
        asked = Asked(tools(), name, number, request.form, operator())
        before = asked.tools.store.passage(name, number)
        try:
            outcome = verb.do(asked)
        except LabmgrError as no:
            # A phase that may not start is a conflict, also when a snapshot is what is missing.
            status = CONFLICT if verb.name == "start" else status_of(no)
            return _ask(verb, name, number, no), status
        repaired = verb.name in REPAIRS
        return _back(name, number, told(verb, outcome) if repaired else _told(verb, before))

    return view


for _verb in (*VERBS.values(), *REPAIRS.values()):
    bp.add_url_rule(
        f"/<path:number>/{_verb.path}",
        endpoint=_verb.name,
        view_func=_view(_verb),
        methods=["GET", "POST"],
    )


def _ask(verb: Verb, name: str, number: str, refusal: LabmgrError | None) -> str:
    """The verb's own page: whom it is about, what follows, and what was refused."""
    story = read_story(tools(), name, number)
    facts = facts_of(tools(), story, gate.role())
    wanted = request.form.get("phase") or NEXT.get(story.row.passage.state, "")
    seen = _seen(story) | {"verb": verb, "refusal": refusal, "facts": facts, "wanted": wanted}
    mend = mend_of(tools(), verb, story.row.passage)
    return render_template("passage_ask.html", mend=mend, **seen)


def _told(verb: Verb, before: Passage) -> str:
    """What has happened, where the verb alone does not say it."""
    said: str = str(verb.done)
    if verb.name == "absent" and not before.absent_said_by:
        said = _("dit absent : une deuxième personne doit le confirmer.")
    elif verb.name == "absent":
        said = _("absence confirmée.")
    elif verb.name == "choose" and _still_asked(before):
        said = _("changement demandé : une deuxième personne doit le confirmer.")
    elif verb.name == "start" and before.state == "interview-1" and before.lab:
        said = _("ouverture du labo ordonnée ; l'heure court dès qu'il est ouvert.")
    elif verb.name == "resume" and before.paused == "hour" and before.lab:
        said = _("ouverture du labo ordonnée ; le temps repart dès qu'il est ouvert.")
    return said


def _still_asked(before: Passage) -> bool:
    return bool(tools().store.passage(before.session, before.candidate).change_asked)


def _back(name: str, number: str, said: str) -> ResponseReturnValue:
    flash(_("Candidat %(number)s : %(said)s", number=number, said=said), "done")
    if request.form.get("from") == "day":
        return redirect(url_for("day.show", name=name))
    return redirect(url_for("passages.show", name=name, number=number))


def _links(passage: Passage, role: Role) -> list[tuple[str, str]]:
    """Where else this sitting is told; the lab only once it is no secret which."""
    places: list[tuple[str, str, dict[str, Any]]] = []
    if passage.lab:
        lab = {"lab_id": passage.lab}
        places += [("labs.show", _("Labo"), lab), ("recette.show", _("Recette"), lab)]
        places.append(("terminals.show", _("Terminaux"), lab))
    mine = {"name": passage.session, "number": passage.candidate}
    places.append(("records.passage", _("Procès-verbal (PDF)"), mine))
    return [(url_for(where, **to), said) for where, said, to in places if gate.allows(role, where)]


def _seen(story: Story) -> dict[str, object]:
    role = gate.role()
    may = verbs_of(role)
    passage = choices.seen_by(story.row.passage, role)
    over = story.row.situation.key == "over"
    return {
        "story": story,
        "session": story.session,
        "row": story.row,
        "passage": passage,
        "candidate": story.row.candidate,
        "steps": [VERBS[one] for one in offered(passage, over=over) if one in may],
        "repairs": repairs_for(passage, role),
        "next": NEXT,
        "decides": gate.allows(role, "passages.decide"),
        "knows": role in choices.MAY_KNOW_CHOICE,
        "links": _links(passage, role),
        "reads_work": gate.allows(
            role, "recette.show"
        ),  # what the candidate did, as in the recette
        "back_to_day": request.values.get("from") == "day",
    }
