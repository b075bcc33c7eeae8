"""Numbers, addresses and ports of a lab: "poste N" has the same last octets as everybody."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network

from labmgr.errors import AddressTaken, BadSettings

GATEWAY_OCTET = 254  # labmgr's gateway in every lab network; .1 stays for a firewall node
PORTS_PER_LAB = 16
CANDIDATE_SSH, EXAMINER_SSH, FIRST_WEB = 0, 1, 2
WEB_MAX = (PORTS_PER_LAB - FIRST_WEB) // 2


@dataclass(frozen=True)
class Ranges:
    """Where an instance's labs live: `net` is "10.100", lab 1 then is 10.101; `port` the first.

    `last` is the highest lab number: the second octet ends at 255, ports at 65535.
    """

    net: str
    port: int

    @classmethod
    def read(cls, net: str, port: int) -> Ranges:
        """Raises BadSettings unless *net* is two octets and room for one lab is left."""
        parts = net.split(".")
        good = len(parts) == 2 and all(p.isdigit() and int(p) < 256 for p in parts)  # noqa: PLR2004
        if not good or not ip_network(f"{net}.0.0/16").is_private:
            raise BadSettings(
                f"{net!r} is not the beginning of a private address range",
                hint="Give the first two octets, for example LABMGR_NET_BASE=10.100.",
            )
        ranges = cls(net, port)
        if ranges.last < 1 or port < 1024:  # noqa: PLR2004 - first unprivileged port
            raise BadSettings(
                f"No lab fits above {net} and port {port}",
                hint="Use a lower second octet, and ports between 1024 and 65000.",
            )
        return ranges

    @property
    def last(self) -> int:
        second = int(self.net.split(".")[1])
        return min(255 - second, (65535 - self.port) // PORTS_PER_LAB)

    def net_of(self, number: int) -> str:
        """The lab's first two octets, for `${LAB_NET}`."""
        first, second = self.net.split(".")
        return f"{first}.{int(second) + number}"

    def ports_of(self, number: int) -> range:
        """The lab's block of published ports."""
        start = self.port + (number - 1) * PORTS_PER_LAB
        return range(start, start + PORTS_PER_LAB)

    def free_number(self, taken: Collection[int]) -> int:
        """The lowest number nobody has. Raises AddressTaken when all are used."""
        for number in range(1, self.last + 1):
            if number not in taken:
                return number
        raise AddressTaken(
            f"All {self.last} lab numbers above {self.net} are in use",
            hint="Remove past sessions with their labs (`labmgr session remove`).",
        )


def collisions(wanted: Iterable[str], used: Mapping[str, str]) -> list[str]:
    """Say which of the *wanted* ranges overlap a used one; *used* maps a range to its owner."""
    clashes = []
    for mine in map(IPv4Network, wanted):
        for theirs, owner in used.items():
            other = ip_network(theirs, strict=False)
            if isinstance(other, IPv4Network) and mine.overlaps(other):
                clashes.append(f"{mine} overlaps {other} ({owner})")
    return clashes
