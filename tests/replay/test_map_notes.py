"""Where exchanges join a map without a step in it, and what became of its holes."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.engine import Engine, Question
from heatdesk.events import Market
from heatdesk.live import Hole, HoleState, Live, MarketState
from heatdesk.market import COLUMNS, DAY_MS, Interval, Kind, Records, SeriesKey
from heatdesk.model.series import Series
from heatdesk.replay.map_notes import MISSING, Join
from heatdesk.store.memory import MemoryStore
from tests.model.walks import STEP_MS, walk

BTC = "BTC/USDT:USDT"
N, JOINS = 6 * 288, 3 * 288


def put(store: MemoryStore, exchange: str, series: Series, rows: slice | np.ndarray, told: slice) -> None:
    """Some candles, and open interest from another row on."""
    columns = {name: getattr(series, name)[rows] for name in COLUMNS[Kind.CANDLES]}
    key = SeriesKey(exchange, BTC, Kind.CANDLES, "5m")
    store.append(key, Records(Kind.CANDLES, series.time_ms[rows], columns))
    samples = {"open_interest": series.open_interest[told]}
    store.append(
        SeriesKey(exchange, BTC, Kind.OPEN_INTEREST),
        Records(Kind.OPEN_INTEREST, series.time_ms[told], samples),
    )


def test_candles_and_open_interest_that_begin_inside_the_view_are_marked():
    store, series = MemoryStore(), walk(N)
    put(store, "binance", series, slice(None), slice(None))
    put(store, "bybit", series, slice(JOINS, None), slice(JOINS, None))
    put(store, "okx", series, slice(None), slice(JOINS + 5, None))
    names = ("binance", "bybit", "okx")
    at = int(series.time_ms[JOINS])
    expected = (Join("bybit", at, "candles"), Join("okx", at + 5 * STEP_MS, "open_interest"))
    assert Engine(store).ask(Question(BTC, names)).joins == expected
    assert Engine(store).ask(Question(BTC, names, lookback_ms=2 * DAY_MS)).joins == ()


@pytest.mark.parametrize("begins", ["candles", "open_interest"])
def test_an_exchange_that_joins_makes_no_step_in_the_aggregate(begins: str):
    """What a column holds changes no more where open interest or a whole history begins than it does elsewhere."""
    store = MemoryStore()
    one, other = walk(N, 1), walk(N, 2)
    put(store, "binance", one, slice(None), slice(None))
    since = slice(JOINS, None)
    put(store, "bybit", other, since if begins == "candles" else slice(None), since)
    heatmap = Engine(store).ask(Question(BTC, ("binance", "bybit"))).heatmap
    sums = heatmap.notional("both").sum(axis=0, dtype=float)
    change = np.abs(np.diff(sums)) / sums[:-1]
    elsewhere = np.quantile(np.r_[change[JOINS - 288 : JOINS - 12], change[JOINS + 12 : JOINS + 288]], 0.99)
    assert change[JOINS - 2 : JOINS + 2].max() <= max(elsewhere, 0.01)


def live_with(*holes: Hole) -> Live:
    market = Market("binance", BTC)
    return Live(markets={market: MarketState(market)}, holes=holes)


def test_holes_carry_the_state_of_the_ledger():
    store, series = MemoryStore(), walk(N)
    kept = np.r_[0:100, 110:200, 230:300, 310:N]
    put(store, "binance", series, kept, slice(None))

    def span(first: int, last: int) -> Interval:
        return Interval(int(series.time_ms[first]), int(series.time_ms[last]))

    engine = Engine(store)
    plain = engine.ask(Question(BTC, ("binance",)))
    assert [(h.interval, h.state) for h in plain.holes] == [(gap, MISSING) for gap in plain.gaps]
    engine.set_live(
        live_with(
            Hole("binance", BTC, "candles 5m", span(105, 112), HoleState.OPEN, "socket closed"),
            Hole("binance", BTC, "candles", span(200, 230), HoleState.NONE_THERE, "exchange was down"),
            Hole("binance", BTC, "candles", span(400, 410), HoleState.OPEN, "stored since"),
            Hole("binance", BTC, "events", span(300, 310), HoleState.OPEN, "not about candles"),
            Hole("bybit", BTC, "candles", span(300, 310), HoleState.OPEN, "another exchange"),
        )
    )
    told = engine.ask(Question(BTC, ("binance",)))
    assert told.gaps == plain.gaps
    assert [(h.interval, h.state) for h in told.holes] == [
        (span(100, 110), HoleState.OPEN),
        (span(200, 230), HoleState.NONE_THERE),
        (span(300, 310), MISSING),
    ]


def test_an_exchange_that_fell_silent_has_a_hole_up_to_now_where_the_ledger_says_so():
    store, series = MemoryStore(), walk(N)
    put(store, "binance", series, slice(None), slice(None))
    put(store, "bybit", series, slice(0, N - 20), slice(0, N - 20))
    engine, question = Engine(store), Question(BTC, ("binance", "bybit"))
    assert engine.ask(question).holes == ()
    silent = Interval(int(series.time_ms[N - 20]), int(series.time_ms[-1]) + STEP_MS)
    engine.set_live(live_with(Hole("bybit", BTC, "candles", silent, HoleState.OPEN, "no data")))
    (hole,) = engine.ask(question).holes
    assert hole.exchange == "bybit"
    assert hole.interval == silent


def test_a_silence_within_the_candle_that_forms_is_a_hole_while_it_lasts():
    """Part of the candle is known, so nothing of it is missing; what is not heard right now is shown all the same."""
    store, series = MemoryStore(), walk(N)
    put(store, "binance", series, slice(None), slice(None))
    opened = int(series.time_ms[-1])
    engine = Engine(store)
    silent = Hole(
        "binance", BTC, "candles", Interval(opened + 60_000, opened + 90_000), HoleState.OPEN, "cut"
    )
    engine.set_live(live_with(silent))
    assert engine.ask(Question(BTC, ("binance",))).holes == (silent,)
    engine.set_live(live_with(silent._replace(state=HoleState.FILLED)))
    assert engine.ask(Question(BTC, ("binance",))).holes == ()
