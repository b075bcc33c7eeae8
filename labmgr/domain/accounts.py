"""The accounts of a lab: what a template asks for, made once and then kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from labmgr.domain.credential import Credential
from labmgr.domain.lab import Lab
from labmgr.domain.ports import KeyPair
from labmgr.domain.template import CredentialKind, Template


def credentials_for(
    template: Template,
    lab: Lab,
    existing: Sequence[Credential],
    *,
    make_password: Callable[[], str],
    make_key_pair: Callable[[], KeyPair],
) -> list[Credential]:
    """All credentials of the lab, in the template's order; only those not in *existing* are new.

    One with a `source` holds its source's secret, whichever node comes first.
    """
    have = {(credential.node, credential.id): credential for credential in existing}
    for node, spec in sorted(template.accounts, key=lambda pair: bool(pair[1].source)):
        if (node, spec.id) in have:
            continue
        if spec.source:
            source_node, _, source_id = spec.source.partition(".")
            source = have[source_node, source_id]
            secret, public = source.secret, source.public
        else:
            secret, public = _new_secret(spec.kind, make_password, make_key_pair)
        have[node, spec.id] = Credential(
            lab.id, node, spec.id, spec.login, spec.audience, spec.kind, secret, public
        )
    return [have[node, spec.id] for node, spec in template.accounts]


def _new_secret(
    kind: CredentialKind, make_password: Callable[[], str], make_key_pair: Callable[[], KeyPair]
) -> tuple[str, str]:
    if kind is CredentialKind.PASSWORD:
        return make_password(), ""
    pair = make_key_pair()
    return pair.private, pair.public
