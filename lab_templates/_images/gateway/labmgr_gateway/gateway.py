"""PID 1: keeps the programs that the doors call for, and closes doors when their time is up."""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from labmgr_gateway import doors, texts
from labmgr_gateway.children import Children
from labmgr_gateway.config import AUDIENCES, Config
from labmgr_gateway.doors import ALL_CLOSED, CLOSED, Door, boot_clock

STATE = Path("/var/lib/labmgr/gate.json")
SOCKET = f"{texts.RUN}/gate.sock"
LONGEST_SLEEP = 5.0  # seconds; a host that was suspended is noticed by then
LISTEN = "0A"  # a socket's state in /proc/net/tcp


class Gateway:
    def __init__(self, config: Config, front: str, names: list[str]) -> None:
        self._config = config
        self._names = names
        self._children = Children()
        self._doors: Mapping[str, Door] = ALL_CLOSED
        self._front = front
        self._boot_id = doors.BOOT_ID.read_text().strip()

    def answer_names(self) -> None:
        """Before anything else: nodes that start ask at once."""
        self._children.keep(self._wanted())

    def run(self) -> None:
        """Go on with what stood before a restart, then obey signals, orders and the clock."""
        with selectors.DefaultSelector() as selector:
            signals, orders = _signals(), _orders()
            selector.register(signals, selectors.EVENT_READ)
            selector.register(orders, selectors.EVENT_READ)
            self._set(doors.load(STATE, self._boot_id))
            print("ready", flush=True)
            while True:
                for key, _ in selector.select(self._patience()):
                    if key.fileobj is signals:
                        self._heed(signals.recv(256))
                    else:
                        self._answer(orders)
                self._set(self._doors)

    def _patience(self) -> float:
        end = doors.next_end(self._doors)
        return LONGEST_SLEEP if end is None else max(0.0, min(LONGEST_SLEEP, end - boot_clock()))

    def _heed(self, signals: bytes) -> None:
        if signal.SIGUSR1 in signals:
            self._set({**self._doors, "candidate": CLOSED})
        if signal.SIGTERM in signals:
            raise SystemExit(0)

    def _set(self, wanted: Mapping[str, Door]) -> None:
        """Kill first, write down after: what a crash between the two leaves is closed or closes."""
        old, self._doors = self._doors, doors.at(wanted, boot_clock())
        self._children.keep(self._wanted())
        if self._doors == old and STATE.exists():
            return
        doors.save(STATE, self._doors, self._boot_id)
        for who, door in self._doors.items():
            if door != old[who]:
                print(who, f"open until {door.until}" if door.open else "closed", flush=True)

    def _wanted(self) -> dict[str, list[str]]:
        wanted = {"names": texts.dnsmasq(self._names)}
        for who in AUDIENCES:
            if self._doors[who].open:
                wanted[f"ssh {who}"] = ["/usr/sbin/sshd", "-D", "-e", "-f", sshd_file(who)]
                if self._config.webs:
                    wanted[f"web {who}"] = ["/usr/sbin/haproxy", "-db", "-f", haproxy_file(who)]
        return wanted

    def _answer(self, orders: socket.socket) -> None:
        connection, _ = orders.accept()
        with connection, suppress(OSError, ValueError, KeyError, TypeError):
            connection.settimeout(0.5)
            order = json.loads(connection.recv(4096))
            if order["verb"] != "status":
                self._set({**self._doors, order["who"]: Door(**order["door"])})
            connection.send(json.dumps(self._status()).encode())

    def _status(self) -> dict[str, object]:
        now, listening = boot_clock(), listening_ports()
        return {
            who: {
                "open": door.open,
                "until": door.until,
                "left": None if door.end is None else round(door.end - now, 3),
                "listening": sorted(listening.intersection(self._config.ports(who))),
                "ports": sorted(self._config.ports(who)),
            }
            for who, door in self._doors.items()
        }


def sshd_file(audience: str) -> str:
    return f"{texts.RUN}/sshd-{audience}.conf"


def haproxy_file(audience: str) -> str:
    return f"{texts.RUN}/haproxy-{audience}.cfg"


def listening_ports() -> set[int]:
    rows = (row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {int(row[1].partition(":")[2], 16) for row in rows if row[3] == LISTEN}


def _signals() -> socket.socket:
    """A socket on which each signal arrives as a byte; PID 1 loses those it has no handler for."""
    ours, pythons = socket.socketpair()
    ours.setblocking(False)
    pythons.setblocking(False)
    signal.set_wakeup_fd(pythons.detach())
    for number in (signal.SIGUSR1, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return ours


def _orders() -> socket.socket:
    Path(SOCKET).unlink(missing_ok=True)
    orders = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    old = os.umask(0o077)
    orders.bind(SOCKET)
    os.umask(old)
    orders.listen()
    return orders
