"""What every exchange says about itself: its facts, its streams, how its frames read, and where its history is.

An exchange holds no socket and no clock. `decode` turns one frame into events and remembers nothing but the names of
instruments; the REST readers take a `Rest` that dials, throttles and stops when told to.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Final, NamedTuple, Protocol

from heatdesk.errors import HeatdeskError
from heatdesk.events import Event, Funding, LongShort, OpenInterest
from heatdesk.live import Instrument
from heatdesk.market import Records

MAX_FRAME_BYTES: Final = 1 << 20


class FrameError(HeatdeskError):
    """A frame that is not what the exchange promises; counted and left out, the text goes to the log."""


class RestError(HeatdeskError):
    """A request that gave no answer one could use; `status` is HTTP's, 0 where there was none."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class UnreachedError(RestError):
    """A request that failed without a refusal: no answer, an exchange in trouble, or a host that is left alone."""


Decoder = Callable[[str | bytes], tuple[str, list[Event]]]


class What(StrEnum):
    """What a stream carries."""

    TRADES = "trades"
    CANDLES = "candles"
    MARK_PRICE = "mark_price"  # mark price, funding and open interest, as far as one stream gives them
    LIQUIDATIONS = "liquidations"
    BOOK = "book"


class Stream(NamedTuple):
    """One subscription.

    `topic` is unique on its `route` (a key of `Exchange.routes`) and is what `decode` cannot be asked without.
    `symbol` is empty where it is about all instruments. `quiet` streams may be silent for hours.
    """

    topic: str
    what: What
    symbol: str
    route: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What the exchange allows on its sockets."""

    messages_per_s: float = 5.0  # that we send: subscribing, pinging
    topics_per_message: int = 50
    streams_per_socket: int = 200
    connects_per_s: float = 1.0
    longest_socket_s: float = 0.0  # after which it cuts every socket; 0: it does not


@dataclass(frozen=True, slots=True)
class Row:
    """The facts about an exchange: one line of the table.

    `liquidations` says how complete its liquidation feed is (complete, throttled, none), `liquidation_price` what its
    price is (bankruptcy, fill). An exchange that has one and no stream for it marks them among its trades.
    `open_interest_sides` is 2 where it counts both sides; readers have already divided. `open_interest_days` is how far
    back open interest can be read (0: not told), 5m samples. `volume_at_last` says that its quote volume is coins times
    the last price.
    `default` exchanges are on from the first start.
    """

    name: str
    title: str
    ccxt_id: str
    hosts: tuple[str, ...]
    liquidations: str
    liquidation_price: str
    open_interest_sides: int = 1
    open_interest_history: bool = False
    open_interest_days: float = 0.0
    volume_at_last: bool = False
    default: bool = False
    limits: Limits = field(default_factory=Limits)
    ccxt_options: dict[str, Any] = field(default_factory=dict)


class Rest(Protocol):
    """REST as readers use it. Every call waits its turn, and raises RestError instead of asking during a ban."""

    async def call(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """Call one of ccxt's implicit methods (``fapiPublicGetKlines``) and return the parsed answer."""
        ...

    async def get(self, url: str, params: dict[str, Any] | None = None) -> Any:
        """GET a public https address of one of the row's hosts that ccxt does not know; the parsed answer."""
        ...

    async def markets(self) -> dict[str, dict[str, Any]]:
        """ccxt's unified markets, by unified symbol."""
        ...


class Exchange(ABC):
    """One exchange. Numbers that leave it are in base units, one-sided, sides are ours (see `heatdesk.events`).

    Readers return an empty record, or None, where the exchange has no such thing; a page may be shorter than asked, the
    caller goes on from its last row. A reader never returns a candle that has not closed.
    """

    row: ClassVar[Row]

    def __init__(self) -> None:
        self.instruments: dict[str, Instrument] = {}  # by the exchange's own name
        self.by_symbol: dict[str, Instrument] = {}

    def know(self, instruments: Sequence[Instrument]) -> None:
        """Decode these from now on; a frame about any other is left out."""
        self.instruments = {i.wire: i for i in instruments}
        self.by_symbol = {i.symbol: i for i in instruments}

    # --- sockets

    @property
    @abstractmethod
    def routes(self) -> dict[str, str]:
        """wss addresses by name."""

    @abstractmethod
    def streams(self, instrument: Instrument, book: bool = False) -> tuple[Stream, ...]:
        """What to subscribe to for an instrument: 1m candles, trades, mark price, liquidations, the book if wanted."""

    def market_streams(self) -> tuple[Stream, ...]:
        """Streams about all instruments at once, subscribed as long as the exchange is on."""
        return ()

    @abstractmethod
    def subscribe(self, streams: Sequence[Stream]) -> list[str]:
        """The messages that subscribe to streams of one route, none longer than the limits allow."""

    @abstractmethod
    def unsubscribe(self, streams: Sequence[Stream]) -> list[str]:
        """The messages that end subscriptions."""

    ping: ClassVar[str] = ""  # text that keeps a socket open; empty where the protocol's own pings do
    ping_every_s: ClassVar[float] = 20.0

    def answer(self, frame: str | bytes) -> str | None:
        """What must be sent back to a frame (an exchange's own ping), None for most; asked before `decode`."""
        return None

    @abstractmethod
    def decode(self, frame: str | bytes) -> tuple[str, list[Event]]:
        """The topic that a frame belongs to (empty for acks, pongs and the like) and its events.

        Raises FrameError for what cannot be read; never returns a number that is not finite, a price or quantity that
        is not positive (a level's quantity may be 0), or a symbol that is not known.
        """

    def decoder(self, route: str) -> Decoder:
        """What reads the frames of a route: `decode`, unless the exchange's names mean other things there.

        Sockets read through this: the spot pair of some exchanges bears the name of their perpetual.
        """
        return self.decode

    # --- REST

    @abstractmethod
    async def read_instruments(self, rest: Rest) -> list[Instrument]:
        """Every perpetual, and the spot pairs that are read for volume; raises RestError."""

    @abstractmethod
    async def read_candles(
        self, rest: Rest, instrument: Instrument, timeframe: str, start_ms: int, end_ms: int
    ) -> Records:
        """Closed candles with ``start_ms <= time_ms < end_ms``: one page from the start on; raises RestError."""

    async def read_open_interest(self, rest: Rest, instrument: Instrument) -> OpenInterest | None:
        """Open interest now."""
        return None

    async def read_open_interest_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """Samples every 5 minutes, as far back as the exchange keeps them; None where it keeps none."""
        return None

    async def read_funding(self, rest: Rest, instrument: Instrument) -> Funding | None:
        """The running funding rate."""
        return None

    async def read_funding_history(
        self, rest: Rest, instrument: Instrument, start_ms: int, end_ms: int
    ) -> Records | None:
        """Paid funding rates: one page from the start on."""
        return None

    async def read_long_short(self, rest: Rest, instrument: Instrument) -> LongShort | None:
        """Accounts long ÷ accounts short, now."""
        return None

    async def read_book(self, rest: Rest, instrument: Instrument) -> Event | None:
        """A snapshot to join to the stream's changes; None where the stream brings its own."""
        return None

    async def read_quote_volume(self, rest: Rest, instrument: Instrument) -> float | None:
        """Quote volume of the last 24 hours as the exchange itself tells it, to check units against."""
        return None

    async def read_time(self, rest: Rest) -> int | None:
        """The exchange's clock, ms UTC."""
        return None

    async def read_brackets(
        self, rest: Rest, instrument: Instrument
    ) -> list[tuple[float, float, float]] | None:
        """Maintenance brackets as (notional floor USD, maintenance margin rate, maximal leverage), ascending."""
        return None
