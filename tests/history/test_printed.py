"""Real liquidations of a stretch: which are kept, and what those held back would add."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.engine import Engine, Question
from heatdesk.events import Market
from heatdesk.history.printed import read_printed
from heatdesk.market import HOUR_MS, Interval, Kind, Records, SeriesKey
from heatdesk.store.memory import MemoryStore
from tests.history.test_histories import BTC, put
from tests.model.walks import walk

HOUR = 500_000 * HOUR_MS
BINANCE, BYBIT = Market("binance", BTC), Market("bybit", BTC)


def tell(store: MemoryStore, market: Market, times: np.ndarray, usd: np.ndarray, side: np.ndarray) -> None:
    price = np.full(len(times), 60_000.0)
    columns = {"side": side, "price": price, "quantity": usd / price, "notional_usd": usd}
    covered = [Interval(int(times[0]), int(times[-1]) + 1)]
    store.append(SeriesKey(*market, Kind.EVENTS), Records(Kind.EVENTS, times, columns), covered)


@pytest.fixture
def store() -> MemoryStore:
    """Binance tells at most one a second and is full; Bybit tells all, several in a second."""
    made = MemoryStore()
    rng = np.random.default_rng(3)
    full = HOUR + np.sort(rng.choice(3_600, 3_300, replace=False)).astype(np.int64) * 1_000
    tell(made, BINANCE, full, rng.lognormal(8, 1, len(full)), np.where(np.arange(len(full)) % 3, 1.0, -1.0))
    calm = HOUR + np.sort(rng.integers(0, HOUR_MS, 400))
    tell(made, BYBIT, calm, rng.lognormal(8, 1, 400), np.ones(400))
    return made


def test_what_a_throttled_feed_holds_back_is_added(store: MemoryStore):
    made = read_printed(store, (BINANCE, BYBIT), HOUR, HOUR + HOUR_MS)
    assert made.counted.tolist() == [3_300, 400]
    ratio = made.kept.corrected_usd / made.kept.usd
    assert (
        2.0 < ratio[made.kept.market_of == 0].min() < 4.0
    )  # 55 of 60 seconds: −60·ln(1 − 55/60) came, 149 a minute
    assert ratio[made.kept.market_of == 1].max() < 1.05
    assert made.reported_usd.sum() == pytest.approx(made.kept.usd.sum())
    assert made.estimated_usd.sum() == pytest.approx(made.kept.corrected_usd.sum())
    assert made.reported_usd[1, 1] == 0.0
    assert np.all(np.diff(made.kept.time_ms) >= 0)


def test_the_largest_are_kept_and_all_are_counted(store: MemoryStore):
    every = read_printed(store, (BINANCE, BYBIT), HOUR, HOUR + HOUR_MS)
    few = read_printed(store, (BINANCE, BYBIT), HOUR, HOUR + HOUR_MS, most=100)
    assert len(few.kept) == 100
    assert few.kept.usd.min() >= np.sort(every.kept.usd)[-100]
    assert np.array_equal(few.reported_usd, every.reported_usd)
    assert np.array_equal(few.counted, every.counted)


def test_only_the_stretch_counts_but_its_whole_hour_says_how_full_the_feed_was(store: MemoryStore):
    whole = read_printed(store, (BINANCE,), HOUR, HOUR + HOUR_MS)
    late = read_printed(store, (BINANCE,), HOUR + HOUR_MS // 2, HOUR + HOUR_MS)
    assert late.kept.time_ms.min() >= HOUR + HOUR_MS // 2
    both = np.isin(whole.kept.time_ms, late.kept.time_ms)
    assert np.array_equal(whole.kept.corrected_usd[both], late.kept.corrected_usd)


def test_nothing_recorded_is_nothing_printed():
    made = read_printed(MemoryStore(), (BINANCE, BYBIT), HOUR, HOUR + HOUR_MS)
    assert len(made.kept) == 0
    assert made.counted.tolist() == [0, 0]
    assert made.reported_usd.shape == (2, 2)


def test_a_snapshot_has_them_where_the_question_asks():
    store, series = MemoryStore(), walk(300)
    put(store, "binance", BTC, series)
    times = series.time_ms[[10, 200]] + 7
    tell(store, BINANCE, times, np.array([1e5, 2e5]), np.array([1.0, -1.0]))
    engine = Engine(store)
    assert engine.ask(Question(BTC, ("binance",))).liquidations is None
    made = engine.ask(Question(BTC, ("binance",), liquidations=True)).liquidations
    assert made.kept.time_ms.tolist() == times.tolist()
    assert made.kept.side.tolist() == [1, -1]
    with pytest.raises(ValueError, match="read-only"):
        made.kept.usd[0] = 0.0
