"""`labmgr-gate`: orders to the gateway's PID 1, answered when they are carried out."""

from __future__ import annotations

import argparse
import json
import socket
import sys
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from labmgr_gateway.config import AUDIENCES
from labmgr_gateway.doors import CLOSED, Door, boot_clock
from labmgr_gateway.gateway import SOCKET

OPENING = 20.0  # seconds for listeners to be up: after a power cut all labs start at once
CLOSING = 5.0  # and to be gone; then the gateway is killed


def main(argv: list[str] | None = None) -> int:
    args = _arguments(argv)
    try:
        if args.verb == "status":
            status = ask({"verb": "status"})
        else:
            status = order(args.who, door_of(args))
        print(json.dumps(status))
    except (OSError, TimeoutError) as error:
        print(f"labmgr-gate: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="labmgr-gate")
    verbs = parser.add_subparsers(dest="verb", required=True)
    opening = verbs.add_parser("open")
    opening.add_argument("who", choices=AUDIENCES)
    opening.add_argument("--until", type=_instant, help="RFC 3339; shown, and counts without --for")
    opening.add_argument("--for", type=float, dest="seconds", help="from now, by the boot clock")
    verbs.add_parser("close").add_argument("who", choices=AUDIENCES)
    verbs.add_parser("status")
    return parser.parse_args(argv)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("an offset is needed")
    return instant.astimezone(UTC)


def door_of(args: argparse.Namespace) -> Door:
    if args.verb == "close":
        return CLOSED
    seconds, until = args.seconds, args.until
    if seconds is None and until is not None:
        seconds = (until - datetime.now(UTC)).total_seconds()
    end = None if seconds is None else boot_clock() + seconds
    return Door(open=True, end=end, until=until and until.isoformat().replace("+00:00", "Z"))


def order(who: str, door: Door) -> dict[str, Any]:
    """Have the door so, and wait until the listeners say so too."""
    give_up = time.monotonic() + (OPENING if door.open else CLOSING)
    status = ask({"verb": "set", "who": who, "door": asdict(door)})
    while (now := status[who])["listening"] != (now["ports"] if now["open"] else []):
        if time.monotonic() > give_up:
            raise TimeoutError(f"{who}: listening on {now['listening']}, not on {now['ports']}")
        time.sleep(0.02)
        status = ask({"verb": "status"})
    if door.open and not now["open"]:
        raise TimeoutError(f"{who}: that instant is past, so the door is closed")
    return status


def ask(request: dict[str, object]) -> dict[str, Any]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as gate:
        gate.settimeout(CLOSING)
        gate.connect(SOCKET)
        gate.send(json.dumps(request).encode())
        answer: dict[str, Any] = json.loads(gate.recv(65536))
    return answer


if __name__ == "__main__":
    sys.exit(main())
