from dataclasses import replace

import numpy as np
import pytest

from heatdesk.gui.hover import Parts, hover_at, newest_parts
from tests.gui.drawing.snapshots import END_MS, snapshot

STEP = 300_000


def test_a_cell_reads_in_usd_per_tenth_of_a_percent() -> None:
    made = snapshot(n_times=50, n_prices=40)
    price = float(np.sqrt(made.heatmap.prices[7] * made.heatmap.prices[8]))
    hover = hover_at(made, END_MS - 3.2 * STEP, price)
    assert (hover.row, hover.column) == (7, 46)
    assert hover.time_ms == END_MS - 4 * STEP
    assert hover.long_usd == pytest.approx(float(made.heatmap.notional_long[7, 46]))
    assert hover.short_usd == pytest.approx(float(made.heatmap.notional_short[7, 46]))
    assert hover.candle is not None
    assert hover.candle.close == made.candles["close"][46]


def test_outside_the_map_there_is_no_cell() -> None:
    made = snapshot(n_times=50, n_prices=40)
    for time_ms, price in ((END_MS + 1.0, 61_000.0), (END_MS - 51.0 * STEP, 61_000.0), (END_MS - STEP, 1.0)):
        hover = hover_at(made, time_ms, price)
        assert (hover.row, hover.column, hover.long_usd, hover.short_usd) == (None,) * 4


def test_in_a_gap_there_is_no_candle() -> None:
    made = snapshot(n_times=50)
    kept = np.arange(50) != 30
    made = type(made)(made.question, made.candles.take(kept), made.heatmap, ())
    assert hover_at(made, END_MS - 19.5 * STEP, 61_000.0).candle is None
    assert hover_at(made, END_MS - 18.5 * STEP, 61_000.0).candle is not None
    assert hover_at(made, END_MS + STEP, 61_000.0).candle is None


def test_the_newest_column_is_made_of_exchanges_and_tiers() -> None:
    made = snapshot(n_times=50, n_prices=40).heatmap
    tiers = np.zeros((2, 3, 40), np.float32)
    tiers[0, :, 7], tiers[1, :, 7] = (10.0, 0.0, 30.0), (20.0, 0.0, 0.0)
    exchanges = np.zeros((2, 2, 40), np.float32)
    exchanges[0, :, 7], exchanges[1, :, 7] = (30.0, 20.0), (10.0, 0.0)
    made = replace(
        made,
        tiers=np.array([5.0, 10.0, 25.0]),
        newest_by_tier=tiers,
        exchanges=("binance", "bybit"),
        newest_by_exchange=exchanges,
    )
    for side in ("both", "net"):
        parts = newest_parts(made, 7, side)
        assert parts.exchanges == (("binance", pytest.approx(5 / 6)), ("bybit", pytest.approx(1 / 6)))
        assert parts.tiers == ((5.0, pytest.approx(0.5)), (25.0, pytest.approx(0.5)))
    assert newest_parts(made, 7, "short") == Parts((("binance", 1.0),), ((5.0, 1.0),))
    assert newest_parts(made, 8, "both") == Parts()
    without = replace(made, exchanges=(), newest_by_exchange=np.zeros((0, 2, 40), np.float32))
    assert newest_parts(without, 7, "long").exchanges == ()
