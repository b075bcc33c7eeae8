"""The recette replayed in a lab: ordered, carried out line by line, remarked on, read back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from labmgr.domain.checks import CheckMaker
from labmgr.domain.credential import make_password
from labmgr.domain.lab import STANDING, Lab
from labmgr.domain.planning import credentials_for
from labmgr.domain.ports import KeyPair, Tools
from labmgr.domain.probe import Finding
from labmgr.domain.recette import (
    WHOLE,
    Asked,
    Filling,
    Recette,
    Remark,
    Result,
    Run,
    judged,
    latest,
)
from labmgr.domain.values import values_of
from labmgr.domain.work import Job, JobKind, Progress
from labmgr.errors import BadInput, EngineError, LabmgrError, NotFound, WrongState
from labmgr.services.lab.blueprint import candidate_of, credentials_of

ONE_TRY = 0.0  # the commission sees what is there now, not what may come
LONGEST = 2000  # characters of a remark
PROGRESS = "recette"  # under this name in the lab's rows of progress


@dataclass(frozen=True)
class SheetLine:
    """A row of the sheet: the newest answer, else the question; who replayed it, and remarks."""

    result: Result
    run: Run | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Sheet:
    """A lab's recette as people read and print it. `trouble`: why there is no table to replay.

    `remarks` are those on the whole, and those on lines of an older state of the table.
    """

    lab: Lab
    recette: Recette | None
    lines: tuple[SheetLine, ...]
    remarks: tuple[Remark, ...]
    runs: tuple[Run, ...]
    trouble: LabmgrError | None = None

    @property
    def green(self) -> int:
        return sum(one.result.green is True for one in self.lines)

    @property
    def red(self) -> int:
        return sum(one.result.green is False for one in self.lines)


def order_recette(tools: Tools, lab_id: str, *, by: str, line: int | None = None) -> Job:
    """Have all lines replayed, or one; refuses what could never work."""
    lab = _standing(tools.store.lab(lab_id))
    _chosen(_asked(tools, lab, _recette(tools, lab)), line)
    args = {} if line is None else {"line": str(line)}
    return tools.store.order(JobKind.RECETTE, lab_id, by=by, args=args)


def carry_out_recette(tools: Tools, lab_id: str, *, by: str, line: int | None = None) -> Run:
    """Replay and keep each row as it comes. A dead node or engine is a red row, not a failure."""
    lab = _standing(tools.store.lab(lab_id))
    recette = _recette(tools, lab)
    asked = _chosen(_asked(tools, lab, recette, for_real=True), line)
    tools.store.clear_progress(lab_id)
    run = tools.store.begin_recette(_new_run(tools, lab, recette, asked, by))
    answered: list[Result] = []
    for result in _answers(tools, lab, asked):
        tools.store.keep_result(run.id, result)
        answered.append(result)
        _tell(tools, lab, answered, len(asked))
    ended = tools.now()
    tools.store.end_recette(run.id, ended)
    done = replace(run, ended=ended, results=tuple(sorted(answered, key=lambda one: one.line)))
    what = f"recette replayed: {done.green} of {len(asked)} lines as expected"
    tools.store.write(f"lab:{lab_id}", what, by=by)
    tools.store.clear_progress(lab_id)
    return done


def remark(tools: Tools, lab_id: str, text: str, *, by: str, line: int = WHOLE) -> Remark:
    """Add the commission's words on a line, or on the whole; at any time, and never replaced."""
    text = text.strip()
    if not text:
        raise BadInput("The remark is empty", hint="Write what the commission has seen.")
    if len(text) > LONGEST:
        raise BadInput(
            f"The remark has {len(text)} characters", hint=f"At most {LONGEST} are kept."
        )
    lab = tools.store.lab(lab_id)
    sheet = results(tools, lab_id)
    about = ""
    if line != WHOLE:
        rows = {one.result.line: one.result for one in sheet.lines}
        if line not in rows:
            raise _no_line(line, len(rows))
        about = rows[line].title
    state = sheet.recette.hash if sheet.recette else ""
    made = Remark(lab.id, state, line, about, text, by, tools.now())
    tools.store.add_remark(made)
    return made


def results(tools: Tools, lab_id: str) -> Sheet:
    """The whole sheet of a lab, for pages and paper; touches no engine."""
    lab = tools.store.lab(lab_id)
    runs = tools.store.recettes(lab_id)
    remarks = tools.store.remarks(lab_id)
    try:
        recette = _recette(tools, lab)
        asked = _asked(tools, lab, recette)
    except LabmgrError as trouble:  # what was seen stays readable, whatever became of the file
        return _last_seen(lab, runs, remarks, trouble)
    seen = latest(runs, recette.hash)
    lines = []
    for one in asked:
        run, result = seen.get(one.row.line, (None, one.row))
        lines.append(SheetLine(result, run, _on(remarks, recette.hash, one.row.line)))
    beside = {remark for line in lines for remark in line.remarks}
    others = tuple(one for one in remarks if one not in beside)
    return Sheet(lab, recette, tuple(lines), others, tuple(runs))


def _last_seen(
    lab: Lab, runs: Sequence[Run], remarks: Sequence[Remark], trouble: LabmgrError
) -> Sheet:
    newest = runs[0] if runs else None
    seen = latest(runs, newest.recette) if newest else {}
    lines = tuple(
        SheetLine(result, run, _on(remarks, run.recette, line))
        for line, (run, result) in sorted(seen.items())
    )
    beside = {remark for line in lines for remark in line.remarks}
    others = tuple(one for one in remarks if one not in beside)
    return Sheet(lab, None, lines, others, tuple(runs), trouble)


def _on(remarks: Sequence[Remark], state: str, line: int) -> tuple[Remark, ...]:
    return tuple(one for one in remarks if (one.recette, one.line) == (state, line))


def _standing(lab: Lab) -> Lab:
    if lab.state not in STANDING:
        raise WrongState(f"Lab {lab.id}", lab.state, "replayed", STANDING)
    return lab


def _recette(tools: Tools, lab: Lab) -> Recette:
    recette = tools.library.recette(lab.template)
    if recette is None:
        raise NotFound(
            f"The template {lab.template} has no recette",
            hint=f"Write lab_templates/{lab.template}/recette.yaml, then `labmgr template check`.",
        )
    return recette


def _asked(tools: Tools, lab: Lab, recette: Recette, *, for_real: bool = False) -> list[Asked]:
    """Only *for_real* are missing secrets made and kept: whoever reads the sheet needs none."""
    template = tools.library.read(lab.template)
    values = values_of(template, lab, candidate_of(tools, lab), tools.site)
    if for_real:
        credentials = credentials_of(tools, lab, template)
    else:
        kept = tools.store.credentials(lab.id)
        credentials = credentials_for(
            template, lab, kept, make_password=make_password, make_key_pair=lambda: KeyPair("")
        )
    return Filling(template, CheckMaker.of(template, credentials, values), values).asked(recette)


def _chosen(asked: Sequence[Asked], line: int | None) -> list[Asked]:
    chosen = [one for one in asked if line in {None, one.row.line}]
    if line is not None and not chosen:
        raise _no_line(line, len(asked))
    return chosen


def _no_line(line: int, count: int) -> NotFound:
    return NotFound(f"The recette has no line {line}", hint=f"Its lines are 1 to {count}.")


def _new_run(tools: Tools, lab: Lab, recette: Recette, asked: Sequence[Asked], by: str) -> Run:
    template = tools.library.read(lab.template)
    return Run(
        id=0,
        lab=lab.id,
        recette=recette.hash,
        template=f"{template.name}@{template.hash}",
        values=values_of(template, lab, candidate_of(tools, lab), tools.site),
        by=by,
        started=tools.now(),
        results=tuple(one.row for one in asked),
    )


def _answers(tools: Tools, lab: Lab, asked: Sequence[Asked]) -> Iterator[Result]:
    """Each row once, as soon as all that it needs has been seen."""
    waiting = {one.row.line: one for one in asked}
    final: dict[str, Finding] = {}
    checks = [check for one in asked for check in one.checks]
    try:
        for finding in tools.engine.probe(lab.id, checks, deadline=ONE_TRY):
            if finding.final:
                final[finding.check] = finding
            for one in list(waiting.values()):
                if all(check.id in final for check in one.checks):
                    yield judged(waiting.pop(one.row.line), final)
    except EngineError as trouble:
        for one in waiting.values():
            yield replace(one.row, green=False, evidence=str(trouble), at=tools.now())


def _tell(tools: Tools, lab: Lab, answered: Sequence[Result], total: int) -> None:
    green = sum(one.green is True for one in answered)
    step = f"recette {green}/{total}"
    share = len(answered) / total
    last = answered[-1]
    detail = "" if last.green else last.evidence
    tools.store.keep_progress(Progress(lab.id, PROGRESS, step, share, tools.now(), detail))
