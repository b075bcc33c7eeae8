"""The recette: a template's table of flows, filled for one candidate and judged line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from ipaddress import AddressValueError, IPv4Address
from typing import Protocol

from labmgr.domain.addressing import GATEWAY_OCTET
from labmgr.domain.checks import CheckMaker
from labmgr.domain.probe import Check, Expect, Finding, ProbeKind, ProbeSpec
from labmgr.domain.repair import GATEWAY
from labmgr.domain.template import Template
from labmgr.domain.variables import fill
from labmgr.domain.words import Text
from labmgr.errors import BadInput

WHOLE = 0  # the line number of a remark on the whole recette


class Expected(StrEnum):
    """What a line is to show. `blocked`: nothing passes, though the service is there."""

    SUCCESS = "success"
    REFUSED = "refused"
    BLOCKED = "blocked"


@dataclass(frozen=True)
class Line:
    """One row of the template's table; variables not yet filled in."""

    no: int  # from 1
    source: str  # a node, or the gateway
    target: str  # a node, the gateway, or the pattern of an address
    probe: ProbeSpec
    expected: Expected = Expected.SUCCESS
    title: Text | None = None
    group: Text | None = None


@dataclass(frozen=True)
class Recette:
    """`hash` covers recette.yaml alone: a changed recette leaves template and snapshots as is."""

    template: str
    hash: str
    lines: tuple[Line, ...]
    title: Text | None = None


@dataclass(frozen=True)
class Result:
    """What one line asked, as it was that day, and what came of it; `green` is None before."""

    line: int
    group: str
    title: str
    source: str
    target: str
    address: str
    asked: str
    expected: Expected
    green: bool | None = None
    evidence: str = ""
    command: str = ""
    took: float = 0.0
    at: datetime | None = None


@dataclass(frozen=True)
class Run:
    """One replay, of all lines or of one; kept as it was."""

    id: int
    lab: str
    recette: str  # hash of recette.yaml
    template: str  # name@hash
    values: Mapping[str, str]  # the candidate's parameters that were filled in
    by: str
    started: datetime
    ended: datetime | None = None
    results: tuple[Result, ...] = ()

    @property
    def green(self) -> int:
        return sum(one.green is True for one in self.results)


@dataclass(frozen=True)
class Remark:
    """The commission's words on a line, or on the whole; `about` is the line's title then."""

    lab: str
    recette: str
    line: int
    about: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Asked:
    """A line made concrete for one candidate: what to run, and the row that will hold it."""

    row: Result
    check: Check
    # Where nothing is to pass, the same looked at from the gateway: proof that the service lives.
    witness: Check | None = None

    @property
    def checks(self) -> tuple[Check, ...]:
        return (self.check, self.witness) if self.witness else (self.check,)


@dataclass(frozen=True)
class Filling:
    """All that turns a recette into one candidate's checks."""

    template: Template
    maker: CheckMaker
    values: Mapping[str, str] = field(default_factory=dict)

    def asked(self, recette: Recette) -> list[Asked]:
        """Raises BadInput when a candidate's own variable makes an address that cannot be."""
        return [self._asked(line) for line in recette.lines]

    def _asked(self, line: Line) -> Asked:
        host = self._host(line)
        node = line.target if line.target in self.maker.hosts else GATEWAY
        source = "" if line.source == GATEWAY else line.source
        spec = replace(line.probe, vantage=source, expect=_expect(line.expected))
        check = self.maker.made(f"line/{line.no}", node, host, spec)
        witness = None
        if line.expected is Expected.BLOCKED:
            witness = replace(check, id=f"{check.id}/witness", vantage="")
        target = line.target if line.target in {node, GATEWAY} else host
        row = Result(
            line=line.no,
            group=str(line.group) if line.group else "",
            title=str(line.title) if line.title else f"{words_of(check)} {line.source} → {target}",
            source=line.source,
            target=target,
            address=host,
            asked=words_of(check),
            expected=line.expected,
        )
        return Asked(row, check, witness)

    def _host(self, line: Line) -> str:
        if line.target in self.maker.hosts:
            return self.maker.hosts[line.target]
        text = self._gateway(line) if line.target == GATEWAY else fill(line.target, self.values)
        try:
            return str(IPv4Address(text))
        except AddressValueError as e:
            raise BadInput(
                f"Line {line.no} of the recette: {text} is not an address",
                hint="Look at the candidate's own columns in the list, and at recette.yaml.",
            ) from e

    def _gateway(self, line: Line) -> str:
        """Labmgr's gateway as the source's main network knows it."""
        nets = {net.name: net for net in self.template.networks}
        name = next(iter(nets))
        if line.source != GATEWAY:
            name = next(iter(self.template.node(line.source).addresses))
        return f"{fill(nets[name].subnet, self.values).rpartition('.')[0]}.{GATEWAY_OCTET}"


def judged(asked: Asked, findings: Mapping[str, Finding]) -> Result:
    """The row of a line whose checks have all been looked at."""
    seen = findings[asked.check.id]
    row = replace(
        asked.row,
        green=seen.green,
        evidence=seen.evidence,
        command=seen.command,
        took=seen.took,
        at=seen.at,
    )
    if asked.witness is None:
        return row
    if seen.tries == 0:  # nobody looked: no proof of anything
        return replace(row, green=False)
    witness = findings[asked.witness.id]
    evidence = f"{seen.evidence} | {GATEWAY}: {witness.evidence}"
    return replace(row, green=not seen.green and witness.green, evidence=evidence)


def words_of(check: Check) -> str:
    """What is asked, short, as a sheet's column has it: TCP/22, DNS db.lab.lan."""
    args, kind = check.args, check.kind
    port = f"/{args['port']}" if "port" in args else ""
    about = next((str(args[key]) for key in _ABOUT if args.get(key)), "")
    answer = f"= {args['answer']}" if kind is ProbeKind.DNS and args.get("answer") else ""
    login = f"({check.login})" if check.login else ""
    parts = (f"{kind.upper()}{port}", about, answer, login)
    return " ".join(part for part in parts if part)


def latest(runs: Sequence[Run], recette: str) -> dict[int, tuple[Run, Result]]:
    """By line, the newest answer to this state of the recette; *runs* newest first."""
    found: dict[int, tuple[Run, Result]] = {}
    for run in runs:
        for one in run.results if run.recette == recette else ():
            if one.green is not None:
                found.setdefault(one.line, (run, one))
    return found


# The argument that says most of what a probe is about.
_ABOUT = ("name", "path", "database", "base", "share", "repository", "project", "oid", "run")


def _expect(expected: Expected) -> Expect:
    """What is to be blocked is asked as if it should succeed, and must not."""
    return Expect.REFUSED if expected is Expected.REFUSED else Expect.SUCCESS


class RecetteBook(Protocol):
    """Replays of recettes and the commission's remarks; nothing here is ever replaced."""

    def begin_recette(self, run: Run) -> Run:
        """Remember a replay with its rows still unanswered; `id` is given here."""

    def keep_result(self, run: int, result: Result) -> None:
        """The answer of one row, once: a second one for the same row is Refused."""

    def end_recette(self, run: int, at: datetime) -> None:
        """Every row of it has its answer."""

    def recettes(self, lab: str) -> list[Run]:
        """Newest first."""

    def add_remark(self, remark: Remark) -> None:
        """With its journal row "remark added"."""

    def remarks(self, lab: str) -> list[Remark]:
        """Oldest first."""
