"""What an exchange lists, out of ccxt's unified markets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from heatdesk.live import Instrument

# Of these the spot pair is read too, for volume and for who bought; it never enters a map.
MAJORS: Final = ("BTC", "ETH", "SOL", "XRP", "BNB", "DOGE", "ADA", "LINK", "AVAX", "LTC")
STABLE: Final = ("USDT", "USDC")


def perpetuals(
    exchange: str,
    markets: Mapping[str, Mapping[str, Any]],
    quotes: tuple[str, ...] = STABLE,
    inverse: bool = False,
) -> list[Instrument]:
    """Linear perpetuals that are settled in one of `quotes`, and inverse ones if wanted, active or not."""
    found = [_perpetual(exchange, market, quotes, inverse) for market in markets.values()]
    return [instrument for instrument in found if instrument is not None]


def _perpetual(
    exchange: str, market: Mapping[str, Any], quotes: tuple[str, ...], inverse: bool
) -> Instrument | None:
    linear = bool(market.get("linear")) and market.get("settle") in quotes
    if not market.get("swap") or not (linear or (inverse and market.get("inverse"))):
        return None
    try:
        precision = market.get("precision") or {}
        size = float(market.get("contractSize") or 1.0)
        leverage = ((market.get("limits") or {}).get("leverage") or {}).get("max")
        if not 0.0 < size < math.inf:
            return None
        return Instrument(
            exchange,
            str(market["symbol"]),
            str(market["id"]),
            str(market["base"]),
            str(market["quote"]),
            "linear" if linear else "inverse",
            size,
            step(precision.get("price")),
            step(precision.get("amount")) * (size if linear else 1.0),
            step(leverage),
            market.get("active") is not False,
        )
    except (KeyError, TypeError, ValueError):  # one that ccxt could not make sense of either
        return None


def spot(exchange: str, wire: str, base: str, quote: str, tick: Any = None, lot: Any = None) -> Instrument:
    """A spot pair."""
    return Instrument(exchange, f"{base}/{quote}", wire, base, quote, "spot", 1.0, step(tick), step(lot))


def step(value: Any) -> float:
    """A step or a leverage as a number; NaN where it is not known."""
    try:
        read = float(value)
    except (TypeError, ValueError):
        return math.nan
    return read if 0.0 < read < math.inf else math.nan
