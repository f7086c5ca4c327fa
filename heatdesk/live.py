"""What stands now: one frozen picture of the feeds, made by the feed, shown by the window. Nothing of it is a record.

Arrays are read-only. Times are int milliseconds UTC; ages are reckoned against `Live.made_ms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol

from heatdesk.events import Candle, Liquidation, Market
from heatdesk.market import Floats, Interval


class Health(StrEnum):
    """How an exchange or a stream is, worst last; `SUSPECT` hears others speak of what it does not."""

    LIVE = "live"
    QUIET = "quiet"  # silent, as such streams often are; a canary on the same route speaks
    CONNECTING = "connecting"
    SUSPECT = "suspect"
    MUTE = "no data since subscribe"
    STALE = "stale"
    BANNED = "paused by the exchange"
    REFUSED = "not offered here"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class StreamState:
    """One subscription: `topic` as the exchange names it, `last_ms` when it last gave data (0: never)."""

    topic: str
    kind: str  # trades, candles, mark_price, open_interest, liquidations, book
    symbol: str
    health: Health
    last_ms: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeState:
    """How one exchange's feed is. `reason` is one sentence, empty where all is well; `until_ms` ends a ban.

    `age_ms` is how long ago it gave data (−1: never), `latency_ms` exchange clock → received (NaN: not known),
    `skew_ms` how far its clock is ahead of ours (NaN: not known), `progress` the share of the asked history that is
    there, `coverage` the share of the last 24 hours that was heard. `refused` counts stretches of history that it does
    not give, `refused_why` is about the one that is asked for next, `refused_until_ms` when that is.
    """

    exchange: str
    title: str
    health: Health
    reason: str = ""
    until_ms: int = 0
    age_ms: int = -1
    latency_ms: float = float("nan")
    skew_ms: float = float("nan")
    messages: int = 0
    per_second: float = 0.0
    rejected: int = 0
    reconnects: int = 0
    gaps_open: int = 0
    progress: float = 1.0
    refused: int = 0
    refused_why: str = ""
    refused_until_ms: int = 0
    coverage: float = 1.0
    liquidations: str = ""  # how complete its liquidation feed is, in words
    liquidation_price: str = ""  # what the price of a liquidation is: bankruptcy or fill
    streams: tuple[StreamState, ...] = ()


@dataclass(frozen=True, slots=True)
class BookState:
    """An order book: `bids` and `asks` (n, 2), price and quantity, best first. `whole` is False while it is rebuilt."""

    time_ms: int
    bids: Floats
    asks: Floats
    whole: bool


@dataclass(frozen=True, slots=True)
class MarketState:
    """One instrument now. `forming` is the 1m candle that is open, None before the first; 0 and NaN mean not known.

    `received_ms` is when the newest trade or candle came in, for the latency to the screen.
    """

    market: Market
    forming: Candle | None = None
    price: float = float("nan")
    received_ms: float = 0.0
    mark_price: float = float("nan")
    open_interest: float = float("nan")
    open_interest_ms: int = 0
    funding_rate: float = float("nan")
    next_funding_ms: int = 0
    long_short_ratio: float = float("nan")
    closed_ms: int = 0  # start of the newest 1m candle that has closed
    history_from_ms: int = 0  # start of what is stored of it, 0 while nothing is


class Printed(NamedTuple):
    """A real liquidation with its number: numbers ascend, so that nobody misses or counts one twice."""

    number: int
    exchange: str
    liquidation: Liquidation


class HoleState(StrEnum):
    """What became of a hole."""

    OPEN = "open"
    FILLED = "filled"
    NONE_THERE = "exchange has none"


# The cause of a hole that is no loss: as a rule nothing was traded.
LEFT_OUT: Final = "left out by the exchange"


class Hole(NamedTuple):
    """An entry of the gap ledger that concerns what is shown; see `heatdesk.store.ledger`."""

    exchange: str
    symbol: str
    what: str
    interval: Interval
    state: str  # a HoleState
    cause: str


@dataclass(frozen=True, slots=True)
class Live:
    """Everything that stands now. `number` ascends with every picture; `liquidations` are the newest 2,000 printed."""

    number: int = 0
    made_ms: int = 0
    exchanges: tuple[ExchangeState, ...] = ()
    markets: Mapping[Market, MarketState] = field(default_factory=lambda: MappingProxyType({}))
    books: Mapping[Market, BookState] = field(default_factory=lambda: MappingProxyType({}))
    liquidations: tuple[Printed, ...] = ()
    holes: tuple[Hole, ...] = ()
    stored: int = 0  # how often something has been written to the history: a change means "read again"
    notices: tuple[str, ...] = ()  # such as "contract changed at 12:00", "history paused: disk full"
    attached: bool = False  # whether another process records, and this one listens to it


@dataclass(frozen=True, slots=True)
class Instrument:
    """What can be traded. `contract_size` is coins per contract (1 where amounts are coins), USD of an inverse one.

    `kind` is linear, inverse or spot. `wire` is the exchange's own name. Steps are NaN where not known.
    """

    exchange: str
    symbol: str
    wire: str
    base: str
    quote: str
    kind: str
    contract_size: float = 1.0
    tick: float = float("nan")
    lot: float = float("nan")
    max_leverage: float = float("nan")
    active: bool = True

    @property
    def market(self) -> Market:
        """Where it is traded."""
        return Market(self.exchange, self.symbol)


@dataclass(frozen=True, slots=True)
class Watched:
    """What charts show: their feeds are live whatever else is recorded. `books` of these order books are wanted."""

    markets: frozenset[Market] = frozenset()
    books: frozenset[Market] = frozenset()


class LiveFeed(Protocol):
    """A feed that runs beside the window: its own thread, or another process that records. Any thread may call."""

    def start(self) -> None:
        """Begin; returns at once."""
        ...

    def stop(self, within_s: float | None = None) -> bool:
        """End; returns whether it has ended in time."""
        ...

    def watch(self, watched: Watched) -> None:
        """What charts show from now on."""
        ...

    def live(self) -> Live:
        """The newest picture; costs nothing."""
        ...

    def instruments(self) -> tuple[Instrument, ...]:
        """Everything that can be traded on the connected exchanges; the same object until it changes."""
        ...
