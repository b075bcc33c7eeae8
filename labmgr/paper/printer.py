"""The Paper port. The PDF library (22 MiB) is loaded when the first document is printed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from labmgr.domain.daysheet import Line
from labmgr.domain.exam import ExamSession
from labmgr.domain.people import Slip


class Printer:
    """Lays out documents; knows no store and no secrets beyond those it is handed."""

    def slips(self, session: ExamSession, slips: Sequence[Slip]) -> bytes:
        from labmgr.paper.slips import slips as print_slips  # noqa: PLC0415 - see above

        return print_slips(session, slips)

    def timetable(self, session: ExamSession, lines: Sequence[Line], printed: datetime) -> bytes:
        from labmgr.paper.timetable import timetable as print_timetable  # noqa: PLC0415 - as above

        return print_timetable(session, lines, printed)
