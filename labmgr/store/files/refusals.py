"""Compose keys that labmgr refuses, each with the reason and what to do instead."""

from __future__ import annotations

Reason = tuple[str, str]

_HOST = "it opens the host to whoever is root in the node"
_OWN = "labmgr sets this itself, the same for every node"
_GATEWAY = "a lab's only way in is labmgr's gateway"
_IMAGE = "labmgr does not read it"

SERVICE: dict[str, Reason] = {
    "blkio_config": (_OWN, "Leave it out."),
    "cap_drop": (_OWN, "Leave it out: a node has no more than Docker's default capabilities."),
    "cgroup": (_HOST, "Leave it out: `init: systemd` in x-labmgr prepares what systemd needs."),
    "cgroup_parent": (_HOST, "Leave it out: `init: systemd` in x-labmgr does it."),
    "configs": (_IMAGE, "Put the files into the image's recipe."),
    "container_name": (
        "two labs could not stand side by side",
        "Leave it out: labmgr names the containers. Use hostname for the name in the lab.",
    ),
    "cpu_count": (_IMAGE, "Use cpus."),
    "cpu_shares": ("labmgr keeps the nodes' shares below its own", "Use cpus."),
    "cpuset": (_IMAGE, "Use cpus."),
    "deploy": (_IMAGE, "Use mem_limit, mem_reservation, cpus and pids_limit."),
    "device_cgroup_rules": (_HOST, "Leave it out."),
    "devices": (_HOST, "Leave it out: real equipment belongs in the inventory."),
    "dns": (_GATEWAY + ", which also answers names", "Leave it out."),
    "dns_search": (_GATEWAY + ", which also answers names", "Leave it out."),
    "entrypoint": (_IMAGE, "Put it into the image's recipe, or use command."),
    "env_file": (
        "a template says everything itself, and secrets never travel in the environment",
        "Write the values under environment, and accounts under x-labmgr.credentials.",
    ),
    "external_links": (_GATEWAY, "Leave it out."),
    "extends": (_IMAGE, "Write the service out, or use a YAML alias in the same file."),
    "extra_hosts": (
        "the lab's gateway answers names, with each lab's own addresses",
        "Leave it out: nodes know each other by hostname.",
    ),
    "group_add": (_IMAGE, "Put the groups into the image's recipe."),
    "healthcheck": ("labmgr looks with real clients, from outside the node", "Write a probe."),
    "init": (_IMAGE, "Say in x-labmgr what runs first: `init: systemd`, `openrc` or `none`."),
    "ipc": (_HOST, "Leave it out."),
    "isolation": (_OWN, "Leave it out."),
    "labels": ("labmgr finds its containers by labels of its own", "Leave it out."),
    "links": ("the lab's gateway answers names", "Leave it out: use the hostname."),
    "logging": (_OWN, "Leave it out: log sizes are capped."),
    "mac_address": (_OWN, "Leave it out."),
    "memswap_limit": (_OWN, "Use mem_limit."),
    "network_mode": (
        "a node would share a network that is not its lab's",
        "List its networks and address under networks.",
    ),
    "pid": (_HOST, "Leave it out."),
    "platform": (_OWN, "Leave it out."),
    "ports": (
        "labmgr publishes through its gateway, one block of ports for each lab",
        "Declare an endpoint in x-labmgr: `endpoints: [{name: web, port: 80, protocol: http}]`.",
    ),
    "privileged": (_HOST, "Leave it out; name a single capability under cap_add if one is needed."),
    "profiles": (_IMAGE, "Make two templates."),
    "pull_policy": ("labmgr never pulls", "Leave it out."),
    "restart": (
        "labmgr wakes the nodes itself, in order and after its guard",
        "Leave it out.",
    ),
    "runtime": (_HOST, "Leave it out."),
    "secrets": (
        "accounts are made for each candidate",
        "Declare them under x-labmgr.credentials.",
    ),
    "security_opt": ("every node keeps the engine's default confinement", "Leave it out."),
    "stdin_open": (_IMAGE, "Leave it out: candidates come in by ssh."),
    "storage_opt": (_OWN, "Leave it out."),
    "tty": (_IMAGE, "Leave it out: candidates come in by ssh."),
    "ulimits": (_OWN, "Use pids_limit, or set limits in the image's recipe."),
    "user": (_IMAGE, "Put it into the image's recipe."),
    "userns_mode": (_HOST, "Leave it out."),
    "uts": (_HOST, "Leave it out: use hostname."),
    "volumes_from": (_IMAGE, "Name a volume of its own under volumes."),
    "working_dir": (_IMAGE, "Put it into the image's recipe."),
}

NETWORK: dict[str, Reason] = {
    "driver": ("lab networks are bridges of labmgr's own", "Leave it out."),
    "driver_opts": ("lab networks are bridges of labmgr's own", "Leave it out."),
    "attachable": (_OWN, "Leave it out."),
    "enable_ipv6": ("lab networks speak IPv4", "Leave it out."),
    "external": (
        "it would join labs to a network that is not theirs",
        "Leave it out; a way out is a network with `x-labmgr: {uplink: true}`.",
    ),
    "labels": ("labmgr finds its networks by labels of its own", "Leave it out."),
    "name": ("two labs could not stand side by side", "Leave it out: labmgr names the networks."),
}

VOLUME: dict[str, Reason] = dict.fromkeys(
    ("driver", "driver_opts", "external", "labels", "name"),
    ("a volume is labmgr's own, snapshot and reset with its lab", "Write only its name."),
)

BUILD: dict[str, Reason] = dict.fromkeys(
    ("dockerfile", "target", "cache_from", "labels", "network", "shm_size", "extra_hosts"),
    (_IMAGE, "A recipe is a folder of lab_templates/_images with its Dockerfile, and args."),
)

TOP: dict[str, Reason] = {
    "secrets": SERVICE["secrets"],
    "configs": SERVICE["configs"],
    "include": (_IMAGE, "Write everything into one file."),
}

ATTACHMENT: dict[str, Reason] = {
    "aliases": ("the lab's gateway answers host names", "Use hostname."),
    "ipv6_address": ("lab networks speak IPv4", "Leave it out."),
    "link_local_ips": ("addresses are the template's", "Use ipv4_address."),
}


_PLACES: dict[tuple[str, ...], dict[str, Reason]] = {
    (): TOP,
    ("services", "*"): SERVICE,
    ("services", "*", "build"): BUILD,
    ("services", "*", "networks", "*"): ATTACHMENT,
    ("networks", "*"): NETWORK,
    ("volumes", "*"): VOLUME,
}


def reason(path: tuple[str | int, ...]) -> Reason | None:
    """Why the key at the end of *path* is refused; None when Compose has no such key."""
    *place, key = (str(part) for part in path)
    place[1::2] = ["*" for _ in place[1::2]]  # services.NAME.networks.NAME
    return _PLACES.get(tuple(place), {}).get(key)


# What a node may have beside Docker's default set, which is accepted too and changes nothing.
CAPABILITIES = frozenset({"IPC_LOCK", "NET_ADMIN", "NET_BROADCAST", "SYS_NICE"}) | frozenset(
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
        "NET_BIND_SERVICE", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    }
)  # fmt: skip

_ESCAPES = {
    "ALL": "it holds every right over the host",
    "SYS_ADMIN": "with it a node can mount, and reach the host",
    "SYS_MODULE": "with it a node can load code into the host's kernel",
    "SYS_PTRACE": "with it a node can look into other processes",
}


def capability_reason(name: str) -> Reason | None:
    """Why a capability is refused; None when a node may have it."""
    plain = name.upper().removeprefix("CAP_")
    if plain in CAPABILITIES:
        return None
    why = _ESCAPES.get(plain, "a lab has no use for it")
    allowed = "NET_ADMIN, NET_BROADCAST, IPC_LOCK, SYS_NICE"
    return why, f"Leave it out; allowed beside Docker's default set: {allowed}."


# Settings that the kernel keeps apart for each container.
_SYSCTLS = ("net.ipv4.", "net.ipv6.", "kernel.msg", "kernel.shm", "fs.mqueue.")
_SYSCTL_NAMES = frozenset({"net.core.somaxconn", "kernel.sem"})


def sysctl_is_allowed(name: str) -> bool:
    return name in _SYSCTL_NAMES or name.startswith(_SYSCTLS)
