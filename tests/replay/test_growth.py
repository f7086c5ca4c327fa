"""A map that is asked for while its history grows is the map of all that history, to the last bit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.events import Candle, Market
from heatdesk.live import Live, MarketState
from heatdesk.market import COLUMNS, HOUR_MS, MINUTE_MS, Kind, Records, SeriesKey
from heatdesk.model.age_windows import AgeChoice
from heatdesk.model.params import ModelParams
from heatdesk.reading.explain import Cell
from heatdesk.reading.reach import NO_TOUCH
from heatdesk.replay.growth import Growth
from heatdesk.store.memory import MemoryStore
from tests.model.walks import walk
from tests.replay.test_drawn import arrays

BTC = "BTC/USDT:USDT"
SYMBOLS = {"binance": BTC, "dydx": "BTC/USDC:USDC", "okx": BTC}
ASKED = Question(BTC, tuple(SYMBOLS), "5m", lookback_ms=6 * HOUR_MS)
FIELDS = COLUMNS[Kind.CANDLES]


class Market5m:
    """Minutes of several exchanges, stored as they would come in: closed five minutes, then closed ones, then open."""

    def __init__(self, hours: int, seed: int, volatility: float = 0.0004) -> None:
        self.minutes = {}
        for number, exchange in enumerate(SYMBOLS):
            series = walk(hours * 60, seed + number, volatility=volatility)
            start = series.time_ms[0] // HOUR_MS * HOUR_MS
            times = start + np.arange(len(series)) * MINUTE_MS
            self.minutes[exchange] = replace(series, time_ms=times)
        self.start_ms = int(times[0])

    def candles(self, exchange: str, first: int, last: int, step: int) -> Records:
        """Candles of `step` minutes made of the minutes from `first` up to `last`."""
        series = self.minutes[exchange]
        chunks = [slice(i, min(i + step, last)) for i in range(first, last, step)]
        columns = {
            "open": [series.open[c][0] for c in chunks],
            "high": [series.high[c].max() for c in chunks],
            "low": [series.low[c].min() for c in chunks],
            "close": [series.close[c][-1] for c in chunks],
            "volume": [np.add.reduceat(series.volume[c], [0])[0] for c in chunks],
            "taker_buy_volume": [np.add.reduceat(series.taker_buy_volume[c], [0])[0] for c in chunks],
        }
        times = np.array([series.time_ms[c][0] for c in chunks], np.int64)
        return Records(Kind.CANDLES, times, {name: np.array(values) for name, values in columns.items()})

    def tell(self, store: MemoryStore, exchange: str, first: int, last: int) -> None:
        """Store closed candles and open interest of the minutes from `first` to `last`, whole five minutes."""
        key = SeriesKey(exchange, SYMBOLS[exchange], Kind.CANDLES, "5m")
        store.append(key, self.candles(exchange, first, last, 5))
        series = self.minutes[exchange].between(first, last)
        samples = Records(Kind.OPEN_INTEREST, series.time_ms, {"open_interest": series.open_interest})
        store.append(replace(key, kind=Kind.OPEN_INTEREST, timeframe=""), samples)

    def live(self, store: MemoryStore, closed: int, now: int) -> Live:
        """Minutes after the last closed five are stored, the one at `now` is open."""
        markets = {}
        for exchange, symbol in SYMBOLS.items():
            if now > closed:
                key = SeriesKey(exchange, symbol, Kind.CANDLES, "1m")
                store.append(key, self.candles(exchange, closed, now, 1))
            row = self.candles(exchange, now, now + 1, 1)
            values = [float(row[name][0]) for name in FIELDS]
            candle = Candle(symbol, "1m", int(row.time_ms[0]), *values, False)
            markets[Market(exchange, symbol)] = MarketState(Market(exchange, symbol), candle)
        return Live(markets=markets)

    def at_once(self, closed: dict[str, int], now: int, question: Question = ASKED) -> Snapshot:
        """The map of a store in which the forming candles are stored like closed ones."""
        store = MemoryStore()
        for exchange, n in closed.items():
            self.tell(store, exchange, 0, n)
            key = SeriesKey(exchange, SYMBOLS[exchange], Kind.CANDLES, "5m")
            store.append(key, self.candles(exchange, n, now + 1, 5))
        return Engine(store, remembered_bytes=0).ask(question)


def alike(a: Snapshot, b: Snapshot) -> bool:
    pairs = zip(arrays(a.heatmap), arrays(b.heatmap), strict=True)
    candles = all(a.candles[name].tobytes() == b.candles[name].tobytes() for name in FIELDS)
    clusters = [
        [replace(c, touch=NO_TOUCH) for c in of.clusters] for of in (a, b)
    ]  # its reach knows closed ones
    return candles and clusters[0] == clusters[1] and all(x.tobytes() == y.tobytes() for x, y in pairs)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    timeframe=st.sampled_from(("5m", "5m", "15m", "1h")),
    steps=st.lists(
        st.tuples(st.integers(0, 7), st.integers(0, 4), st.sampled_from((0.0, 0.0, 1.0))),
        min_size=3,
        max_size=9,
    ),
)
def test_any_split_of_history_gives_the_same_map_as_at_once(
    seed: int, timeframe: str, steps: list[tuple[int, int, float]]
):
    """Each step closes some five minutes, of all exchanges or all but one that is late, and opens some minutes."""
    market, store = Market5m(14, seed), MemoryStore()
    closed = dict.fromkeys(SYMBOLS, 600)
    for exchange in SYMBOLS:
        market.tell(store, exchange, 0, 600)
    engine, end, question = Engine(store), 600, replace(ASKED, timeframe=timeframe)
    for fives, minutes, late in steps:
        end = min(end + 5 * fives, 14 * 60 - 5)
        for number, exchange in enumerate(SYMBOLS):
            if not (late and number == 1):
                market.tell(store, exchange, closed[exchange], end)
                closed[exchange] = end
        behind = min(closed.values())
        engine.set_live(market.live(store, behind, end + minutes))
        grown = engine.ask(question)
        assert alike(grown, market.at_once(closed, end + minutes, question))
        step_ms = grown.heatmap.step_ms
        assert grown.heatmap.times_ms[-1] == (market.start_ms + end * MINUTE_MS) // step_ms * step_ms


def test_a_new_high_beyond_the_grid_and_a_wild_market_change_nothing():
    market, store = Market5m(14, 5, volatility=0.006), MemoryStore()
    for exchange in SYMBOLS:
        market.tell(store, exchange, 0, 300)
    engine = Engine(store)
    for end in range(300, 800, 35):
        for exchange in SYMBOLS:
            market.tell(store, exchange, end - 35, end)
        engine.set_live(market.live(store, end, end + 2))
        assert alike(engine.ask(ASKED), market.at_once(dict.fromkeys(SYMBOLS, end), end + 2))


def test_backfilled_history_is_seen():
    """Older candles, and candles in a hole, change the map as if they had been there from the start."""
    market, store = Market5m(12, 3), MemoryStore()
    for exchange in SYMBOLS:
        market.tell(store, exchange, 300, 400)
        market.tell(store, exchange, 450, 600)
    engine = Engine(store)
    engine.set_live(market.live(store, 600, 602))
    before = engine.ask(ASKED)
    assert before.gaps
    market.tell(store, "dydx", 0, 300)
    assert not alike(before, engine.ask(ASKED))
    for exchange in SYMBOLS:
        market.tell(store, exchange, 0, 600)
    after = engine.ask(ASKED)
    assert not after.gaps
    assert alike(after, market.at_once(dict.fromkeys(SYMBOLS, 600), 602))


def test_only_an_answer_about_now_breathes():
    """Beside windows; who asks about the past on the command line waits for nobody."""
    market, store = Market5m(12, 3), MemoryStore()
    for exchange in SYMBOLS:
        market.tell(store, exchange, 0, 600)
    breaths: list[None] = []
    engine = Engine(store, breathe=lambda: breaths.append(None))
    engine.ask(ASKED)
    assert not breaths
    engine.set_live(market.live(store, 600, 602))
    engine.ask(ASKED)
    assert len(breaths) > 3


def test_only_columns_at_the_end_change_and_the_map_says_which():
    market, store = Market5m(12, 8), MemoryStore()
    for exchange in SYMBOLS:
        market.tell(store, exchange, 0, 600)
    engine = Engine(store)
    engine.set_live(market.live(store, 600, 601))
    first = engine.ask(ASKED).heatmap
    engine.set_live(market.live(store, 600, 603))
    second = engine.ask(ASKED).heatmap
    same = second.same_columns(first)
    assert same == second.shape[1] - 1
    assert np.array_equal(first.notional_long[:, :same], second.notional_long[:, :same])
    assert not np.array_equal(first.notional_long, second.notional_long)
    assert not first.notional_long.flags.writeable
    for exchange in SYMBOLS:
        market.tell(store, exchange, 600, 605)
    engine.set_live(market.live(store, 605, 606))
    moved = engine.ask(ASKED).heatmap
    assert moved.same_columns(second) == 0  # every column stands one further to the left
    left, carried = moved.carried_over(second)
    assert left == 1 and 0 < carried < second.shape[1]
    assert np.array_equal(second.notional_long[:, left : left + carried], moved.notional_long[:, :carried])
    engine.set_live(None)
    assert engine.ask(ASKED).heatmap.same_columns(moved) == 0


def test_what_forms_is_never_learned_from_nor_kept():
    """The same engine without the feed draws what is stored, though it has looked ahead."""
    market, store = Market5m(12, 9), MemoryStore()
    for exchange in SYMBOLS:
        market.tell(store, exchange, 0, 600)
    engine = Engine(store)
    plain = engine.ask(ASKED)
    engine.set_live(market.live(store, 600, 604))
    ahead = engine.ask(ASKED)
    assert ahead.reach == plain.reach
    engine.set_live(None)
    assert alike(engine.ask(ASKED), plain)


def test_a_cell_of_the_forming_column_adds_up_from_its_parts():
    market, store = Market5m(12, 4), MemoryStore()
    for exchange in SYMBOLS:
        market.tell(store, exchange, 0, 600)
    engine = Engine(store)
    engine.set_live(market.live(store, 600, 603))
    heatmap = engine.ask(ASKED).heatmap
    column = heatmap.notional("both")[:, -1]
    for row in np.argsort(-column)[:3]:
        explained = engine.explain(ASKED, Cell.of(heatmap, int(row), heatmap.shape[1] - 1))
        assert explained.parts.left.sum() == pytest.approx(float(column[row]), rel=1e-5)


@pytest.mark.parametrize(
    "changes", [{"tiers": (10.0, 25.0)}, {"ages": AgeChoice()}, {"params": ModelParams(estimator="volume")}]
)
def test_other_maps_grow_as_well(changes: dict[str, object]):
    market, store = Market5m(14, 6), MemoryStore()
    question = replace(ASKED, **changes)
    engine = Engine(store)
    for end in (600, 605, 615):
        for exchange in SYMBOLS:
            market.tell(store, exchange, 0, end)
        engine.set_live(market.live(store, end, end + 3))
        grown = engine.ask(question)
        whole = market.at_once(dict.fromkeys(SYMBOLS, end), end + 3, question)
        assert alike(grown, whole)
        assert (grown.heatmap.steady is None) == (question.ages is not None)


def record(store: MemoryStore, start_ms: int, hours: int) -> None:
    """Liquidated USD of whole hours on Binance."""
    usd = np.random.default_rng(1).lognormal(13, 1, (2, hours))
    columns = {"liquidation_long_usd": usd[0], "liquidation_short_usd": usd[1]}
    times = start_ms + np.arange(hours, dtype=np.int64) * HOUR_MS
    store.append(SeriesKey("binance", BTC, Kind.TOTALS, "1h"), Records(Kind.TOTALS, times, columns))


def test_what_is_learned_meanwhile_is_in_the_map():
    """Weights learned from recorded liquidations change from hour to hour, and from column to column."""
    days = 5 * 24
    market, store = Market5m(days, 7), MemoryStore()
    engine, start = Engine(store), market.start_ms
    learned = set()
    for end in range((days - 50) * 60, (days - 2) * 60, 245):
        for exchange in SYMBOLS:
            market.tell(store, exchange, 0, end)
        record(store, start, end // 60)
        engine.set_live(market.live(store, end, end + 2))
        grown = engine.ask(ASKED)
        assert grown.lessons[0] is not None
        learned.add(grown.heatmap.meta["weights"]["binance"]["days"])
        fresh = Engine(store)
        fresh.set_live(market.live(store, end, end + 2))
        assert alike(grown, fresh.ask(ASKED))
    assert len(learned) > 2


@pytest.mark.parametrize("tiers", [None, (10.0, 25.0)])
def test_memory_is_bounded(tiers: tuple[float, ...] | None):
    market, store = Market5m(12, 2), MemoryStore()
    for exchange in SYMBOLS:
        market.tell(store, exchange, 0, 600)
    engine = Engine(store)
    engine._growth = Growth(most_bytes=1)
    engine.set_live(market.live(store, 600, 601))
    for exchanges in (tuple(SYMBOLS), ("binance",), ("okx", "dydx")):
        engine.ask(replace(ASKED, exchanges=exchanges, tiers=tiers))
    heatmap = engine.ask(replace(ASKED, tiers=tiers)).heatmap
    assert engine._growth.n_bytes == heatmap.notional_long.nbytes * 2
