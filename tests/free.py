"""What nothing on this machine uses: another run may be going on beside, or have been killed.

What is given is held until this process ends: it is often used much later, and by then another
test, or another run, would have found it free as well.
"""

from __future__ import annotations

import fcntl
import ipaddress
import os
import random
import socket
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import docker

TENS = range(100, 240)  # second octets of 10.x that the tests may take
PORTS = range(21000, 31000, 100)  # below those that the kernel gives to clients
SINGLE_PORTS = range(31000, 32700)  # those too
TRIAL_NET = "10.249"  # of small networks that no lab of labmgr's own has
HELD = Path(tempfile.gettempdir()) / f"labmgr-tests-{os.getuid()}"


def net_base(count: int) -> str:
    """`10.N` such that 10.N to 10.(N+count-1) are free."""
    taken = list(taken_networks())
    for first in shuffled(range(TENS.start, TENS.stop - count)):
        nets = range(first, first + count)
        used = any(overlaps(f"10.{one}.0.0/16", taken) for one in nets)
        if not used and hold(*(f"net-{one}" for one in nets)):
            return f"10.{first}"
    raise AssertionError(f"no {count} free networks in 10.{TENS.start} to 10.{TENS.stop - 1}")


def two_nets() -> tuple[str, str]:
    """The first three octets of two networks of 256 addresses."""
    taken = list(taken_networks())
    for third in shuffled(range(0, 256, 2)):
        both = f"{TRIAL_NET}.{third}", f"{TRIAL_NET}.{third + 1}"
        used = any(overlaps(f"{one}.0/24", taken) for one in both)
        if not used and hold(f"net-{both[0]}"):
            return both
    raise AssertionError(f"no two free networks in {TRIAL_NET}")


def overlaps(net: str, taken: list[ipaddress.IPv4Network]) -> bool:
    return any(ipaddress.ip_network(net).overlaps(other) for other in taken)


def port_base() -> int:
    """The first of 100 ports, none of which is listened on."""
    for base in shuffled(PORTS):
        if all(is_free(base + one) for one in range(PORTS.step)) and hold(f"ports-{base}"):
            return base
    raise AssertionError(f"no {PORTS.step} free ports together from {PORTS.start} up")


def port() -> int:
    """One port on which nobody listens: there are enough for a whole run, and others beside."""
    for one in shuffled(SINGLE_PORTS):
        if is_free(one) and hold(f"port-{one}"):
            return one
    raise AssertionError(f"no free port from {SINGLE_PORTS.start} up")


def shuffled(numbers: range) -> list[int]:
    return random.sample(numbers, len(numbers))


def hold(*names: str) -> bool:
    """All of these are this process's own from now on, or none of them."""
    HELD.mkdir(exist_ok=True)
    files = []
    for name in names:
        files.append(os.open(HELD / name, os.O_RDWR | os.O_CREAT, 0o600))
        try:
            fcntl.flock(files[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)  # let go when the process ends
        except BlockingIOError:
            for file in files:
                os.close(file)
            return False
    return True


def is_free(port: int) -> bool:
    with closing(socket.socket()) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return line.connect_ex(("127.0.0.1", port)) != 0


def taken_networks() -> Iterator[ipaddress.IPv4Network]:
    """Of the engine (those without a route too) and of the host's routes."""
    with closing(docker.from_env()) as client:
        for network in client.networks.list():
            for one in (network.attrs["IPAM"] or {}).get("Config") or ():
                if "." in one.get("Subnet", ""):
                    yield ipaddress.ip_network(one["Subnet"])
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        _, target, _, _, _, _, _, mask, *_ = line.split()
        if int(mask, 16):
            parts = (int.from_bytes(bytes.fromhex(word)[::-1]) for word in (target, mask))
            address, prefix = (ipaddress.ip_address(part) for part in parts)
            yield ipaddress.ip_network(f"{address}/{prefix}", strict=False)
