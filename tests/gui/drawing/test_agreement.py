"""The veil over what few models of the ensemble see."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from heatdesk.gui.chart import ChartView
from heatdesk.gui.layers.agreement import AgreementLayer, seen_at
from heatdesk.gui.layers.base import Frame
from heatdesk.gui.price_scale import PriceScale
from heatdesk.gui.view import View
from heatdesk.model.ensemble import Agreement
from tests.gui.drawing.snapshots import snapshot

ON = View(agreement=True)


def agreement_of(map_, share: np.ndarray) -> Agreement:
    """`share` (n_times, n_prices) over all of a map."""
    step = map_.step_ms * map_.shape[1] // len(share)
    start = int(map_.times_ms[-1]) + map_.step_ms - step * len(share)
    return Agreement(
        share.astype(np.float32), map_.prices, start + step * np.arange(len(share), dtype=np.int64), step
    )


@pytest.fixture
def chart(qtbot) -> ChartView:
    made = ChartView()
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show_snapshot(snapshot())
    made.show()
    QApplication.processEvents()
    return made


def picture(chart: ChartView) -> QImage:
    QApplication.processEvents()
    return chart.canvas.grab().toImage()


def brightness(image: QImage, x: int, y: int) -> float:
    """Mean lightness of a small square."""
    return float(np.mean([QColor(image.pixel(x + i, y + j)).lightness() for i in range(8) for j in range(8)]))


def test_it_is_off_until_it_is_wanted(chart: ChartView):
    before = picture(chart)
    map_ = snapshot().heatmap
    chart.show_agreement(agreement_of(map_, np.zeros((10, map_.shape[0]))))
    assert picture(chart) == before
    chart.set_view(ON)
    assert picture(chart) != before
    chart.set_view(View())
    assert picture(chart) == before


def test_what_few_see_fades_and_what_most_see_stays(chart: ChartView):
    map_ = snapshot().heatmap
    plain = picture(chart)
    share = np.zeros((10, map_.shape[0]))
    share[:, : map_.shape[0] // 2] = 1.0
    chart.show_agreement(agreement_of(map_, share))
    chart.set_view(ON)
    veiled = picture(chart)
    area = chart.plot_area()
    x = round(area.left() + 0.3 * area.width())
    middle = float(map_.prices[map_.shape[0] // 2])
    (low, high) = chart.view_box.viewRange()[1]
    y_of = lambda price: round(area.top() + (high - price) / (high - low) * area.height())  # noqa: E731
    above, below = y_of(middle) - 30, y_of(middle) + 30
    assert brightness(veiled, x, below) == pytest.approx(brightness(plain, x, below), abs=1)
    assert brightness(veiled, x, above) < 0.6 * brightness(plain, x, above)


def test_it_says_that_it_is_being_worked_out(chart: ChartView):
    chart.set_view(ON)
    waiting = picture(chart)
    map_ = snapshot().heatmap
    chart.show_agreement(agreement_of(map_, np.ones((4, map_.shape[0]))))
    known = picture(chart)
    assert waiting != known
    layer = next(layer for layer in chart.layers if isinstance(layer, AgreementLayer))
    assert layer.look.view.agreement


def frame(low: float, high: float, start: float, end: float, height: int = 40, width: int = 30) -> Frame:
    return Frame(0, 0, width, height, start, end, low, high, 1.0)


def test_each_pixel_says_what_members_see_there():
    prices = 100.0 * 1.01 ** np.arange(9)
    share = np.arange(24, dtype=np.float32).reshape(3, 8) / 24
    agreement = Agreement(share, prices, 1000 * np.arange(3), 1000)
    seen = seen_at(frame(prices[0], prices[8], 0, 3000, 400, 3), PriceScale("linear"), agreement)
    for column in range(3):
        for row in range(8):
            middle = (prices[row] + prices[row + 1]) / 2
            y = int((prices[8] - middle) / (prices[8] - prices[0]) * 400)
            assert seen[y, column] == share[column, row]


def test_zoomed_out_a_zone_does_not_vanish():
    prices = 100.0 * 1.001 ** np.arange(501)
    share = np.zeros((1, 500), np.float32)
    share[0, 333] = 1.0
    agreement = Agreement(share, prices, np.zeros(1, np.int64), 1000)
    seen = seen_at(frame(prices[0], prices[-1], 0, 1000, 40, 1), PriceScale("linear"), agreement)
    assert seen.max() == 1.0


def test_outside_the_map_nothing_is_veiled():
    prices = 100.0 * 1.001 ** np.arange(11)
    agreement = Agreement(np.zeros((2, 10), np.float32), prices, 1000 * np.arange(2), 1000)
    seen = seen_at(frame(90.0, 110.0, -1000, 3000), PriceScale("linear"), agreement)
    assert np.isnan(seen[:, 0]).all()
    assert np.isnan(seen[:, -1]).all()
    assert np.isnan(seen[0]).all()
    assert np.isnan(seen[-1]).all()
    assert not np.isnan(seen).all()
