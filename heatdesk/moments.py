"""Times and spans as people write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from heatdesk.errors import BadInputError
from heatdesk.market import DAY_MS, HOUR_MS, MINUTE_MS

_UNITS: Final = {"m": MINUTE_MS, "h": HOUR_MS, "d": DAY_MS, "w": 7 * DAY_MS, "y": 365 * DAY_MS}


def utc_ms(text: str) -> int:
    """UTC milliseconds of an ISO date or time; a date alone means 00:00, no zone means UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{text!r} is no time; write 2026-02-08 or 2026-02-08T12:00.") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return round(moment.timestamp() * 1000)


def span_ms(text: str) -> int:
    """Milliseconds of a look-back such as ``24h``, ``30d`` or ``1y``."""
    number, unit = text[:-1], text[-1:]
    if not (number.isdecimal() and 0 < int(number) < 1_000_000 and unit in _UNITS):
        raise BadInputError(f"{text!r} is no span of time; write 24h, 30d or 1y.")
    return int(number) * _UNITS[unit]


def utc_text(time_ms: int) -> str:
    """A moment as ``2026-02-08 12:00 UTC``."""
    return f"{datetime.fromtimestamp(time_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"
