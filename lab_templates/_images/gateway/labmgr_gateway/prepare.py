"""What must be in place before the doors can open: accounts, files, names, own addresses."""

from __future__ import annotations

import os
import socket
import subprocess
from ipaddress import IPv4Address
from pathlib import Path

from labmgr_gateway import texts
from labmgr_gateway.config import AUDIENCES, BadConfig, Config, Login
from labmgr_gateway.gateway import haproxy_file, sshd_file

FIRST_UID = 2001
HOSTS_MARK = "# labmgr"


def refuse_forwarding() -> None:
    if Path("/proc/sys/net/ipv4/ip_forward").read_text().strip() != "0":
        raise BadConfig("net.ipv4.ip_forward must be 0 here: the gateway routes nothing")


def front_address(config: Config) -> str:
    first = next(config.front.hosts())
    if IPv4Address(mine := own_address_towards(str(first))) not in config.front:
        raise BadConfig(f"gateway.json.front: no address of mine in {config.front}")
    return mine


def lab_addresses(config: Config, front: str) -> list[str]:
    mine = {own_address_towards(address) for address in config.names.values()} - {front}
    if not mine:
        raise BadConfig("gateway.json.names: no address of mine in any network of these nodes")
    return sorted(mine)


def own_address_towards(other: str) -> str:
    """Ask the routing table, without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((other, 9))
        except OSError as e:
            raise BadConfig(f"gateway.json: no way to {other}: {e.strerror}") from e
        return str(probe.getsockname()[0])


def write_names(config: Config) -> None:
    Path(texts.RUN).mkdir(mode=0o711, parents=True, exist_ok=True)
    write(f"{texts.RUN}/hosts", texts.hosts(config), mode=0o644)


def prepare(config: Config, front: str) -> None:
    """Write and try all that the doors need, so that a mistake shows before they open."""
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    write(f"{texts.RUN}/host_key", config.host_key.rstrip("\n") + "\n")
    write(f"{texts.RUN}/web.pem", f"{config.certificate}\n{config.certificate_key}\n")
    own_hosts(config)
    accounts([config.logins[who] for who in AUDIENCES])
    for who in AUDIENCES:
        write(sshd_file(who), texts.sshd(config, who, front))
        write(haproxy_file(who), texts.haproxy(config, who, front))
        tried(["/usr/sbin/sshd", "-t", "-f", sshd_file(who)])
        if config.webs:
            tried(["/usr/sbin/haproxy", "-c", "-f", haproxy_file(who)])


def own_hosts(config: Config) -> None:
    """The jump host asks for the names that clients give. Engines may keep this file."""
    path = Path("/etc/hosts")
    kept = [line for line in path.read_text().splitlines() if not line.endswith(HOSTS_MARK)]
    ours = [f"{line} {HOSTS_MARK}" for line in texts.hosts(config).splitlines()]
    path.write_text("\n".join([*kept, *ours]) + "\n")


def accounts(logins: list[Login]) -> None:
    users, secrets = [], []
    for uid, login in enumerate(logins, FIRST_UID):
        hashed = tried(["/usr/bin/openssl", "passwd", "-6", "-stdin"], login.password).strip()
        users.append(f"{login.name}:x:{uid}:65534::/nonexistent:/usr/sbin/nologin")
        secrets.append(f"{login.name}:{hashed}:20000:0:99999:7:::")
    names = {line.partition(":")[0] for line in users}
    for path, lines in (("/etc/passwd", users), ("/etc/shadow", secrets)):
        kept = [
            line
            for line in Path(path).read_text().splitlines()
            if line.partition(":")[0] not in names
        ]
        Path(path).write_text("\n".join([*kept, *lines]) + "\n")


def write(path: str, text: str, *, mode: int = 0o600) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)


def tried(command: list[str], text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadConfig(f"{command[0]} refuses its settings: {done.stdout}{done.stderr}")
    return done.stdout
