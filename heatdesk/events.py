"""What an exchange tells, one message at a time, in the words of the market: units, sides and names are already ours.

Times are the exchange's own, int milliseconds UTC; 0 in a mark price, open interest, funding or book change where the
exchange tells none: then the moment it came in is meant. Quantities are base units (coins), one-sided; prices are per
coin. Symbols are unified: ``BTC/USDT:USDT`` is a linear perpetual, ``BTC/USD:BTC`` an inverse one, ``BTC/USDT`` spot.
"""

from __future__ import annotations

from typing import NamedTuple


class Market(NamedTuple):
    """Where something is traded."""

    exchange: str
    symbol: str


class Trade(NamedTuple):
    """`side` is the taker's, +1 bought and −1 sold; `id` is 0 where the exchange gives none that ascends."""

    symbol: str
    time_ms: int
    price: float
    quantity: float
    side: int
    id: int = 0


class Candle(NamedTuple):
    """A candle as the exchange sees it now; `closed` only where it says so itself. Unknown volumes are NaN."""

    symbol: str
    timeframe: str
    time_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    taker_buy_volume: float
    closed: bool


class MarkPrice(NamedTuple):
    """The price that liquidations go by; `index_price` is NaN where it is not told."""

    symbol: str
    time_ms: int
    mark_price: float
    index_price: float


class OpenInterest(NamedTuple):
    """One-sided, in base units: every open contract counted once."""

    symbol: str
    time_ms: int
    open_interest: float


class Funding(NamedTuple):
    """The rate of the running interval, and when it is paid (0 where not told)."""

    symbol: str
    time_ms: int
    funding_rate: float
    next_ms: int


class LongShort(NamedTuple):
    """Accounts that are long ÷ accounts that are short."""

    symbol: str
    time_ms: int
    ratio: float


class Liquidation(NamedTuple):
    """`side` is the position's, +1 a long was liquidated, −1 a short. What `price` is, the exchange's row says."""

    symbol: str
    time_ms: int
    side: int
    price: float
    quantity: float


class BookChange(NamedTuple):
    """Levels of an order book as (price, quantity); quantity 0 removes a level.

    With `snapshot` it is the whole book. `last_id` numbers this change; it fits where `previous_id` is the number of
    the one before (−1: the exchange gives none, and `first_id` must not lie behind the number before + 1).
    """

    symbol: str
    time_ms: int
    snapshot: bool
    bids: list[tuple[float, float]]
    asks: list[tuple[float, float]]
    first_id: int
    last_id: int
    previous_id: int


class Ack(NamedTuple):
    """The exchange confirmed a subscription: no sign of life, only of hearing."""

    topics: tuple[str, ...]


class Refusal(NamedTuple):
    """The exchange refused something; `topic` is empty where it does not say what."""

    topic: str
    text: str


Event = (
    Trade | Candle | MarkPrice | OpenInterest | Funding | LongShort | Liquidation | BookChange | Ack | Refusal
)
