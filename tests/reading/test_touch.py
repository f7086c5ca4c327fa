import math
from dataclasses import replace

import pytest

from heatdesk.export import cluster_rows
from heatdesk.market import DAY_MS, HOUR_MS, MINUTE_MS
from heatdesk.reading import touch
from heatdesk.reading.clusters import find_clusters
from heatdesk.reading.reach import NO_TOUCH, find_reach
from heatdesk.reading.touch import ReachMemo, with_touch
from tests.reading.maps import PRICE, Band, heatmap
from tests.reading.walks import walk

STEP = 5 * MINUTE_MS
BANDS = (
    Band("short", 50_600.0, 50_900.0),
    Band("short", 52_000.0, 52_300.0),
    Band("long", 49_200.0, 49_400.0),
)


def clusters():
    return find_clusters(heatmap(*BANDS), PRICE)


def test_the_chance_is_that_of_the_nearest_edge():
    reach = find_reach(walk(60, STEP), STEP)
    assert reach is not None
    found = with_touch(clusters(), reach, 24.0)
    for cluster in found:
        assert cluster.touch.chance == reach.chance(math.log1p(cluster.distance), DAY_MS)
        assert cluster.touch.scaled * cluster.touch.sigma == pytest.approx(math.log1p(cluster.distance))
        assert (cluster.touch.scaled > 0) == (cluster.side == "short")
    near, far = sorted((c for c in found if c.side == "short"), key=lambda c: c.distance)
    assert near.touch.chance > far.touch.chance > 0


def test_a_longer_horizon_is_more_likely():
    reach = find_reach(walk(60, STEP), STEP)
    short, long = (with_touch(clusters(), reach, hours) for hours in (4.0, 48.0))
    assert all(a.touch.chance < b.touch.chance for a, b in zip(short, long, strict=True))
    assert short[0].touch.horizon_ms == 4 * HOUR_MS


def test_price_inside_a_zone_touches_it():
    inside = [replace(c, distance=0.0) for c in clusters()]
    for cluster in with_touch(inside, find_reach(walk(20, STEP), STEP), 24.0):
        assert cluster.touch.chance == 1.0


def test_without_history_nothing_is_told():
    found = with_touch(clusters(), None, 24.0)
    assert all(c.touch == NO_TOUCH for c in found)
    row = cluster_rows(found)[0]
    assert row["touch_percent"] is None
    assert row["touch_within_hours"] is None


def test_the_table_tells_percent_and_hours():
    (first, *_) = found = with_touch(clusters(), find_reach(walk(20, STEP), STEP), 6.0)
    row = cluster_rows(found)[0]
    assert row["touch_percent"] == pytest.approx(100 * first.touch.chance)
    assert row["touch_within_hours"] == 6.0


def test_the_same_candles_are_read_once(monkeypatch):
    asked = []

    def counted(*args):
        asked.append(args)
        return find_reach(*args)

    monkeypatch.setattr(touch, "find_reach", counted)
    memo, candles = ReachMemo(), walk(5, STEP)
    first = memo.of(candles, STEP, 24.0)
    assert memo.of(walk(5, STEP), STEP, 24.0) is first
    assert len(asked) == 1
    assert memo.of(candles.take(slice(0, -1)), STEP, 24.0) is not first
    assert memo.of(candles, STEP, 48.0) is not first
    candles["high"][-1] *= 1.1
    assert memo.of(candles, STEP, 24.0) is not first
    assert len(asked) == 4
    for n in range(10, 20):
        memo.of(candles.take(slice(0, n)), STEP, 24.0)
    assert len(memo._kept) == 4
