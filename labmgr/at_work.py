"""`python -m labmgr.at_work`: the worker, as a process that loads nothing it does not need."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType

from labmgr.config import read_settings
from labmgr.errors import LabmgrError
from labmgr.wiring import build_tools
from labmgr.worker.loop import Worker


def main() -> None:
    """Work until told to stop; SIGTERM and SIGINT let the jobs in hand finish."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    worker = Worker(build_tools(read_settings(os.environ)))

    def stop(_number: int, _frame: FrameType | None) -> None:
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    worker.run()


if __name__ == "__main__":
    try:
        main()
    except LabmgrError as error:
        sys.stderr.write(f"error: {error}\nhint:  {error.hint}\n")
        sys.exit(1)
