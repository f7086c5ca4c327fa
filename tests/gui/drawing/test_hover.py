import numpy as np
import pytest

from heatdesk.gui.hover import hover_at
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
