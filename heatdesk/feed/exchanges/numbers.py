"""Numbers and times off the wire: what is not a finite number of the right sign where one belongs is refused."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Final

from heatdesk.feed.exchanges.base import FrameError
from heatdesk.live import Instrument

LARGEST: Final = 1e18  # nothing that is traded is dearer, and nothing is held in greater numbers
EARLIEST_MS: Final = 1_230_000_000_000  # nothing was traded before 2009: a lesser time is in seconds
LATEST_MS: Final = 4_102_444_800_000  # 2100: a later one is in microseconds


def number(value: Any) -> float:
    """A finite number, written as text or not; raises FrameError."""
    kind = type(value)
    if (kind is not str and kind is not float and kind is not int) or (kind is str and "_" in value):
        raise FrameError("something else stands where a number belongs")
    read = float(value)
    if not math.isfinite(read):
        raise FrameError("a number is not finite")
    return read


def positive(value: Any) -> float:
    """A price or a quantity: finite and greater than zero; raises FrameError."""
    kind = type(value)
    if (kind is not str and kind is not float and kind is not int) or (kind is str and "_" in value):
        raise FrameError("something else stands where a number belongs")
    read = float(value)
    if not 0.0 < read < LARGEST:
        raise FrameError("a number is not positive, or beyond all measure")
    return read


def amount(value: Any) -> float:
    """A quantity that may be zero; raises FrameError."""
    read = number(value)
    if not 0.0 <= read < LARGEST:
        raise FrameError("a number is negative, or beyond all measure")
    return read


def millis(value: Any) -> int:
    """A time, int milliseconds UTC, written as text or not; raises FrameError for one that cannot be in them."""
    if type(value) is not int and not (type(value) is str and value.isascii() and value.isdigit()):
        raise FrameError("something else stands where a time belongs")
    read = int(value)
    if not EARLIEST_MS < read < LATEST_MS:
        raise FrameError("a time is not in milliseconds")
    return read


def iso_millis(value: Any) -> int:
    """A time such as ``2025-12-08T16:11:30.590Z`` in ms UTC; raises FrameError."""
    if type(value) is not str or value[-1:] != "Z":
        raise FrameError("something else stands where a time belongs")
    try:
        seconds = datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError):
        raise FrameError("a time cannot be read") from None
    return millis(round(seconds * 1000.0))


def count(value: Any) -> int:
    """A number that things are counted by: a whole one, not negative; raises FrameError."""
    if type(value) is not int and not (type(value) is str and value.isascii() and value.isdigit()):
        raise FrameError("something else stands where a whole number belongs")
    read = int(value)
    if not 0 <= read < 1 << 63:
        raise FrameError("a whole number is negative, or beyond all measure")
    return read


def levels(rows: Any, unit: float = 1.0) -> list[tuple[float, float]]:
    """Levels of a book, price and quantity (in `unit` coins) first in each; 0 removes one. Raises FrameError."""
    if type(rows) is not list:
        raise FrameError("something else stands where a book's levels belong")
    return [(positive(row[0]), amount(row[1]) * unit) for row in rows]


def coins(quantity: float, price: float, instrument: Instrument) -> float:
    """A quantity as the exchange counts it, in contracts, as coins: an inverse contract is worth so many USD."""
    worth = quantity * instrument.contract_size
    return worth / price if instrument.kind == "inverse" else worth
