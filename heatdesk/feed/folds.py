"""One exchange's events, sorted to the instruments they are about; what is worth keeping goes to the writer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final

from heatdesk.events import (
    BookChange,
    Candle,
    Event,
    Funding,
    Liquidation,
    LongShort,
    Market,
    MarkPrice,
    OpenInterest,
    Trade,
)
from heatdesk.feed.books import Book
from heatdesk.feed.checks import FUTURE_MS, PAST_MS, Quarantine
from heatdesk.feed.clock import Clock
from heatdesk.feed.folding import MarketFold
from heatdesk.feed.heard import ToldOnce
from heatdesk.feed.rows import candle_rows, sample_row
from heatdesk.feed.writer import Writer
from heatdesk.market import MINUTE_MS, TIMEFRAMES, Kind, SeriesKey

_STALE_TRADE_MS: Final = 5 * MINUTE_MS  # older ones are what an exchange tells to begin with, not news
MUCH: Final = 1.5
_SAMPLE_FRESH_MS: Final = 2 * MINUTE_MS


class Folds:
    """The instruments of one exchange that are listened to.

    `skew_ms` is how far the exchange's clock is ahead of ours, `changed` the symbols whose state is new since it was
    last cleared, `doubts` how many times their candle's volume the trades of some make up (a contract of another size),
    `told_s` when each (symbol, kind of event) was last told, in steady seconds. New liquidations are
    handed to `printed`.
    """

    def __init__(
        self, exchange: str, writer: Writer, clock: Clock, printed: Callable[[list[Liquidation]], None]
    ) -> None:
        self.exchange = exchange
        self.markets: dict[str, MarketFold] = {}
        self.books: dict[str, Book] = {}
        self.quarantine = Quarantine()
        self.skew_ms = 0.0
        self.closes = False  # whether the exchange says itself when a candle has closed
        self.changed: set[str] = set()
        self.told_s: dict[tuple[str, type], float] = {}
        self.doubts: dict[str, float] = {}
        self._writer = writer
        self._clock = clock
        self._printed = printed
        self._once = ToldOnce()
        self._sampled_ms = 0

    def follow(self, symbols: Iterable[str], books: Iterable[str]) -> None:
        """Keep these instruments and books, begin those that are new, forget the others."""
        self.markets = {
            symbol: self.markets.get(symbol) or MarketFold(Market(self.exchange, symbol), self.quarantine)
            for symbol in symbols
        }
        self.books = {
            symbol: self.books.get(symbol) or Book(Market(self.exchange, symbol)) for symbol in books
        }
        self.doubts = {symbol: ratio for symbol, ratio in self.doubts.items() if symbol in self.markets}
        self.changed.update(self.markets)

    def now_ms(self) -> float:
        """What the exchange's clock shows."""
        return self._clock.now_ms() + self.skew_ms

    def take(self, received_ms: float, events: Iterable[Event]) -> None:
        """Everything that one read of a socket brought."""
        now_ms, now_s = received_ms + self.skew_ms, self._clock.steady()
        earliest, latest = now_ms - PAST_MS, now_ms + FUTURE_MS
        stale = now_ms - _STALE_TRADE_MS
        liquidations: list[Liquidation] = []
        markets = self.markets
        symbols = set()
        for event in events:
            kind = event.__class__
            symbol: str = getattr(event, "symbol", "")
            if kind is Liquidation:
                if earliest <= event.time_ms <= latest:  # type: ignore[union-attr]
                    liquidations.append(event)  # type: ignore[arg-type]
                else:
                    self.quarantine.add(symbol, "time far away")
                continue
            fold = markets.get(symbol)
            if fold is None:
                continue
            if kind is Trade:
                time_ms: int = event.time_ms  # type: ignore[union-attr]
                if stale <= time_ms <= latest:
                    fold.trade(event, received_ms)  # type: ignore[arg-type]
                elif not earliest <= time_ms <= latest:
                    self.quarantine.add(symbol, "time far away")
            elif isinstance(event, BookChange):
                book = self.books.get(symbol)
                if book is not None:
                    book.take(event, now_s)
            else:
                self._other(fold, event, received_ms, (earliest, latest))
            symbols.add(symbol)
            self.told_s[symbol, kind] = now_s
        self.changed |= symbols
        for symbol in symbols:
            self._keep(markets[symbol])
        if liquidations:
            self._printed(self._once.new(liquidations))

    def close(self, symbol: str, candles: Iterable[Candle]) -> None:
        """Closed candles that came by REST."""
        fold = self.markets.get(symbol)
        if fold is None:
            return
        for candle in candles:
            if candle.timeframe == "1m":
                fold.close(candle, self.now_ms())
            elif candle.timeframe == "5m":
                fold.got_five(candle.time_ms)
        self._keep(fold)
        self.changed.add(symbol)

    def tick(self) -> None:
        """What time brings: closed candles that waited long enough, and the samples of a new minute."""
        now_ms = self.now_ms()
        for fold in self.markets.values():
            fold.settle(now_ms)
            self._keep(fold)
        minute = int(now_ms) // MINUTE_MS * MINUTE_MS
        if minute > self._sampled_ms:
            self._sampled_ms = minute
            for fold in self.markets.values():
                self._sample(fold, minute)

    def _other(
        self, fold: MarketFold, event: Event, received_ms: float, between: tuple[float, float]
    ) -> None:
        """The rarer events; one whose time cannot be right is counted and left out."""
        time_ms = getattr(event, "time_ms", 0) or int(received_ms + self.skew_ms)  # not told: it is of now
        if not between[0] <= time_ms <= between[1]:
            self.quarantine.add(fold.market.symbol, "time far away")
        elif isinstance(event, Candle):
            self.closes |= event.closed
            fold.candle(event, received_ms, received_ms + self.skew_ms)
        elif isinstance(event, MarkPrice):
            fold.mark(event.mark_price)
        elif isinstance(event, OpenInterest):
            fold.interest(event.open_interest, time_ms)
        elif isinstance(event, Funding):
            fold.funding_rate, fold.next_funding_ms = event.funding_rate, event.next_ms
        elif isinstance(event, LongShort):
            fold.long_short_ratio = event.ratio

    def take_lacking(self) -> list[tuple[str, int]]:
        """Minutes of which trades are missing since the last time, by symbol."""
        found = []
        for fold in self.markets.values():
            found += [(fold.market.symbol, minute) for minute in fold.lacking]
            fold.lacking.clear()
        return found

    def _keep(self, fold: MarketFold) -> None:
        for candle in fold.take_closed():
            ratio = fold.volume_ratio(candle.time_ms)
            if candle.timeframe == "1m" and candle.time_ms > fold.since_ms:
                if ratio > MUCH or ratio < 1 / MUCH:
                    self.doubts[candle.symbol] = ratio
                elif ratio == ratio:
                    self.doubts.pop(candle.symbol, None)
            key = SeriesKey(self.exchange, candle.symbol, Kind.CANDLES, candle.timeframe)
            self._writer.put(key, candle_rows([candle]), live=True)

    def _sample(self, fold: MarketFold, minute: int) -> None:
        """What was known at the start of a minute: the mark price, and each five minutes what moves more slowly."""
        samples = [(Kind.MARK_PRICE, "1m", fold.mark_price)]
        if minute % TIMEFRAMES["5m"] == 0:
            if minute - fold.open_interest_ms <= _SAMPLE_FRESH_MS:
                samples.append((Kind.OPEN_INTEREST, "5m", fold.open_interest))
            samples.append((Kind.LONG_SHORT, "5m", fold.long_short_ratio))
        for kind, timeframe, value in samples:
            if math.isfinite(value):
                key = SeriesKey(self.exchange, fold.market.symbol, kind, timeframe)
                self._writer.put(key, sample_row(kind, minute, value))
