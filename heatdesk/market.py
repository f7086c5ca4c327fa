"""The words everyone shares: records of the market as columns, and the keys they are kept under.

Times are int milliseconds UTC everywhere. Quantities are in base units (coins), one-sided, notional in USD.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from heatdesk.errors import BadInputError

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

TIMEFRAMES: Final[dict[str, int]] = {
    "1m": MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
    "1d": DAY_MS,
}
LOOKBACKS: Final[dict[str, int]] = {
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "24h": DAY_MS,
    "48h": 2 * DAY_MS,
    "3d": 3 * DAY_MS,
    "7d": 7 * DAY_MS,
    "30d": 30 * DAY_MS,
    "90d": 90 * DAY_MS,
    "180d": 180 * DAY_MS,
    "1y": 365 * DAY_MS,
}


def timeframe_ms(timeframe: str) -> int:
    """Milliseconds in a candle timeframe such as ``5m``; raises BadInputError for an unknown one."""
    try:
        return TIMEFRAMES[timeframe]
    except KeyError:
        known = ", ".join(TIMEFRAMES)
        raise BadInputError(f"Timeframe {timeframe!r} is unknown; use one of {known}.") from None


class Kind(StrEnum):
    """What a series records."""

    CANDLES = "candles"
    OPEN_INTEREST = "open_interest"
    EVENTS = "events"  # single liquidations
    TOTALS = "totals"  # liquidated USD per interval
    FUNDING = "funding"
    POSITIONS = "positions"  # real ones, where an exchange publishes them
    OPEN_INTEREST_USD = "open_interest_usd"  # where it is told without a price
    MARK_PRICE = "mark_price"
    LONG_SHORT = "long_short"  # accounts that are long ÷ accounts that are short


# Columns of each kind besides time_ms, all float64. NaN means "not known", never zero.
COLUMNS: Final[dict[Kind, tuple[str, ...]]] = {
    Kind.CANDLES: ("open", "high", "low", "close", "volume", "taker_buy_volume"),
    Kind.OPEN_INTEREST: ("open_interest",),
    # side is +1 where a long position was liquidated, -1 where a short was
    Kind.EVENTS: ("side", "price", "quantity", "notional_usd"),
    Kind.TOTALS: ("liquidation_long_usd", "liquidation_short_usd"),
    Kind.FUNDING: ("funding_rate",),
    # side as of events; the liquidation price is NaN where nothing would liquidate the position
    Kind.POSITIONS: (
        "side", "quantity", "entry_price", "leverage", "notional_usd", "liquidation_price",
    ),
    Kind.OPEN_INTEREST_USD: ("open_interest_usd",),
    Kind.MARK_PRICE: ("mark_price",),
    Kind.LONG_SHORT: ("long_short_ratio",),
}  # fmt: skip
# Kinds of which several rows may share a time.
SEVERAL_AT_ONCE: Final = frozenset({Kind.EVENTS, Kind.POSITIONS})


class Interval(NamedTuple):
    """A half-open stretch of time ``[start_ms, end_ms)``."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """Names one stored series.

    `timeframe` is empty for events and for series sampled at no fixed step; `source` tells apart several
    records of the same thing (for example totals of one exchange and of three), empty for the exchange's own.
    """

    exchange: str
    symbol: str
    kind: Kind
    timeframe: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Records:
    """Rows of one kind as columns: `time_ms` int64 ascending, and every column of ``COLUMNS[kind]`` as float64."""

    kind: Kind
    time_ms: Times
    columns: dict[str, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.time_ms)

    def __getitem__(self, name: str) -> Floats:
        return self.columns[name]

    def take(self, rows: slice | NDArray[np.bool_] | NDArray[np.intp]) -> Records:
        """The same columns at some rows."""
        return Records(self.kind, self.time_ms[rows], {k: v[rows] for k, v in self.columns.items()})

    @staticmethod
    def empty(kind: Kind) -> Records:
        """No rows, all columns."""
        return Records(kind, np.empty(0, np.int64), {c: np.empty(0) for c in COLUMNS[kind]})
