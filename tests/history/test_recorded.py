"""Stored liquidations as recorded hours: sums, single events, holes, a feed that lets one a second through."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.history.recorded import hours_of_events, hours_of_totals, let_through, read_hours, recordings
from heatdesk.market import HOUR_MS, MINUTE_MS, Interval, Kind, Records, SeriesKey
from heatdesk.store.memory import MemoryStore

BTC = "BTC/USDT:USDT"
START = 1_764_828_000_000
EVENTS = SeriesKey("binance", BTC, Kind.EVENTS)
TOTALS = SeriesKey("binance", BTC, Kind.TOTALS, "1h")


def events(time_ms, side, usd) -> Records:
    n = len(time_ms)
    columns = {
        "side": np.array(side, float),
        "price": np.full(n, 90_000.0),
        "quantity": np.array(usd, float) / 90_000.0,
        "notional_usd": np.array(usd, float),
    }
    return Records(Kind.EVENTS, np.array(time_ms, np.int64), columns)


def totals(time_ms, long, short) -> Records:
    columns = {"liquidation_long_usd": np.array(long, float), "liquidation_short_usd": np.array(short, float)}
    return Records(Kind.TOTALS, np.array(time_ms, np.int64), columns)


def test_events_add_up_by_hour_and_side():
    at = [START + 1, START + 5 * MINUTE_MS, START + 59 * MINUTE_MS, START + HOUR_MS]
    found = hours_of_events(
        events(at, [1, -1, 1, 1], [10, 20, 30, 40]), [Interval(START, START + 2 * HOUR_MS)], EVENTS
    )
    assert found.start_ms.tolist() == [START, START + HOUR_MS]
    assert found.usd.tolist() == [[40, 20], [40, 0]]


def test_hours_outside_the_recording_are_left_out():
    """An hour needs 55 recorded minutes; silence in a recorded one is a zero."""
    covered = [
        Interval(START, START + HOUR_MS),
        Interval(START + HOUR_MS + 10 * MINUTE_MS, START + 2 * HOUR_MS),
        Interval(START + 4 * HOUR_MS, START + 4 * HOUR_MS + 30 * MINUTE_MS),
        Interval(START + 4 * HOUR_MS + 32 * MINUTE_MS, START + 6 * HOUR_MS),
    ]
    found = hours_of_events(events([START + HOUR_MS + 20 * MINUTE_MS], [1], [99]), covered, EVENTS)
    assert found.start_ms.tolist() == [START, START + 4 * HOUR_MS, START + 5 * HOUR_MS]
    assert found.usd.sum() == 0
    assert len(hours_of_events(events([START], [1], [99]), [], EVENTS)) == 0


def test_sums_of_minutes_make_whole_hours():
    minute = START + MINUTE_MS * np.arange(180)
    long = np.ones(180)
    long[70:80] = np.nan  # ten minutes of the second hour are not known
    found = hours_of_totals(totals(minute, long, 2 * np.ones(180)), MINUTE_MS, TOTALS)
    assert found.start_ms.tolist() == [START, START + 2 * HOUR_MS]
    assert found.usd.tolist() == [[60, 120], [60, 120]]
    assert found.coverage.tolist() == [1, 1]


@pytest.mark.parametrize("per_second", [0.05, 0.5, 2.0])
def test_the_share_that_a_throttled_feed_lets_through(per_second: float):
    """Random arrivals of which each second reports one: model.md 3 says (1 − e^−r)/r."""
    rng = np.random.default_rng(5)
    n = rng.poisson(per_second * 3600 * 20)
    came = np.sort(rng.integers(0, 3600 * 20 * 1000, n))
    _, first = np.unique(came // 1000, return_index=True)
    reported = came[first]
    share = let_through(reported, reported // HOUR_MS, 20)
    assert share.mean() == pytest.approx((1 - np.exp(-per_second)) / per_second, rel=0.03)
    everything = let_through(came, came // HOUR_MS, 20)
    assert everything.mean() > 0.93


def test_nothing_later_than_the_moment_is_read():
    store = MemoryStore()
    store.append(TOTALS, totals(START + HOUR_MS * np.arange(10), np.arange(10), np.arange(10)))
    assert len(read_hours(store, TOTALS)) == 10
    known = read_hours(store, TOTALS, START + 5 * HOUR_MS - 1)
    assert known.start_ms.tolist() == [START + HOUR_MS * i for i in range(4)]


def test_sums_come_before_events_and_other_sources_last():
    store = MemoryStore()
    hour = totals([START], [1], [1])
    store.append(EVENTS, events([START], [1], [1]), [Interval(START, START + HOUR_MS)])
    store.append(SeriesKey("binance", BTC, Kind.TOTALS, "1h", "vendor"), hour)
    store.append(TOTALS, hour)
    store.append(SeriesKey("binance", BTC, Kind.TOTALS, "4h"), hour)  # cannot be split into hours
    store.append(SeriesKey("bybit", BTC, Kind.TOTALS, "1h"), hour)
    found = [info.key for info in recordings(store.list(), BTC, "binance")]
    assert [(key.kind, key.source) for key in found] == [
        (Kind.TOTALS, ""),
        (Kind.TOTALS, "vendor"),
        (Kind.EVENTS, ""),
    ]
