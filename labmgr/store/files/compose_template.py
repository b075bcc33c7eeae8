"""From the models of a sound file to the domain's Template."""

from __future__ import annotations

from collections.abc import Mapping

from labmgr.domain.inventory import DeviceKind
from labmgr.domain.probe import Expect, ProbeKind, ProbeSpec
from labmgr.domain.template import (
    CredentialKind,
    CredentialSpec,
    Endpoint,
    ExternalNode,
    ImageSpec,
    Init,
    NetworkTemplate,
    NodeTemplate,
    Quiesce,
    Template,
)
from labmgr.domain.variables import fill
from labmgr.domain.words import Audience, Text
from labmgr.store.files.compose_model import ComposeFile, Network, Service
from labmgr.store.files.labmgr_model import CredentialEntry, EndpointEntry, ExternalEntry
from labmgr.store.files.model_types import TextModel
from labmgr.store.files.probe_model import COMMON, ProbeEntry
from labmgr.store.files.yaml_lines import Document, Path


def to_template(name: str, digest: str, document: Document, file: ComposeFile) -> Template:
    accounts = {
        f"{holder}.{entry.id}": entry
        for holder, block in file.holders.items()
        for entry in block.credentials
    }
    return Template(
        name=name,
        hash=digest,
        title=_text(file.block.title),
        summary=_text(file.block.summary),
        option=file.block.option,
        nodes=tuple(
            _node(node, service, accounts, document) for node, service in file.services.items()
        ),
        networks=tuple(_network(net, network) for net, network in file.networks.items()),
        variables={name: _plain(one.default) for name, one in file.block.variables.items()},
        externals=tuple(
            _external(name, entry, accounts) for name, entry in file.block.externals.items()
        ),
    )


def image_spec(service: Service, line: int = 0) -> ImageSpec:
    if service.build is None:
        return ImageSpec(reference=_plain(service.image), line=line)
    args = {key: _plain(value) for key, value in service.build.args.items()}
    return ImageSpec(recipe=service.build.recipe, args=args)


def _node(
    name: str, service: Service, accounts: Mapping[str, CredentialEntry], document: Document
) -> NodeTemplate:
    block = service.block
    place: Path = ("services", name, "x-labmgr", "probes")
    return NodeTemplate(
        name=name,
        title=_text(block.title) if block.title else Text(name, name),
        hostname=service.hostname or name,
        image=image_spec(service, document.line(("services", name, "image"))),
        addresses={net: one.ipv4_address for net, one in service.networks.items()},
        memory=service.mem_limit,
        reservation=service.mem_reservation,
        cpus=service.cpus,
        pids=service.pids_limit,
        init=Init(block.init),
        capabilities=tuple(dict.fromkeys(service.cap_add)),
        sysctls=service.sysctls,
        environment=service.environment,
        command=tuple(service.command),
        volumes={mount.target.rstrip("/"): mount.source for mount in service.volumes},
        tmpfs=tuple(_plain(path) for path in service.tmpfs),
        depends_on=tuple(service.depends_on),
        provides=tuple(block.provides),
        credentials=tuple(_credential(entry, accounts) for entry in block.credentials),
        endpoints=tuple(_endpoint(entry) for entry in block.endpoints),
        probes=tuple(
            _probe(entry, document.line((*place, rank))) for rank, entry in enumerate(block.probes)
        ),
        quiesce=Quiesce(tuple(block.quiesce.before), tuple(block.quiesce.after)),
    )


def _external(
    name: str, entry: ExternalEntry, accounts: Mapping[str, CredentialEntry]
) -> ExternalNode:
    return ExternalNode(
        name=name,
        title=_text(entry.title) if entry.title else Text(name, name),
        kind=DeviceKind(entry.kind),
        provides=tuple(entry.provides),
        credentials=tuple(_credential(one, accounts) for one in entry.credentials),
    )


def _credential(entry: CredentialEntry, accounts: Mapping[str, CredentialEntry]) -> CredentialSpec:
    """One taken from another node is that node's account: login and kind come along."""
    origin = accounts.get(entry.from_, entry)
    return CredentialSpec(
        id=entry.id,
        login=_plain(entry.login or origin.login),
        # The candidate already sees it where it was made: a program of this node uses it here.
        audience=Audience(entry.for_ or Audience.LABMGR),
        kind=CredentialKind(origin.kind),
        source=entry.from_,
    )


def _endpoint(entry: EndpointEntry) -> Endpoint:
    title = _text(entry.title) if entry.title else None
    return Endpoint(entry.name, entry.port, entry.protocol, entry.path, title, entry.as_)


def _probe(entry: ProbeEntry, line: int) -> ProbeSpec:
    """Only the arguments that the template gives: what runs the probe knows the usual ones."""
    args = entry.probe.model_dump(by_alias=True, exclude_unset=True)
    return ProbeSpec(
        kind=ProbeKind(entry.kind),
        args={key: value for key, value in args.items() if key not in COMMON},
        credential=entry.probe.account,
        wrong_password=entry.probe.wrong_password,
        expect=Expect(entry.probe.expect),
        vantage=entry.probe.from_,
        line=line,
    )


def _network(name: str, network: Network) -> NetworkTemplate:
    pool, block = network.pool, network.block
    return NetworkTemplate(name, pool.subnet, pool.gateway, block.uplink, block.wire)


def _text(text: TextModel) -> Text:
    return Text(_plain(text.fr), _plain(text.en))


def _plain(text: str) -> str:
    """A text without variables: `$$` is a dollar."""
    return fill(text, {})
