"""What one stream of an instrument proves about another: candles grow by trades, and every trade is in a candle."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from heatdesk.events import Candle, Event, Trade
from heatdesk.feed.exchanges.base import Stream, What

_TOGETHER_S: Final = 2.0  # a trade and the candle that it is in come in either order, this far apart


class _Instrument:
    """When each of the two last spoke, and since when it has owed a word; steady seconds."""

    __slots__ = ("candle_owed_s", "candle_s", "minute_ms", "trade_owed_s", "trade_s", "volume")

    def __init__(self) -> None:
        self.trade_s = self.candle_s = -math.inf
        self.trade_owed_s = self.candle_owed_s = math.inf
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
                known.trade_s, known.trade_owed_s = now_s, math.inf
                if now_s > known.candle_s + _TOGETHER_S and known.candle_owed_s == math.inf:
                    known.candle_owed_s = now_s
            elif isinstance(event, Candle) and event.timeframe == "1m":
                self._candle(event, now_s)

    def owed_s(self, stream: Stream) -> float:
        """Since when a stream should have spoken, by what another told; inf where it owes nothing."""
        known = self._instruments.get(stream.symbol)
        if known is None:
            return math.inf
        if stream.what is What.TRADES:
            return known.trade_owed_s
        return known.candle_owed_s if stream.what is What.CANDLES else math.inf

    def _known(self, symbol: str) -> _Instrument:
        known = self._instruments.get(symbol)
        if known is None:
            known = self._instruments[symbol] = _Instrument()
        return known

    def _candle(self, candle: Candle, now_s: float) -> None:
        """A candle proves a trade when its volume grows; a new one, or the closing of one, proves nothing."""
        known = self._known(candle.symbol)
        grew = candle.time_ms == known.minute_ms and candle.volume > known.volume and not candle.closed
        if grew and now_s > known.trade_s + _TOGETHER_S and known.trade_owed_s == math.inf:
            known.trade_owed_s = now_s
        if candle.time_ms >= known.minute_ms:
            known.minute_ms, known.volume = candle.time_ms, candle.volume
        known.candle_s, known.candle_owed_s = now_s, math.inf
