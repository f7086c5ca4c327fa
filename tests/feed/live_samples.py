"""Events as exchanges tell them, with only what a test cares about said."""

from __future__ import annotations

from heatdesk.events import Candle, Trade


def trade(symbol: str, number: int, time_ms: int = 0, price: float = 100.0, quantity: float = 1.0) -> Trade:
    return Trade(symbol, time_ms, price, quantity, 1, number)


def candle(
    symbol: str, time_ms: int, volume: float = 1.0, closed: bool = False, timeframe: str = "1m"
) -> Candle:
    return Candle(symbol, timeframe, time_ms, 100.0, 101.0, 99.0, 100.5, volume, volume / 2.0, closed)
