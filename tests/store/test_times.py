"""Instants are kept as UTC, whatever zone they came in, also when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from labmgr.domain.journal import first_altered
from labmgr.domain.work import Progress

PARIS = ZoneInfo("Europe/Paris")
ZONES = [UTC, PARIS, ZoneInfo("Indian/Reunion"), ZoneInfo("America/Cayenne")]


def kept(store, lab, at):
    store.keep_progress(Progress(lab.id, "db", "x", 0.5, at))
    return store.progress(lab.id)[0].at


def test_the_hour_that_comes_twice_in_october_stays_two_hours(store, lab):
    before = datetime(2026, 10, 25, 2, 30, tzinfo=PARIS)
    after = before.replace(fold=1)
    first, second = kept(store, lab, before), kept(store, lab, after)
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    assert first.utcoffset() == timedelta(0)


def test_the_journal_holds_over_both_changes_of_the_clock(store, clock):
    for hour in range(4):
        clock.at = (datetime(2026, 10, 25, 0, tzinfo=UTC) + timedelta(hours=hour)).astimezone(PARIS)
        store.write("lab:x", "step", by="prof")
        clock.at = (datetime(2026, 3, 29, 0, tzinfo=UTC) + timedelta(hours=hour)).astimezone(PARIS)
        store.write("lab:x", "step", by="prof")
    assert first_altered(store.entries()) is None
    assert store.entries()[-1].at == clock.at


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    at=some.datetimes(
        min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=some.sampled_from(ZONES),
    )
)
def test_every_instant_comes_back_aware_and_the_same(store, lab, at):
    back = kept(store, lab, at)
    assert back.tzinfo is UTC
    assert back == at.astimezone(UTC)


def test_a_time_without_a_zone_is_a_bug(store, lab):
    with pytest.raises(Exception, match="no time zone"):
        kept(store, lab, datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
