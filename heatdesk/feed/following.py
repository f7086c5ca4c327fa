"""Which instruments of an exchange are listened to: those of the plan and those that charts show, as it calls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from heatdesk.events import Market
from heatdesk.feed.plan import FeedPlan
from heatdesk.live import Instrument, Watched
from heatdesk.same_coin import spot_of, symbol_on


@dataclass(frozen=True, slots=True)
class Following:
    """`instruments` by symbol with the spot pairs of their coins; `shown` and `books` are symbols among them."""

    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()
    books: frozenset[str] = frozenset()


def following(exchange: str, known: Mapping[str, Instrument], plan: FeedPlan, watched: Watched) -> Following:
    """What to follow of what the exchange trades; what it does not trade, under any name, is left out."""
    there = [instrument.market for instrument in known.values() if instrument.active]
    shown = _named(there, exchange, _symbols(watched.markets, exchange))
    books = _named(there, exchange, _symbols(watched.books, exchange))
    instruments: dict[str, Instrument] = {}
    for symbol in (*_named(there, exchange, plan.symbols), *shown, *books):
        instruments[symbol] = known[symbol]
        pair = next((name for name in spot_of(symbol) if name in known), None)
        if pair is not None and plan.spot:
            instruments[pair] = known[pair]
    return Following(instruments, frozenset(shown), frozenset(books))


def _symbols(markets: Iterable[Market], exchange: str) -> list[str]:
    return sorted(market.symbol for market in markets if market.exchange == exchange)


def _named(there: list[Market], exchange: str, symbols: Iterable[str]) -> list[str]:
    """What the exchange calls them, in order."""
    names = (symbol_on(there, symbol, exchange) for symbol in symbols)
    return [name for name in names if name is not None]
