import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.gui.time_ticks import moment_text, time_ticks
from heatdesk.gui.wall_clock import instants, offset_text, time_zone, wall_time
from heatdesk.market import DAY_MS, HOUR_MS, MINUTE_MS


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def _labels(start: str, end: str, count: int) -> list[str]:
    return [tick.label for tick in time_ticks(_ms(start), _ms(end), count)]


def test_hours_show_the_date_at_midnight() -> None:
    assert _labels("2026-02-05T19:00", "2026-02-06T08:00", 6) == ["21:00", "6 Feb", "03:00", "06:00"]


def test_within_a_day_the_first_tick_shows_the_date() -> None:
    assert _labels("2026-02-05T09:50", "2026-02-05T12:10", 3) == ["5 Feb 10:00", "11:00", "12:00"]


def test_days_count_from_the_first_of_the_month() -> None:
    assert _labels("2026-01-28", "2026-02-12", 4) == ["Feb", "6 Feb", "11 Feb"]
    assert _labels("2025-12-30", "2026-01-02", 4) == ["30 Dec", "31 Dec", "2026", "2 Jan"]


def test_months_and_years() -> None:
    assert _labels("2025-10-15", "2026-05-15", 8) == ["Nov", "Dec", "2026", "Feb", "Mar", "Apr", "May"]
    assert _labels("2017-06-01", "2026-06-01", 10) == [str(y) for y in range(2018, 2027)]


def test_the_first_of_a_month_on_a_clock_axis_names_its_day() -> None:
    assert "1 Mar" in _labels("2026-02-28T20:00", "2026-03-01T04:00", 8)


@given(
    start=st.integers(0, 2_000_000_000_000),
    width=st.integers(MINUTE_MS, 40 * 365 * DAY_MS),
    count=st.integers(1, 40),
)
def test_ticks_lie_in_range_ascend_and_are_not_crowded(start: int, width: int, count: int) -> None:
    ticks = time_ticks(start, start + width, count)
    positions = [tick.position for tick in ticks]
    assert all(start <= p <= start + width for p in positions)
    assert positions == sorted(set(positions))
    assert len(ticks) <= count + 1 + width // (27 * DAY_MS)  # each month may begin anew


@given(start=st.integers(1_700_000_000_000, 1_800_000_000_000), moved=st.integers(1, 5 * HOUR_MS))
def test_panning_never_moves_a_tick(start: int, moved: int) -> None:
    before = {t.position for t in time_ticks(start, start + 30 * DAY_MS, 12)}
    after = {t.position for t in time_ticks(start + moved, start + moved + 30 * DAY_MS, 12)}
    both = (start + moved, start + 30 * DAY_MS)
    assert {p for p in before if both[0] <= p <= both[1]} == {p for p in after if both[0] <= p <= both[1]}


@pytest.mark.parametrize(
    ("start", "end"),
    [(0.0, 0.0), (5.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (-1e15, -1e14), (1e17, 2e17)],
)
def test_a_range_that_cannot_be_named_has_no_ticks(start: float, end: float) -> None:
    assert time_ticks(start, end, 10) == []


def test_a_moment_in_words() -> None:
    assert moment_text(_ms("2026-02-05T14:35")) == "Thu 5 Feb 2026 14:35"
    assert moment_text(-1) == ""
    assert moment_text(1e18) == ""


def _at(zone: str, text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def _in(zone: str, start: str, end: str, count: int) -> list[tuple[str, str]]:
    """(UTC, label) of the ticks between two moments in UTC."""
    ticks = time_ticks(_ms(start), _ms(end), count, ZoneInfo(zone))
    return [(datetime.fromtimestamp(t.position / 1000, UTC).strftime("%d %H:%M"), t.label) for t in ticks]


def test_where_clocks_are_put_forward_an_hour_is_missing() -> None:
    assert _in("Europe/Berlin", "2026-03-28T23:00", "2026-03-29T04:00", 6) == [
        ("28 23:00", "29 Mar"), ("29 00:00", "01:00"), ("29 01:00", "03:00"), ("29 02:00", "04:00"),
        ("29 03:00", "05:00"), ("29 04:00", "06:00"),
    ]  # fmt: skip


def test_where_clocks_are_put_back_an_hour_comes_twice() -> None:
    assert _in("America/New_York", "2026-11-01T04:00", "2026-11-01T08:00", 6) == [
        ("01 04:00", "1 Nov"), ("01 05:00", "01:00"), ("01 06:00", "01:00"), ("01 07:00", "02:00"),
        ("01 08:00", "03:00"),
    ]  # fmt: skip


def test_a_day_whose_midnight_is_skipped_begins_after_the_gap() -> None:
    """In Beirut clocks go from 24:00 to 01:00."""
    labels = _in("Asia/Beirut", "2026-03-28T20:00", "2026-03-29T00:00", 6)
    assert labels == [
        ("28 20:00", "22:00"), ("28 21:00", "23:00"), ("28 22:00", "29 Mar"), ("28 23:00", "02:00"),
        ("29 00:00", "03:00"),
    ]  # fmt: skip


ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Asia/Beirut",
    "America/Havana",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("year", [2024, 2025])
def test_every_day_of_a_year_begins_where_the_calendar_changes(zone: str, year: int) -> None:
    place = ZoneInfo(zone)
    ticks = [
        tick
        for start in range(_at(zone, f"{year}-01-01T12:00"), _at(zone, f"{year}-12-30T12:00"), 9 * DAY_MS)
        for tick in time_ticks(start, start + 9 * DAY_MS - 1, 10, place)
    ]
    dates = [datetime.fromtimestamp(tick.position / 1000, place) for tick in ticks]
    before = [datetime.fromtimestamp((tick.position - 1) / 1000, place) for tick in ticks]
    assert all(at.date() != last.date() for at, last in zip(dates, before, strict=True))
    days = [at.date().toordinal() for at in dates]
    assert days == list(range(days[0], days[0] + len(days)))
    assert len(days) > 355


@given(
    zone=st.sampled_from(ZONES),
    start=st.integers(1_600_000_000_000, 1_800_000_000_000),
    width=st.integers(MINUTE_MS, 3 * DAY_MS),
    count=st.integers(2, 20),
)
def test_every_clock_tick_says_what_the_clocks_say(zone: str, start: int, width: int, count: int) -> None:
    place = ZoneInfo(zone)
    ticks = time_ticks(start, start + width, count, place)
    positions = [tick.position for tick in ticks]
    assert positions == sorted(set(positions))
    for tick in ticks:
        at = datetime.fromtimestamp(tick.position / 1000, place)
        if ":" in tick.label:
            assert tick.label.endswith(f"{at:%H:%M}")
        if not tick.label.endswith(":00") and ":" not in tick.label:
            assert tick.label in (f"{at.day} {at:%b}", f"{at:%b}", f"{at.year}")


@given(zone=st.sampled_from(ZONES), at=st.integers(1_600_000_000_000, 1_800_000_000_000))
def test_a_moment_is_found_again_by_what_the_clocks_say(zone: str, at: int) -> None:
    place = ZoneInfo(zone)
    assert at in instants(wall_time(at, place), place)


def test_a_moment_in_the_words_of_a_place() -> None:
    moment = _ms("2026-02-05T20:35")
    assert moment_text(moment, ZoneInfo("Asia/Singapore")) == "Fri 6 Feb 2026 04:35"
    assert offset_text(moment, ZoneInfo("Asia/Singapore")) == "UTC+8"
    assert offset_text(moment, ZoneInfo("America/St_Johns")) == "UTC−3:30"
    assert offset_text(moment, UTC) == "UTC"
    assert time_zone("Nowhere/Land") is time_zone("../../etc/passwd") is UTC
