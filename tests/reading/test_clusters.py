"""Clusters: their sums, parts, age, state and strength, on maps made by hand and on real ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatdesk.engine import Engine, Question, Snapshot
from heatdesk.export import CLUSTER_COLUMNS, cluster_rows
from heatdesk.feed.archive import read_file
from heatdesk.market import DAY_MS, HOUR_MS, SeriesKey
from heatdesk.reading.clusters import Cluster, find_clusters
from heatdesk.reading.rules import ClusterRules
from heatdesk.reading.strength import WEIGHTS, strength
from heatdesk.reading.zone_life import STATES
from heatdesk.store.sqlite import SqliteStore
from tests.reading.maps import PRICE, STEP_MS, Band, flat_candles, heatmap

BAND = Band("short", 52_000, 52_300)


def only(*bands: Band, n_times: int = 120, touch: tuple[int, float] | None = None) -> Cluster:
    """The one cluster of a map; `touch` = (column, high of its candle)."""
    shown = heatmap(*bands, n_times=n_times)
    candles = flat_candles(shown)
    if touch:
        candles["high"][touch[0]] = touch[1]
    (found,) = find_clusters(shown, PRICE, candles)
    return found


def test_a_zone_is_the_rows_that_stand_out():
    found = only(BAND)
    assert found.side == "short"
    assert (found.low, found.high) == (pytest.approx(52_000, rel=1e-3), pytest.approx(52_300, rel=1e-3))
    assert found.distance == pytest.approx(found.low / PRICE - 1)
    assert found.share == pytest.approx(1.0)
    assert found.usd == pytest.approx(6e6)


def test_tiers_and_exchanges_are_shares_of_the_zone_largest_first():
    shown = heatmap(BAND, exchanges=[("okx", 0.3), ("bybit", 0.0), ("binance", 0.7)])
    (found,) = find_clusters(shown, PRICE)
    assert found.tiers == ((50.0, pytest.approx(0.75)), (10.0, pytest.approx(0.25)))
    assert found.exchanges == (("binance", pytest.approx(0.7)), ("okx", pytest.approx(0.3)))


def test_an_age_counts_back_to_where_half_stood():
    young = only(replace(BAND, usd=4e5), replace(BAND, usd=6e5, born=50))
    assert young.age == (70 * STEP_MS, False)
    old = only(replace(BAND, usd=6e5), replace(BAND, usd=4e5, born=50))
    assert old.age == (120 * STEP_MS, True)


@pytest.mark.parametrize(
    ("bands", "touch", "state"),
    [
        ((BAND,), None, "standing"),
        ((replace(BAND, born=100),), None, "fresh"),
        ((BAND, replace(BAND, usd=3e5, born=100)), None, "growing"),
        ((BAND, replace(BAND, usd=3e5, born=10)), None, "standing"),
        ((BAND,), (100, 52_100.0), "touched"),
        ((BAND,), (100, 51_900.0), "standing"),
        ((BAND,), (60, 52_100.0), "standing"),
        ((replace(BAND, born=100),), (90, 52_100.0), "fresh"),
        ((BAND, replace(BAND, usd=1.5e6, gone=100)), (100, 52_100.0), "drained"),
        ((BAND, replace(BAND, usd=1.5e6, gone=40)), None, "standing"),
    ],
)
def test_states(bands: tuple[Band, ...], touch: tuple[int, float] | None, state: str):
    assert only(*bands, touch=touch).state == state
    assert state in STATES


def test_a_map_of_two_columns_has_states_too():
    assert only(BAND, n_times=2).state == "standing"
    assert only(BAND, n_times=1).age == (STEP_MS, True)


def test_zeros_are_no_cluster():
    assert find_clusters(heatmap(), PRICE) == ()


def test_rules_filter_the_list_and_change_no_zone():
    far, small = Band("long", 41_000, 41_300, 3e6), Band("long", 48_000, 48_300, 1e5)
    shown = heatmap(BAND, far, small)
    every = find_clusters(shown, PRICE)
    assert [c.usd for c in every] == sorted((c.usd for c in every), reverse=True)
    assert len(every) == 3
    assert find_clusters(shown, PRICE, rules=ClusterRules(minimum_usd=1e6)) == every[:2]
    assert find_clusters(shown, PRICE, rules=ClusterRules(within_percent=10.0)) == every[1:]
    assert len(find_clusters(shown, PRICE, rules=ClusterRules(dense=10.0))) < 3


parts = st.tuples(
    st.floats(0, 1), st.floats(0, 1), st.floats(0.0001, 0.1), st.floats(0, 1), st.integers(0, 10**12)
)


@given(parts=parts, more=st.floats(0, 1), part=st.sampled_from([0, 1, 3, 4]))
def test_strength_only_rises_with_each_part(parts: tuple[float, ...], more: float, part: int):
    raised = list(parts)
    if part == 1:
        raised[1] *= more  # nearer
    elif part == 4:
        raised[4] += int(more * DAY_MS)
    else:
        raised[part] += (1 - parts[part]) * more
    before, after = strength(*parts), strength(*raised)
    assert 0 <= before.total <= 100
    assert after.total >= before.total
    assert all(b >= a for a, b in zip(before, after, strict=True))


def test_strength_is_the_weighted_sum_of_the_parts_shown():
    assert list(WEIGHTS) == list(strength(0, 0, 0.01, 0, 0)._fields)
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    found = only(BAND).strength
    assert found.total == pytest.approx(
        40 * found.size + 30 * found.nearness + 20 * found.share + 10 * found.standing
    )
    assert strength(1, 0, 0.0, 1, 0).nearness == 0


def test_rows_of_the_table_say_what_the_cluster_says():
    shown = heatmap(BAND, exchanges=[("okx", 1.0)])
    (row,) = cluster_rows(find_clusters(shown, PRICE, flat_candles(shown)))
    assert tuple(row) == CLUSTER_COLUMNS
    assert row["exchanges"] == "okx:1.000"
    assert row["age_hours"] == 60 * STEP_MS / HOUR_MS
    assert row["age_at_least"] is True
    assert row["state"] == "standing"


FEBRUARY_6 = 1_770_336_000_000
DATES = [FEBRUARY_6 - 10 * DAY_MS, FEBRUARY_6, FEBRUARY_6 + 9 * DAY_MS]


@pytest.fixture(scope="module")
def btc(shared: Path, tmp_path_factory: pytest.TempPathFactory):
    """BTC on the real months, at three dates: before the crash, in it, and after it."""
    symbol = "BTC/USDT:USDT"
    store = SqliteStore(tmp_path_factory.mktemp("real"))
    for series in read_file(shared / "data/binance/BTCUSDT_5m_oi.csv.gz", symbol):
        store.append(SeriesKey("binance", symbol, series.kind, "5m"), series.records)
    asked = Question(symbol, ("binance",), lookback_ms=30 * DAY_MS)
    yield [Engine(store).ask(replace(asked, end_ms=end)) for end in DATES]
    store.close()


def test_real_zones_sum_the_map_and_stand_where_the_bands_are(btc: list[Snapshot]):
    for snapshot in btc:
        shown, last = snapshot.heatmap, snapshot.candles["close"][-1]
        assert 15 < len(snapshot.clusters) < 80
        for found in snapshot.clusters:
            first, stop = np.searchsorted(shown.prices, (found.low, found.high))
            column = shown.notional(found.side)[:, -1].astype(float)
            assert found.usd == column[first:stop].sum()
            assert (found.low > last) == (found.distance > 0)
            assert (found.side == "short") == (found.distance > 0)
            assert sum(share for _, share in found.tiers) == pytest.approx(1)
            assert found.exchanges == (("binance", pytest.approx(1)),)
            assert 0 < found.age.ms <= 30 * DAY_MS
            assert found.state in STATES


def test_real_zones_hold_more_than_their_surroundings(btc: list[Snapshot]):
    """The ten largest of each date, row for row against the 2 % on either side of each."""
    for snapshot in btc:
        shown = snapshot.heatmap
        for found in snapshot.clusters[:10]:
            column = shown.notional(found.side)[:, -1].astype(float)
            first, stop = np.searchsorted(shown.prices, (found.low, found.high))
            around = np.r_[column[max(0, first - 20) : first], column[stop : stop + 20]]
            assert column[first:stop].mean() > 1.2 * around.mean()


def test_real_states_tell_the_crash_from_the_calm_before_it(btc: list[Snapshot]):
    calm, crash, _ = ({c.state for c in snapshot.clusters} for snapshot in btc)
    assert calm == {"standing"}
    assert {"fresh", "growing"} <= crash


def test_real_frames_hold_the_price(btc: list[Snapshot]):
    for snapshot in btc:
        last = snapshot.candles["close"][-1]
        above, below = snapshot.frame
        assert last * 1.003 < above.low < last * 1.1
        assert last * 0.9 < below.high < last * 0.997


def test_real_exposure_after_a_fall_is_longs_gone(btc: list[Snapshot]):
    """At the crash's end the shorts above are few and far; nothing of the kind before."""
    calm, crash, _ = (snapshot.exposure for snapshot in btc)
    assert calm.days == crash.days == 30
    assert crash.balance < -0.5
    assert crash.balance_percentile < 10
    assert calm.balance > 0
