"""Looking at a lab with real clients: until green before an hour, liveness during it."""

from __future__ import annotations

from collections.abc import Sequence

from labmgr.domain.lab import STANDING, Lab, LabState
from labmgr.domain.ports import Tools
from labmgr.domain.probe import Check, Finding
from labmgr.domain.work import Job, JobKind, Progress
from labmgr.errors import EngineUnreachable, LabmgrError, ProbesRed, WrongState
from labmgr.services.lab.blueprint import checks_of

ONE_LOOK = 30.0  # seconds: a single look gives slow services this long, no more


def order_probe(tools: Tools, lab_id: str, *, by: str) -> Job:
    """Have every probe run once more; the page shows the findings."""
    _standing(tools.store.lab(lab_id))
    return tools.store.order(JobKind.PROBE, lab_id, by=by)


def carry_out_probe(tools: Tools, lab_id: str) -> list[Finding]:
    """Look once; where a candidate has worked only liveness is asked.

    Passwords and content are theirs there, and nothing of ours may be written beside their work.
    """
    lab = _standing(tools.store.lab(lab_id))
    checks = checks_of(tools, lab, liveness=was_opened(tools, lab))
    try:
        return _look(tools, lab, checks, deadline=ONE_LOOK)
    finally:
        tools.store.clear_progress(lab.id)  # a lab that stands is on no way to anything


def was_opened(tools: Tools, lab: Lab) -> bool:
    """Whether a candidate's work may be in it: let in since it was built or reset, or restored."""
    for entry in reversed(tools.store.entries(f"lab:{lab.id}")):
        if entry.what.endswith(f"-> {LabState.OPEN}"):
            return True
        if entry.what.endswith(f"-> {LabState.BUILDING}"):
            return entry.why.startswith("restore")
    return False


def until_green(tools: Tools, lab: Lab, *, deadline: float) -> list[Finding]:
    """Run every probe until all are green, or raise ProbesRed with the probes' own words.

    *deadline* in seconds. The error names each red node with its state and last log lines.
    """
    checks = checks_of(tools, lab)
    findings = _look(tools, lab, checks, deadline=deadline)
    red = [finding for finding in findings if not finding.green]
    if red:
        raise ProbesRed(
            f"{len(red)} of {len(checks)} probes of lab {lab.id} are red: "
            + "; ".join(f"{one.check} ({one.kind}): {one.evidence}" for one in red),
            hint=_last_words(tools, lab, sorted({one.node for one in red})),
        )
    return findings


def all_green(tools: Tools, lab: Lab) -> bool:
    """Whether the last look saw every one of the lab's probes green."""
    seen = {finding.check: finding.green for finding in tools.store.findings(lab.id)}
    checks = checks_of(tools, lab)
    return all(seen.get(check.id, False) for check in checks)


def _look(tools: Tools, lab: Lab, checks: Sequence[Check], *, deadline: float) -> list[Finding]:
    tools.store.clear_findings(lab.id)
    total = {check.node: 0 for check in checks}
    for check in checks:
        total[check.node] += 1
    final: dict[str, Finding] = {}
    for finding in tools.engine.probe(lab.id, checks, deadline=deadline):
        tools.store.keep_finding(lab.id, finding)
        if finding.final:
            final[finding.check] = finding
            _tell_node(tools, lab, finding, list(final.values()), total[finding.node])
    return list(final.values())


def _tell_node(tools: Tools, lab: Lab, last: Finding, final: Sequence[Finding], total: int) -> None:
    mine = [finding for finding in final if finding.node == last.node]
    green = sum(finding.green for finding in mine)
    detail = "" if last.green else last.evidence
    share = 0.5 + 0.4 * len(mine) / total
    step = f"probes {green}/{total}"
    tools.store.keep_progress(Progress(lab.id, last.node, step, share, tools.now(), detail))


def _last_words(tools: Tools, lab: Lab, nodes: Sequence[str]) -> str:
    return "\n".join(f"{node}: {_words_of(tools, lab, node)}" for node in nodes)


def _words_of(tools: Tools, lab: Lab, node: str) -> str:
    """A node that is gone has no words; the probes' own must get through all the same."""
    try:
        return tools.engine.last_words(lab.id, node)
    except EngineUnreachable:
        raise
    except LabmgrError as trouble:
        return str(trouble)


def _standing(lab: Lab) -> Lab:
    if lab.state not in STANDING:
        raise WrongState(f"Lab {lab.id}", lab.state, "probed", STANDING)
    return lab
