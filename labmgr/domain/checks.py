"""Probes made concrete for one lab: which address, which account, what exactly is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from labmgr.domain.credential import Credential, make_password
from labmgr.domain.exam import Candidate
from labmgr.domain.lab import Lab
from labmgr.domain.probe import Check, Expect, ProbeKind, ProbeSpec
from labmgr.domain.site import Site
from labmgr.domain.template import CredentialKind, NodeTemplate, Template
from labmgr.domain.values import values_of
from labmgr.domain.variables import fill, fill_all
from labmgr.domain.words import Audience

# The arguments that say where a service listens; all others are about its content.
_WHERE = frozenset({"port", "dialect", "over", "protocol", "tls"})


def checks_for(
    template: Template,
    lab: Lab,
    candidate: Candidate,
    credentials: Sequence[Credential],
    *,
    site: Site,
    liveness: bool = False,
) -> list[Check]:
    """All probes of the template, or with *liveness* one for each service.

    A liveness check asks only whether the service answers: no content, and no account but
    labmgr's own, since passwords and data are the candidate's to change. A refused login is then
    an answer too.
    """
    values = values_of(template, lab, candidate, site)
    maker = CheckMaker.of(template, credentials, values)
    made = [
        maker.check(node, rank, probe)
        for node in template.nodes
        for rank, probe in enumerate(node.probes, start=1)
        if not (liveness and _says_nothing_of_life(probe))
    ]
    return _one_for_each_service(made, credentials) if liveness else made


@dataclass(frozen=True)
class CheckMaker:
    """Fills in addresses, accounts and variables."""

    hosts: Mapping[str, str]  # node -> main address
    credentials: Mapping[tuple[str, str], Credential]
    values: Mapping[str, str]

    @classmethod
    def of(
        cls, template: Template, credentials: Sequence[Credential], values: Mapping[str, str]
    ) -> CheckMaker:
        return cls(
            {n.name: fill(next(iter(n.addresses.values())), values) for n in template.nodes},
            {(credential.node, credential.id): credential for credential in credentials},
            values,
        )

    def check(self, node: NodeTemplate, rank: int, probe: ProbeSpec) -> Check:
        return self.made(f"{node.name}/{rank}", node.name, self.hosts[node.name], probe)

    def made(self, id_: str, node: str, host: str, probe: ProbeSpec) -> Check:
        """*node* is the one whose account is meant where the probe names none."""
        check = Check(
            id=id_,
            node=node,
            host=host,
            kind=probe.kind,
            args={key: fill_all(value, self.values) for key, value in probe.args.items()},
            expect=probe.expect,
            vantage=probe.vantage,
        )
        return self._with_account(check, probe) if probe.credential else check

    def _with_account(self, check: Check, probe: ProbeSpec) -> Check:
        holder, _, id_ = probe.credential.rpartition(".")
        credential = self.credentials[holder or check.node, id_]
        if probe.wrong_password:
            return replace(check, login=credential.login, password=make_password())
        if credential.kind is CredentialKind.SSH_KEY:
            return replace(check, login=credential.login, key=credential.secret)
        return replace(check, login=credential.login, password=credential.secret)


def _says_nothing_of_life(probe: ProbeSpec) -> bool:
    return probe.expect is Expect.REFUSED or probe.kind is ProbeKind.COMMAND


def _one_for_each_service(checks: Sequence[Check], accounts: Sequence[Credential]) -> list[Check]:
    """The first check of each service, or rather the first that uses labmgr's own account."""
    ours = {a.secret for a in accounts if a.audience is Audience.LABMGR and a.secret}
    chosen: dict[tuple[object, ...], Check] = {}
    for check in checks:
        where = {key: value for key, value in check.args.items() if key in _WHERE}
        alive = replace(check, args=where, liveness=True)
        trusted = check.password in ours or check.key in ours
        if not trusted:
            alive = replace(alive, login="", password=None, key=None)
        service = (check.node, check.kind, check.vantage, *sorted(map(str, where.items())))
        if service not in chosen or (trusted and not chosen[service].login):
            chosen[service] = alive
    return list(chosen.values())
