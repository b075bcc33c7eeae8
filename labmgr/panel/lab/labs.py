"""A lab's page, and its accesses for staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from labmgr.domain.lab import STANDING, Lab, LabState
from labmgr.domain.probe import Finding
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.template import NodeTemplate, Template
from labmgr.domain.work import Progress
from labmgr.errors import LabmgrError
from labmgr.panel.equipment.equipment_rows import systems_of
from labmgr.panel.filters import word
from labmgr.panel.gate import operator, tools
from labmgr.panel.session.sessions import share_of, template_of
from labmgr.services.lab import access, drawing, sitting, snapshots
from labmgr.services.lab.blueprint import candidate_of

bp = Blueprint("labs", __name__, url_prefix="/labs")

S = LabState
# What makes sense for one lab now, the usual next step first. The services decide all the same.
OFFERED: Final[dict[LabState, tuple[str, ...]]] = {
    S.PLANNED: ("build", "remove"),
    S.BUILDING: (),
    S.READY: ("open", "probe", "snapshot", "rehearse", "reset", "remove"),
    S.OPEN: ("close", "freeze", "probe", "snapshot", "reset"),
    S.FROZEN: ("open", "probe", "snapshot", "reset", "remove"),
    S.RECETTE: ("probe", "snapshot", "reset", "remove"),
    S.BROKEN: ("build", "reset", "remove"),
    S.GONE: ("build",),
}
DOORS: Final = frozenset({"open", "close", "freeze"})


@dataclass(frozen=True)
class NodeRow:
    """A node of the template or labmgr's gateway, as the engine finds it now."""

    name: str
    title: str
    address: str
    template: NodeTemplate | None
    seen: Seen | None
    progress: Progress | None


@bp.get("/<lab_id>")
def show(lab_id: str) -> ResponseReturnValue:
    return render_template("lab.html", **_seen(tools().store.lab(lab_id)))


@bp.get("/<lab_id>/_live")
def live(lab_id: str) -> ResponseReturnValue:
    return render_template("_lab_live.html", **_seen(tools().store.lab(lab_id)))


@bp.post("/<lab_id>/acces")
def credentials(lab_id: str) -> ResponseReturnValue:
    """A POST, since looking leaves a row in the journal."""
    lab = tools().store.lab(lab_id)
    found = access.for_staff(tools(), lab, by=operator())
    return render_template("lab_access.html", lab=lab, access=found, commission=False)


@bp.post("/<lab_id>/acces-commission")
def commission_access(lab_id: str) -> ResponseReturnValue:
    """The examiners' own way in, while the recette lasts."""
    lab = tools().store.lab(lab_id)
    found = access.for_commission(tools(), lab, by=operator())
    return render_template("lab_access.html", lab=lab, access=found, commission=True)


def _seen(lab: Lab) -> dict[str, object]:
    """Everything a lab's page shows; an engine that does not answer is said, not raised."""
    store = tools().store
    template, faults = template_of(lab.template)
    try:
        seen, trouble = tools().engine.look(lab.id), None
    except LabmgrError as silent:
        seen, trouble = {}, silent
    progress = {one.node: one for one in store.progress(lab.id)}
    findings = _red_first(store.findings(lab.id))
    return {
        "lab": lab,
        "session": store.session(lab.session),
        "candidate": candidate_of(tools(), lab),
        "template": template,
        "faults": faults,
        "offered": _offered(lab),
        "nodes": _nodes(lab, template, seen, progress),
        "standing": lab.state in STANDING and trouble is None,
        "trouble": trouble,
        "picture": _picture(lab, template, seen),
        "systems": systems_of(tools(), lab),
        "findings": findings,
        "green": sum(one.green for one in findings),
        "progress": progress,
        "share": share_of(lab),
        "snapshots": store.snapshots(lab.id),
        "events": store.entries(f"lab:{lab.id}", limit=30)[::-1],
        "jobs": store.jobs(lab=lab.id)[:5],
    }


def _offered(lab: Lab) -> tuple[str, ...]:
    """Where a passage opens and closes the door, no button offers to; one put away comes back."""
    if snapshots.is_put_away(tools(), lab):
        return ("reset", "remove")
    if sitting.may_by_hand(tools(), lab):
        return OFFERED[lab.state]
    return tuple(verb for verb in OFFERED[lab.state] if verb not in DOORS)


def _nodes(
    lab: Lab,
    template: Template | None,
    seen: Mapping[str, Seen],
    progress: Mapping[str, Progress],
) -> list[NodeRow]:
    net = tools().site.ranges.net_of(lab.number)
    rows = [
        NodeRow(
            node.name,
            str(node.title),
            next(iter(node.addresses.values())).replace("${LAB_NET}", net),
            node,
            seen.get(node.name),
            progress.get(node.name),
        )
        for node in (template.nodes if template else ())
    ]
    title = _("Passerelle de labmgr")
    gateway = NodeRow(GATEWAY, title, "", None, seen.get(GATEWAY), progress.get(GATEWAY))
    return [*rows, gateway]


def _picture(lab: Lab, template: Template | None, seen: Mapping[str, Seen]) -> Markup:
    if template is None:
        return Markup()
    states = {name: (str(state), word(state)) for name, state in seen.items()}
    if lab.state in STANDING and seen:
        lost = ("missing", _("introuvable"))
        states |= {node.name: lost for node in template.nodes if node.name not in seen}
    net = tools().site.ranges.net_of(lab.number)
    return Markup(drawing.picture(template, states, net=net))  # noqa: S704 - escaped there


def _red_first(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda one: one.green)
