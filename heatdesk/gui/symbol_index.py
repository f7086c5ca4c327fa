"""Every coin that can be looked at, over all exchanges and quote currencies, and how it is found. Without Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from heatdesk.live import Instrument, Live
from heatdesk.market import Kind
from heatdesk.store.base import SeriesInfo

# Of one coin the pair is named that most of its market trades; the others are added up with it.
_QUOTES: Final = ("USDT", "USDC", "USD")


@dataclass(frozen=True, slots=True)
class Coin:
    """One underlying: `symbol` names it in a question, `listed` says who trades it, as (exchange, symbol).

    `stored` are the exchanges whose history is here; `open_interest_usd` is NaN where nobody has told.
    """

    base: str
    symbol: str
    listed: tuple[tuple[str, str], ...]
    stored: frozenset[str] = frozenset()
    open_interest_usd: float = float("nan")

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Where it is traded, each once."""
        return tuple(dict.fromkeys(exchange for exchange, _ in self.listed))

    def quotes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Exchanges by quote currency: (("USDT", ("binance", "bybit")), ("USD inverse", ("deribit",)))."""
        found: dict[str, list[str]] = {}
        for exchange, symbol in self.listed:
            found.setdefault(quote_of(symbol), []).append(exchange)
        return tuple((quote, tuple(dict.fromkeys(names))) for quote, names in found.items())


def base_of(symbol: str) -> str:
    """BTC of ``BTC/USDT:USDT``."""
    return symbol.partition("/")[0]


def quote_of(symbol: str) -> str:
    """USDT of ``BTC/USDT:USDT``, ``USD inverse`` of ``BTC/USD:BTC``."""
    quote, _, settled = symbol.partition("/")[2].partition(":")
    return f"{quote} inverse" if settled == base_of(symbol) else quote


def coins(
    instruments: Iterable[Instrument], catalogue: Iterable[SeriesInfo], order: Sequence[str] = ()
) -> tuple[Coin, ...]:
    """All coins with a perpetual that is traded or stored; most widely traded first, then by name.

    `order` is how exchanges are named, one after the other.
    """
    listed: dict[str, set[tuple[str, str]]] = {}
    stored: dict[str, set[str]] = {}
    for instrument in instruments:
        if instrument.kind != "spot" and instrument.active:
            listed.setdefault(instrument.base, set()).add((instrument.exchange, instrument.symbol))
    for info in catalogue:
        key = info.key
        if key.kind is Kind.CANDLES and not key.source and ":" in key.symbol:
            listed.setdefault(base_of(key.symbol), set()).add((key.exchange, key.symbol))
            stored.setdefault(base_of(key.symbol), set()).add(key.exchange)
    rank = {name: index for index, name in enumerate(order)}
    found = [
        _coin(base, pairs, frozenset(stored.get(base, ())), rank) for base, pairs in sorted(listed.items())
    ]
    return tuple(sorted(found, key=lambda coin: (-len(coin.exchanges), coin.base)))


def _coin(base: str, pairs: set[tuple[str, str]], stored: frozenset[str], rank: Mapping[str, int]) -> Coin:
    def place(pair: tuple[str, str]) -> tuple[int, int, str, str]:
        quote = quote_of(pair[1])
        return (
            _QUOTES.index(quote) if quote in _QUOTES else len(_QUOTES),
            rank.get(pair[0], len(rank)),
            *pair,
        )

    ordered = tuple(sorted(pairs, key=place))
    return Coin(base, ordered[0][1], ordered, stored)


def open_interest_usd(live: Live) -> dict[str, float]:
    """USD of open interest by coin, as far as the feeds tell it now."""
    total: dict[str, float] = {}
    for market, state in live.markets.items():
        usd = state.open_interest * state.price
        if usd == usd and ":" in market.symbol:
            total[base_of(market.symbol)] = total.get(base_of(market.symbol), 0.0) + usd
    return total


class SymbolIndex:
    """Finds coins by what is typed, favourites and recent ones first; made once, asked at every key."""

    def __init__(
        self, found: Sequence[Coin], favourites: Sequence[str] = (), recent: Sequence[str] = ()
    ) -> None:
        first = {base_of(s): i for i, s in enumerate(dict.fromkeys((*favourites, *recent)))}
        self._coins = sorted(found, key=lambda coin: first.get(coin.base, len(first)))
        self._words = [
            f"{coin.base} {' '.join(f'{e} {s}' for e, s in coin.listed)}".lower() for coin in self._coins
        ]

    def search(self, typed: str) -> list[Coin]:
        """Coins of which every typed word is found; names that begin with the first word come first."""
        words = typed.lower().split()
        if not words:
            return list(self._coins)
        hits = [
            coin
            for coin, text in zip(self._coins, self._words, strict=True)
            if all(word in text for word in words)
        ]
        return sorted(hits, key=lambda coin: _fit(coin.base.lower(), words))


def _fit(base: str, words: Sequence[str]) -> int:
    if base in words:
        return 0
    if any(base.startswith(word) for word in words):
        return 1
    return 2 if any(word in base for word in words) else 3
