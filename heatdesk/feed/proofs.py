"""What one stream of an instrument proves about another: candles grow by trades, and every trade is in a candle."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from heatdesk.events import Candle, Event, Trade
from heatdesk.feed.exchanges.base import Stream, What

_TOGETHER_S: Final = 2.0  # a trade and the candle that it is in come in either order, this far apart


class _Debt:
    """What one of the two owes by the other's word: when it spoke itself, and the first and the last proof since."""

    __slots__ = ("first_s", "last_s", "spoke_s")

    def __init__(self) -> None:
        self.spoke_s = -math.inf
        self.first_s = self.last_s = math.inf

    def spoke(self, now_s: float) -> None:
        """It has paid."""
        self.spoke_s = now_s
        self.first_s = self.last_s = math.inf

    def proved(self, now_s: float) -> None:
        """The other tells of what it should have told."""
        if now_s > self.spoke_s + _TOGETHER_S:
            self.last_s = now_s
            self.first_s = min(self.first_s, now_s)

    def since_s(self, asked_s: float) -> float:
        """Since when it owes, if only what came after `asked_s` counts; inf for nothing."""
        if self.first_s < asked_s:
            self.first_s = self.last_s if self.last_s >= asked_s else math.inf
        return self.first_s


class _Instrument:
    """The trades of an instrument and its candle."""

    __slots__ = ("candle", "minute_ms", "trades", "volume")

    def __init__(self) -> None:
        self.trades, self.candle = _Debt(), _Debt()
        self.minute_ms, self.volume = 0, 0.0


class Proofs:
    """Which trades and candles should have come, by symbol."""

    def __init__(self) -> None:
        self._instruments: dict[str, _Instrument] = {}

    def read(self, events: Iterable[Event], now_s: float) -> None:
        """Learn from a batch."""
        for event in events:
            if isinstance(event, Trade):
                known = self._known(event.symbol)
                known.trades.spoke(now_s)
                known.candle.proved(now_s)
            elif isinstance(event, Candle) and event.timeframe == "1m":
                self._candle(event, now_s)

    def owed_s(self, stream: Stream, asked_s: float) -> float:
        """Since when a stream that was asked for at `asked_s` owes a word, by what another told; inf for nothing."""
        known = self._instruments.get(stream.symbol)
        if known is None or stream.what not in (What.TRADES, What.CANDLES):
            return math.inf
        return (known.trades if stream.what is What.TRADES else known.candle).since_s(asked_s)

    def _known(self, symbol: str) -> _Instrument:
        known = self._instruments.get(symbol)
        if known is None:
            known = self._instruments[symbol] = _Instrument()
        return known

    def _candle(self, candle: Candle, now_s: float) -> None:
        """A candle proves a trade when its volume grows; a new one, or the closing of one, proves nothing."""
        known = self._known(candle.symbol)
        grew = candle.time_ms == known.minute_ms and candle.volume > known.volume and not candle.closed
        if grew:
            known.trades.proved(now_s)
        if candle.time_ms >= known.minute_ms:
            known.minute_ms, known.volume = candle.time_ms, candle.volume
        known.candle.spoke(now_s)
