"""Repairs while a lab stands: one node restarted with its data, a candidate's accesses rotated."""

from __future__ import annotations

from labmgr.domain.lab import STANDING, Lab
from labmgr.domain.ports import Tools
from labmgr.domain.repair import GATEWAY
from labmgr.domain.work import Job, JobKind
from labmgr.errors import BadInput, NotFound, WrongState
from labmgr.services.lab import labs
from labmgr.services.lab.blueprint import new_door_password, plan_of
from labmgr.services.session import rosters


def order_restart(tools: Tools, lab_id: str, node: str, *, by: str, why: str = "") -> Job:
    """Have one node stopped and started again, with its data; even in an hour."""
    lab = _standing(tools, lab_id, "restarted")
    names = {one.name for one in tools.library.read(lab.template).nodes}
    if node not in names:
        raise NotFound(
            f"Lab {lab.id} has no node {node}", hint=f"Its nodes are: {', '.join(sorted(names))}."
        )
    args = {"node": node} | ({"why": why} if why else {})
    return tools.store.order(JobKind.RESTART, lab_id, by=by, args=args)


def carry_out_restart(tools: Tools, lab_id: str, node: str, *, by: str) -> None:
    _standing(tools, lab_id, "restarted")
    tools.engine.restart(lab_id, node)
    tools.store.write(f"lab:{lab_id}", f"node {node} restarted with its data", by=by)


def rotate(tools: Tools, session: str, number: str, *, by: str, why: str) -> tuple[str, list[Job]]:
    """New accesses for a candidate: a code for the portal, a password for each lab's door.

    The code holds at once; a door's old password does until its job is done.
    """
    if not why.strip():
        raise BadInput("The reason is missing", hint="Say why: it stands in the record.")
    code = rosters.new_code(tools, session, number, by=by)
    tools.store.write(f"candidate:{session}/{number}", "accesses rotated", by=by, why=why)
    theirs = {lab.id: lab for lab in tools.store.labs(session, number)}
    for one in tools.store.passages(session):
        if one.candidate == number and one.lab:
            theirs[one.lab] = tools.store.lab(one.lab)
    standing = [lab for lab in theirs.values() if lab.state in STANDING]
    return code, [tools.store.order(JobKind.ROTATE, lab.id, by=by) for lab in standing]


def carry_out_rotate(tools: Tools, lab_id: str, *, by: str) -> None:
    """The gateway is made again with the new password while the nodes run on.

    Its doors are then as open as they were, until the same instant.
    """
    lab = _standing(tools, lab_id, "given a new password")
    labs.refuse_lost(tools, lab, plan_of(tools, lab))
    new_door_password(tools, lab)
    tools.engine.remove(lab_id, [GATEWAY])
    labs.carry_out_wake(tools, lab_id, by=by)
    tools.store.write(f"lab:{lab_id}", "new password for the candidate's door", by=by)


def _standing(tools: Tools, lab_id: str, wanted: str) -> Lab:
    lab = tools.store.lab(lab_id)
    if lab.state not in STANDING:
        raise WrongState(f"Lab {lab_id}", lab.state, wanted, STANDING)
    return lab
