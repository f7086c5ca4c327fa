"""What the clocks of a place say, and when they say it; clocks are put forward and back.

A wall time is an int like a time: ms from 1970-01-01 00:00 as the local calendar and clock count them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from heatdesk.market import MINUTE_MS

_START: Final = datetime(1970, 1, 1)
_MS: Final = timedelta(milliseconds=1)


@cache
def time_zone(name: str) -> tzinfo:
    """The zone of an IANA name; UTC where this machine does not know it, and the axis then says UTC."""
    try:
        return UTC if name == "UTC" else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def offset_text(time_ms: int, zone: tzinfo) -> str:
    """``UTC``, ``UTC+8``, ``UTC−3:30``: how far the clocks of a place are from UTC at a moment."""
    minutes = (wall_time(time_ms, zone) - time_ms) // MINUTE_MS
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02d}" if rest else "")


def wall_time(time_ms: int, zone: tzinfo) -> int:
    """What the clocks show at a moment."""
    return time_ms + _offset(datetime.fromtimestamp(time_ms // 1000, zone))


def instants(wall_ms: int, zone: tzinfo) -> list[int]:
    """The moments at which the clocks show a wall time: one, two where they are put back, none where put forward."""
    local = (_START + wall_ms * _MS).replace(tzinfo=zone)
    first, second = wall_ms - _offset(local), wall_ms - _offset(local.replace(fold=1))
    if first == second:
        return [first]
    return [at for at in (first, second) if wall_time(at, zone) == wall_ms]


def day_start(midnight_ms: int, zone: tzinfo) -> int:
    """The first moment of the day whose midnight is a wall time: where midnight is skipped, the moment after it."""
    # Of a skipped time Python takes the offset from before the gap (PEP 495): at its very start, the gap itself.
    return midnight_ms - _offset((_START + midnight_ms * _MS).replace(tzinfo=zone))


def month_of(wall_ms: int) -> int:
    """Months since January 1970."""
    local = _START + wall_ms * _MS
    return 12 * (local.year - 1970) + local.month - 1


def month_start(month: int) -> int:
    """The wall time at which a month since January 1970 begins."""
    return (_START.replace(year=1970 + month // 12, month=month % 12 + 1) - _START) // _MS


def _offset(local: datetime) -> int:
    offset = local.utcoffset() or timedelta(0)
    return round(offset.total_seconds() * 1000)
