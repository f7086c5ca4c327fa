"""What has happened to one instrument since subscribers were last told, in the numbers exchanges write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tests.exchange_server.book import Step
from tests.exchange_server.listings import Listing
from tests.exchange_server.market import Forced, Market
from tests.exchange_server.trades import Candles


class Bar(NamedTuple):
    """A candle as text. `volume` and `taker_buy` are in the exchange's unit, `coins` in coins, `quote` in quote.

    `end_ms` is its last millisecond + 1.
    """

    time_ms: int
    end_ms: int
    open: str
    high: str
    low: str
    close: str
    volume: str
    coins: str
    quote: str
    taker_buy: str
    taker_buy_quote: str
    count: int
    closed: bool


class Print(NamedTuple):
    """A trade as text; `quantity` in the exchange's unit, `coins` in coins, `bought` by the taker."""

    id: int
    time_ms: int
    price: str
    quantity: str
    coins: str
    bought: bool


def coins_text(listing: Listing, lots: int) -> str:
    """A quantity in coins, exact."""
    return format(listing.coins_per_lot * lots, "f")


def bars(listing: Listing, candles: Candles, timeframe_ms: int, now_ms: int) -> list[Bar]:
    """Candles as text, oldest first."""
    tick = listing.steps[0]
    quote_per = tick * float(listing.coins_per_lot)
    return [
        Bar(
            t, t + timeframe_ms, listing.price(o), listing.price(h), listing.price(low), listing.price(c),
            listing.quantity(v), coins_text(listing, v), f"{turnover * quote_per:.8f}",
            listing.quantity(bought), f"{bought_turnover * quote_per:.8f}", count, t + timeframe_ms <= now_ms,
        )
        for t, o, h, low, c, v, bought, turnover, bought_turnover, count in zip(
            *(column.tolist() for column in candles), strict=True
        )
    ]  # fmt: skip


@dataclass
class News:
    """The stretch ``(from_ms, to_ms]`` of one listing's life."""

    market: Market
    listing: Listing
    from_ms: int
    to_ms: int

    def crossed(self, every_ms: int) -> bool:
        """Whether a multiple of `every_ms` lies in the stretch: what is told every so often is due."""
        return self.from_ms // every_ms != self.to_ms // every_ms

    @cached_property
    def trades(self) -> list[Print]:
        listing = self.listing
        found = self.market.trades(listing, self.from_ms + 1, self.to_ms + 1)
        return [
            Print(i, t, listing.price(p), listing.quantity(q), coins_text(listing, q), side > 0)
            for i, t, p, q, side in zip(*(column.tolist() for column in found), strict=True)
        ]

    def bars(self, timeframe_ms: int = 60_000) -> list[Bar]:
        """Candles that closed in the stretch, and the open one where it is due."""
        return self._bars.setdefault(timeframe_ms, list(self._due(timeframe_ms)))

    @cached_property
    def _bars(self) -> dict[int, list[Bar]]:
        return {}

    def _due(self, timeframe_ms: int) -> Iterator[Bar]:
        if not self.crossed(250):
            return
        first = self.from_ms // timeframe_ms * timeframe_ms
        candles = self.market.candles(self.listing, first, self.to_ms + 1, timeframe_ms)
        yield from bars(self.listing, candles, timeframe_ms, self.to_ms)

    def liquidations(self, slot_ms: int, latest_only: bool) -> list[Forced]:
        """Those of the slots that ended in the stretch; of each slot only the latest where the exchange throttles."""
        first, last = (self.from_ms + 1) // slot_ms * slot_ms, (self.to_ms + 1) // slot_ms * slot_ms
        found = self.market.liquidations(self.listing, first, last) if last > first else []
        if latest_only:
            found = list({f.time_ms // slot_ms: f for f in found}.values())
        return found

    @cached_property
    def step(self) -> Step | None:
        """The change of the order book, once every 100 ms."""
        if not self.crossed(100):
            return None
        middle = self.market.price(self.listing, self.to_ms)
        return self.market.book(self.listing).move(self.to_ms, middle)
