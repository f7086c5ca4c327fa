"""The simulated market handed to a store, and its maps through the very engine of the window."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from heatdesk.engine import Engine, Question
from heatdesk.errors import BadInputError
from heatdesk.feed.simulated import feed as feed_module
from heatdesk.feed.simulated.feed import FASTEST, SimulatedFeed
from heatdesk.feed.simulated.market import MINUTES_PER_DAY, START_MS, Market
from heatdesk.market import DAY_MS, MINUTE_MS, Kind, Records, SeriesKey
from heatdesk.store.memory import MemoryStore


def desk(seed: int, minutes: int = 0) -> tuple[MemoryStore, SimulatedFeed]:
    store = MemoryStore()
    feed = SimulatedFeed(store.append, seed, FASTEST)
    feed.advance(minutes)
    return store, feed


def candles(store: MemoryStore, exchange: str) -> Records:
    return store.read(SeriesKey(exchange, "BTC/USDT:USDT", Kind.CANDLES, "1m")).records


def test_the_store_holds_what_the_market_published() -> None:
    store, feed = desk(3, 200)
    for batch in Market(3).advance(200):
        np.testing.assert_array_equal(candles(store, batch.exchange)["close"], batch.candles["close"])
        events = SeriesKey(batch.exchange, feed.symbol, Kind.EVENTS)
        assert store.coverage(events) == (batch.covered,)
        assert len(store.read(events).records) == len(batch.events)
    assert {info.key.kind for info in store.list()} >= {Kind.CANDLES, Kind.OPEN_INTEREST, Kind.TOTALS}
    assert feed.time_ms == START_MS + 200 * MINUTE_MS


def test_without_one_exchange_the_map_is_the_sum_of_the_other_two() -> None:
    store, feed = desk(1, 2 * MINUTES_PER_DAY)
    question = Question(feed.symbol, feed.exchanges, "5m", price_min=40_000.0, price_max=90_000.0)
    engine = Engine(store)
    alone = {x: engine.ask(replace(question, exchanges=(x,))).heatmap for x in feed.exchanges}
    for off in feed.exchanges:
        others = tuple(x for x in feed.exchanges if x != off)
        rest = engine.ask(replace(question, exchanges=others)).heatmap
        for side in ("long", "short"):
            total = sum(alone[x].notional(side).astype(float) for x in others)
            np.testing.assert_allclose(rest.notional(side), total, rtol=1e-5)
            assert alone[off].notional(side).sum() > 0


def test_it_runs_at_its_speed_until_it_is_stopped() -> None:
    store, feed = desk(1)
    feed.start()
    feed.start()  # once is enough
    deadline = time.monotonic() + 20
    while feed.time_ms < START_MS + 60 * MINUTE_MS and time.monotonic() < deadline:
        assert len(feed.positions()) > 1_000  # may be asked meanwhile
        time.sleep(0.02)
    feed.stop()
    stopped = feed.time_ms
    assert stopped >= START_MS + 60 * MINUTE_MS
    lengths = {len(candles(store, exchange)) for exchange in feed.exchanges}
    assert lengths == {(stopped - START_MS) // MINUTE_MS}
    time.sleep(0.4)
    assert feed.time_ms == stopped
    feed.stop()  # and once more does no harm


def test_it_can_be_paused_and_started_again() -> None:
    _, feed = desk(1)
    feed.speed = 0.0
    feed.start()
    time.sleep(0.6)
    assert feed.time_ms == START_MS
    feed.speed = FASTEST
    deadline = time.monotonic() + 20
    while feed.time_ms == START_MS and time.monotonic() < deadline:
        time.sleep(0.02)
    feed.stop()
    assert feed.time_ms > START_MS


@pytest.mark.parametrize("speed", [-1.0, FASTEST + 1, float("nan")])
def test_a_speed_out_of_range_is_refused(speed: float) -> None:
    _, feed = desk(1)
    with pytest.raises(BadInputError, match="minutes per second"):
        feed.speed = speed
    assert feed.speed == FASTEST


def test_it_stands_still_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "LONGEST_MINUTES", MINUTES_PER_DAY)
    _, feed = desk(1, MINUTES_PER_DAY - 10)
    assert not feed.ended
    feed.advance(100)
    assert feed.ended
    assert feed.time_ms == START_MS + DAY_MS
    feed.start()  # ends by itself
    feed.stop()
    assert feed.time_ms == START_MS + DAY_MS


def test_live_minutes_change_no_older_column() -> None:
    store, feed = desk(4, MINUTES_PER_DAY)
    question = Question(feed.symbol, feed.exchanges, "5m", price_min=40_000.0, price_max=90_000.0)
    before = Engine(store).ask(question).heatmap
    feed.advance(7)
    after = Engine(store).ask(question).heatmap
    n = before.shape[1]
    np.testing.assert_array_equal(after.notional_long[:, :n], before.notional_long)
    assert after.shape[1] > n
