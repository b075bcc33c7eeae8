"""The Paper port. The PDF library (22 MiB) is loaded when the first document is printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from labmgr.domain.daysheet import Line
from labmgr.domain.exam import ExamSession
from labmgr.domain.people import Slip
from labmgr.domain.record import DayRecord, PassageRecord, Sheet

Catalogue = Callable[[str], str | None]


def no_catalogue() -> Catalogue:
    """What the journal says is printed as it stands there."""
    return lambda _sentence: None


class Printer:
    """Lays out documents; knows no store and no secrets beyond those it is handed.

    *catalogue* is read for a document that quotes the journal; a sentence it does not know stays.
    """

    def __init__(self, catalogue: Callable[[], Catalogue] = no_catalogue) -> None:
        self._catalogue = catalogue

    def slips(self, session: ExamSession, slips: Sequence[Slip]) -> bytes:
        from labmgr.paper.slips import slips as print_slips  # noqa: PLC0415 - see above

        return print_slips(session, slips)

    def timetable(self, session: ExamSession, lines: Sequence[Line], printed: datetime) -> bytes:
        from labmgr.paper.timetable import timetable as print_timetable  # noqa: PLC0415 - as above

        return print_timetable(session, lines, printed)

    def passage_record(self, record: PassageRecord) -> bytes:
        from labmgr.paper.record import print_passage  # noqa: PLC0415 - see above

        return print_passage(record, self._french())

    def day_record(self, record: DayRecord) -> bytes:
        from labmgr.paper.day import print_day  # noqa: PLC0415 - see above

        return print_day(record, self._french())

    def fallback(
        self, session: ExamSession, wave: int, sheets: Sequence[Sheet], printed: datetime
    ) -> bytes:
        from labmgr.paper.fallback import print_sheets  # noqa: PLC0415 - see above

        return print_sheets(session, wave, sheets, printed)

    def _french(self) -> Callable[[str], str]:
        known = self._catalogue()
        return lambda sentence: known(sentence) or sentence
