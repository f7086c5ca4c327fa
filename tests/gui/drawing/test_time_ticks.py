import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.gui.time_ticks import moment_text, time_ticks
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
