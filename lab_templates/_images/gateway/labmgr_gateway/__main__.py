"""`python3 -m labmgr_gateway`: the gateway's PID 1."""

from __future__ import annotations

import sys
from pathlib import Path

from labmgr_gateway import prepare
from labmgr_gateway.config import BadConfig, read
from labmgr_gateway.gateway import Gateway

CONFIG = Path("/etc/labmgr/gateway.json")


def main() -> None:
    try:
        prepare.refuse_forwarding()
        config = read(CONFIG)
        front = prepare.front_address(config)
        prepare.write_names(config)
        gateway = Gateway(config, front, prepare.lab_addresses(config, front))
        gateway.answer_names()
        prepare.prepare(config, front)
    except BadConfig as error:
        sys.exit(f"labmgr-gateway: {error}")
    gateway.run()


if __name__ == "__main__":
    main()
