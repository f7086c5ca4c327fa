"""One coin under the names that exchanges trade it by: ``BTC/USDT:USDT`` here is ``BTC/USDC:USDC`` there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from heatdesk.events import Market

# What is nearest to what was asked for comes first: linear before inverse, then by what it is quoted in.
_QUOTES: Final = ("USDT", "USDC", "USD")


class Symbol(NamedTuple):
    """A unified symbol taken apart; `settle` is empty for spot."""

    base: str
    quote: str
    settle: str

    @property
    def inverse(self) -> bool:
        """Whether it is settled in the coin itself."""
        return bool(self.settle) and self.settle == self.base

    @property
    def spot(self) -> bool:
        """Whether coins change hands, so that nobody can be liquidated by it."""
        return not self.settle


def parts_of(symbol: str) -> Symbol:
    """Base, quote and settlement of ``BASE/QUOTE:SETTLE``; what is missing is empty."""
    pair, _, settle = symbol.partition(":")
    base, _, quote = pair.partition("/")
    return Symbol(base, quote, settle)


def symbol_on(markets: Iterable[Market], symbol: str, exchange: str) -> str | None:
    """What an exchange calls the perpetual that is meant by `symbol`; None where it has none of that coin.

    The same symbol where it has that, else the same coin: linear before inverse, then USDT, USDC, USD. Spot is never
    meant, nor a future with an expiry.
    """
    there = {market.symbol for market in markets if market.exchange == exchange}
    if symbol in there:
        return symbol
    wanted = parts_of(symbol)
    if wanted.spot:
        return None
    alike = [s for s in there if _perpetual(s) and parts_of(s).base == wanted.base]
    return min(alike, key=_farness, default=None)


def spot_of(symbol: str) -> tuple[str, ...]:
    """The spot symbols of a coin, the usual one first."""
    return tuple(f"{parts_of(symbol).base}/{quote}" for quote in _QUOTES)


def _perpetual(symbol: str) -> bool:
    settle = parts_of(symbol).settle
    return bool(settle) and "-" not in settle


def _farness(symbol: str) -> tuple[bool, int, str]:
    parts = parts_of(symbol)
    rank = _QUOTES.index(parts.quote) if parts.quote in _QUOTES else len(_QUOTES)
    return parts.inverse, rank, symbol
