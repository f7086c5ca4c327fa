"""What one stream of an instrument proves about another: candles grow by trades, and every trade is in a candle."""

from __future__ import annotations

import math
from collections.abc import Iterable

from heatdesk.events import Candle, Event, Trade
from heatdesk.feed.exchanges.base import Stream, What


class Proofs:
    """When each instrument was last known to trade, and by what; steady seconds."""

    def __init__(self) -> None:
        self._traded_s: dict[str, float] = {}
        self._grew_s: dict[str, float] = {}
        self._volume: dict[str, tuple[int, float]] = {}

    def read(self, events: Iterable[Event], now_s: float) -> None:
        """Learn from a batch."""
        for event in events:
            if isinstance(event, Trade):
                self._traded_s[event.symbol] = now_s
            elif isinstance(event, Candle):
                self._candle(event, now_s)

    def _candle(self, candle: Candle, now_s: float) -> None:
        """A candle proves a trade when its volume grows; a new one, or the closing of one, proves nothing."""
        if candle.timeframe != "1m":
            return
        time_ms, volume = self._volume.get(candle.symbol, (0, 0.0))
        if candle.time_ms == time_ms and candle.volume > volume and not candle.closed:
            self._grew_s[candle.symbol] = now_s
        if candle.time_ms >= time_ms:
            self._volume[candle.symbol] = candle.time_ms, candle.volume

    def last_s(self, stream: Stream) -> float:
        """When another stream last proved that this one should have spoken; -inf for never."""
        if stream.what is What.TRADES:
            return self._grew_s.get(stream.symbol, -math.inf)
        if stream.what is What.CANDLES:
            return self._traded_s.get(stream.symbol, -math.inf)
        return -math.inf
