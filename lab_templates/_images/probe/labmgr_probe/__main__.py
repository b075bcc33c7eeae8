"""`labmgr-probe`: one JSON document in, one JSON line out for each change and each end."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

from labmgr_probe.order import BadOrder, read
from labmgr_probe.rounds import Finding, Rounds

WRONG_USAGE = 2


def main() -> int:
    try:
        order = read(sys.stdin.readline())
    except BadOrder as error:
        print(f"labmgr-probe: {error}", file=sys.stderr)
        return WRONG_USAGE
    Rounds(order, say).run()
    return 0


def say(finding: Finding) -> None:
    print(json.dumps(asdict(finding), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
