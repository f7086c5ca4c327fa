import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QColor, QImage

from heatdesk.gui import theme
from heatdesk.gui.chart import ChartView
from heatdesk.gui.layers.candle_pyramid import CandlePyramid
from heatdesk.gui.layers.candles import CandleLayer
from heatdesk.gui.view import View
from heatdesk.market import Kind, Records
from tests.gui.drawing.snapshots import END_MS, candles, heatmap, snapshot

STEP = 300_000


@given(n=st.integers(1, 200), level=st.integers(0, 6), missing=st.sets(st.integers(0, 199)))
def test_merged_candles_have_the_open_high_low_and_close_of_their_time(
    n: int, level: int, missing: set[int]
) -> None:
    kept = np.array([i not in missing for i in range(n)])
    if not kept.any():
        kept[0] = True
    walk = candles(n).take(kept)
    bars = CandlePyramid(walk, STEP).level(level)
    width = STEP * 2**level
    assert bars.width_ms == width
    assert np.array_equal(bars.time_ms, np.unique(walk.time_ms // width) * width)
    for i, start in enumerate(bars.time_ms):
        inside = (walk.time_ms >= start) & (walk.time_ms < start + width)
        assert bars.open[i] == walk["open"][inside][0]
        assert bars.high[i] == walk["high"][inside].max()
        assert bars.low[i] == walk["low"][inside].min()
        assert bars.close[i] == walk["close"][inside][-1]


def test_rows_without_a_price_are_left_out() -> None:
    walk = candles(10)
    walk.columns["high"][4] = np.nan
    walk.columns["close"][7] = np.inf
    assert len(CandlePyramid(walk, STEP).level(0)) == 8
    assert len(CandlePyramid(Records.empty(Kind.CANDLES), STEP).wide_enough(1e9)) == 0


def test_only_candles_in_sight_are_drawn() -> None:
    bars = CandlePyramid(candles(100), STEP).level(0)
    start = END_MS - 50 * STEP
    assert bars.between(start + 1.0, start + 2.0 * STEP).time_ms.tolist() == [start, start + STEP]
    assert not len(bars.between(END_MS + STEP, END_MS + 2 * STEP))


def _shown(qtbot, walk: Records, theme_name: str = "dark", bright: float = 0.0) -> tuple[ChartView, QImage]:
    """A chart of nothing but candles (over a map that is the palette's top colour where `bright`)."""
    made = snapshot(n_times=max(len(walk), 1), n_prices=100)
    cells = np.full((100, max(len(walk), 1)), bright, np.float32)
    made = type(made)(made.question, walk, heatmap(cells), ())
    chart = ChartView()
    qtbot.addWidget(chart)
    chart.resize(600, 400)
    for layer in chart.layers:
        layer.setVisible(isinstance(layer, CandleLayer) or layer is chart.heatmap_item)
    chart.set_view(View(theme=theme_name, low=0.0, high=1.0))
    chart.show_snapshot(made)
    chart.show()
    return chart, chart.canvas.grab().toImage()


def _pixel(chart: ChartView, image: QImage, time_ms: float, price: float) -> QColor:
    area, times = chart.plot_area(), chart.visible_times()
    y_low, y_high = chart.view_box.viewRange()[1]
    x = area.left() + (time_ms - times.low) / times.width * area.width()
    y = area.top() + (y_high - chart.price_scale.y(price)) / (y_high - y_low) * area.height()
    return image.pixelColor(int(x), int(y))


def _one(opened: float, high: float, low: float, close: float) -> Records:
    columns = {
        "open": opened,
        "high": high,
        "low": low,
        "close": close,
        "volume": 1.0,
        "taker_buy_volume": 0.5,
    }
    times = END_MS - STEP * np.arange(8, 0, -1)
    return Records(Kind.CANDLES, times, {name: np.full(8, value) for name, value in columns.items()})


def _close_to(colour: QColor, token: str, tolerance: int = 25) -> bool:
    other = QColor(token)
    parts = ((colour.red(), other.red()), (colour.green(), other.green()), (colour.blue(), other.blue()))
    return all(abs(a - b) <= tolerance for a, b in parts)


@pytest.mark.parametrize("theme_name", ["dark", "light"])
@pytest.mark.parametrize("rising", [True, False])
def test_body_and_wick_stand_where_the_prices_are(qtbot, theme_name: str, rising: bool) -> None:
    low, high = 63_000.0, 64_000.0
    opened, close = (63_200.0, 63_800.0) if rising else (63_800.0, 63_200.0)
    chart, image = _shown(qtbot, _one(opened, high, low, close), theme_name)
    tokens = theme.tokens(theme_name)
    colour = tokens.good if rising else tokens.bad
    middle = END_MS - 3.5 * STEP
    assert _close_to(_pixel(chart, image, middle, 63_500.0), colour)
    assert _close_to(_pixel(chart, image, middle, 63_900.0), colour)
    assert _close_to(_pixel(chart, image, middle + 0.25 * STEP, 63_500.0), colour)
    assert not _close_to(_pixel(chart, image, middle + 0.25 * STEP, 63_900.0), colour)
    assert _pixel(chart, image, middle, 64_100.0) == QColor(tokens.background)
    assert _pixel(chart, image, middle, 62_900.0) == QColor(tokens.background)


def test_a_dark_outline_parts_the_body_from_the_brightest_map(qtbot) -> None:
    walk = _one(63_200.0, 64_000.0, 63_000.0, 63_800.0)
    chart, image = _shown(qtbot, walk, "dark", bright=1e9)
    ground = _pixel(chart, image, END_MS - 4.0 * STEP, 63_500.0)
    row = [
        _pixel(chart, image, END_MS - (4.0 - step / 200.0) * STEP, 63_500.0).lightness()
        for step in range(200)
    ]
    assert ground.lightness() > 120
    assert min(row) < 0.5 * ground.lightness()


def test_candles_too_narrow_to_see_are_merged_not_lost(qtbot) -> None:
    walk = candles(20_000)
    spike = 11_234
    walk.columns["high"][spike] = walk["high"].max() * 1.05
    chart, image = _shown(qtbot, walk)
    assert 4 * chart.plot_area().width() < 20_000
    tokens = theme.tokens("dark")
    top = float(walk["high"][spike]) * 0.995
    at = float(walk.time_ms[spike])
    width = 8.0 * chart.visible_times().width / chart.plot_area().width()
    near = [_pixel(chart, image, at + shift * width, top) for shift in np.linspace(-1.0, 1.0, 33)]
    assert any(_close_to(c, tokens.good, 40) or _close_to(c, tokens.bad, 40) for c in near)
