"""Pictures of feeds to send about."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np

from heatdesk.events import Candle, Liquidation, Market
from heatdesk.live import (
    BookState,
    ExchangeState,
    Health,
    Hole,
    HoleState,
    Instrument,
    Live,
    MarketState,
    Printed,
    StreamState,
    Watched,
)
from heatdesk.market import Interval

NAN = float("nan")
BTC = Market("binance", "BTC/USDT:USDT")
ETH = Market("bybit", "ETH/USDT:USDT")


def market_state(market: Market, price: float) -> MarketState:
    """A market at a price, some of it not known."""
    forming = Candle(market.symbol, "1m", 60_000, price, price, price, price, 1.0, NAN, False)
    return MarketState(market, forming, price, 61_000.5, open_interest=7.0, open_interest_ms=50_000)


def printed(number: int) -> Printed:
    """A liquidation with its number."""
    return Printed(number, "bybit", Liquidation("ETH/USDT:USDT", 60_000 + number, -1, 4000.0, 0.5))


def picture(number: int = 1, *, printed_to: int = 3) -> Live:
    """A picture in which everything is told."""
    streams = (StreamState("btcusdt@trade", "trades", BTC.symbol, Health.LIVE, 61_000),)
    exchanges = (
        ExchangeState("binance", "Binance", Health.LIVE, age_ms=20, latency_ms=12.5, streams=streams),
        ExchangeState("bybit", "Bybit", Health.BANNED, "asked to wait", until_ms=99_000),
    )
    book = BookState(61_000, np.array([[1.0, 2.0]]), np.array([[1.5, 3.0], [2.0, 1.0]]), whole=True)
    return Live(
        number,
        61_000 + number,
        exchanges,
        MappingProxyType({BTC: market_state(BTC, 100.0 + number), ETH: market_state(ETH, 4000.0)}),
        MappingProxyType({BTC: book}),
        tuple(printed(n) for n in range(printed_to)),
        (Hole("bybit", ETH.symbol, "candles", Interval(0, 60_000), HoleState.OPEN, "outage"),),
        stored=number,
        notices=("contract changed at 12:00",),
    )


INSTRUMENTS = (
    Instrument("binance", BTC.symbol, "BTCUSDT", "BTC", "USDT", "linear", tick=0.1, lot=0.001),
    Instrument("bybit", ETH.symbol, "ETHUSDT", "ETH", "USDT", "linear"),
)


class StillFeed:
    """A feed whose pictures a test chooses."""

    def __init__(self, live: Live | None = None) -> None:
        self.shown = live or picture()
        self.all = INSTRUMENTS
        self.watched: list[Watched] = []
        self.started = self.stopped = False

    def start(self) -> None:
        self.started = True

    def stop(self, within_s: float | None = None) -> bool:
        self.stopped = True
        return True

    def watch(self, watched: Watched) -> None:
        self.watched.append(watched)

    def live(self) -> Live:
        return self.shown

    def instruments(self) -> tuple[Instrument, ...]:
        return self.all
