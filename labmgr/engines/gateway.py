"""The lab's gateway: its container and gateway.json (lab_templates/_images/gateway)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from labmgr.domain.plan import GatewayPlan, LabPlan, SecretFile
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.words import Audience
from labmgr.engines import archive
from labmgr.engines.holding import release
from labmgr.engines.naming import FRONT, Role, front_subnet, mac
from labmgr.engines.reach import Box, Reach
from labmgr.engines.translate import in_our_words

CONFIG = "/etc/labmgr/gateway.json"
MEMORY, PIDS = 96 << 20, 256
# What sshd, HAProxy and dnsmasq need to open low ports and to give up root; nothing else.
RIGHTS = ["KILL", "NET_BIND_SERVICE", "SETGID", "SETUID", "SYS_CHROOT"]
WHO = {Audience.CANDIDATE: "candidate", Audience.COMMISSION: "examiner"}
LOGIN = {Audience.CANDIDATE: "candidat", Audience.COMMISSION: "examinateur"}
PORTS_LABEL = "labmgr.ports."  # + audience: the ssh port, then the web ports
BIND_LABEL = "labmgr.bind"


def ensure(reach: Reach, plan: LabPlan, standing: Box | None) -> None:
    """Have the gateway run; a new one is closed. One never started is made again."""
    if standing and standing.seen is Seen.CREATED:
        with in_our_words(reach.host):
            reach.api.remove_container(standing.id, v=True, force=True)
        standing = None
    container = standing.id if standing else _create(reach, plan)
    with in_our_words(reach.host):
        if standing and standing.seen is Seen.PAUSED:
            release(reach, container)
        else:
            reach.api.start(container)


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
