"""Levels that grow candle by candle draw what one replay draws, whatever each column shows of the tiers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heatdesk.model.book import Book, Frame
from heatdesk.model.grid import PriceGrid
from heatdesk.model.growing import Drawing, Growing
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series
from tests.model.walks import START_MS, STEP_MS, tiers_of, walk

PARAMS = ModelParams()
TIERS = tiers_of(PARAMS)
GRID = PriceGrid.covering(40_000.0, 90_000.0, PARAMS.bin_bps)
N_TIERS = len(TIERS.leverage)


def drawing(first: int, last: int, every: int, share: np.ndarray | None) -> Drawing:
    """Columns of `every` candles, from the candle `first` to `last`."""
    start, step = START_MS + first * STEP_MS, every * STEP_MS
    n_times = -(-(last - first) // every)
    own = None if share is None else share[(start // step) % 7 : (start // step) % 7 + n_times]
    frame = Frame(slice(0, GRID.rows), start, step, n_times, np.ones(N_TIERS, bool), own)
    return Drawing(TIERS, PARAMS, GRID, frame)


def at_once(series: Series, drawn: Drawing) -> tuple[np.ndarray, ...]:
    book = Book.empty(series, TIERS, PARAMS, within=GRID)
    rows = slice(GRID.first - book.grid.first, GRID.first - book.grid.first + GRID.rows)
    frame = replace(drawn.frame, rows=rows)
    return *book.advance(series, frame), book.newest(frame)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    holes=st.booleans(),
    shown=st.booleans(),
    closes=st.lists(st.integers(0, 30), min_size=2, max_size=6),
    forming=st.integers(0, 4),
)
def test_growing_in_steps_is_one_replay(seed: int, holes: bool, shown: bool, closes: list[int], forming: int):
    series = walk(320, seed, holes=holes)
    share = np.random.default_rng(seed).uniform(0.5, 2.0, (400, N_TIERS)) if shown else None
    n, growing = 60, None
    for more in closes:
        n += more
        last = int((series.time_ms[n + forming - 1] - START_MS) // STEP_MS) + 1
        drawn = drawing(30, last, 1, share)
        if growing is None or not growing.goes_on(series.head(n + forming), n, drawn):
            assert growing is None
            growing = Growing.of(series.head(n), drawn)
        growing.commit(series.head(n), drawn)
        ahead = growing.ahead(series.head(n + forming))
        whole = at_once(series.head(n + forming), drawn)
        for own, looked, expected in zip((growing.long, growing.short), ahead[1:3], whole, strict=False):
            joined = np.concatenate((own[: ahead.first - growing.first], looked))
            assert joined.tobytes() == expected[growing.first :].tobytes()
        assert ahead.newest.tobytes() == whole[2].tobytes()
        growing.forget(growing.final - 1)
        assert len(growing.long) < 60


@pytest.mark.parametrize("every", [1, 3, 12])
def test_the_view_moves_on_and_columns_move_with_it(every: int):
    series = walk(400, 4)
    growing = Growing.of(series.head(200), drawing(100, 200, every, None))
    for n in range(201, 260, 4):
        drawn = drawing(100 + (n - 200) // every * every, n, every, None)
        assert growing.goes_on(series.head(n), n, drawn)
        growing.commit(series.head(n), drawn)
        expected = at_once(series.head(n), drawn)
        assert growing.long.tobytes() == expected[0][growing.first :].tobytes()
        assert growing.short.tobytes() == expected[1][growing.first :].tobytes()
        growing.forget(growing.final - 1)


def test_what_does_not_follow_is_not_gone_on_with():
    series = walk(300, 1)
    drawn = drawing(100, 200, 1, None)
    growing = Growing.of(series.head(200), drawn)
    assert growing.goes_on(series.head(200), 200, drawn)
    other = replace(series, close=series.close * 1.0000001)
    later = drawing(100, 210, 1, None)
    share = np.ones((400, N_TIERS))
    far = replace(series, low=np.where(np.arange(300) == 205, 20_000.0, series.low))
    assert not growing.goes_on(other.head(210), 210, later)  # the past has been rewritten
    assert not growing.goes_on(series.head(199), 199, drawn)  # shorter than before
    assert not growing.goes_on(series.head(210), 210, drawing(90, 210, 1, None))  # begins earlier
    assert not growing.goes_on(series.head(210), 210, drawing(100, 210, 1, share))  # other weights
    assert not growing.goes_on(far.head(210), 210, later)  # off the grid
    assert not growing.goes_on(series.head(210), 210, later._replace(params=ModelParams(churn=0.3)))


def test_looking_ahead_commits_nothing():
    series = walk(300, 2)
    drawn = drawing(100, 210, 1, None)
    growing = Growing.of(series.head(200), drawn)
    before = growing.long.tobytes(), growing.book.long.standing.tobytes()
    growing.ahead(series.head(210))
    assert before == (growing.long.tobytes(), growing.book.long.standing.tobytes())
