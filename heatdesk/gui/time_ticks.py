"""Round moments on a time axis, from minutes to years, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import numpy as np

from heatdesk.gui.price_scale import Tick
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
# What the calendar below can name.
_FIRST_MS: Final = 0
_LAST_MS: Final = 253_370_764_800_000  # 9999-01-01


def time_ticks(start_ms: float, end_ms: float, count: int) -> list[Tick]:
    """At most about `count` marks at round moments in ``[start_ms, end_ms]``.

    Midnights read as a date, the first of January as a year; where no midnight is in sight, the first tick carries
    the date. A range that is empty or outside 1970–9999 has no ticks.
    """
    if not (np.isfinite(start_ms) and np.isfinite(end_ms)):
        return []
    start, end = max(start_ms, _FIRST_MS), min(end_ms, _LAST_MS)
    if end <= start or count < 1:
        return []
    least = (end - start) / count
    for step in _CLOCK_STEPS:
        if step >= least:
            return _clock_ticks(start, end, step)
    for days in _DAY_STEPS:
        if days * DAY_MS >= least:
            return _day_ticks(start, end, days)
    months = next((m for m in _MONTH_STEPS if m * _MONTH_MS >= least), _MONTH_STEPS[-1])
    return _month_ticks(start, end, months)


def moment_text(time_ms: float) -> str:
    """``Thu 5 Feb 2026 14:35``, or nothing outside 1970–9999."""
    if not _FIRST_MS <= time_ms <= _LAST_MS:
        return ""
    at = _at(time_ms)
    return f"{_WEEKDAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year} {at:%H:%M}"


def _at(time_ms: float) -> datetime:
    return datetime.fromtimestamp(int(time_ms) // 1000, UTC)


def _date(at: datetime) -> str:
    if at.day > 1:
        return f"{at.day} {_MONTHS[at.month - 1]}"
    return _MONTHS[at.month - 1] if at.month > 1 else str(at.year)


def _clock_ticks(start: float, end: float, step: int) -> list[Tick]:
    first = -(-int(np.ceil(start)) // step) * step
    moments = range(first, int(end) + 1, step)
    dated = any(ms % DAY_MS == 0 for ms in moments)
    ticks = []
    for number, ms in enumerate(moments):
        at = _at(ms)
        if ms % DAY_MS == 0:
            ticks.append(Tick(ms, f"{at.day} {_MONTHS[at.month - 1]}" if at.day == 1 else _date(at), True))
        elif number == 0 and not dated:
            ticks.append(Tick(ms, f"{at.day} {_MONTHS[at.month - 1]} {at:%H:%M}", True))
        else:
            ticks.append(Tick(ms, f"{at:%H:%M}"))
    return ticks


def _day_ticks(start: float, end: float, days: int) -> list[Tick]:
    """Every n-th day of each month, counted from the first, so that panning never moves a tick."""
    ticks = []
    for month in _months(start, end, 1):
        begin, length = _month_start(month), (_month_start(month + 1) - _month_start(month)) // DAY_MS
        for day in range(0, length, days):
            crowds_next_month = day > 0 and length - day < (days + 1) // 2
            ms = begin + day * DAY_MS
            if start <= ms <= end and not crowds_next_month:
                ticks.append(Tick(ms, _date(_at(ms)), day == 0))
    return ticks


def _month_ticks(start: float, end: float, months: int) -> list[Tick]:
    moments = (_month_start(month) for month in _months(start, end, months))
    ticks = [(ms, _at(ms)) for ms in moments if start <= ms <= end]
    return [Tick(ms, _date(at), at.month == 1) for ms, at in ticks]


def _months(start: float, end: float, every: int) -> range:
    """Months since 1970 that touch a range, at multiples of `every`."""
    first = int(np.datetime64(int(start), "ms").astype("datetime64[M]").astype(np.int64))
    last = int(np.datetime64(int(end), "ms").astype("datetime64[M]").astype(np.int64))
    return range(first // every * every, last + 1, every)


def _month_start(month: int) -> int:
    return int(np.datetime64(month, "M").astype("datetime64[ms]").astype(np.int64))
