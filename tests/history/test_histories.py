"""One coin on several exchanges: what it is called there, and what is missing."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.engine import Engine, Question
from heatdesk.errors import BadInputError
from heatdesk.gui import choices
from heatdesk.market import COLUMNS, Kind, Records, SeriesKey
from heatdesk.model.series import Series
from heatdesk.store.memory import MemoryStore
from tests.model.walks import walk

BTC = "BTC/USDT:USDT"
OVER = {
    "binance": BTC,
    "dydx": "BTC/USDC:USDC",
    "hyperliquid": "BTC/USDC:USDC",
    "deribit": "BTC/USD:BTC",
}


def put(store: MemoryStore, exchange: str, symbol: str, series: Series, timeframe: str = "5m") -> None:
    """Candles and open interest of one exchange."""
    candles = {name: getattr(series, name) for name in COLUMNS[Kind.CANDLES]}
    store.append(
        SeriesKey(exchange, symbol, Kind.CANDLES, timeframe), Records(Kind.CANDLES, series.time_ms, candles)
    )
    store.append(
        SeriesKey(exchange, symbol, Kind.OPEN_INTEREST),
        Records(Kind.OPEN_INTEREST, series.time_ms, {"open_interest": series.open_interest}),
    )


@pytest.fixture
def store() -> MemoryStore:
    made = MemoryStore()
    for seed, (exchange, symbol) in enumerate(OVER.items()):
        put(made, exchange, symbol, walk(400, seed=seed))
    return made


def test_quote_currencies_are_added_up_and_told(store: MemoryStore):
    engine = Engine(store)
    snapshot = engine.ask(Question(BTC, tuple(OVER)))
    assert snapshot.heatmap.meta["symbols"] == OVER
    assert [(m.exchange, m.symbol) for m in snapshot.markets] == list(OVER.items())
    assert f"dydx, hyperliquid: BTC/USDC:USDC stands in for {BTC}." in snapshot.notes
    alone = [engine.ask(Question(symbol, (x,))).heatmap for x, symbol in OVER.items()]
    low = max(m.prices[0] for m in (*alone, snapshot.heatmap))
    high = min(m.prices[-1] for m in (*alone, snapshot.heatmap))

    def within(heatmap: object) -> np.ndarray:
        rows = slice(*np.searchsorted(heatmap.prices, (low, high)))
        return heatmap.notional_long[rows].astype(float)

    assert np.allclose(within(snapshot.heatmap), sum(within(m) for m in alone), rtol=1e-4, atol=1.0)


def test_an_exchange_that_has_nothing_yet_is_left_out_and_named(store: MemoryStore):
    engine = Engine(store)
    some = engine.ask(Question(BTC, ("okx", "binance", "bybit")))
    assert some.heatmap.exchanges == ("binance",)
    assert {f"okx: nothing of {BTC} is stored yet, left out."} < set(some.notes)
    with pytest.raises(BadInputError, match="is not stored; choose one of"):
        engine.ask(Question(BTC, ("okx", "bybit")))


def test_spot_is_never_offered_and_never_drawn(store: MemoryStore):
    put(store, "okx", "BTC/USDT", walk(400))
    put(store, "binance", "BTC/USDT", walk(900))
    catalogue = store.list()
    assert "BTC/USDT" not in choices.symbols(catalogue)
    assert choices.exchanges(catalogue, BTC) == tuple(sorted(OVER))
    assert choices.markets(catalogue, BTC) == OVER
    assert choices.first_question(catalogue).symbol != "BTC/USDT"
    with pytest.raises(BadInputError, match="is not stored"):
        Engine(store).ask(Question(BTC, ("okx",)))


def test_timeframes_are_those_of_what_stands_in(store: MemoryStore):
    put(store, "okx", "BTC/USDC:USDC", walk(60), "1m")
    catalogue = store.list()
    assert "1m" in choices.timeframes(catalogue, BTC, ("okx",))
    assert "1m" not in choices.timeframes(catalogue, BTC, ("okx", "dydx"))
