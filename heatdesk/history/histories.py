"""The histories that a question is about: one of each exchange, whatever it calls the coin, as far as it is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from heatdesk.errors import NoHistoryError
from heatdesk.events import Market
from heatdesk.history.instrument import History, read_history
from heatdesk.live import Live
from heatdesk.market import Kind
from heatdesk.same_coin import symbol_on
from heatdesk.store.base import Readable, SeriesInfo


class Together(NamedTuple):
    """The histories of several exchanges in the order asked for, and the exchanges of which nothing is stored yet."""

    histories: tuple[History, ...]
    left_out: tuple[str, ...]

    def notes(self, symbol: str) -> tuple[str, ...]:
        """What a reader must know about who makes up the map."""
        renamed: dict[str, list[str]] = {}
        for history in self.histories:
            if history.symbol != symbol:
                renamed.setdefault(history.symbol, []).append(history.exchange)
        stands_in = (f"{', '.join(on)}: {other} stands in for {symbol}." for other, on in renamed.items())
        missing = (f"{exchange}: nothing of {symbol} is stored yet, left out." for exchange in self.left_out)
        return (*stands_in, *missing)


def stored_markets(catalogue: Iterable[SeriesInfo]) -> tuple[Market, ...]:
    """Everything that is stored with candles of its own."""
    keys = (info.key for info in catalogue)
    return tuple(
        Market(key.exchange, key.symbol) for key in keys if key.kind is Kind.CANDLES and not key.source
    )


def read_together(
    store: Readable,
    symbol: str,
    exchanges: Sequence[str],
    step_ms: int,
    end_ms: int | None,
    live: Live | None = None,
) -> Together:
    """Read what is stored of a coin on several exchanges, each as `read_history` does.

    `live` adds the candles that are forming. Raises NoHistoryError where none has any, BadInputError as `read_history`.
    """
    markets = frozenset(stored_markets(store.list()))
    found: list[History] = []
    left_out: list[str] = []
    first: NoHistoryError | None = None
    for exchange in exchanges:
        own = symbol_on(markets, symbol, exchange) or symbol
        state = None if live is None else live.markets.get(Market(exchange, own))
        try:
            now = None if state is None else state.forming
            found.append(read_history(store, own, exchange, step_ms, end_ms, now))
        except NoHistoryError as error:
            first = first or error
            left_out.append(exchange)
    if first is not None and not found:
        raise first
    return Together(tuple(found), tuple(left_out))
