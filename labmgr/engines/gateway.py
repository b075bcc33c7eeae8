"""The lab's gateway: its container, and its two doors (lab_templates/_images/gateway)."""

from __future__ import annotations

import json
import tarfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from labmgr.domain.plan import GatewayPlan, LabPlan, SecretFile
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.words import Audience
from labmgr.engines import archive, doorbell
from labmgr.engines.execute import execute
from labmgr.engines.naming import FRONT, Role, front_subnet, mac
from labmgr.engines.reach import Box, Reach
from labmgr.engines.translate import in_our_words
from labmgr.errors import EngineError, EngineUnreachable, NotFound

CONFIG = "/etc/labmgr/gateway.json"
STATE_FOLDER, STATE = "/var/lib/labmgr", "gate.json"
MEMORY, PIDS = 96 << 20, 256
# What sshd, HAProxy and dnsmasq need to open low ports and to give up root; nothing else.
RIGHTS = ["KILL", "NET_BIND_SERVICE", "SETGID", "SETUID", "SYS_CHROOT"]
WHO = {Audience.CANDIDATE: "candidate", Audience.COMMISSION: "examiner"}
LOGIN = {Audience.CANDIDATE: "candidat", Audience.COMMISSION: "examinateur"}
PORTS_LABEL = "labmgr.ports."  # + audience: the ssh port, then the web ports
BIND_LABEL = "labmgr.bind"
STARTING = 5.0  # seconds after which a gateway surely listens to signals and orders
PATIENCE = 1.0  # seconds for a signal to close the door, before the gateway is killed


def ensure(reach: Reach, plan: LabPlan, standing: Box | None) -> None:
    """Have the gateway run; a new one is closed. One never started is made again."""
    if standing and standing.seen is Seen.CREATED:
        with in_our_words(reach.host):
            reach.api.remove_container(standing.id, v=True, force=True)
        standing = None
    container = standing.id if standing else _create(reach, plan)
    with in_our_words(reach.host):
        if standing and standing.seen is Seen.PAUSED:
            reach.api.unpause(container)
        else:
            reach.api.start(container)


def open_door(reach: Reach, lab: str, audience: Audience, until: datetime | None) -> None:
    box = reach.box(lab, GATEWAY)
    if box is None or box.seen is not Seen.RUNNING:
        raise NotFound(
            f"The gateway of lab {lab} is not running",
            hint="Wake the lab first (`labmgr lab build`); its nodes keep their work.",
        )
    command = ["labmgr-gate", "open", WHO[audience]]
    if until is not None:
        left = (until - datetime.now(UTC)).total_seconds()
        command += ["--for", f"{left:.3f}", "--until", until.astimezone(UTC).isoformat()]
    status, said = _when_ready(reach, box, command)
    if status != 0:
        raise EngineError(
            f"The gateway of lab {lab} did not open for {WHO[audience]}: {said}",
            hint="Its log says more: `labmgr lab show`; resetting the lab makes it anew.",
        )


def close_door(reach: Reach, lab: str, audience: Audience) -> None:
    """Close and see for oneself that it is closed; a gateway that does not obey is killed."""
    box = reach.box(lab, GATEWAY)
    if box is None:
        return
    if box.seen is Seen.RUNNING:
        _tell_to_close(reach, box, audience)
        if doorbell.goes_quiet(*_doors(box, audience), PATIENCE):
            return
    with in_our_words(reach.host):
        if box.awake:
            reach.api.kill(box.id)
            reach.api.wait(box.id, timeout=10)
        _remember_closed(reach, box, audience)
        if box.awake:
            reach.api.start(box.id)
    if not doorbell.goes_quiet(*_doors(box, audience), PATIENCE):
        raise EngineError(
            f"The gateway of lab {lab} still lets {WHO[audience]} in",
            hint="Stop it by hand at once: `docker kill` " + reach.names.thing(lab, GATEWAY),
        )


def is_open(reach: Reach, lab: str, audience: Audience) -> bool:
    box = reach.box(lab, GATEWAY)
    if box is None or box.seen is not Seen.RUNNING:
        return False
    bind, ports = _doors(box, audience)
    return doorbell.answers(bind, ports[0])


def _tell_to_close(reach: Reach, box: Box, audience: Audience) -> None:
    """A signal is the fastest way, and the candidates' is the one that counts at the bell.

    A gateway that has only just started may miss it, and open what it had open before.
    """
    if audience is Audience.CANDIDATE and not _just_started(reach, box):
        with in_our_words(reach.host):
            reach.api.kill(box.id, "SIGUSR1")
    else:
        _when_ready(reach, box, ["labmgr-gate", "close", WHO[audience]])


def _when_ready(reach: Reach, box: Box, command: Sequence[str]) -> tuple[int, str]:
    """Give an order as soon as the gateway listens to orders."""
    deadline = time.monotonic() + STARTING
    while True:
        status, said = execute(reach, box.id, command, timeout=15)
        if status == 0 or "Errno" not in said or time.monotonic() > deadline:
            return status, said
        time.sleep(0.1)


def _just_started(reach: Reach, box: Box) -> bool:
    with in_our_words(reach.host):
        started = reach.api.inspect_container(box.id)["State"]["StartedAt"]
    age = datetime.now(UTC) - datetime.fromisoformat(started[:19]).replace(tzinfo=UTC)
    return age.total_seconds() < STARTING


def _remember_closed(reach: Reach, box: Box, audience: Audience) -> None:
    """A gateway goes on with what it wrote down; so that must say closed before it starts."""
    document = _written_down(reach, box)
    document.pop(WHO[audience], None)
    if others := [who for who in WHO.values() if who in document]:
        document |= {WHO[audience]: {"open": False, "end": None, "until": None}}
    content = json.dumps(document if others else {}).encode()
    put = archive.of_secrets([SecretFile(STATE, content)])
    with in_our_words(reach.host):
        reach.api.put_archive(box.id, STATE_FOLDER, put)


def _written_down(reach: Reach, box: Box) -> dict[str, Any]:
    """Empty when there is nothing, or nothing that can be read: all doors closed then."""
    try:
        with reach.archive(box.id, f"{STATE_FOLDER}/{STATE}") as pieces:
            document = json.loads(next(archive.entries(pieces))[1])
    except EngineUnreachable:
        raise
    except (EngineError, tarfile.TarError, StopIteration, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _doors(box: Box, audience: Audience) -> tuple[str, tuple[int, ...]]:
    ports = box.labels[PORTS_LABEL + WHO[audience]].split()
    return box.labels[BIND_LABEL], tuple(map(int, ports))


def _create(reach: Reach, plan: LabPlan) -> str:
    gateway = plan.gateway
    front = reach.names.thing(plan.lab, FRONT)
    labels = reach.names.labels(plan, Role.GATEWAY, node=GATEWAY)
    labels |= {PORTS_LABEL + who: words for who, words in _port_words(gateway).items()}
    config = {
        "Image": gateway.image,
        "Hostname": GATEWAY,
        "Labels": labels | {BIND_LABEL: gateway.bind},
        "ExposedPorts": {f"{port}/tcp": {} for port in gateway.ports},
        "HostConfig": _host_config(gateway, front),
        "NetworkingConfig": {"EndpointsConfig": {front: {}}},
    }
    name = reach.names.thing(plan.lab, GATEWAY)
    with in_our_words(reach.host, image=gateway.image):
        container = reach.create(config, name)
        for network, address in gateway.addresses.items():
            reach.api.connect_container_to_network(
                container,
                reach.names.thing(plan.lab, network),
                ipv4_address=address,
                mac_address=mac(address),
            )
        file = SecretFile(CONFIG, json.dumps(document(plan)).encode())
        reach.api.put_archive(container, "/", archive.of_secrets([file]))
    return container


def _host_config(gateway: GatewayPlan, front: str) -> dict[str, Any]:
    published = {
        f"{port}/tcp": [{"HostIp": gateway.bind, "HostPort": str(port)}] for port in gateway.ports
    }
    return {
        "NetworkMode": front,
        "PortBindings": published,
        "CapDrop": ["ALL"],
        "CapAdd": RIGHTS,
        "SecurityOpt": ["no-new-privileges:true"],
        "Memory": MEMORY,
        "MemorySwap": MEMORY,
        "PidsLimit": PIDS,
        "Sysctls": {"net.ipv4.ip_forward": "0"},
        "Tmpfs": {"/run": "", "/tmp": ""},  # noqa: S108 - inside the container
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m", "max-file": "1"}},
    }


def _port_words(gateway: GatewayPlan) -> dict[str, str]:
    candidate: Sequence[int] = [web.candidate_port for web in gateway.webs]
    examiner: Sequence[int] = [web.examiner_port for web in gateway.webs]
    return {
        WHO[Audience.CANDIDATE]: " ".join(map(str, (gateway.candidate_ssh, *candidate))),
        WHO[Audience.COMMISSION]: " ".join(map(str, (gateway.examiner_ssh, *examiner))),
    }


def document(plan: LabPlan) -> dict[str, object]:
    """gateway.json. Ports inside are the published ones: nobody has to translate."""
    gateway = plan.gateway
    hosts = {node.name: node.hostname for node in plan.nodes}
    logins = {
        Audience.CANDIDATE: (gateway.candidate_ssh, gateway.candidate_password),
        Audience.COMMISSION: (gateway.examiner_ssh, gateway.examiner_password),
    }
    return {
        "front": front_subnet(plan),
        "domain": gateway.domain,
        "names": [{"name": name, "address": at} for name, at in gateway.names.items()],
        "ssh": {
            WHO[who]: {"port": port, "login": LOGIN[who], "password": password}
            for who, (port, password) in logins.items()
        },
        "forward": [
            {"name": hosts[forward.node], "address": forward.address, "port": forward.port}
            for forward in gateway.forwards
        ],
        "web": [
            {
                "node": hosts[web.node],
                "address": web.address,
                "port": web.port,
                "candidate_port": web.candidate_port,
                "examiner_port": web.examiner_port,
                "tls": web.tls,
                "secure_cookies": True,  # the front speaks nothing but TLS
            }
            for web in gateway.webs
        ],
        "tls": {"certificate": gateway.certificate, "key": gateway.certificate_key},
        "host_key": gateway.host_key,
    }
