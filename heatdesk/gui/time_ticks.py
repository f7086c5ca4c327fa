"""Round moments on a time axis, from minutes to years, in the time of a place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, tzinfo
from typing import Final

import numpy as np

from heatdesk.gui.price_scale import Tick
from heatdesk.gui.wall_clock import day_start, instants, month_of, month_start, wall_time
from heatdesk.market import DAY_MS, HOUR_MS, MINUTE_MS

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Divisors of a day, so that every midnight is a tick.
_CLOCK_STEPS: Final = tuple(n * MINUTE_MS for n in (1, 2, 5, 10, 15, 30)) + tuple(
    n * HOUR_MS for n in (1, 2, 3, 6, 12)
)
_DAY_STEPS: Final = (1, 2, 3, 5, 7, 14)
_MONTH_STEPS: Final = (1, 2, 3, 6, 12, 24, 60, 120, 240)
_MONTH_MS: Final = 30.44 * DAY_MS
# What the calendar can name, a day inside it so that every place can.
_FIRST_MS: Final = 0
_LAST_MS: Final = 253_370_764_800_000  # 9999-01-01


def time_ticks(start_ms: float, end_ms: float, count: int, zone: tzinfo = UTC) -> list[Tick]:
    """At most about `count` marks at moments in ``[start_ms, end_ms]`` that are round on the clocks of `zone`.

    The start of a day reads as a date, the first of January as a year; where no day starts in sight, the first tick
    carries the date. A range that is empty or outside 1970–9999 has no ticks.
    """
    if not (np.isfinite(start_ms) and np.isfinite(end_ms)):
        return []
    start, end = max(start_ms, _FIRST_MS), min(end_ms, _LAST_MS)
    if end <= start or count < 1:
        return []
    least = (end - start) / count
    for step in _CLOCK_STEPS:
        if step >= least:
            return _clock_ticks(start, end, step, zone)
    for days in _DAY_STEPS:
        if days * DAY_MS >= least:
            return _day_ticks(start, end, days, zone)
    months = next((m for m in _MONTH_STEPS if m * _MONTH_MS >= least), _MONTH_STEPS[-1])
    return _month_ticks(start, end, months, zone)


def moment_text(time_ms: float, zone: tzinfo = UTC) -> str:
    """``Thu 5 Feb 2026 14:35``, or nothing outside 1970–9999."""
    if not _FIRST_MS <= time_ms <= _LAST_MS:
        return ""
    wall = wall_time(int(time_ms), zone)
    weekday = _WEEKDAYS[(wall // DAY_MS + 3) % 7]  # 1970 began on a Thursday
    return f"{weekday} {date_text(wall)} {_clock(wall)}"


def date_text(wall_ms: int) -> str:
    """``5 Feb 2026`` of a wall time."""
    year, month, day = _calendar(wall_ms)
    return f"{day} {_MONTHS[month - 1]} {year}"


def _calendar(wall_ms: int) -> tuple[int, int, int]:
    """Year, month 1–12 and day of the month."""
    month = month_of(wall_ms)
    return 1970 + month // 12, month % 12 + 1, (wall_ms - month_start(month)) // DAY_MS + 1


def _clock(wall_ms: int) -> str:
    minutes = wall_ms % DAY_MS // MINUTE_MS
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _day(wall_ms: int) -> str:
    """A day by its number and month, the first of a month too."""
    _, month, day = _calendar(wall_ms)
    return f"{day} {_MONTHS[month - 1]}"


def _date(wall_ms: int) -> str:
    """A day; the first of a month as the month, of a year as the year."""
    year, month, day = _calendar(wall_ms)
    if day > 1:
        return _day(wall_ms)
    return _MONTHS[month - 1] if month > 1 else str(year)


def _clock_ticks(start: float, end: float, step: int, zone: tzinfo) -> list[Tick]:
    # Where clocks are put back or forward in between, what they show runs from the earlier to the later reading.
    ahead = [wall_time(at, zone) - at for at in (int(start) - 1, int(end))]
    first = (int(start) + min(ahead)) // step * step
    last = int(end) + max(ahead)
    days: dict[int, int] = {}  # instant → midnight
    marks: dict[int, int] = {}  # instant → wall time
    for wall in range(first, last + 1, step):
        if wall % DAY_MS == 0:
            days[day_start(wall, zone)] = wall
        marks.update((at, wall) for at in instants(wall, zone))
    in_range = sorted(at for at in marks | days if start <= at <= end)
    dated = any(at in days for at in in_range)
    ticks = []
    for number, at in enumerate(in_range):
        if at in days:
            first_of_month = days[at] == month_start(month_of(days[at]))
            ticks.append(Tick(at, _day(days[at]) if first_of_month else _date(days[at]), True))
        elif number == 0 and not dated:
            ticks.append(Tick(at, f"{_day(marks[at])} {_clock(marks[at])}", True))
        else:
            ticks.append(Tick(at, _clock(marks[at])))
    return ticks


def _day_ticks(start: float, end: float, days: int, zone: tzinfo) -> list[Tick]:
    """Every n-th day of each month, counted from the first, so that panning never moves a tick."""
    ticks = []
    for month in _months(start, end, 1, zone):
        begin, length = month_start(month), (month_start(month + 1) - month_start(month)) // DAY_MS
        for day in range(0, length, days):
            crowds_next_month = day > 0 and length - day < (days + 1) // 2
            at = day_start(begin + day * DAY_MS, zone)
            if start <= at <= end and not crowds_next_month:
                ticks.append(Tick(at, _date(begin + day * DAY_MS), day == 0))
    return ticks


def _month_ticks(start: float, end: float, months: int, zone: tzinfo) -> list[Tick]:
    ticks = []
    for month in _months(start, end, months, zone):
        at = day_start(month_start(month), zone)
        if start <= at <= end:
            ticks.append(Tick(at, _date(month_start(month)), month % 12 == 0))
    return ticks


def _months(start: float, end: float, every: int, zone: tzinfo) -> Iterator[int]:
    """Months since 1970 that touch a range, at multiples of `every`."""
    first, last = (month_of(wall_time(int(at), zone)) for at in (start, end))
    yield from range(first // every * every, last + 1, every)
