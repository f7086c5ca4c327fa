"""What can be chosen from what is stored, and how one choice bends another: pure functions on questions."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from heatdesk.engine import Question
from heatdesk.events import Market
from heatdesk.market import DAY_MS, LOOKBACKS, TIMEFRAMES, Kind
from heatdesk.same_coin import parts_of, symbol_on
from heatdesk.store.base import SeriesInfo

Catalogue = tuple[SeriesInfo, ...]

# Columns a screen can use; beyond them a longer candle shows the same picture at a fraction of the memory.
MOST_COLUMNS: Final = 12_000
_FIRST_TIMEFRAME: Final = "5m"
_FIRST_LOOKBACK_MS: Final = 7 * DAY_MS


def _candles(catalogue: Catalogue) -> list[SeriesInfo]:
    """What a map can be made of: spot is kept for its volume alone."""
    return [
        info
        for info in catalogue
        if info.key.kind is Kind.CANDLES and not info.key.source and not parts_of(info.key.symbol).spot
    ]


def symbols(catalogue: Catalogue) -> tuple[str, ...]:
    """Symbols with stored candles, the one with most rows first."""
    rows: dict[str, int] = {}
    for info in _candles(catalogue):
        rows[info.key.symbol] = rows.get(info.key.symbol, 0) + info.rows
    return tuple(sorted(rows, key=lambda symbol: (-rows[symbol], symbol)))


def exchanges(catalogue: Catalogue, symbol: str) -> tuple[str, ...]:
    """Exchanges that hold candles of a symbol, or of what stands in for it there."""
    return tuple(sorted(markets(catalogue, symbol)))


def markets(catalogue: Catalogue, symbol: str) -> dict[str, str]:
    """What each exchange that holds candles of a symbol's coin calls it."""
    coin = parts_of(symbol).base + "/"
    stored = {
        Market(info.key.exchange, info.key.symbol)
        for info in catalogue
        if info.key.symbol.startswith(coin) and info.key.kind is Kind.CANDLES and not info.key.source
    }
    found = {exchange: symbol_on(stored, symbol, exchange) for exchange in {of.exchange for of in stored}}
    return {exchange: own for exchange, own in found.items() if own is not None and not parts_of(own).spot}


def timeframes(catalogue: Catalogue, symbol: str, chosen: tuple[str, ...]) -> tuple[str, ...]:
    """Timeframes that the stored candles of every chosen exchange can make, as far as it has any yet."""
    own = markets(catalogue, symbol)
    stored = {
        exchange: [
            TIMEFRAMES[info.key.timeframe]
            for info in catalogue
            if (info.key.exchange, info.key.symbol) == (exchange, own.get(exchange))
            and info.key.kind is Kind.CANDLES
            and not info.key.source
            and info.key.timeframe in TIMEFRAMES
        ]
        for exchange in chosen
        if exchange in own
    }
    return tuple(
        name
        for name, step in TIMEFRAMES.items()
        if stored and all(any(step % base == 0 for base in bases) for bases in stored.values())
    )


def first_question(
    catalogue: Catalogue, symbol: str | None = None, asked: tuple[str, ...] = ()
) -> Question | None:
    """What a window shows first; None where nothing is stored.

    A symbol or exchange that is asked for but not stored stays in the question: the engine's answer says so.
    """
    stored = symbols(catalogue)
    if not stored:
        return None
    if symbol is None:
        symbol = next((s for s in stored if set(asked) <= set(exchanges(catalogue, s))), stored[0])
    chosen = asked or exchanges(catalogue, symbol) or exchanges(catalogue, stored[0])
    possible = timeframes(catalogue, symbol, chosen)
    timeframe = _FIRST_TIMEFRAME if _FIRST_TIMEFRAME in possible or not possible else possible[0]
    return with_lookback(Question(symbol, chosen, timeframe), _FIRST_LOOKBACK_MS, possible)


def with_lookback(question: Question, lookback_ms: int, possible: tuple[str, ...]) -> Question:
    """Another look-back; the candles grow longer where it would have more columns than a screen can use."""
    fitting = [t for t in possible if lookback_ms // TIMEFRAMES[t] <= MOST_COLUMNS]
    timeframe = question.timeframe
    if fitting and timeframe not in fitting:
        timeframe = fitting[0]
    return replace(question, lookback_ms=lookback_ms, timeframe=timeframe, start_ms=None)


def with_timeframe(question: Question, timeframe: str) -> Question:
    """Other candles; the look-back shrinks where it would have more columns than a screen can use."""
    lookback = question.lookback_ms
    if lookback is not None and lookback // TIMEFRAMES[timeframe] > MOST_COLUMNS:
        lookback = max(ms for ms in LOOKBACKS.values() if ms // TIMEFRAMES[timeframe] <= MOST_COLUMNS)
    return replace(question, timeframe=timeframe, lookback_ms=lookback)


def with_symbol(question: Question, symbol: str, catalogue: Catalogue) -> Question:
    """Another symbol: its own exchanges, and a timeframe that is stored for it."""
    available = exchanges(catalogue, symbol)
    kept = tuple(x for x in question.exchanges if x in available) or available
    return with_exchanges(replace(question, symbol=symbol, price_min=None, price_max=None), kept, catalogue)


def with_exchanges(question: Question, chosen: tuple[str, ...], catalogue: Catalogue) -> Question:
    """Other exchanges, at the nearest timeframe that all of them can make."""
    possible = timeframes(catalogue, question.symbol, chosen)
    timeframe = question.timeframe
    if possible and timeframe not in possible:
        timeframe = possible[0]
    return replace(question, exchanges=chosen, timeframe=timeframe)
