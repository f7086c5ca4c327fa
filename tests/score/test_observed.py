"""Bars of recorded liquidations: silence counts as zero only where somebody listened."""

from __future__ import annotations

import numpy as np
import pytest

from heatdesk.errors import BadInputError
from heatdesk.market import HOUR_MS, MINUTE_MS, Interval, Kind, Records
from heatdesk.score.observed import from_events, from_totals

T0 = 490_000 * HOUR_MS


def totals(times, long, short):
    return Records(
        Kind.TOTALS,
        np.array(times, np.int64),
        {
            "liquidation_long_usd": np.array(long, float),
            "liquidation_short_usd": np.array(short, float),
        },
    )


def events(times, sides, usd):
    n = len(times)
    columns = {"side": np.array(sides, float), "price": np.ones(n), "quantity": np.ones(n)}
    return Records(Kind.EVENTS, np.array(times, np.int64), columns | {"notional_usd": np.array(usd, float)})


def test_a_gap_in_totals_is_not_zero():
    records = totals([T0, T0 + HOUR_MS, T0 + 3 * HOUR_MS], [1, np.nan, 3], [4, 5, 0])
    observed = from_totals(records, HOUR_MS, HOUR_MS)
    assert observed.time_ms.tolist() == [T0 + i * HOUR_MS for i in range(4)]
    assert observed.recorded.tolist() == [True, False, False, True]
    assert observed.usd.tolist() == [[1, 4], [0, 0], [0, 0], [3, 0]]


def test_totals_add_up_to_longer_bars_only_where_nearly_all_are_there():
    times = [T0 + 5 * i * MINUTE_MS for i in range(24) if i not in (3, 14, 15)]
    observed = from_totals(totals(times, [1] * 21, [2] * 21), 5 * MINUTE_MS, HOUR_MS)
    assert observed.recorded.tolist() == [True, False]  # 55 of 60 minutes, 50 of 60
    assert observed.usd.tolist() == [[11, 22], [0, 0]]
    with pytest.raises(BadInputError, match="longer bars"):
        from_totals(totals([T0], [1], [1]), HOUR_MS, 5 * MINUTE_MS)


def test_events_count_by_side_inside_their_coverage():
    covered = [
        Interval(T0 + 2 * MINUTE_MS, T0 + 31 * MINUTE_MS),
        Interval(T0 + 31 * MINUTE_MS, T0 + 2 * HOUR_MS),
    ]
    recorded = events(
        [T0 + 3 * MINUTE_MS, T0 + 40 * MINUTE_MS, T0 + 90 * MINUTE_MS], [1, -1, 1], [10, 20, 30]
    )
    observed = from_events(recorded, covered, HOUR_MS)
    assert observed.recorded.tolist() == [True, True]
    assert observed.usd.tolist() == [[10, 20], [30, 0]]
    assert observed.events.tolist() == [2, 1]
    short = from_events(recorded, [Interval(T0, T0 + 50 * MINUTE_MS)], HOUR_MS)
    assert short.recorded.tolist() == [False]
    assert not short.usd.any()


def test_on_another_grid_the_outside_is_unrecorded():
    observed = from_totals(totals([T0, T0 + HOUR_MS], [1, 2], [3, 4]), HOUR_MS, HOUR_MS)
    moved = observed.on(T0 + HOUR_MS * np.arange(-1, 3))
    assert moved.recorded.tolist() == [False, True, True, False]
    assert moved.usd.tolist() == [[0, 0], [1, 3], [2, 4], [0, 0]]


def test_nothing_recorded_gives_no_bar():
    assert len(from_events(events([T0], [1], [5]), [], HOUR_MS)) == 0
    assert len(from_totals(totals([T0], [np.nan], [1]), HOUR_MS, HOUR_MS)) == 0
