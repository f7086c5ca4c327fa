"""Mistakes that public estimators make. Each test states what must hold, and shows that the mistake breaks it.

Those about liquidation prices stand in test_liquidation_price.py.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heatdesk.market import COLUMNS, Kind, Records
from heatdesk.model.book import Book, Ledger
from heatdesk.model.flow import ESTIMATORS, Flow, volume_and_open_interest
from heatdesk.model.params import ModelParams
from heatdesk.model.series import Series, build_series
from tests.model.walks import STEP_MS, frame_of, replayed, tiers_of, walk


def flow_of(series: Series) -> Flow:
    return volume_and_open_interest(series, ModelParams())


def both_sides_open_alike(flow: Flow) -> bool:
    """Every contract has a long and a short."""
    return np.array_equal(flow.opens_long, flow.opens_short)


def test_births_are_not_one_sided():
    series = walk(200)
    flow = flow_of(series)
    assert both_sides_open_alike(flow)
    rising = series.close > series.open
    by_colour = replace(
        flow,
        opens_long=np.where(rising, 2 * flow.opens_long, 0),
        opens_short=np.where(rising, 0, 2 * flow.opens_short),
    )
    assert not both_sides_open_alike(by_colour)


def open_interest_is_kept(flow: Flow, series: Series) -> bool:
    """On each side opens − closes is the step of open interest, falling steps included."""
    return all(
        np.allclose(opens - closes, series.open_interest_step)
        for opens, closes in ((flow.opens_long, flow.closes_long), (flow.opens_short, flow.closes_short))
    )


def test_falling_open_interest_is_not_ignored():
    series = walk(200)
    assert (series.open_interest_step < 0).any()
    assert open_interest_is_kept(flow_of(series), series)
    deaf = flow_of(replace(series, open_interest_step=np.maximum(series.open_interest_step, 0)))
    assert not open_interest_is_kept(deaf, series)


def test_positions_are_born_while_open_interest_stands_still():
    series = replace(walk(50), open_interest_step=np.zeros(50))
    assert (flow_of(series).opens_long > 0).all()
    only_steps = ESTIMATORS["oi-steps"].flow(series, ModelParams())
    assert not (only_steps.opens_long > 0).any()


def test_a_drop_of_open_interest_is_removed_once():
    """What a crossing liquidated is not closed a second time out of the same fall of open interest."""
    series = walk(400, 5, volatility=0.004)
    params = ModelParams(levered_share=1.0)
    book, *_ = replayed(series, params)
    flow = flow_of(series)
    again = Book.empty(series, book.tiers, params)
    # the mistake: closes that already were liquidations are added to the closes
    twice = replace(flow, closes_long=flow.closes_long + np.abs(series.open_interest_step))
    again.advance(series, frame_of(series, again), twice)
    assert ledger(again).standing.sum() < ledger(book).standing.sum()
    # one candle, everything swept: nothing may be left to close voluntarily
    crash = _crash_after(series)
    crashed, *_ = replayed(crash, params)
    before = ledger(replayed(crash.head(len(crash) - 1), params)[0])
    swept_now = ledger(crashed).swept.sum() - before.swept.sum()
    assert swept_now > 0
    np.testing.assert_allclose(ledger(crashed).closed, before.closed, atol=1e-9 * before.born.max())


def ledger(book: Book) -> Ledger:
    """The long side's."""
    return book.long.ledger(book.tiers.weight)


def _crash_after(series: Series) -> Series:
    """One more candle that falls through every long level, with less open interest lost than is swept."""
    last = float(series.close[-1])
    row = {
        "open": last, "high": last, "low": last * 0.4, "close": last * 0.5, "volume": 1.0, "taker_buy_volume": 0.5,
        "open_interest": series.open_interest[-1] - 1.0, "open_interest_step": -1.0,
    }  # fmt: skip
    grown = {name: np.r_[getattr(series, name), value] for name, value in row.items()}
    return Series(time_ms=np.r_[series.time_ms, series.time_ms[-1] + STEP_MS], step_ms=STEP_MS, **grown)


def test_a_level_does_not_come_back_when_price_retraces():
    """The mistake: to filter levels against today's price instead of killing them at their first crossing."""
    price = 60_000 * np.r_[np.ones(50), 0.9 * np.ones(5), np.ones(50)]
    n = len(price)
    flat = Series(
        time_ms=walk(n).time_ms, step_ms=STEP_MS, open=price, high=price, low=price, close=price,
        volume=np.r_[np.full(50, 100.0), np.zeros(n - 50)], taker_buy_volume=np.full(n, np.nan),
        open_interest=np.full(n, 80_000.0), open_interest_step=np.zeros(n),
    )  # fmt: skip
    book, long, _ = replayed(flat, ModelParams(churn=1.0, close_slope=0.0))
    rows = book.grid.edges()[:-1] >= 0.9 * 60_000
    assert long[49][rows].sum() > 0
    assert long[-1][rows].sum() == 0


def test_nothing_dies_in_the_candle_it_was_born_in():
    """Clear-then-seed the wrong way round would sweep a candle's own newborn by its own wick."""
    series = walk(1, volatility=0.05)
    book, *_ = replayed(series)
    assert book.long.swept.sum() == 0 and book.short.swept.sum() == 0
    np.testing.assert_allclose(ledger(book).standing, ledger(book).born)


def test_open_interest_of_today_does_not_rescale_the_past():
    series = walk(300)
    k = 200
    _, past, _ = replayed(series.head(k))
    doubled = replace(
        series, open_interest=np.where(np.arange(300) < k, series.open_interest, 2 * series.open_interest)
    )
    _, later, _ = replayed(doubled)
    book_a, book_b = replayed(series.head(k))[0], replayed(doubled)[0]
    shift = book_a.grid.first - book_b.grid.first
    assert np.array_equal(past, later[:k, shift : shift + book_a.grid.rows])


def records(kind: Kind, time_ms: np.ndarray, **columns: np.ndarray) -> Records:
    return Records(kind, time_ms, {c: columns.get(c, np.full(len(time_ms), np.nan)) for c in COLUMNS[kind]})


@pytest.mark.parametrize("lost", ["zero", "nan", "missing"])
def test_a_failed_poll_is_not_read_as_no_open_interest(lost):
    walked = walk(60)
    candles = records(
        Kind.CANDLES, walked.time_ms, open=walked.open, high=walked.high, low=walked.low, close=walked.close,
        volume=walked.volume,
    )  # fmt: skip
    interest = walked.open_interest.copy()
    kept = np.ones(60, bool)
    if lost == "missing":
        kept[20:30] = False
    else:
        interest[20:30] = {"zero": 0.0, "nan": np.nan}[lost]
    samples = records(Kind.OPEN_INTEREST, walked.time_ms[kept], open_interest=interest[kept])
    series = build_series(candles, samples, STEP_MS)
    assert (series.open_interest > 1000).all()
    assert np.abs(series.open_interest_step).max() < 0.1 * walked.open_interest.min()


def test_a_step_over_a_long_outage_births_nobody():
    """Nobody knows when it happened, so it must not be born at one candle's price."""
    walked = walk(200)
    candles = records(
        Kind.CANDLES, walked.time_ms, open=walked.open, high=walked.high, low=walked.low, close=walked.close,
        volume=walked.volume,
    )  # fmt: skip
    kept = np.r_[np.arange(50), np.arange(150, 200)]
    interest = walked.open_interest[kept] * np.r_[np.ones(50), np.full(50, 3.0)]
    series = build_series(
        candles, records(Kind.OPEN_INTEREST, walked.time_ms[kept], open_interest=interest), STEP_MS
    )
    assert series.open_interest_step[150] == 0
    assert series.open_interest[160] > 2 * series.open_interest[40]


def test_usd_is_base_units_at_the_level_price():
    """Open interest in USD taken for coins would be wrong by the price; the map is coins × price of the level."""
    series = walk(100)
    book, long, _ = replayed(series)
    coins = book.long.levels(mirrored=False).sum(axis=0)
    np.testing.assert_allclose(long[-1], coins * book.grid.centres(), rtol=1e-5)
    assert coins.sum() < series.open_interest[-1]


def test_levels_keep_to_their_side_of_the_entry():
    tiers = tiers_of(ModelParams())
    assert (tiers.ratio_long < 1).all() and (tiers.ratio_short > 1).all()
    assert (np.diff(tiers.ratio_long) > 0).all() and (np.diff(tiers.ratio_short) < 0).all()
